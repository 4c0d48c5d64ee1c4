from types import SimpleNamespace

import naive_svm
import numpy as np
import pytest
from sklearn.svm import SVC

from mebench.errors import BadInput
from mebench.svm import (
    Point,
    PolySVC,
    fit_point,
    nested_search,
    points,
    score_table,
    search_grid,
)

GRID = {
    "degree": [2, 3, 5],
    "coef0": [0, 1, 3],
    "C": [0.1, 1, 10, 100],
    "gamma": [0.01, 0.02, 0.06, 0.5],
}


def svc(point, **more):
    return SVC(kernel="poly", **point._asdict(), decision_function_shape="ovo", **more)


def expected(data, folds, point, weight=None, class_weight=None):
    out = np.full(len(data.y), -1)
    for train, test in folds:
        if len(np.unique(data.y[train])) == 1:
            out[test] = data.y[train][0]
            continue
        machine = svc(point, class_weight=class_weight)
        machine.fit(data.X[train], data.y[train], None if weight is None else weight[train])
        out[test] = machine.predict(data.X[test])
    return out


def assert_same(data, folds, found, **options):
    """Every prediction is SVC's, and both sides of one next to a tie are not needed."""
    codes = np.searchsorted(np.unique(data.y), data.y)
    assert (codes == data.y).all()
    predictions = search_grid(data.gram, data.y, folds, found, **options)
    for point, row in zip(points(found), predictions, strict=True):
        weight = options.get("sample_weight")
        theirs = expected(data, folds, point, weight, options.get("class_weight"))
        np.testing.assert_array_equal(row, theirs, err_msg=str(point))


def some(grid, step):
    return points(grid)[::step]


@pytest.mark.parametrize(
    "shape", [{"d": 6}, {"d": 300}, {"d": 2}, {"k": 2}, {"k": 7, "n": 90}], ids=str
)
def test_every_prediction_is_svcs(make_data, shape):
    data = make_data(**shape)
    data.X /= np.sqrt(data.X.shape[1])
    data.gram = data.X @ data.X.T * 6
    data.X *= np.sqrt(6)
    # In few dimensions libsvm crawls where the coefficients are far above the kernel's scale.
    grid = GRID if data.X.shape[1] > 2 else {**GRID, "C": [0.1, 1], "gamma": [0.01, 0.05]}
    assert_same(data, data.folds, some(grid, 3))


@pytest.mark.parametrize("class_weight", ["balanced", {0: 4.0, 1: 0.2}], ids=str)
def test_class_weights(data, class_weight):
    assert_same(data, data.folds, some(GRID, 5), class_weight=class_weight)


def test_sample_weights(data):
    weight = np.random.default_rng(2).uniform(0, 2, len(data.y))
    weight[::7] = 0
    assert_same(data, data.folds, some(GRID, 5), sample_weight=weight)


def test_linear_kernel(data):
    found = search_grid(data.gram, data.y, data.folds, {"kernel": "linear", "C": [0.1, 1, 10]})
    for C, row in zip((0.1, 1, 10), found, strict=True):
        for train, test in data.folds:
            theirs = SVC(kernel="linear", C=C).fit(data.X[train], data.y[train])
            np.testing.assert_array_equal(row[test], theirs.predict(data.X[test]))


def test_folds_that_share_little(data):
    # Halves, a holdout, and folds that leave samples in neither part.
    order = np.random.default_rng(3).permutation(len(data.y))
    halves = [(order[:36], order[36:]), (order[36:], order[:36])]
    assert_same(data, halves, some(GRID, 6))
    assert_same(data, [(order[:20], order[50:])], some(GRID, 6))
    assert_same(data, [(order[:20], order[50:]), (order[40:60], order[20:40])], some(GRID, 6))


def test_absent_and_single_classes(data):
    only = np.flatnonzero(data.y == 1)
    without = np.flatnonzero(data.y != 0)
    test = np.flatnonzero(data.y == 0)
    folds = [(only, test[:4]), (without, test[4:])]
    predictions = search_grid(data.gram, data.y, folds, some(GRID, 20))
    assert (predictions[:, test[:4]] == 1).all()
    assert (predictions[:, test[4:]] > 0).all()
    assert_same(data, folds, some(GRID, 20))


def test_a_label_column_of_one_class(data):
    predictions = search_grid(data.gram, np.zeros(len(data.y)), data.folds, some(GRID, 30))
    assert (predictions == 0).all()


def test_coefficients_that_overflow_or_vanish(data):
    for factor in (1e-6, 1e6):
        scaled = SimpleNamespace(X=data.X, y=data.y, gram=data.gram)
        found = [Point(5, 1.0, 0.1, 1.0), Point(3, 1.0, 0.1, 0.0), Point(2, 10.0, 0.1, 1.0)]
        moved = [
            Point(p.degree, p.C / factor**p.degree, p.gamma * factor, p.coef0 * factor)
            for p in found
        ]
        ours = {p: search_grid(scaled.gram, data.y, data.folds, [p])[0] for p in found + moved}
        for before, after in zip(found, moved, strict=True):
            np.testing.assert_array_equal(ours[before], ours[after])


def test_degenerate_features():
    y = np.tile([0, 1, 2], 8)
    groups = np.repeat(np.arange(6), 4)
    folds = [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in range(6)]
    for X in (np.zeros((24, 2)), np.ones((24, 2)), np.eye(3)[y], np.eye(4)[np.tile(range(4), 6)]):
        data = SimpleNamespace(X=X, y=y, gram=X @ X.T)
        assert_same(data, folds, some(GRID, 9))


