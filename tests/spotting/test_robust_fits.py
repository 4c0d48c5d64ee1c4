"""Fits that most of the data agree on, beside slow twins; and what they must withstand."""

import naive_spotting as naive
import numpy as np
import pytest

from mebench.spotting.robust_fits import by_brightness, linear, median, similarity, tukey


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


def cells(seed, n=200, n_blocks=9):
    """Texture, basis, trust and block of some cells; block 4 has none."""
    rng = np.random.default_rng(seed)
    half = rng.standard_normal((n, 2, 2)) * rng.uniform(0.3, 3, (n, 1, 1))
    texture = (half @ half.transpose(0, 2, 1)).reshape(n, 4)[:, [0, 1, 3]]
    basis = np.c_[np.ones(n), rng.standard_normal((n, 3))]
    block = rng.integers(-1, n_blocks, n)
    block[block == 4] = -1
    return texture, basis, rng.uniform(0, 1, n), block


def changed(texture, moved):
    """By what displacements ``(n, 2)`` change the cells."""
    xx, xy, yy = texture.T
    return np.c_[xx * moved[:, 0] + xy * moved[:, 1], xy * moved[:, 0] + yy * moved[:, 1]]


@pytest.mark.parametrize("seed", range(4))
def test_movements_by_brightness_as_by_their_twin(seed):
    texture, basis, trust, block = cells(seed)
    rng = np.random.default_rng(seed + 9)
    change, start = rng.standard_normal((200, 2)), rng.standard_normal((4, 2))
    given = texture, change, basis, trust, block, 9, start, 0.02
    found = by_brightness(*given)
    np.testing.assert_allclose(found, naive.by_brightness(*given), rtol=1e-7, atol=1e-9)
    assert np.isnan(found[4]).all() and np.isfinite(found[[0, 1, 8]]).all()


def test_one_block_moves_and_the_head_does_too():
    texture, basis, trust, block = cells(0)
    head = np.random.default_rng(1).normal(0, 0.1, (4, 2))
    moved = basis @ head + np.where(block[:, None] == 2, [0.3, -0.2], 0)
    found = by_brightness(
        texture, changed(texture, moved), basis, trust, block, 9, np.zeros((4, 2)), 1e-6
    )
    seen = np.isfinite(found[:, 0])
    assert np.abs(found[2] - [0.3, -0.2]).max() < 0.01
    assert np.abs(found[seen & (np.arange(9) != 2)]).max() < 0.01


def test_where_there_is_nothing_to_see_nothing_moves():
    _, basis, trust, block = cells(0)
    nothing = np.zeros((200, 3)), np.zeros((200, 2))
    found = by_brightness(*nothing, basis, trust, block, 9, np.ones((4, 2)), 0.02)
    assert not found[np.arange(9) != 4].any()
    none = by_brightness(*nothing, basis, trust, np.full(200, -1), 9, np.ones((4, 2)), 0.02)
    assert np.isnan(none).all()


def test_weights_fall_to_nothing():
    assert tukey(np.array([0.0, 0.05, 5.0]), 0.0, 0.02).round(2).tolist() == [1.0, 0.51, 0.0]


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


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 370])
def test_the_median_as_numpy_finds_it(n):
    rng = np.random.default_rng(n)
    for values in (rng.standard_normal(n), rng.integers(0, 4, n).astype(float), np.zeros(n)):
        assert median(values.copy()) == np.median(values)
