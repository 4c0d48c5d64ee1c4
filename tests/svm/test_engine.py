from types import SimpleNamespace

import naive_svm
import numpy as np
import pytest
from sklearn.svm import SVC

from mebench.errors import BadInput
from mebench.svm import Point, nested_search, points, score_table, search_grid

from .svcs import assert_same

GRID = {
    "degree": [2, 3, 5],
    "coef0": [0, 1, 3],
    "C": [0.1, 1, 10, 100],
    "gamma": [0.01, 0.02, 0.06, 0.5],
}


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
