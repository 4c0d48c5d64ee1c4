import naive_svm
import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.svm import Point, PolySVC, _problem, fit_folds, fit_point, fits, memory_limit

POINTS = [Point(2 + i % 2, 10.0 ** (i % 3), 0.05 * (1 + i), 1.0) for i in range(9)]


def test_naive_twin(data):
    point = Point(3, 2.0, 0.1, 1.0)
    train, test = data.folds[-1]
    ours, _ = fit_point(data.gram, data.y, train, test, point)
    np.testing.assert_array_equal(ours, naive_svm.predict(data.gram, data.y, train, test, point))


def test_scores_are_the_ovr_decision_function(data):
    train, test = data.folds[-1]
    point = Point(3, 10.0, 0.1, 1.0)
    ours = PolySVC(**point._asdict()).fit(data.X[train], data.y[train])
    predictions, scores = fit_point(data.gram, data.y, train, test, point)
    np.testing.assert_allclose(scores, ours.decision_function(data.X[test]), atol=1e-9)
    np.testing.assert_array_equal(predictions, ours.predict(data.X[test]))


def test_scores_of_classes_that_were_not_trained(data):
    train, test = np.flatnonzero(data.y != 0), np.flatnonzero(data.y == 0)
    predictions, scores = fit_point(data.gram, data.y, train, test, Point(2, 1.0, 0.1, 1.0))
    assert (scores[:, 0] == -1).all() and (scores[:, 1:] > -1).all()
    assert (predictions > 0).all()


@pytest.mark.parametrize("limit", [None, "60KB"], ids=["samples by class", "as they lie"])
def test_many_folds_are_as_each_by_itself(data, limit, monkeypatch):
    """To the last bit, however the samples lie in the products and whatever was kept."""
    shuffled = np.random.default_rng(1).permutation(72)
    gram, y = data.gram[np.ix_(shuffled, shuffled)], data.y[shuffled]
    place = np.argsort(shuffled)
    folds = [(place[train], place[test]) for train, test in data.folds[:-1]]
    kept, seen, laid = {}, [], []
    by_class = fits.by_class
    monkeypatch.setattr(fits, "by_class", lambda problem: (laid.append(1), by_class(problem))[1])
    with memory_limit(limit):
        predictions, scores = fit_folds(
            gram, y, folds, POINTS[:8], kept=kept, class_weight="balanced",
            progress=lambda *counts: seen.append(counts),
        )  # fmt: skip
    assert len(laid) == (limit is None)
    for (train, test), point in zip(folds, POINTS, strict=False):
        codes, own = fit_point(gram, y, train, test, point, class_weight="balanced")
        assert predictions[test].tolist() == codes.tolist()
        assert scores[test].tobytes() == own.tobytes()
    untested = place[data.folds[-1][1]]
    assert (predictions[untested] == -1).all() and np.isnan(scores[untested]).all()
    assert seen == [(i, 8) for i in range(1, 9)] and len(kept) == 8
    for name in list(kept)[::2]:
        del kept[name]
    seen.clear()
    again = fit_folds(gram, y, folds, POINTS[:8], kept=kept, class_weight="balanced", n_jobs=2,
                      progress=lambda *counts: seen.append(counts))  # fmt: skip
    assert again[0].tobytes() == predictions.tobytes() and again[1].tobytes() == scores.tobytes()
    assert seen == [(i, 8) for i in range(5, 9)]


def test_a_point_for_each_fold(data):
    with pytest.raises(BadInput, match="2 points for 9 folds"):
        fit_folds(data.gram, data.y, data.folds, POINTS[:2])


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_product_of_some_samples(seed):
    """Also in a matrix that is none of products, where a row's largest lies anywhere."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(20, 20)) * 10.0 ** rng.integers(-2, 3, (20, 1))
    gram = values @ values.T if seed % 2 else values + values.T
    trained = rng.permutation(20)[: 5 + seed]
    rest = np.setdiff1d(np.arange(20), trained)
    problem = _problem.checked(gram, np.arange(20) % 2, [(trained, rest)], None, None, 1e-3)
    expected = np.abs(gram[np.ix_(trained, trained)]).max()
    assert _problem.largest_product(problem, trained) == expected
