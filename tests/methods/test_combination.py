"""Combinations: what they learn, from whom, and how they are named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from mebench import Clip
from mebench.base import Extractor
from mebench.datasets import Samples
from mebench.errors import BadInput
from mebench.evaluation import evaluate, evaluate_features
from mebench.evaluation import tuning as tuning_of_folds
from mebench.features import LBPTOP, short_rows
from mebench.features.products import Products
from mebench.methods import METHODS, Method, expand, get_method
from mebench.methods.combination import LateFusion, SideBySide, blocks, combine, early
from mebench.methods.extract import extract
from mebench.methods.parts import split_pipeline
from mebench.scoring.subjects import subject_keys
from mebench.storage import ArrayCache
from mebench.svm import PolySVC

GRID = {"degree": [2, 3], "gamma": [0.1, 1], "coef0": [1], "C": [0.1, 10]}
#: Clips of the toy data.
N = 36
LATE = ("scores", "vote", "stack", "stack-forest")


@pytest.fixture
def data():
    """Three blocks that each know something of three classes; four subjects."""
    rng = np.random.default_rng(1)
    y = np.array(["anger", "joy", "sad"], object)[rng.integers(0, 3, N)]
    subject = np.repeat([f"s{i}" for i in range(4)], 9)
    columns = [rng.normal(size=(N, 4)) + 1.2 * (y == c)[:, None] for c in ("anger", "joy", "sad")]
    table = pd.DataFrame(
        {"clip_id": [f"c{i}" for i in range(N)], "dataset": "toy", "subject": subject, "label": y}
    )
    return blocks(*columns), y, subject, table


def members():
    """A kernel machine alone, one behind a step that learns, and a classifier of another kind."""
    return [
        ("plain", PolySVC(kernel="poly", degree=2, gamma=0.1, coef0=1)),
        ("learned", make_pipeline(PCA(2, random_state=0), PolySVC(kernel="linear"))),
        ("other", LogisticRegression()),
    ]


def fusion(rule, **settings):
    return LateFusion(members(), rule, grids={"plain": GRID}, random_state=0, **settings)


@pytest.mark.parametrize("rule", LATE)
def test_sharing_between_folds_changes_nothing(rule, data):
    X, _, _, table = data
    found = [
        evaluate_features(fusion(rule), X, table, n_jobs=jobs, shared=shared)
        for jobs, shared in ((1, False), (2, True))
    ]
    assert found[0].scores()["uar"] > 0.5
    for other in found[1:]:
        assert (other.table["y_pred"] == found[0].table["y_pred"]).all()
        scores = [c for c in other.table if c.startswith("score_")]
        assert len(scores) == 3
        np.testing.assert_allclose(other.table[scores], found[0].table[scores], atol=1e-9)
        assert other.header["chosen"] == found[0].header["chosen"]


def test_threads_change_no_byte(data):
    X, _, _, table = data
    one, two = (evaluate_features(fusion("stack"), X, table, n_jobs=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)


@pytest.mark.parametrize("rule", LATE)
def test_labels_of_the_test_fold_decide_nothing(rule, data):
    X, y, subject, _ = data
    test = np.flatnonzero(subject == "s2")
    train = np.flatnonzero(subject != "s2")
    other = y.copy()
    other[test] = "never seen before"
    found = [fusion(rule).predict_folds(X, labels, subject, [(train, test)])[0]
             for labels in (y, other)]  # fmt: skip
    assert (found[0].labels == found[1].labels).all()
    np.testing.assert_array_equal(found[0].scores, found[1].scores)
    assert found[0].choices == found[1].choices


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers on which subjects it was fitted and of whom it was asked (column 0 says)."""

    seen: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.fitted_ = frozenset(X[:, 0])
        return self

    def predict(self, X):
        Spy.seen.append((self.fitted_, frozenset(X[:, 0])))
        return np.repeat(self.classes_[:1], len(X))

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


