"""Newton's steps on the free samples: where they lead, and that they never do harm."""

import numpy as np
import pytest
from numba import njit
from sklearn.svm import SVC

from mebench.svm._descent import padded
from mebench.svm._newton import leap, rooms, root_of

C = 10.0
RIDGE = 1e-7


@njit
def rooted(kernel, lo, hi, beta, root, space):
    return root_of(0, kernel, lo, hi, beta, root, space)


@njit
def leapt(kernel, y, lo, hi, beta, v, tol, ridge, root, space):
    return leap(0, kernel, y, lo, hi, beta, v, tol, ridge, root, space)


class Dual:
    """A pair of overlapping classes, solved by libsvm to many digits."""

    def __init__(self, seed=0, n=180):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(n, 40)) + 0.25 * np.repeat([1, -1], n // 2)[:, None]
        self.n, self.K = n, ((X @ X.T / 40 + 1.0) ** 3).astype(np.float32)
        self.wide = padded(n)
        self.kernel = np.zeros((n, self.wide), np.float32)
        self.kernel[:, :n] = self.K
        self.y = np.zeros(self.wide)
        self.y[:n] = np.repeat([1.0, -1.0], n // 2)

    def bounds(self, gone=()):
        lo, hi = np.zeros(self.wide), np.zeros(self.wide)
        hi[: self.n // 2], lo[self.n // 2 : self.n] = C, -C
        lo[list(gone)] = hi[list(gone)] = 0.0
        return lo, hi

    def solved(self, gone=()):
        """β by scikit-learn."""
        kept = np.setdiff1d(np.arange(self.n), gone)
        gram = self.K.astype(float)[np.ix_(kept, kept)]
        svc = SVC(C=C, kernel="precomputed", tol=1e-8).fit(gram, self.y[kept])
        beta = np.zeros(self.wide)
        beta[kept[svc.support_]] = svc.dual_coef_[0]
        return beta

    def v(self, beta):
        out = self.y.copy()
        out[: self.n] -= self.K.astype(float) @ beta[: self.n]
        return out

    def gap(self, beta, lo, hi):
        """What libsvm's stopping rule looks at."""
        v = self.v(beta)
        return v[beta < hi].max() - v[beta > lo].min()

    def objective(self, beta):
        return float(beta @ (self.y + self.v(beta))) / 2


@pytest.mark.parametrize("gone", [[], range(0, 180, 10), range(0, 180, 3)])
def test_from_the_solution_of_all_to_that_without_some(gone):
    dual = Dual()
    beta, (lo, hi) = dual.solved(), dual.bounds()
    root, space = rooms(1, dual.n)
    assert rooted(dual.kernel, lo, hi, beta, root, space)
    lo, hi = dual.bounds(gone)
    v = dual.v(beta)
    assert leapt(dual.kernel, dual.y, lo, hi, beta, v, 1e-4, RIDGE, root, space) == 1
    np.testing.assert_allclose(v[: dual.n], dual.v(beta)[: dual.n], atol=1e-9)
    assert (beta >= lo).all() and (beta <= hi).all() and abs(beta.sum()) < 1e-9
    assert dual.gap(beta, lo, hi) < 1e-3
    assert dual.objective(beta) == pytest.approx(dual.objective(dual.solved(gone)), rel=1e-6)


def test_a_solution_never_gets_worse():
    rng = np.random.default_rng(3)
    for seed in range(4):
        dual = Dual(seed)
        lo, hi = dual.bounds()
        root, space = rooms(1, dual.n)
        rooted(dual.kernel, lo, hi, dual.solved(), root, space)
        # Anything feasible: both classes draw the same sum.
        beta = np.zeros(dual.wide)
        half = dual.n // 2
        beta[:half] = rng.choice([0, C, C / 3], half)
        beta[half : dual.n] = -rng.permutation(beta[:half])
        before, v = dual.objective(beta), dual.v(beta)
        leapt(dual.kernel, dual.y, lo, hi, beta, v, 1e-4, RIDGE, root, space)
        assert dual.objective(beta) >= before - 1e-9
        assert (beta >= lo).all() and (beta <= hi).all() and abs(beta.sum()) < 1e-8
        np.testing.assert_allclose(v[: dual.n], dual.v(beta)[: dual.n], atol=1e-8)


def test_without_an_inverse_or_with_one_of_others_nothing_changes():
    dual = Dual()
    lo, hi = dual.bounds()
    root, space = rooms(1, dual.n)
    beta = dual.solved()
    before, v = beta.copy(), dual.v(beta)
    assert leapt(dual.kernel, dual.y, lo, hi, beta, v, 1e-4, RIDGE, root, space) == -1
    np.testing.assert_array_equal(beta, before)
    assert not rooted(dual.kernel, lo, hi, np.zeros(dual.wide), root, space)  # nobody is free
    assert rooted(dual.kernel, lo, hi, beta, root, space)
    space = space._replace(moved=space.moved[:3])
    lo, hi = dual.bounds(range(0, 180, 3))
    within = np.clip(beta, lo, hi)
    assert leapt(dual.kernel, dual.y, lo, hi, beta, v, 1e-4, RIDGE, root, space) == -1
    np.testing.assert_array_equal(beta, within)
    np.testing.assert_allclose(v[: dual.n], dual.v(within)[: dual.n], atol=1e-9)
