"""Steps learn from rows in a file as from rows in memory, and copy no more than some of them."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

from mebench.evaluation import evaluate_features
from mebench.features import PatternCodebook, VarianceRatio, WhitenedPCA, short_rows, whitening
from mebench.methods.combination import SideBySide, blocks
from mebench.methods.fitting import Rows as Data
from mebench.methods.fitting import fit_steps, rows_of, through
from mebench.methods.large_rows import fitted_step, transformed
from mebench.storage import rows as stored
from mebench.storage.rows import gram_matrix, is_mapped, mapped, picked
from mebench.svm import PolySVC

N = 1100  # three blocks


@pytest.fixture
def X():
    found = np.random.default_rng(0).random((N, 144))
    found[:, 3] = 0.1  # the mean of which is not quite that
    return found


@pytest.fixture
def y():
    return np.random.default_rng(1).choice(list("abc"), N)


@pytest.fixture
def small(monkeypatch):
    """Whatever has more than 64 kB lies in a file."""
    monkeypatch.setattr(stored, "IN_MEMORY", 2**16)


def peak(work):
    """Bytes that were held at a time on top of what there was."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("small")
def test_rows_picked_from_a_file_are_in_a_file(X):
    index = np.random.default_rng(0).permutation(N)[:700]
    found = picked(mapped(X), index)
    assert is_mapped(found) and (found == X[index]).all()
    assert not is_mapped(picked(mapped(X), index[:50])) and not is_mapped(picked(X, index))
    chosen = np.zeros(N, bool)
    chosen[index] = True
    assert (rows_of(mapped(X), chosen) == X[chosen]).all()
    assert (mapped(X, X[:, :5]) == np.concatenate([X, X[:, :5]], axis=1)).all()


def test_products_of_parts_are_those_of_the_whole(X):
    whole = X @ X.T
    for parts in ((X[:600], X[600:]), (X[:3], X[3:700], X[700:])):
        np.testing.assert_allclose(gram_matrix(*parts), whole, rtol=1e-12)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("step", [
    StandardScaler(), MinMaxScaler(), MaxAbsScaler(), PCA(3, svd_solver="full"),
    VarianceRatio(20), WhitenedPCA(5, n_blocks=2), PatternCodebook(4, 9, 4),
], ids=lambda step: type(step).__name__)  # fmt: skip
def test_what_is_learned_is_the_same(X, y, step):
    there, here = clone(step), clone(step).fit(X, y)
    told = transformed(fitted_step(there, mapped(X), y), mapped(X))
    np.testing.assert_allclose(told, here.transform(X), rtol=1e-9, atol=1e-11)
    if isinstance(step, (MinMaxScaler, MaxAbsScaler, VarianceRatio, PatternCodebook)):
        assert (told == here.transform(X)).all(), "to the last bit"
    if isinstance(step, StandardScaler):
        np.testing.assert_allclose(there.mean_, here.mean_, rtol=1e-12)
        np.testing.assert_allclose(there.scale_, here.scale_, rtol=1e-12)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("step", [
    PCA(3), PCA(0.9), PCA(5, whiten=True), PCA(0.5, svd_solver="full", whiten=True), PCA(144),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("n", [N, 100])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_components_that_scikit_learn_finds(X, y, step, n, dtype):
    X = (X[:n] * np.arange(1, 145) ** -0.5).astype(dtype)
    if n < 144 and step.n_components == 144:
        return
    here = clone(step).set_params(svd_solver="full").fit(X.astype(float))
    there = fitted_step(clone(step), mapped(X), y)
    exact = {"rtol": 1e-8, "atol": 1e-9} if dtype == np.float64 else {"rtol": 1e-3, "atol": 1e-4}
    for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_", "mean_",
                 "components_", "noise_variance_", "n_components_", "n_samples_"):  # fmt: skip
        np.testing.assert_allclose(getattr(there, name), getattr(here, name), **exact)
    assert there.components_.dtype == dtype
    np.testing.assert_allclose(there.transform(X), here.transform(X.astype(float)), **exact)


@pytest.mark.usefixtures("small")
def test_a_pca_that_cannot_be_told_so_is_fitted_by_itself(X, y):
    flat = np.tile(X[:, :1], (1, 50))  # of rank 1
    for step, rows in ((PCA(3), flat), (PCA(), X), (PCA(3, svd_solver="arpack"), X)):
        found = fitted_step(clone(step), mapped(rows), y)
        assert found.components_.shape == clone(step).fit(rows).components_.shape


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "step", [StandardScaler(), MinMaxScaler(), VarianceRatio(5), PCA(4, svd_solver="full")]
)
def test_no_whole_copy_is_made(step):
    X, y = np.random.default_rng(0).random((4000, 300)), np.tile(list("abcd"), 1000)
    rows = mapped(X)
    assert peak(lambda: clone(step).fit_transform(X, y)) > 0.9 * X.nbytes or not isinstance(
        step, (StandardScaler, PCA)
    )
    held = peak(lambda: transformed(fitted_step(clone(step), rows, y), rows))
    assert held < 0.6 * X.nbytes, "some blocks, and never the rows"
    index = np.arange(0, 4000, 2)
    assert peak(lambda: rows_of(rows, index)) < 0.4 * X.nbytes