def test_naive_twin(data):
    point = Point(3, 2.0, 0.1, 1.0)
    train, test = data.folds[-1]
    ours, _ = fit_point(data.gram, data.y, train, test, point)
    np.testing.assert_array_equal(ours, naive_svm.predict(data.gram, data.y, train, test, point))


def test_the_grid_order_and_the_number_of_threads_change_nothing(data):
    grid = some(GRID, 2)
    one = search_grid(data.gram, data.y, data.folds, grid)
    two = search_grid(data.gram, data.y, data.folds, grid[::-1], n_jobs=2)
    assert one.tobytes() == two.tobytes()
    a = nested_search(data.gram, data.y, data.folds, data.groups, grid)
    b = nested_search(data.gram, data.y, data.folds, data.groups, grid, n_jobs=2)
    for name in ("chosen", "scores", "inner_scores", "surface", "predictions"):
        assert getattr(a, name).tobytes() == getattr(b, name).tobytes()


def test_read_only_and_single_precision_grams(data):
    gram = data.gram.copy()
    gram.flags.writeable = False
    grid = some(GRID, 20)
    one = search_grid(gram, data.y, data.folds, grid)
    np.testing.assert_array_equal(one, search_grid(data.gram, data.y, data.folds, grid))
    search_grid(data.gram.astype(np.float32), data.y, data.folds, grid)


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


def test_progress_counts_points(data):
    seen = []
    grid = some(GRID, 9)
    search_grid(
        data.gram, data.y, data.folds, grid, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (len(grid), len(grid))
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_macro_f1_counts_the_classes_that_occur():
    truth = np.array([0, 0, 1, 1, 3])
    table = np.array([[0, 1, 1, 1, 3], [0, 0, 2, 1, -1]])
    f1 = score_table(table, truth, "macro_f1")
    assert f1[0] == pytest.approx(naive_svm.macro_f1(truth, table[0]))
    assert f1[1] == pytest.approx(naive_svm.macro_f1(truth[:4], table[1, :4]))
    # With the number of classes of the task, one that occurs nowhere counts as 0.
    five = score_table(table, truth, "uf1", 5)
    np.testing.assert_allclose(five, [f1[0] * 3 / 5, f1[1] * 3 / 5])
    np.testing.assert_allclose(score_table(table, truth, "uar"), [2.5 / 3, 0.75])
    np.testing.assert_allclose(score_table(table, truth, "accuracy"), [0.8, 0.75])


def test_folds_may_be_objects_or_masks(data):
    grid = some(GRID, 40)
    pairs = search_grid(data.gram, data.y, data.folds, grid)
    objects = [SimpleNamespace(train=a, test=b, name="x") for a, b in data.folds]
    masks = [(data.groups != g, data.groups == g) for g in np.unique(data.groups)]
    np.testing.assert_array_equal(pairs, search_grid(data.gram, data.y, objects, grid))
    np.testing.assert_array_equal(pairs, search_grid(data.gram, data.y, masks, grid))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gram": np.zeros((3, 4))}, "shape"),
        ({"gram": np.full((72, 72), np.nan)}, "finite"),
        ({"y": np.zeros(5)}, "y has shape"),
        ({"folds": []}, "no folds"),
        ({"folds": [([0, 1], [1, 2])]}, "trains on samples"),
        ({"folds": [([0, 1], [2]), ([0, 1], [2])]}, "more than one fold"),
        ({"folds": [([0, 1], [99])]}, "0..71"),
        ({"folds": [([], [2])]}, "empty train"),
        ({"sample_weight": np.zeros(72)}, "weight above 0"),
        ({"sample_weight": -np.ones(72)}, "not below 0"),
        ({"grid": "huge"}, "No grid"),
        ({"tol": 0}, "tol"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses(data, change, message):
    arguments = {"gram": data.gram, "y": data.y, "folds": data.folds, "grid": "linear", **change}
    with pytest.raises(BadInput, match=message):
        search_grid(**arguments)


def test_nested_refuses(data):
    with pytest.raises(BadInput, match="scoring names"):
        nested_search(data.gram, data.y, data.folds, data.groups, "linear", scoring="f1")
    with pytest.raises(BadInput, match="one group only"):
        nested_search(data.gram, data.y, data.folds, np.zeros(72), "linear")


def test_what_is_kept_is_not_solved_again_and_changes_nothing(data, monkeypatch):
    import mebench.svm.engine as engine

    args = (data.gram, data.y, data.folds, data.groups)
    whole, kept = {}, {}
    expected = engine.nested_search(*args, "linear", kept=whole)
    for i, (name, part) in enumerate(whole.items()):
        if i % 2:
            kept[name] = part
    seen = []
    found = engine.nested_search(
        *args, "linear", kept=kept, progress=lambda done, total: seen.append((done, total))
    )
    for name in ("chosen", "predictions", "scores", "inner_scores", "surface"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert set(kept) == set(whole)
    monkeypatch.setattr(engine, "_fit_fold", None)
    again = engine.nested_search(*args, "linear", kept=kept)
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


def outlying(data, rows, columns):
    X = data.X.copy()
    X[np.ix_(rows, columns)] *= 1e4
    return SimpleNamespace(X=X, y=data.y, gram=X @ X.T)


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
