import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.svm import Point, fits, nested_search, points, score_table, search_grid

from .svcs import assert_same, expected, outlying, svc


@pytest.mark.parametrize("scoring", ["macro_f1", "uar", "accuracy"])
@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_nested_is_the_plain_loop(data, scoring, class_weight):
    grid = points({"degree": [2, 3], "coef0": [0, 1], "C": [1, 100], "gamma": [0.05, 0.5]})
    found = nested_search(
        data.gram, data.y, data.folds, data.groups, grid, scoring=scoring, class_weight=class_weight
    )
    for r, (train, test) in enumerate(data.folds):
        inner = [
            (train[data.groups[train] != g], train[data.groups[train] == g])
            for g in np.unique(data.groups[train])
        ]
        rows = np.array([expected(data, inner, p, None, class_weight) for p in grid])
        scores = score_table(rows, data.y, scoring)
        np.testing.assert_allclose(found.inner_scores[:, r], scores, rtol=1e-12)
        best = int(np.flatnonzero(scores >= scores.max() - 1e-12)[0])
        assert found.chosen[r] == best
        assert found.inner_score[r] == pytest.approx(scores[best])
        theirs = svc(grid[best], class_weight=class_weight).fit(data.X[train], data.y[train])
        np.testing.assert_array_equal(found.predictions[test], theirs.predict(data.X[test]))
        np.testing.assert_array_equal(found.predictions[test], found.surface[best, test])
    surface = search_grid(data.gram, data.y, data.folds, grid, class_weight=class_weight)
    np.testing.assert_array_equal(found.surface, surface)


def test_nested_over_folds_of_several_groups_and_a_holdout(data):
    grid = points({"degree": [2, 3], "coef0": 1, "C": [1, 100], "gamma": [0.05, 0.5]})
    folds = [
        (np.flatnonzero(data.groups > 3), np.flatnonzero(data.groups <= 3)),
        (np.flatnonzero(data.groups < 6), np.flatnonzero(data.groups >= 7)),
    ]
    found = nested_search(data.gram, data.y, folds, data.groups, grid)
    for r, (train, _) in enumerate(folds):
        inner = [
            (train[data.groups[train] != g], train[data.groups[train] == g])
            for g in np.unique(data.groups[train])
        ]
        rows = np.array([expected(data, inner, p) for p in grid])
        np.testing.assert_allclose(
            found.inner_scores[:, r], score_table(rows, data.y, "macro_f1"), rtol=1e-12
        )
    untested = ~np.isin(np.arange(len(data.y)), np.concatenate([t for _, t in folds]))
    assert (found.predictions[untested] == -1).all() and np.isnan(found.scores[untested]).all()


def test_ties_go_to_the_smallest_model():
    # Two far clusters: every point is perfect.
    groups, y = np.repeat(np.arange(4), 4), np.tile([0, 1], 8)
    X = y[:, None] * 4.0 - 2 + np.random.default_rng(0).normal(size=(16, 1)) * 0.1
    folds = [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in range(4)]
    grid = {"degree": [3, 5], "C": [100, 10], "gamma": [1, 0.5], "coef0": [1, 0]}
    found = nested_search(X @ X.T, y, folds, groups, grid)
    assert (found.chosen == 0).all() and found.points[0] == Point(3, 10, 0.5, 0)
    assert (found.inner_score == 1).all()


def test_nested_refuses(data):
    with pytest.raises(BadInput, match="scoring names"):
        nested_search(data.gram, data.y, data.folds, data.groups, "linear", scoring="f1")
    with pytest.raises(BadInput, match="one group only"):
        nested_search(data.gram, data.y, data.folds, np.zeros(72), "linear")


def test_what_is_kept_is_not_solved_again_and_changes_nothing(data, monkeypatch):
    args = (data.gram, data.y, data.folds, data.groups)
    whole, kept = {}, {}
    expected = nested_search(*args, "linear", kept=whole)
    for i, (name, part) in enumerate(whole.items()):
        if i % 2:
            kept[name] = part
    seen = []
    found = nested_search(
        *args, "linear", kept=kept, progress=lambda done, total: seen.append((done, total))
    )
    for name in ("chosen", "predictions", "scores", "inner_scores", "surface"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert set(kept) == set(whole)
    monkeypatch.setattr(fits, "_fitted", None)
    again = nested_search(*args, "linear", kept=kept)
    np.testing.assert_array_equal(again.scores, expected.scores)


@pytest.mark.parametrize(("degree", "times"), [(2, 1e4), (5, 1e4), (5, 1e8)])
def test_what_is_only_tested_does_not_scale_the_kernel(data, degree, times):
    """Tested samples 1e4 or 1e8 times as large leave the fold's own search as it was."""
    grid = {"degree": degree, "coef0": [0, 1], "C": [0.1, 1], "gamma": 0.5}
    groups = data.groups
    own = groups != groups[0]
    fold = [(np.flatnonzero(own), np.flatnonzero(~own))]
    large = data.X.copy()
    large[~own] *= times
    before = nested_search(data.gram, data.y, fold, groups, grid)
    after = nested_search(large @ large.T, data.y, fold, groups, grid)
    assert (before.inner_scores == after.inner_scores).all()
    assert before.chosen.tolist() == after.chosen.tolist()
    if degree > 2:  # training on them takes libsvm's steps for ever
        return
    # Also where another fold trains on them.
    both = [*fold, (np.flatnonzero(groups != groups[-1]), np.flatnonzero(groups == groups[-1]))]
    beside = nested_search(large @ large.T, data.y, both, groups, grid)
    assert (beside.inner_scores[:, 0] == before.inner_scores[:, 0]).all()


@pytest.mark.parametrize(
    ("rows", "columns", "coef0"), [([5], range(6), [0, 1]), ([5, 30, 60], [2], [1])], ids=str
)
def test_training_samples_ten_thousand_times_as_large(data, rows, columns, coef0):
    """At degree 5 their kernel values are up to 1e40 times the others', which must not vanish."""
    far = outlying(data, rows, list(columns))
    grid = points({"degree": 5, "coef0": coef0, "C": [0.1, 10], "gamma": 1e-4})
    assert_same(far, data.folds, grid)
    fold = data.folds[-1:]
    found = nested_search(far.gram, far.y, fold, data.groups, grid, scoring="macro_f1")
    train, test = fold[0]
    inner = [
        (train[data.groups[train] != g], train[data.groups[train] == g])
        for g in np.unique(data.groups[train])
    ]
    rows_of = np.array([expected(far, inner, p) for p in found.points])
    np.testing.assert_allclose(
        found.inner_scores[:, 0], score_table(rows_of, far.y, "macro_f1"), rtol=1e-12
    )
    theirs = svc(found.points[found.chosen[0]]).fit(far.X[train], far.y[train])
    np.testing.assert_array_equal(found.predictions[test], theirs.predict(far.X[test]))
