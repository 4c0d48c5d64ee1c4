import warnings

import naive_svm
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from mebench.errors import BadInput
from mebench.svm import Point, PolySVC, PolySVCSearch

SETTINGS = [
    {"degree": 2, "C": 0.1, "gamma": 0.01, "coef0": 0},
    {"degree": 3, "C": 10, "gamma": 0.1, "coef0": 1},
    {"degree": 5, "C": 100, "gamma": 1.0, "coef0": 3},
    {"degree": 4, "C": 100, "gamma": 0.01, "coef0": 3},
    {"degree": 3, "C": 1, "gamma": "scale"},
    {"degree": 2, "C": 1, "gamma": "auto", "coef0": 2},
    {"kernel": "linear", "C": 1},
    {"kernel": "linear", "C": 100},
]


def both(X, y, weight=None, **params):
    theirs = SVC(**{"kernel": "poly", **params}).fit(X, y, sample_weight=weight)
    return PolySVC(**params).fit(X, y, sample_weight=weight), theirs


@pytest.mark.parametrize("params", SETTINGS, ids=str)
@pytest.mark.parametrize("shape", ["ovo", "ovr"])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 5.0, 2: 0.3}], ids=str)
def test_same_answers_as_svc(data, params, shape, class_weight):
    params = {**params, "decision_function_shape": shape, "class_weight": class_weight}
    train, test = data.folds[-1]
    ours, theirs = both(data.X[train], data.y[train], **params)
    np.testing.assert_array_equal(np.sort(ours.support_), np.sort(theirs.support_))
    np.testing.assert_allclose(
        ours.decision_function(data.X), theirs.decision_function(data.X), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_array_equal(ours.predict(data.X[test]), theirs.predict(data.X[test]))


def test_shrinking_and_many_steps(make_data):
    data = make_data(n=240, d=6, k=2, seed=4)
    ours, theirs = both(data.X, data.y, C=100, degree=2, gamma=0.1, coef0=1.0)
    np.testing.assert_allclose(
        ours.decision_function(data.X), theirs.decision_function(data.X), atol=1e-6
    )


def test_two_classes_and_string_labels(data):
    y = np.where(data.y == 0, "yes", "no")
    ours, theirs = both(data.X, y, C=5, gamma=0.1, coef0=1)
    assert ours.decision_function(data.X).shape == (len(y),)
    np.testing.assert_allclose(
        ours.decision_function(data.X), theirs.decision_function(data.X), atol=1e-8
    )
    np.testing.assert_array_equal(ours.predict(data.X), theirs.predict(data.X))
    np.testing.assert_array_equal(ours.classes_, ["no", "yes"])


def test_sample_weights(data):
    weight = np.random.default_rng(1).uniform(0, 3, len(data.y))
    weight[::5] = 0
    ours, theirs = both(data.X, data.y, weight, C=1, gamma=0.1, coef0=1)
    np.testing.assert_allclose(
        ours.decision_function(data.X), theirs.decision_function(data.X), atol=1e-8
    )
    assert not np.isin(ours.support_, np.arange(0, len(data.y), 5)).any()


def test_naive_twin(data):
    point = Point(3, 2.0, 0.1, 1.0)
    ours = PolySVC(**point._asdict(), tol=1e-7, decision_function_shape="ovo")
    everything = np.arange(len(data.y))
    _, values = naive_svm.pair_values(data.gram, data.y, everything, everything, point)
    np.testing.assert_allclose(
        ours.fit(data.X, data.y).decision_function(data.X),
        np.column_stack(list(values.values())),
        atol=1e-4,
    )


def test_equal_votes_go_to_the_class_that_sorts_first():
    # Three corners of a triangle and its centre: one vote each.
    angle = np.array([0, 2, 4]) * np.pi / 3
    X = np.column_stack([np.cos(angle), np.sin(angle)])
    for order in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        ours, theirs = both(X[order], [0, 1, 2], C=10, kernel="linear")
        grid = np.random.default_rng(0).normal(size=(200, 2)) * 1e-3
        np.testing.assert_array_equal(ours.predict(grid), theirs.predict(grid))


@pytest.mark.parametrize(
    "X",
    [
        np.zeros((12, 3)),
        np.ones((12, 3)),
        np.repeat([[0.0, 1.0], [1.0, 0.0]], 6, axis=0),
        np.tile([[0.0, 1.0], [1.0, 0.0]], (6, 1)),
        np.arange(12.0)[:, None] * 1e-3,
    ],
    ids=["zeros", "constant", "repeated rows", "contradicting rows", "tiny"],
)
@pytest.mark.parametrize("gamma", [0.0, 1e-3, 1.0, "scale"])
def test_degenerate_data(X, gamma):
    y = np.repeat([0, 1], 6)
    ours, theirs = both(X, y, C=10, gamma=gamma, coef0=1, degree=2)
    np.testing.assert_allclose(ours.decision_function(X), theirs.decision_function(X), atol=1e-6)
    clear = np.abs(theirs.decision_function(X)) > 1e-9  # the sign of a rounded 0 is nobody's
    np.testing.assert_array_equal(ours.predict(X)[clear], theirs.predict(X)[clear])


def test_kernel_values_beyond_single_precision(data):
    # (γ·x·z)^5 with C on the scale that undoes it: the same machine as with γ = 1.
    small = PolySVC(C=1.0, degree=5, gamma=1.0).fit(data.X, data.y)
    huge = PolySVC(C=1e-60, degree=5, gamma=1e12).fit(data.X, data.y)
    assert (1e12 * data.gram.max()) ** 5 > np.finfo(np.float32).max
    np.testing.assert_allclose(
        huge.decision_function(data.X), small.decision_function(data.X), atol=1e-2
    )
    np.testing.assert_array_equal(huge.predict(data.X), small.predict(data.X))


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_mixed_scales_end_with_a_warning_that_says_what_to_do(degree):
    """r = 0 and features of 1e4 beside those of 1: libsvm goes on for as long as one waits."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 8)), rng.integers(0, 2, 60)
    X[:, [2, 5]] *= 1e4
    svc = PolySVC(degree=degree, gamma=1, coef0=0, max_iter=20_000)
    with pytest.warns(ConvergenceWarning, match=r"20000 steps.*column [25]\).*StandardScaler"):
        svc.fit(X, y)
    values = svc.decision_function(X)
    assert np.isfinite(values).all() and (svc.predict(X) == y).mean() > 0.5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        make_pipeline(StandardScaler(), clone(svc)).fit(X, y)  # what the warning says helps


def test_the_bound_is_of_no_other_consequence(data):
    """Where the steps are enough the answer is the same, whatever the bound."""
    train, _ = data.folds[0]
    few, any_number = (
        PolySVC(degree=3, gamma=0.1, coef0=1, max_iter=most).fit(data.X[train], data.y[train])
        for most in (100_000, -1)
    )
    np.testing.assert_array_equal(
        few.decision_function(data.X), any_number.decision_function(data.X)
    )


def test_where_it_stops_is_where_libsvm_stops(make_data):
    data = make_data(n=240, d=6, k=2, seed=4)
    params = {"C": 100, "degree": 2, "gamma": 0.1, "coef0": 1.0, "max_iter": 700}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours, theirs = both(data.X, data.y, **params)
    np.testing.assert_allclose(
        ours.decision_function(data.X), theirs.decision_function(data.X), rtol=1e-6, atol=1e-6
    )


def test_one_class_predicts_it():
    svc = PolySVC().fit([[0.0], [1.0], [2.0]], ["a", "a", "a"])
    assert svc.predict([[5.0]]).tolist() == ["a"]
    assert svc.decision_function([[5.0]]).tolist() == [0.0]


def test_parameters_survive_clone():
    svc = PolySVC(C=3, kernel="linear", class_weight={0: 2})
    assert clone(svc).get_params() == svc.get_params()


@pytest.mark.parametrize(
    "params",
    [
        {"C": 0},
        {"C": -1},
        {"tol": 0},
        {"kernel": "rbf"},
        {"degree": 1.5},
        {"degree": -1},
        {"gamma": "best"},
        {"gamma": -1},
        {"decision_function_shape": "ova"},
        {"class_weight": "even"},
        {"class_weight": {0: -1.0}},
    ],
    ids=str,
)
def test_refuses(params, data):
    with pytest.raises(BadInput):
        PolySVC(**params).fit(data.X, data.y)


def test_no_weight_at_all(data):
    with pytest.raises(ValueError, match=r"[Ww]eight"):
        PolySVC().fit(data.X, data.y, sample_weight=np.zeros(len(data.y)))


FAILS = {
    # Both solve to a tolerance and by other steps; SVC fails it for the same reason.
    "PolySVC": {"check_sample_weight_equivalence_on_dense_data": "solved to a tolerance"},
    # Weights of 1000 to 0.0001 leave the choice among points to chance.
    "PolySVCSearch": {"check_class_weight_classifiers": "chooses its own C"},
}


@parametrize_with_checks(
    [
        PolySVC(),
        PolySVC(kernel="linear"),
        PolySVCSearch({"degree": [1, 2], "gamma": 0.1, "coef0": 1, "C": [1, 10]}),
    ],
    expected_failed_checks=lambda estimator: FAILS[type(estimator).__name__],
)
def test_scikit_learn_checks(estimator, check):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(estimator)
