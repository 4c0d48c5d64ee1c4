"""Tables swept over samples, against numpy's inverse."""

import numpy as np
import pytest
from numba import njit

from mebench.svm import _table
from mebench.svm._descent import padded

sweep, solve_small, PIVOTS = _table.sweep, _table.solve_small, _table.PIVOTS


@njit
def swept(kernel, free, m, table, pivots, columns, factors, block):
    return sweep(kernel, free, m, table, pivots, columns, factors, block)


@njit
def solved(a, x, k, known):
    return solve_small(a, x, k, known)


@pytest.mark.parametrize(("m", "n_free"), [(5, 1), (40, 8), (40, 21), (300, 299), (300, 0)])
def test_the_free_block_is_minus_the_bordered_inverse(m, n_free):
    rng = np.random.default_rng(m)
    wide = padded(m)
    X = rng.normal(size=(m, 7))
    kernel = np.zeros((m, wide), np.float32)
    kernel[:, :m] = (X @ X.T / 7 + 1) ** 2 + np.eye(m)
    free = np.zeros(wide)
    free[rng.choice(m, n_free, replace=False)] = 1
    table = np.full((wide, wide), 7.0)
    room = np.empty(PIVOTS, np.int64), *np.empty((2, PIVOTS, wide)), np.empty((PIVOTS, PIVOTS))
    done = swept(kernel, free, m, table, *room)
    assert done == (n_free > 0)  # the bias alone has no inverse
    if not done:
        return
    whole = np.ones((m + 1, m + 1))
    whole[:m, :m] = kernel[:, :m].astype(float) + 2e-7 * kernel.diagonal().max() * np.eye(m)
    whole[m, m] = 0
    some = np.append(np.flatnonzero(free), m)
    others = np.setdiff1d(np.arange(m), some)
    inverse = np.linalg.inv(whole[np.ix_(some, some)])
    np.testing.assert_allclose(table[np.ix_(some, some)], -inverse, atol=1e-9)
    across = whole[np.ix_(others, some)] @ inverse
    np.testing.assert_allclose(table[np.ix_(others, some)], across, atol=1e-9)
    left = whole[np.ix_(others, others)] - across @ whole[np.ix_(some, others)]
    np.testing.assert_allclose(table[np.ix_(others, others)], left, atol=1e-9)


@pytest.mark.parametrize("k", [1, 3, 4, 5, 8, 30, 61])
def test_small_equations_in_one_go_and_continued(k):
    rng = np.random.default_rng(k)
    A = rng.normal(size=(k, k + 3))
    A, x = A @ A.T, rng.normal(size=k)
    right = np.linalg.solve(A, x)
    for known in {0, k // 2}:
        a, b = A.copy(), x.copy()
        if known:
            assert solved(a, b, known, 0)
            b = x.copy()
        assert solved(a, b, k, known)
        np.testing.assert_allclose(b, right, rtol=1e-8, atol=1e-8 * abs(right).max())