@pytest.mark.parametrize("rule", ["scores", "stack", "stack-forest"])
def test_the_rule_learns_from_answers_about_left_out_subjects(rule, data):
    X, y, subject, _ = data
    who = np.array([float(s[1:]) for s in subject])[:, None]
    Spy.seen = []
    both = blocks(np.repeat(who, 2, axis=1), np.repeat(who, 2, axis=1))
    fused = LateFusion([("a", Spy()), ("b", Spy())], rule, random_state=0)
    fused.fit(both, y, groups=subject)
    everybody = frozenset(range(4))
    assert Counter(Spy.seen) == {(everybody - {s}, frozenset({s})): 2 for s in range(4)}
    assert fused.left_out_.shape == (N, 2, 3)


def test_samples_that_are_only_trained_on_are_never_left_out(data):
    """Those of another database: nothing is chosen by them, and no rule learns from them."""
    X, _, _, table = data
    table = table.assign(only_trained=table["subject"] == "s3")
    tested = np.flatnonzero(table["subject"] != "s3")

    def protocol(table):
        for s in ("s0", "s1", "s2"):
            test = (table["subject"] == s).to_numpy()
            yield np.flatnonzero(~test), np.flatnonzero(test)

    found = [
        evaluate_features(fusion("stack"), X, table, protocol=protocol, shared=shared)
        for shared in (False, True)
    ]
    assert len(found[0].table) == len(tested)
    assert found[0].header["chosen"] == found[1].header["chosen"]
    assert found[0].table["y_pred"].tolist() == found[1].table["y_pred"].tolist()
    keys = subject_keys(table)
    fitted = fusion("stack").fit(X, table["label"], groups=keys)
    assert (np.isnan(fitted.left_out_).all(axis=(1, 2)) == (keys == "")).all()


def test_meta_features_are_those_of_fits_without_the_subject(data):
    X, y, subject, _ = data
    fused = fusion("stack", tuning="fixed").fit(X, y, groups=subject)
    rest = subject != "s3"
    machine = PolySVC(kernel="poly", degree=2, gamma=0.1, coef0=1)
    machine.fit(np.stack(X[rest, 0]), y[rest])
    expected = machine.decision_function(np.stack(X[~rest, 0]))
    np.testing.assert_allclose(fused.left_out_[~rest, 0], expected, atol=1e-9)
    known = machine.fit(np.stack(X[:, 0]), y).decision_function(np.stack(X[:, 0]))
    assert np.abs(fused.left_out_[:, 0] - known).max() > 0.1


def test_scores_are_the_mean_of_normalised_scores(data):
    X, y, subject, _ = data
    fused = fusion("scores", tuning="fixed").fit(X, y, groups=subject)
    mean, deviation = fused.left_out_.mean(axis=(0, 2)), fused.left_out_.std(axis=(0, 2))
    expected = np.zeros((N, 3))
    for j, (_, member) in enumerate(members()):
        rows = np.stack(X[:, j])
        member.fit(rows, y)
        ask = member.predict_proba if j == 2 else member.decision_function
        expected += (ask(rows) - mean[j]) / deviation[j] / 3
    np.testing.assert_allclose(fused.decision_function(X), expected, atol=1e-9)
    assert (fused.predict(X) == fused.classes_[expected.argmax(1)]).all()


