"""Fits that most of the data agree on, beside slow twins; and what they must withstand."""

import naive_spotting as naive
import numpy as np
import pytest

from mebench.spotting.robust_fits import displacements, linear, similarity


@pytest.mark.parametrize("seed", range(8))
def test_a_linear_function_as_by_its_twin(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 300))
    basis, trust = rng.standard_normal((n, 4)), rng.uniform(0.1, 1, n)
    values = basis @ rng.standard_normal((4, 2)) + rng.normal(0, 0.1, (n, 2))
    values[: n // 5] += rng.normal(0, 9, (n // 5, 2))
    kept = trust.copy()
    found, wanted = (
        linear(basis, values, trust, 5, 0.02),
        naive.linear(basis, values, trust, 5, 0.02),
    )
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-9)
    assert (trust == kept).all()


def test_a_linear_function_of_a_constant_or_of_nothing():
    basis = np.ones((6, 1))
    factors, rest, middle = linear(basis, np.full((6, 2), 3.0), np.ones(6), 5, 0.02)
    assert np.allclose(factors, 3) and np.abs(rest).max() < 1e-8 and middle < 1e-8
    factors, rest, _ = linear(np.zeros((6, 4)), np.ones((6, 2)), np.ones(6), 5, 0.02)
    assert not factors.any() and (rest == 1).all()


@pytest.mark.parametrize("seed", range(4))
def test_displacements_as_by_their_twin(seed):
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((80, 2, 2))
    texture, rest = half @ half.transpose(0, 2, 1), rng.standard_normal((80, 2))
    block = rng.integers(-1, 9, 80)
    block[block == 4] = -1
    found = displacements(rest, texture, block, 9, 0.02)
    np.testing.assert_allclose(found, naive.displacements(rest, texture, block, 9, 0.02), atol=1e-9)
    assert np.isnan(found[4]).all() and np.isfinite(found[[0, 1, 8]]).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_similarity_as_by_its_twin(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 80))
    source, angle = rng.uniform(0, 300, (n, 2)), rng.uniform(-0.3, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    target = 1.1 * source @ turn.T + rng.uniform(-9, 9, 2) + rng.normal(0, 0.1, (n, 2))
    target[: n // 4] += rng.normal(0, 20, (n // 4, 2))
    matrix, trust = similarity(source, target)
    wanted, theirs = naive.similarity(source, target)
    np.testing.assert_allclose(matrix, wanted, rtol=0, atol=1e-9)
    assert trust == theirs
    np.testing.assert_allclose(matrix[:, :2], 1.1 * turn, atol=2e-3)


def test_points_in_one_place_are_no_similarity_and_no_error():
    matrix, _ = similarity(np.full((9, 2), 5.0), np.full((9, 2), 7.0))
    assert np.isfinite(matrix).all() and np.allclose(matrix @ [5, 5, 1], 7)
