"""Selection by the ratio of variances between and within classes."""

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from mebench.errors import BadInput
from mebench.features.selection import VarianceRatio, variance_ratio


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 40)
    return rng.normal(size=(40, 30)) + np.outer(y, np.linspace(0, 1, 30)), y


def test_it_is_the_f_statistic_up_to_a_factor(rows):
    X, y = rows
    expected, _ = f_classif(X, y)
    np.testing.assert_allclose(variance_ratio(X, y) * (40 - 3) / (3 - 1), expected)


def test_by_hand():
    # Class means 1 and 5 about 3: between 4·4 = 16; within 1 + 1 + 4 + 4 = 10.
    X = np.array([[0.0], [2], [3], [7]])
    assert variance_ratio(X, np.array([0, 0, 1, 1])) == pytest.approx(1.6)


def test_columns_without_variance():
    X = np.c_[np.full(6, 0.1), [1, 1, 1, 4, 4, 4], np.full(6, 1e300)]
    assert variance_ratio(X, np.repeat(["a", "b"], 3)).tolist() == [0, np.inf, 0]


def test_keeps_the_best_in_their_order(rows):
    X, y = rows
    np.testing.assert_array_equal(
        VarianceRatio(k=7).fit_transform(X, y), SelectKBest(f_classif, k=7).fit_transform(X, y)
    )
    for k in ("all", 30, 1000):
        assert VarianceRatio(k=k).fit_transform(X, y).shape == X.shape


def test_ties_go_to_the_first():
    X = np.tile([[0.0], [1], [4], [6]], 5)
    found = VarianceRatio(k=2).fit(X, [0, 0, 1, 1]).get_support()
    assert found.tolist() == [True, True, False, False, False]


def test_single_precision_stays(rows):
    X, y = rows
    assert VarianceRatio(k=3).fit_transform(X.astype(np.float32), y).dtype == np.float32


@pytest.mark.parametrize("k", [0, -1, 2.5, "most", True, None])
def test_clear_errors(rows, k):
    with pytest.raises(BadInput, match="k must be"):
        VarianceRatio(k=k).fit(*rows)


def test_noise_stays_noise_inside_folds():
    # Selected on all rows, 20 of 3000 random columns classify well; selected in the fold, not.
    rng = np.random.default_rng(1)
    X, y, groups = rng.normal(size=(48, 3000)), np.tile([0, 1], 24), np.repeat(np.arange(12), 4)
    honest = make_pipeline(VarianceRatio(k=20), SVC(kernel="linear"))
    folds = LeaveOneGroupOut()
    leaking = VarianceRatio(k=20).fit_transform(X, y)
    assert cross_val_score(SVC(kernel="linear"), leaking, y, cv=folds, groups=groups).mean() > 0.85
    assert cross_val_score(honest, X, y, cv=folds, groups=groups).mean() < 0.7


@pytest.mark.filterwarnings("ignore")
def test_is_an_estimator_like_any_other():
    check_estimator(VarianceRatio(k=2))