class Says(ClassifierMixin, BaseEstimator):
    """Says what the first column holds."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return X[:, 0].astype(int)


def test_votes_by_hand():
    said = np.array([[0, 1, 1], [2, 0, 1], [1, 1, 0], [2, 2, 2]])
    X = blocks(*(np.repeat(column[:, None], 2, axis=1) for column in said.T))
    fused = LateFusion([(name, Says()) for name in "abc"], "vote")
    fused.fit(X, ["x", "y", "z", "z"], groups=list("1122"))
    assert fused.predict(X).tolist() == ["y", "z", "y", "z"]  # of equals, the first member's
    np.testing.assert_allclose(fused.decision_function(X)[0], [1 / 3, 2 / 3, 0])
    assert fused.left_out_ is None


def test_members_without_scores_and_with_unknown_classes(data):
    X, y, subject, _ = data
    y = y.copy()
    y[subject == "s0"] = "rare"  # left out with its only subject
    fused = LateFusion([("a", Says2()), ("b", LinearSVC()), ("c", PolySVC(kernel="linear"))],
                       "scores").fit(X, y, groups=subject)  # fmt: skip
    assert fused.left_out_.shape == (N, 3, 4) and np.isfinite(fused.left_out_).all()
    assert set(np.unique(fused.left_out_[:, 0])) <= {0.0, 1.0}
    assert (fused.left_out_[subject == "s0", 2, 2] == -1).all()


class Says2(KNeighborsClassifier):
    """A classifier without scores."""

    predict_proba = None

    def __getattribute__(self, name):
        if name == "predict_proba":
            raise AttributeError(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y, g: (fusion("sum"), X, y, g), "rule must be one of scores, vote"),
        (lambda X, y, g: (fusion("vote", tuning="oracle"), X, y, g), "tuning must be"),
        (lambda X, y, g: (fusion("vote"), X[:, :2], y, g), "one block of features per member"),
        (lambda X, y, g: (fusion("vote"), X, y, None), "groups="),
        (lambda X, y, g: (fusion("vote"), X, y, g[:5]), "groups has shape"),
        (lambda X, y, g: (fusion("stack"), X, y, ["one"] * len(y)), "one subject only"),
        (lambda X, y, g: (LateFusion(members()[:1]), X[:, :1], y, g), "needs 2 or more"),
        (lambda X, y, g: (LateFusion(members()[:2], "vote"), X[:, :2], y, g), "needs 3 or more"),
    ],
)
def test_mistakes(change, message, data):
    X, y, subject, _ = data
    estimator, X, y, groups = change(X, y, subject)
    with pytest.raises(BadInput, match=message):
        estimator.fit(X, y, groups)


def test_the_oracle_is_refused(data):
    X, _, _, table = data
    with pytest.raises(BadInput, match="cannot be tuned by the oracle"):
        evaluate_features(fusion("vote"), X, table, tuning="oracle")


def test_header_of_a_combination(data):
    X, _, _, table = data
    found = evaluate_features(fusion("vote"), X, table).header
    assert (found["tuning"], found["n_features"], found["n_candidates"]) == (
        "nested",
        12,
        8 + 4 + 1,
    )
    assert set(found["chosen"][0]["params"]) >= {"plain__C", "plain__degree", "learned__C"}
    assert set(found["chosen"][0]["inner_scores"]) == {"plain", "learned"}
    fixed = evaluate_features(fusion("vote"), X, table, tuning="fixed").header
    assert fixed["tuning"] == "fixed" and fixed["n_candidates"] == 1
    assert fixed["chosen"][0]["params"]["plain__gamma"] == 0.1


def test_members_are_tuned_as_they_are_alone(data):
    X, _, _, table = data
    together = evaluate_features(fusion("scores"), X, table).header["chosen"]
    for place, (name, member) in enumerate(members()[:2]):
        grid = GRID if name == "plain" else "linear"
        alone = evaluate_features(member, np.stack(X[:, place]), table, grid=grid).header["chosen"]
        for a, b in zip(alone, together, strict=True):
            for key, value in a["params"].items():
                assert b["params"][f"{name}__{key}"] == value
            assert b["inner_scores"][name] == a["inner_score"]


def test_a_seed_makes_the_forest(data):
    X, _, _, table = data
    forest = LateFusion(members(), "stack-forest", grids={"plain": GRID})
    a, b, c = (evaluate_features(forest, X, table, seed=s).table["score_joy"] for s in (3, 3, 4))
    assert (a == b).all() and (a != c).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_rows_makes_no_other_forest(data, seed):
    """What is drawn is drawn by content: the same clips in another order, the same trees."""
    X, y, subject, table = data
    order = np.random.default_rng(seed).permutation(N)
    forest = fusion("stack-forest", tuning="fixed")
    one = clone(forest).fit(X, y, groups=subject)
    other = clone(forest).fit(X[order], y[order], groups=subject[order])
    np.testing.assert_array_equal(one.decision_function(X), other.decision_function(X))
    np.testing.assert_array_equal(one.left_out_[order], other.left_out_)
    assert len(np.unique(one.decision_function(X), axis=0)) > N / 2
    in_folds = [
        evaluate_features(forest, X[rows], table.iloc[rows].reset_index(drop=True), seed=0)
        .table.set_index("clip_id").sort_index().drop(columns="fold")
        for rows in (np.arange(N), order)
    ]  # fmt: skip
    pd.testing.assert_frame_equal(*in_folds)


# Early fusion


def test_blocks_weigh_the_same_and_keep_their_proportions(data):
    X, y, _, _ = data
    A, B = np.stack(X[:, 0]), np.stack(X[:, 1])
    fuse = SideBySide([("a", "passthrough"), ("b", "passthrough")])
    Z = fuse.fit_transform(blocks(1000 * A + 5, B * 0.01), y)
    assert Z.shape == (N, 8) and fuse.n_features_ == [4, 4]
    for block, original in ((Z[:, :4], A), (Z[:, 4:], B)):
        centred = original - original.mean(0)
        np.testing.assert_allclose((block**2).sum(1).mean(), 0.5)
        np.testing.assert_allclose(block, centred / np.sqrt(2 * (centred**2).sum(1).mean()))
    columns = SideBySide(fuse.members, scale="columns").fit_transform(blocks(A, B * 0.01), y)
    np.testing.assert_allclose(columns.std(0), 1 / np.sqrt(8))
    np.testing.assert_allclose(fuse.transform(blocks(1000 * A + 5, B * 0.01)), Z)


def test_selection_and_components_come_from_the_training_samples(data):
    X, y, subject, _ = data
    train = subject != "s1"
    wide = blocks(np.stack(X[:, 0]) @ np.random.default_rng(0).normal(size=(4, 60)),
                  np.stack(X[:, 1]))  # fmt: skip
    learned = [("a", Pipeline([("pca", PCA(3, random_state=0))])), ("b", "passthrough")]
    for settings, widths in (({"select": 2}, [2, 2]), ({"pca": 2}, [2, 2]), ({}, [3, 4]),
                             ({"pca": 0.999}, [3, 4])):  # fmt: skip
        fuse = SideBySide(learned, **settings).fit(wide[train], y[train])
        assert fuse.n_features_ == widths
        before = fuse.transform(wide[train])
        changed = wide.copy()
        for i in np.flatnonzero(~train):
            changed[i, 1] = 100 * changed[i, 1]
        again = clone(fuse).fit(changed[train], y[train])
        np.testing.assert_array_equal(again.transform(wide[train]), before)


def test_components_are_those_of_scikit_learn(data):
    X, y, _, _ = data
    ours = SideBySide([("a", "passthrough")], pca=2).fit(X[:, :1])
    peer = PCA(2).fit_transform(np.stack(X[:, 0]))
    peer /= np.sqrt((peer**2).sum(1).mean())
    np.testing.assert_allclose(np.abs(ours.transform(X[:, :1])), np.abs(peer), atol=1e-9)


@pytest.mark.parametrize("pca", [None, 0.9])
def test_condensed_rows_give_the_same_kernel(pca, data):
    X, y, subject, _ = data
    wide = blocks(np.stack(X[:, 0]) @ np.random.default_rng(0).normal(size=(4, 90)),
                  np.stack(X[:, 1]))  # fmt: skip
    fuse = SideBySide([("a", "passthrough"), ("b", "passthrough")], pca=pca)
    short = fuse.condense(wide)
    assert short[0, 0].shape == (N,) and short[0, 1].shape == (4,)
    train = subject != "s1"
    Z, z = (clone(fuse).fit(rows[train], y[train]).transform(rows) for rows in (wide, short))
    np.testing.assert_allclose(z @ z.T, Z @ Z.T, atol=1e-9)
    assert SideBySide(fuse.members, scale="columns").condense(wide) is wide
    assert SideBySide(fuse.members, select=3).condense(wide) is wide


@pytest.mark.parametrize("pca", [0.9, 3])
def test_components_of_many_rows_are_those_of_few(pca, monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 90)) @ rng.normal(size=(90, 90))
    X, y = blocks(rows, rng.normal(size=(40, 3))), np.repeat(["a", "b"], 20)
    fuse = SideBySide([("long", "passthrough"), ("short", "passthrough")], pca=pca)
    few = clone(fuse).fit(X[:30], y[:30])
    condensed = few.condense(X)
    monkeypatch.setattr(early, "MANY", 10)
    monkeypatch.setattr(short_rows, "MANY", 10)
    many = clone(fuse).fit(X[:30], y[:30])
    assert many.n_features_ == few.n_features_
    np.testing.assert_allclose(many.transform(X), few.transform(X), atol=1e-8)
    # So are those of rows that are known by their products, and of condensed ones, up to their
    # directions.
    short = many.condense(X)
    assert isinstance(short.parts[0], Products) and short.parts[1].shape == (40, 3)
    train = np.arange(30)
    known = clone(fuse)
    fitted = known.fit_transform(short[train], y[:30])
    np.testing.assert_allclose(fitted, few.transform(X[:30]), atol=1e-8)
    np.testing.assert_allclose(known.transform(short), few.transform(X), atol=1e-8)
    assert condensed[0, 0].shape == (40,)
    again = clone(fuse).fit(condensed[:30], y[:30]).transform(condensed)
    np.testing.assert_allclose(again @ again.T, few.transform(X) @ few.transform(X).T, atol=1e-8)


@pytest.mark.parametrize("pca", [None, 0.95])
@pytest.mark.parametrize("tuning", ["nested", "fixed"])
def test_an_evaluation_of_many_rows_predicts_as_one_of_few(pca, tuning, monkeypatch):
    rng = np.random.default_rng(0)
    y = np.tile(list("abc"), 30)
    long = rng.normal(size=(90, 200)) * np.arange(1, 201) ** -0.5
    X = blocks(long + 0.3 * (y[:, None] == list("abc")) @ rng.normal(size=(3, 200)),
               rng.normal(size=(90, 4)))  # fmt: skip
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(90)], "dataset": "toy", "label": y,
                          "subject": [str(i % 7) for i in range(90)]})  # fmt: skip
    tail = make_pipeline(
        SideBySide([("a", "passthrough"), ("b", "passthrough")], pca=pca),
        PolySVC(C=1, degree=2, gamma=1, coef0=1),
    )

    def run():
        return evaluate_features(
            tail, X, table, protocol="group-kfold:3", inner="group-kfold:3", tuning=tuning,
            grid={"degree": [1, 2], "gamma": 1.0, "coef0": 1.0, "C": [0.1, 10.0]}
            if tuning == "nested" else None,
        )  # fmt: skip

    few, fits = run(), []
    for module in (early, tuning_of_folds):
        monkeypatch.setattr(module, "MANY", 10)
    fused = early._fused_products
    monkeypatch.setattr(early, "_fused_products", lambda parts: (fits.append(1), fused(parts))[1])
    many = run()
    assert bool(fits) == (pca is None)
    assert few.table["y_pred"].tolist() == many.table["y_pred"].tolist()
    if tuning == "nested":
        assert few.header["chosen"] == many.header["chosen"]
    scores = [c for c in few.table if c.startswith("score_")]
    np.testing.assert_allclose(few.table[scores], many.table[scores], atol=2e-3)


def test_fused_products_are_those_of_fused_rows():
    """Of samples that were fitted to and of others, where a block is far from 0 or never moves."""
    rng = np.random.default_rng(0)
    long, short = rng.normal(size=(12, 50)) + 5, 1e3 * rng.normal(size=(12, 2))
    X, train = blocks(long, short, np.ones((12, 3))), np.array([7, 2, 0, 9, 4, 5])
    fuse = SideBySide([(name, "passthrough") for name in "abc"])
    rows = clone(fuse).fit(X[train]).transform(X)
    known = fuse.by_products(X)
    trained = fuse.fit_transform(known[train])
    assert trained.index.tolist() == train.tolist() and len(fuse.transform(known)) == 12
    np.testing.assert_allclose(trained.gram, rows @ rows.T, atol=1e-10)
    one = [("a", "passthrough")]
    assert SideBySide(one).by_products(blocks(short)) is None, "rows are shorter"
    own = [("a", make_pipeline(PCA(2)))]
    for other in (SideBySide(one, select=3), SideBySide(one, scale="columns"),
                  SideBySide(one, pca=0.9), SideBySide(own)):  # fmt: skip
        assert other.by_products(blocks(long)) is None


def test_a_block_that_never_moves():
    still = blocks(np.ones((6, 3)), np.arange(12.0).reshape(6, 2))
    Z = SideBySide([("a", "passthrough"), ("b", "passthrough")]).fit_transform(still)
    assert np.isfinite(Z).all() and (Z[:, :3] == 0).all()


def test_mistakes_of_early_fusion(data):
    X, y, _, _ = data
    with pytest.raises(BadInput, match="scale must be one of"):
        SideBySide([("a", "passthrough")], scale="huge").fit(X[:, :1], y)
    with pytest.raises(BadInput, match="one block of features per member"):
        SideBySide([("a", "passthrough")]).fit(X, y)
    with pytest.raises(BadInput, match="pca must be above 0"):
        SideBySide([("a", "passthrough")], pca=0).fit(X[:, :1], y)


# From clips


class Counting(Extractor):
    """Counts how often it looks at a clip."""

    looked: ClassVar[Counter] = Counter()

    def __init__(self, what="mean"):
        self.what = what

    def _row(self, clip):
        Counting.looked[self.what] += 1
        return getattr(clip.frames.astype(float), self.what)(axis=0)[:2, :3].ravel()

    def _names(self):
        return [f"{self.what}{i}" for i in range(6)]


def own(what, *learned):
    return Method(
        what, lambda: make_pipeline(Counting(what), *map(clone, learned), PolySVC(kernel="linear")),
        grid="linear", title=what, citation=what,
    )  # fmt: skip


@pytest.fixture
def samples(data):
    _, y, subject, table = data
    rng = np.random.default_rng(0)
    clips = [
        Clip(i, rng.integers(0, 50, (3, 4, 5), dtype=np.uint8) + np.uint8(40 * (label == "joy")))
        for i, label in zip(table["clip_id"], y, strict=True)
    ]
    made = Samples(clips, table, ("anger", "joy", "sad"))
    assert replace(made).classes
    return made


@pytest.mark.parametrize("kind", ["early", "early-pca", "scores", "vote", "stack"])
def test_members_share_the_cache_with_themselves_alone(kind, samples, tmp_path):
    cache = ArrayCache(tmp_path)
    Counting.looked = Counter()
    parts = [own("mean"), own("std", StandardScaler()), own("max")]
    evaluate(parts[0], samples, cache=cache, grid="linear")
    assert Counting.looked == {"mean": N}
    found = evaluate(combine(kind, parts), samples, cache=cache, tuning="fixed")
    assert Counting.looked == {"mean": N, "std": N, "max": N}
    assert found.header["features_from_cache"] == 0 and found.header["n_features"] == 18
    evaluate(parts[1], samples, cache=cache, tuning="fixed")
    again = evaluate(combine(kind, parts), samples, cache=cache, tuning="fixed", n_jobs=2)
    assert Counting.looked == {"mean": N, "std": N, "max": N}
    assert again.header["features_from_cache"] == N
    pd.testing.assert_frame_equal(again.table, found.table)
    bare = evaluate(combine(kind, parts), samples, cache=False, tuning="fixed")
    pd.testing.assert_frame_equal(bare.table, found.table)


def test_clips_themselves_can_be_a_block(samples):
    class Sizes(TransformerMixin, BaseEstimator):
        def fit(self, X, y=None):
            self.fitted_ = True
            return self

        def transform(self, X):
            return np.array([[clip.frames.mean()] for clip in X])

    learned = make_pipeline(Sizes(), LogisticRegression())
    found = evaluate(combine("stack", [learned, own("mean")]), samples, cache=False, n_jobs=1)
    assert found.header["n_features"] is None and found.scores()["uar"] > 0.4


def test_pipelines_of_branches_work_in_plain_scikit_learn(samples):
    pipeline = combine("scores", [own("mean"), own("max")]).build()
    pipeline.fit(samples.clips, samples.y, fusion__groups=samples.table["subject"].to_numpy())
    assert set(pipeline.predict(samples.clips)) <= set(samples.classes)
    steps, tail = split_pipeline(pipeline)
    X = extract(steps, samples.clips).matrix()
    assert X.shape == (N, 2) and len(tail.steps) == 1
    for row, direct in zip(X, pipeline[0].transform(samples.clips), strict=True):
        for a, b in zip(row, direct, strict=True):
            np.testing.assert_array_equal(a, b)


# Names


@pytest.mark.parametrize(
    "name", ["early:mdmo", "early-pca:lbp-top+mdmo", "early-ratio:lbp-top+hoof", "scores:mdmo+hoof",
             "vote:lbp-top+mdmo+hoof", "stack:sparse-mdmo+mdmo", "stack-forest:mdmo+3d-fft"]
)  # fmt: skip
def test_combinations_by_name(name):
    method = get_method(name)
    assert method.name == name and method.title and method.citation
    assert method.family == "combination"
    pipeline = method.build()
    keys = [key for key, _ in pipeline[0].branches]
    assert keys == name.split(":")[1].split("+")
    for (key, branch), key_alone in zip(pipeline[0].branches, keys, strict=True):
        alone = split_pipeline(get_method(key_alone).build())[0]
        assert [repr(s) for _, s in branch.steps] == [repr(s) for s in alone], key
    assert all(ch.isalnum() or ch in "-+:." for ch in name)  # nothing that a shell would touch
    repr(clone(pipeline))


def test_learning_steps_stay_in_the_folds():
    fuse = get_method("early:sparse-mdmo+mdmo").build()[1]
    assert [type(s).__name__ for _, s in fuse.members[0][1].steps] == ["GraphSparseMDMO"]
    assert fuse.members[1][1] == "passthrough"
    tails = dict(get_method("stack:sparse-mdmo+mdmo").build()[1].members)
    assert list(tails["sparse-mdmo"].named_steps) == ["graphsparsemdmo", "polysvc"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("vote:mdmo+hoof", "vote needs 3 or more"),
        ("stack:mdmo", "stack needs 2 or more"),
        ("vote:mdmo+mdmo", "mdmo stands twice"),
        ("vote:mdmo+hof", "Did you mean 'hoof'"),
        ("scores:mdmo+early:hoof", "early:hoof is a combination by itself"),
        ("vote:mdmo+", "lacks a member"),
        ("vote:", "lacks a member"),
    ],
)
def test_names_that_are_none(name, message):
    with pytest.raises(BadInput, match=message):
        get_method(name)


def test_names_that_no_folder_could_bear(monkeypatch):
    methods = [own("x" * 50), own("y" * 50), own("z" * 50)]
    with pytest.raises(BadInput, match="has 157 characters"):
        combine("vote", methods)
    assert combine("vote", methods, name="vote:xyz").name == "vote:xyz"


def test_families():
    every = expand(["handcrafted"])
    assert {"lbp-top", "mdmo", "3d-fft"} <= set(every) <= set(METHODS)
    assert expand(["3d-fft", "handcrafted", "mdmo"])[0] == "3d-fft"
    assert sorted(expand(["3d-fft", "handcrafted", "mdmo"])) == sorted(every)
    estimator = make_pipeline(LBPTOP(), PolySVC())
    assert expand([estimator, "mdmo"]) == [estimator, "mdmo"]
    everybody = get_method("vote:handcrafted")
    assert everybody.name == "vote:handcrafted"
    assert [key for key, _ in everybody.build()[0].branches] == every


def test_folder_names_stay_apart(tmp_path: Path):
    from mebench.results.store import run_place

    names = ["stack:a+b", "stack-forest:a+b", "early:a+b"]
    found = {run_place(tmp_path, {"dataset": "d", "method": n}).name for n in names}
    assert found == {"d-stack-a+b", "d-stack-forest-a+b", "d-early-a+b"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("score:lbp-sip+hoof", "Did you mean 'scores:'"),
        ("early-rato:lbp-sip", "Did you mean 'early-ratio:'"),
        ("early:", "early: lacks a member.*early:lbp-top"),
        ("stack:mdmo++hoof", "lacks a member"),
    ],
)
def test_combinations_that_are_nearly_named(name, message):
    with pytest.raises(BadInput, match=message):
        get_method(name)
