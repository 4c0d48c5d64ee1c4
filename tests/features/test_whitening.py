"""Whitened PCA from products of rows, against scikit-learn's."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.evaluation import tuning as tuning_of_folds
from mebench.features import WhitenedPCA, whitened, whitening
from mebench.features.leading import leading
from mebench.storage.memory import free_mib
from mebench.svm import PolySVC


@pytest.fixture
def rows():
    return np.random.default_rng(0).random((30, 400))


def same_but_for_signs(a, b):
    np.testing.assert_allclose(np.abs(a), np.abs(b), atol=1e-9)
    np.testing.assert_allclose(a @ a.T, b @ b.T, atol=1e-8)


@pytest.mark.parametrize("n", [5, 23, None])
def test_equals_scikit_learn(rows, n):
    train, test = rows[:24], rows[24:]
    ours = WhitenedPCA(n_components=n).fit(train)
    theirs = PCA(n or 23, whiten=True, svd_solver="full").fit(train)
    same_but_for_signs(ours.transform(train), theirs.transform(train))
    same_but_for_signs(ours.transform(test), theirs.transform(test))


def test_each_block_has_its_own(rows):
    both = WhitenedPCA(n_components=4, n_blocks=2).fit(rows[:24]).transform(rows)
    for i in range(2):
        block = rows[:, 200 * i : 200 * (i + 1)]
        one = WhitenedPCA(n_components=4).fit(block[:24]).transform(block)
        np.testing.assert_allclose(both[:, 4 * i : 4 * i + 4], one, atol=1e-12)


def test_all_training_rows_end_up_equally_far(rows):
    Z = WhitenedPCA().fit_transform(rows)
    distances = np.linalg.norm(Z[:, None] - Z, axis=2)[np.triu_indices(30, 1)]
    np.testing.assert_allclose(distances, distances[0])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_blocks", [1, 2])
def test_condensed_rows_do_as_well(rows, dtype, n_blocks):
    X = rows.astype(dtype)
    step = WhitenedPCA(n_blocks=n_blocks)
    short = step.condense(X)
    assert short.shape == (30, 30 * n_blocks) and short.dtype == np.float64
    long = WhitenedPCA(n_blocks=n_blocks).fit(X[:24]).transform(X)
    same_but_for_signs(step.fit(short[:24]).transform(short), long)


def test_short_rows_need_no_condensing(rows):
    assert WhitenedPCA().condense(rows[:, :20]) is not None
    short = rows[:, :30]
    assert WhitenedPCA().condense(short) is short


def test_evaluation_condenses_and_predicts_the_same():
    rng = np.random.default_rng(5)
    y = np.tile(["a", "b", "c"], 12)
    X = rng.normal(size=(36, 500)) + 0.4 * (y == "b")[:, None] - 0.4 * (y == "c")[:, None]
    table = pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(36)],
        "dataset": "d", "subject": np.repeat([f"s{i}" for i in range(6)], 6), "label": y,
    })  # fmt: skip
    tail = make_pipeline(WhitenedPCA(n_blocks=2), PolySVC(kernel="linear", C=1))
    a, b = (
        evaluate_features(tail, X, table, grid="linear", shared=shared) for shared in (True, False)
    )
    assert a.table["y_pred"].tolist() == b.table["y_pred"].tolist()
    assert (a.table["y_pred"] == a.table["y_true"]).mean() > 0.6


def test_rows_that_do_not_differ():
    X = np.random.default_rng(0).random(50) * np.ones((6, 1))
    assert np.abs(WhitenedPCA().fit_transform(X)).max() == 0
    twice = np.repeat(np.random.default_rng(1).random((4, 50)), 2, axis=0)
    assert WhitenedPCA().fit_transform(twice).shape == (8, 3)


def test_blocks_of_different_widths(rows):
    """Each part by itself, condensed or not; equal widths are the number of parts."""
    step = WhitenedPCA(n_blocks=(100, 300))
    parts = [rows[:, :100], rows[:, 100:]]
    alone = np.concatenate([WhitenedPCA().fit(X[:24]).transform(X) for X in parts], axis=1)
    np.testing.assert_allclose(step.fit(rows[:24]).transform(rows), alone, atol=1e-9)
    short = step.condense(rows)
    assert short.shape == (30, 2 * 30 + 1)
    np.testing.assert_allclose(short @ short.T, rows @ rows.T)
    same_but_for_signs(clone(step).fit(short[:24]).transform(short), alone)
    halves = WhitenedPCA(n_blocks=(200, 200)).fit_transform(rows)
    np.testing.assert_array_equal(halves, WhitenedPCA(n_blocks=2).fit_transform(rows))
    for wrong in ((100, 200), (100, 400), (0, 400)):
        with pytest.raises(BadInput, match="or their widths"):
            WhitenedPCA(n_blocks=wrong).fit(rows)


def test_names(rows):
    names = WhitenedPCA(n_components=2, n_blocks=2).fit(rows).get_feature_names_out()
    assert names.tolist() == [f"whitenedpca{i}" for i in range(4)]


@pytest.mark.parametrize(
    ("params", "message"), [({"n_components": 0}, "n_components"), ({"n_blocks": 3}, "equal parts")]
)
def test_clear_errors(rows, params, message):
    with pytest.raises(BadInput, match=message):
        WhitenedPCA(**params).fit(rows)


@pytest.mark.filterwarnings("ignore")
def test_is_an_estimator_like_any_other():
    check_estimator(WhitenedPCA())


@pytest.mark.parametrize("n_components", [None, 4])
@pytest.mark.parametrize("n_blocks", [1, 2])
@pytest.mark.parametrize("twice", [False, True], ids=["", "a row is there twice"])
def test_products_are_those_of_whitened_rows(rows, n_components, n_blocks, twice):
    X = rows.copy()
    if twice:
        X[5] = X[3]
    train = np.random.default_rng(0).permutation(30)[:24]
    train = np.concatenate([train[~np.isin(train, (3, 5))], [3, 5]])
    step = WhitenedPCA(n_components, n_blocks)
    Z = step.fit(X[train]).transform(X)
    known = step.by_products(X)
    found = WhitenedPCA(n_components, n_blocks).fit(known[train]).transform(known)
    np.testing.assert_allclose(found.gram[np.ix_(found.index, found.index)], Z @ Z.T, atol=1e-8)
    few = found[np.array([7, 2])]
    np.testing.assert_allclose(few.gram[np.ix_(few.index, few.index)], Z[[7, 2]] @ Z[[7, 2]].T,
                               atol=1e-8)  # fmt: skip


def test_equations_are_solved_only_where_all_components_are_kept(rows, monkeypatch):
    """They take a tenth of the time; where some are rounding, eigenvectors are found."""
    found = []
    monkeypatch.setattr(whitened, "leading", lambda *given: found.append(1) or leading(*given))
    known, train = WhitenedPCA().by_products(rows), np.arange(20)
    WhitenedPCA().fit(known[train])
    assert not found
    WhitenedPCA(3).fit(known[train])
    WhitenedPCA().fit(WhitenedPCA().by_products(np.tile(rows[:20], (2, 1)))[np.arange(40)])
    assert len(found) == 2


def test_one_row_has_no_components(rows):
    with pytest.raises(BadInput, match="two rows"):
        WhitenedPCA().fit(WhitenedPCA().by_products(rows)[np.arange(1)])


@pytest.mark.parametrize("tuning", ["nested", "fixed", "oracle"])
def test_an_evaluation_by_products_is_that_of_rows(tuning, monkeypatch):
    rng = np.random.default_rng(0)
    n, y = 90, np.tile(list("abc"), 30)
    X = rng.normal(size=(n, 400)) * np.arange(1, 401) ** -0.5 + (y[:, None] == list("abc")) @ (
        0.4 * rng.normal(size=(3, 400))
    )
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(n)], "dataset": "toy", "label": y,
                          "subject": [str(i % 7) for i in range(n)]})  # fmt: skip
    tail = make_pipeline(WhitenedPCA(n_blocks=2), PolySVC(kernel="linear", C=0.001))

    def run():
        return evaluate_features(tail, X, table, tuning=tuning, protocol="group-kfold:3",
                                 grid=None if tuning == "fixed" else "linear")  # fmt: skip

    by_rows = run()
    monkeypatch.setattr(tuning_of_folds, "MANY", 10)
    asked = []
    monkeypatch.setattr(whitening, "whitened", lambda *a: asked.append(1) or whitened.whitened(*a))
    by_products = run()
    assert asked
    assert by_rows.table["y_pred"].tolist() == by_products.table["y_pred"].tolist()
    scores = [c for c in by_rows.table if c.startswith("score_")]
    np.testing.assert_allclose(by_rows.table[scores], by_products.table[scores], atol=2e-3)


def test_too_many_components_for_the_memory_are_refused_before_they_are_found(monkeypatch):
    rows = np.random.default_rng(0).random((40, 100))
    monkeypatch.setattr(whitening, "MANY", 10)
    monkeypatch.setattr(whitening, "free_mib", lambda: 0.04)
    with pytest.raises(BadInput, match=r"of 40 rows in 2 blocks take 0 MiB, and 0 MiB .* are free"):
        WhitenedPCA(n_blocks=2).fit(rows)
    WhitenedPCA(5, n_blocks=2).fit(rows)
    WhitenedPCA(n_blocks=2).fit(WhitenedPCA(n_blocks=2).by_products(rows))
    monkeypatch.setattr(whitening, "free_mib", lambda: None)  # it is not known everywhere
    WhitenedPCA(n_blocks=2).fit(rows)


def test_free_memory_is_some():
    free = free_mib()
    assert free is None or 0 < free < 2**30
