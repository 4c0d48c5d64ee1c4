"""libsvm's steps: its own solution, and where they end that lead nowhere."""

import numpy as np
import pytest
from sklearn.svm import SVC

from mebench.svm._smo import fit_pair, patience


def two_classes(seed, n=24, scale=1.0):
    rng = np.random.default_rng(seed)
    X = rng.gamma(2.0, size=(n, 6)) * scale
    X[: n // 2, :2] += 0.7 * scale
    return X


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_is_libsvms(seed):
    X = two_classes(seed)
    y = np.repeat([1, -1], 12)
    gamma, C = 0.05, 10.0
    beta, bias, solved, steps, _ = fit_pair(
        X @ X.T, np.arange(24), 12, (2, gamma, 1.0), np.full(24, C), 1e-6, 1e-12
    )
    theirs = SVC(C=C, kernel="poly", degree=2, gamma=gamma, coef0=1.0, tol=1e-6).fit(X, y)
    coefficients = np.zeros(24)
    coefficients[theirs.support_] = theirs.dual_coef_[0]
    assert solved and 0 < steps < patience(24)
    np.testing.assert_allclose(beta, coefficients, atol=2e-4 * C)
    assert bias == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_what_needs_more_steps_than_there_are_is_said_and_feasible():
    X = two_classes(0, scale=100.0)
    beta, bias, solved, steps, _ = fit_pair(
        X @ X.T, np.arange(24), 12, (2, 1.0, 0.0), np.full(24, 10.0), 1e-3, 1e-12, most=7
    )
    assert not solved and steps == 7 and np.isfinite(bias)
    assert beta.sum() == pytest.approx(0, abs=1e-9)
    assert (np.abs(beta) <= 10).all() and (beta[:12] >= 0).all() and (beta[12:] <= 0).all()


@pytest.mark.parametrize("n", [24, 300], ids=["few", "shrinking"])
@pytest.mark.parametrize("share", [1.0, 0.3], ids=["alike", "weighed"])
def test_where_no_bound_is_met_larger_ones_change_no_bit(n, share):
    """To the last bit; the flag is up wherever the end shows one."""
    X, alike = two_classes(1, n), 0
    X[: n // 2, 2:] += 0.4
    for degree, C in [(d, 10.0**e) for d in (2, 3, 5) for e in np.arange(-2, 4, 0.25)]:
        fits = [
            fit_pair(X @ X.T, np.arange(n), n // 2, (degree, 0.05, 1.0),
                     np.repeat([c, c * share], n // 2), 1e-3, 1e-12, 10_000)
            for c in (C, 3 * C)
        ]  # fmt: skip
        (beta, bias, _, steps, met), (other, other_bias, _, other_steps, _) = fits
        at_end = (np.abs(beta) >= np.repeat([C, C * share], n // 2)).any()
        assert met or not at_end
        if not met:
            assert beta.tobytes() == other.tobytes() and (bias, steps) == (other_bias, other_steps)
            alike += 1
    assert alike > 5


def test_patience_is_that_of_libsvm():
    """``max(10000000, 100 * l)``, as its own solver counts."""
    assert patience(100) == 10_000_000 and patience(200_000) == 20_000_000