def test_a_scaler_that_knows_something_is_fitted_anew(X, y):
    step = StandardScaler().fit(X + 5, y)
    assert fitted_step(step, mapped(X), y).mean_ == pytest.approx(StandardScaler().fit(X).mean_)


@pytest.mark.usefixtures("small")
def test_a_step_of_ones_own_gets_all_rows_at_once(X):
    class Among(StandardScaler):
        """What it gives for a row hangs on the others."""

        def transform(self, X):
            return X - X.mean(axis=0)

    found = transformed(Among().fit(X), mapped(X))
    np.testing.assert_allclose(found, X - X.mean(axis=0))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("tail", [
    make_pipeline(StandardScaler(), PolySVC()),
    make_pipeline(StandardScaler(), VarianceRatio(10), LogisticRegression()),
], ids=["machine", "logistic"])  # fmt: skip
def test_an_evaluation_of_rows_in_a_file_is_that_of_rows_in_memory(X, y, tail):
    n = 660
    X = X[:n] + 0.5 * (y[:n] == "a")[:, None] * (np.arange(144) % 3 == 0)
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(n)], "dataset": "toy",
                          "subject": [str(i % 9) for i in range(n)], "label": y[:n]})  # fmt: skip
    one, other = (
        evaluate_features(tail, rows, table, protocol="group-kfold:3", tuning="fixed")
        for rows in (X, mapped(X))
    )
    assert one.table["y_pred"].tolist() == other.table["y_pred"].tolist()
    scores = [c for c in one.table if c.startswith("score_")]
    np.testing.assert_allclose(one.table[scores], other.table[scores], rtol=1e-6, atol=1e-8)


@pytest.mark.usefixtures("small")
def test_condensed_blocks_of_many_rows_lie_in_a_file(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.random((40, 120))
    few = WhitenedPCA(5, n_blocks=2).fit(X[:30])
    expected = few.transform(X)
    for module in (whitening, short_rows):
        monkeypatch.setattr(module, "MANY", 10)
    short = WhitenedPCA(5, n_blocks=2).condense(X)
    assert is_mapped(short) and short.shape == (40, 80)
    many = WhitenedPCA(5, n_blocks=2).fit(short[:30])
    np.testing.assert_allclose(np.abs(many.transform(short)), np.abs(expected), atol=1e-8)


@pytest.mark.usefixtures("small")
def test_blocks_side_by_side_leave_the_training_rows_as_they_are(X, y):
    """Scaled in place are only rows that nobody else has."""
    given = blocks(X, X[:, :5])
    for pca in (None, 3):
        before = X.copy()
        fuse = SideBySide([("long", "passthrough"), ("short", "passthrough")], pca=pca)
        one = fuse.fit_transform(given, y)
        assert (before == X).all()
        np.testing.assert_allclose(one, fuse.transform(given), atol=1e-12)
    steps = [("scaler", StandardScaler())]
    rows = fit_steps(steps, Data(mapped(X), y, np.zeros(N)))
    assert is_mapped(rows)
    assert (through(make_pipeline(steps[0][1], PolySVC()), mapped(X)) == rows).all()
