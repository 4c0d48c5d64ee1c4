"""Tuning and evaluation against plain scikit-learn, and against planted leaks."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mebench import Clip, Samples, evaluate
from mebench.base import ClipStep, Extractor
from mebench.errors import BadInput, FaceNotFound
from mebench.evaluation import evaluate_features, loso
from mebench.evaluation.settings import Tuning
from mebench.methods import Method
from mebench.svm import PolySVC, points

GRID = {"degree": [2, 3], "C": [0.1, 10], "gamma": [0.05, 0.5], "coef0": [0, 1]}


def data(n_subjects=6, n=54, d=5, classes="abc", seed=0):
    """Overlapping classes, unevenly spread over subjects."""
    rng = np.random.default_rng(seed)
    y = rng.choice(list(classes), n)
    X = rng.normal(size=(n, d)) + 1.2 * (np.array([classes.index(c) for c in y])[:, None] - 1)
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(n)],
            "dataset": "toy",
            "subject": np.sort(rng.integers(0, n_subjects, n)).astype(str),
            "label": y,
        }
    )
    return X, table


def groups_of(table):
    return (table["dataset"] + "/" + table["subject"]).to_numpy(object)


def by_hand(X, table, steps=()):
    """Nested leave-one-subject-out with SVC, written out."""
    y, groups = table["label"].to_numpy(object), groups_of(table)
    out = np.full(len(y), None, object)
    for fold in loso(table):
        best = None
        for point in points(GRID):
            svc = SVC(kernel="poly", degree=point.degree, C=point.C, gamma=point.gamma,
                      coef0=point.coef0)  # fmt: skip
            guess = np.full(len(y), None, object)
            for subject in set(groups[fold.train]):
                inner = fold.train[groups[fold.train] != subject]
                test = fold.train[groups[fold.train] == subject]
                model = make_pipeline(*map(clone, steps), svc).fit(X[inner], y[inner])
                guess[test] = model.predict(X[test])
            score = f1_score(list(y[fold.train]), list(guess[fold.train]), average="macro")
            if best is None or score > best[0] + 1e-12:
                best = (score, svc)
        model = make_pipeline(*map(clone, steps), best[1]).fit(X[fold.train], y[fold.train])
        out[fold.test] = model.predict(X[fold.test])
    return out


def test_nested_equals_scikit_learn_by_hand():
    X, table = data()
    found = evaluate_features(PolySVC(), X, table, grid=GRID)
    np.testing.assert_array_equal(found.table["y_pred"], by_hand(X, table))
    assert len(found.header["chosen"]) == 6 and found.header["n_candidates"] == 16


def test_steps_that_learn_are_fitted_inside_every_fold():
    X, table = data()
    X = X * [1, 10, 100, 1000, 1]  # without scaling one column decides
    steps = [StandardScaler(), SelectKBest(k=3)]
    found = evaluate_features(make_pipeline(*steps, PolySVC()), X, table, grid=GRID)
    np.testing.assert_array_equal(found.table["y_pred"], by_hand(X, table, steps))


@pytest.mark.parametrize("tuning", ["nested", "oracle", "fixed"])
def test_shared_gram_and_per_fold_agree(tuning):
    X, table = data(seed=1)
    svc = PolySVC(degree=2, gamma=0.3, coef0=1, class_weight="balanced")
    a, b = (
        evaluate_features(svc, X, table, grid=GRID, tuning=tuning, shared=shared)
        for shared in (True, False)
    )
    pd.testing.assert_frame_equal(
        a.table.filter(regex="^(?!score)"), b.table.filter(regex="^(?!score)")
    )
    np.testing.assert_allclose(
        a.table.filter(like="score_"), b.table.filter(like="score_"), atol=5e-3
    )
    if tuning != "fixed":
        assert [c["params"] for c in a.header["chosen"]] == [
            c["params"] for c in b.header["chosen"]
        ]


def test_does_not_depend_on_the_number_of_jobs():
    X, table = data(seed=2)
    for estimator, grid in ((PolySVC(), GRID), (make_pipeline(StandardScaler(), PolySVC()), GRID)):
        one, two = (evaluate_features(estimator, X, table, grid=grid, n_jobs=n) for n in (1, 2))
        assert one.table.to_csv() == two.table.to_csv()


def test_oracle_is_the_best_of_all_points_on_the_test_predictions():
    X, table = data(seed=3)
    y = table["label"].to_numpy(object)
    oracle = evaluate_features(PolySVC(), X, table, grid=GRID, tuning="oracle")
    best = 0.0
    for point in points(GRID):
        guess = np.full(len(y), None, object)
        svc = SVC(kernel="poly", degree=point.degree, C=point.C, gamma=point.gamma,
                  coef0=point.coef0)  # fmt: skip
        for fold in loso(table):
            guess[fold.test] = svc.fit(X[fold.train], y[fold.train]).predict(X[fold.test])
        best = max(best, f1_score(list(y), list(guess), average="macro"))
    assert oracle.scores()["uf1"] == pytest.approx(best)
    assert len({tuple(c["params"].items()) for c in oracle.header["chosen"]}) == 1
    nested = evaluate_features(PolySVC(), X, table, grid=GRID)
    assert oracle.scores()["uf1"] >= nested.scores()["uf1"]


def test_tuning_other_parameters_of_any_estimator():
    X, table = data(seed=4)
    pipeline = Pipeline([("scale", StandardScaler()), ("near", KNeighborsClassifier())])
    found = evaluate_features(pipeline, X, table, tune={"near__n_neighbors": [1, 3, 9]})
    assert found.header["n_candidates"] == 3
    y, groups = table["label"].to_numpy(object), groups_of(table)
    for fold, chosen in zip(loso(table), found.header["chosen"], strict=True):
        scores = []
        for k in (1, 3, 9):
            guess = np.full(len(y), None, object)
            for subject in set(groups[fold.train]):
                inner = fold.train[groups[fold.train] != subject]
                test = fold.train[groups[fold.train] == subject]
                model = clone(pipeline).set_params(near__n_neighbors=k).fit(X[inner], y[inner])
                guess[test] = model.predict(X[test])
            scores.append(f1_score(list(y[fold.train]), list(guess[fold.train]), average="macro"))
        assert chosen["params"] == {"near__n_neighbors": (1, 3, 9)[int(np.argmax(scores))]}
        assert chosen["inner_score"] == pytest.approx(max(scores))


def test_grid_and_other_parameters_together():
    X, table = data(seed=5)
    pipeline = make_pipeline(SelectKBest(), PolySVC())
    found = evaluate_features(pipeline, X, table, grid=GRID, tune={"selectkbest__k": [2, 5]})
    assert found.header["n_candidates"] == 32
    assert {"selectkbest__k", "C", "degree", "gamma", "coef0"} == set(
        found.header["chosen"][0]["params"]
    )


def test_a_class_that_a_fold_lacks():
    X, table = data(seed=6)
    table["label"] = np.where(table["subject"] == "0", "d", table["label"])
    for shared in (True, False):
        found = evaluate_features(PolySVC(), X, table, grid=GRID, shared=shared)
        own = found.table[found.table["subject"] == "0"]
        assert (own["y_pred"] != "d").all() and (own["score_d"] == -1).all()
    knn = evaluate_features(KNeighborsClassifier(), X, table)
    assert (knn.table.loc[knn.table["subject"] == "0", "y_pred"] != "d").all()


def test_majority_stands_beside():
    X, table = data(seed=7)
    found = evaluate_features(DummyClassifier(), X, table)
    for fold in loso(table):
        counts = table["label"].iloc[fold.train].value_counts()
        rows = found.table.iloc[fold.test]
        assert set(rows["y_majority"]) <= set(counts.index[counts == counts.max()])
    assert found.header["tuning"] == "fixed"


# ---- planted leaks: each of these cheats if the evaluator lets it


class Peeker(TransformerMixin, BaseEstimator):
    """Remembers every row that it was ever fitted on."""

    seen: list = []  # noqa: RUF012

    def fit(self, X, y=None):
        type(self).seen.append({tuple(row) for row in np.asarray(X)})
        return self

    def transform(self, X):
        # What is transformed later must be rows of the test fold, never fitted on.
        return np.asarray(X)


class Memory(ClassifierMixin, BaseEstimator):
    """Is right about every row that it has met while fitting."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.known_ = {tuple(row): label for row, label in zip(X, y, strict=True)}
        return self

    def predict(self, X):
        return np.array([self.known_.get(tuple(row), self.classes_[0]) for row in X])


def test_no_fit_ever_sees_the_test_fold():
    X, table = data(seed=8)
    Peeker.seen = []
    evaluate_features(make_pipeline(Peeker(), PolySVC()), X, table, grid={"gamma": [0.1]}, n_jobs=1)
    rows = [tuple(row) for row in X]
    folds = list(loso(table))
    # Fold r without s trains on the same rows as fold s without r: one fit serves both.
    assert len(Peeker.seen) == 6 * 5 / 2 + 6
    for fitted in Peeker.seen:
        left_out = [f for f in folds if not fitted & {rows[i] for i in f.test}]
        assert left_out, "a step was fitted on samples of every subject"


def test_of_folds_that_share_a_fit_only_those_fail_whose_samples_do():
    X, table = data(seed=8)
    whole = list(loso(table))[2]

    class Fussy(Memory):
        def __init__(self, a=1):
            self.a = a

        def predict(self, X_test):
            if len(self.known_) < len(whole.train) and (X_test[0] == X[whole.test[0]]).all():
                raise ValueError("not this person, while choosing")
            return super().predict(X_test)

    found = evaluate_features(Fussy(), X, table, tune={"classifier__a": [1, 2]})
    assert set(found.header["failed"]) == {f.name for f in loso(table)} - {whole.name}


def test_memorising_the_training_set_does_not_help():
    X, table = data(seed=9)
    found = evaluate_features(Memory(), X, table)
    assert set(found.table["y_pred"]) == {"a"}


def test_labels_of_the_test_fold_change_nothing():
    X, table = data(seed=10)
    a = evaluate_features(PolySVC(), X, table, grid=GRID)
    test = (table["subject"] == "0").to_numpy()
    changed = table.assign(label=np.where(test, "c", table["label"]))
    b = evaluate_features(PolySVC(), X, changed, grid=GRID)
    pd.testing.assert_series_equal(a.table["y_pred"][test], b.table["y_pred"][test])
    assert a.header["chosen"][0] == b.header["chosen"][0]


def test_shuffled_labels_score_at_chance():
    X, table = data(n=120, seed=11)
    shuffled = table.assign(
        label=np.random.default_rng(0).permutation(table["label"].to_numpy(object))
    )
    low, high = evaluate_features(PolySVC(), X, shuffled, grid=GRID).intervals()["uar"]
    assert low <= 1 / 3 <= high
    assert evaluate_features(PolySVC(), X, table, grid=GRID).intervals()["uar"][0] > 1 / 3


def test_a_protocol_that_overlaps_is_refused():
    X, table = data()

    class Fold:
        name, train, test = "x", np.arange(10), np.arange(5, 15)

    with pytest.raises(BadInput, match="trains on clips that it tests"):
        evaluate_features(PolySVC(), X, table, protocol=lambda table: iter([Fold]))


# ---- clear errors


def test_clear_errors():
    X, table = data()
    with pytest.raises(BadInput, match="tuning"):
        evaluate_features(PolySVC(), X, table, tuning="lucky")
    with pytest.raises(BadInput, match="KNeighborsClassifier"):
        evaluate_features(KNeighborsClassifier(), X, table, grid="coarse")
    with pytest.raises(BadInput, match="Cannot tune near__k"):
        evaluate_features(
            Pipeline([("near", KNeighborsClassifier())]), X, table, tune={"near__k": [1]}
        )
    with pytest.raises(BadInput, match="same class"):
        evaluate_features(PolySVC(), X, table.assign(label="a"))
    with pytest.raises(BadInput, match="53 rows of features"):
        evaluate_features(PolySVC(), X[1:], table)
    with pytest.raises(BadInput, match="extractor"):
        evaluate_features(PolySVC(), X[:, :, None], table, tuning="fixed")
    two = table[table["subject"].isin(["0", "1"])]
    with pytest.raises(BadInput, match="one subject only"):
        evaluate_features(KNeighborsClassifier(1), X[two.index], two,
                          tune={"classifier__n_neighbors": [1, 2]})  # fmt: skip


# ---- from clips


class Corners(Extractor):
    def __init__(self, scale=1.0):
        self.scale = scale

    def _row(self, clip):
        return self.scale * clip.frames[0, 0, :3].astype(float)

    def _names(self):
        return ["a", "b", "c"]


class Shy(ClipStep):
    def _clip(self, clip):
        if clip.id == "c7":
            raise FaceNotFound("Clip 'c7': no face")
        return clip


@pytest.fixture
def samples():
    _, table = data(d=3, seed=12)
    X = np.random.default_rng(0).integers(0, 60, (len(table), 3))
    X[:, 0] += 60 * np.array(["abc".index(c) for c in table["label"]])
    clips = [
        Clip(i, np.tile(x.astype(np.uint8), (2, 4, 1)))
        for i, x in zip(table["clip_id"], X, strict=True)
    ]
    return Samples(clips, table, classes=["c", "b", "a"], notes=["made up"])


def test_clips_to_predictions(samples):
    method = Method("corners", lambda: make_pipeline(Corners(1 / 99), PolySVC()), grid=GRID)
    found = evaluate(method, samples, cache=False)
    assert found.header["method"] == "corners" and found.header["notes"] == ["made up"]
    assert found.classes == ["c", "b", "a"] and found.header["class_counts"]["a"] > 0
    assert found.scores()["uar"] > 0.6
    rows = np.stack([clip.frames[0, 0, :3] / 99 for clip in samples.clips])
    np.testing.assert_array_equal(found.table["y_pred"], by_hand(rows, samples.table))


def test_the_notes_say_which_apex_was_used(samples):
    from mebench.features import FindApex

    pipeline = make_pipeline(FindApex("middle"), Corners(), KNeighborsClassifier())
    found = evaluate(pipeline, samples, cache=False)
    assert found.header["notes"][-1] == (
        f"apex: annotated in 0 clip(s), the middle frame in {len(samples)}"
    )


def test_tuning_a_step_that_learns_nothing(samples):
    method = Method(
        "corners", lambda: make_pipeline(Corners(), KNeighborsClassifier()),
        tune={"corners__scale": [1.0, 2.0]},
    )  # fmt: skip
    assert evaluate(method, samples, cache=False).header["n_candidates"] == 2


def test_faceless_clips_are_left_out_only_when_told(samples):
    pipeline = make_pipeline(Shy(), Corners(), KNeighborsClassifier())
    with pytest.raises(FaceNotFound, match="c7"):
        evaluate(pipeline, samples, cache=False)
    found = evaluate(pipeline, samples, cache=False, on_error="skip")
    assert len(found.table) == len(samples) - 1 and list(found.header["skipped"]) == ["c7"]
    assert "c7" not in set(found.table["clip_id"])


def test_open_random_states_are_seeded(samples):
    from sklearn.ensemble import RandomForestClassifier

    pipeline = make_pipeline(Corners(), RandomForestClassifier(5))
    a, b = (evaluate(pipeline, samples, cache=False).table for _ in range(2))
    pd.testing.assert_frame_equal(a, b)


def test_progress_is_told(samples):
    seen = []
    method = Method("corners", lambda: make_pipeline(Corners(), PolySVC()), grid=GRID)
    evaluate(method, samples, cache=False, progress=lambda *args: seen.append(args))
    assert {stage for stage, _, _ in seen} == {"features", "folds"}
    assert all(any(s == stage and d == t for s, d, t in seen) for stage in ("features", "folds"))


def test_settings_want_a_known_tuning_and_a_known_measure():
    with pytest.raises(BadInput, match=r"nested, oracle, fixed.*'nested'"):
        Tuning("nestd")
    with pytest.raises(BadInput, match="Did you mean 'uar'"):
        Tuning(scoring="uarr")
    assert Tuning(scoring="f1_macro") == Tuning(scoring="macro_f1") == Tuning()
    assert Tuning("fixed", tune={"a__b": [1]}).tune == {}


def test_rows_in_a_file_are_learned_from_as_rows_in_memory(tmp_path, monkeypatch):
    """Products, the spread that sets gamma, and members of a combination."""
    from mebench.methods.combination import LateFusion, SideBySide
    from mebench.storage import rows

    rng = np.random.default_rng(0)
    y = np.array(["a", "b", "c"])[rng.integers(0, 3, 45)]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(45)], "dataset": "toy",
                          "subject": np.repeat(list("abcdefghi"), 5), "label": y})  # fmt: skip
    one = rng.normal(3, 1, size=(45, 60)) + (y == "a")[:, None]
    two = rng.normal(size=(45, 4)) + (y == "b")[:, None]
    tails = [
        (PolySVC(gamma="scale", coef0=1.0), False, "fixed"),
        (make_pipeline(SideBySide([("one", "passthrough"), ("two", "passthrough")], pca=0.9),
                       PolySVC(kernel="linear")), True, "nested"),
        (LateFusion([("one", PolySVC(kernel="linear")), ("two", PolySVC(degree=2, coef0=1))],
                    "scores", grids={"two": "linear"}), True, "nested"),
    ]  # fmt: skip

    def collected(in_memory, several):
        monkeypatch.setattr(rows, "IN_MEMORY", in_memory)
        kept = rows.Rows(tmp_path)
        for parts in zip(one, two, strict=True):
            row = np.empty(2, object)
            row[:] = parts
            kept.append(row if several else parts[0])
        return kept.collected()

    for tail, several, tuning in tails:
        here, there = (
            evaluate_features(tail, collected(limit, several), table, tuning=tuning)
            for limit in (10**9, 1000)
        )
        assert here.table["y_pred"].tolist() == there.table["y_pred"].tolist()
        scores = [c for c in here.table if c.startswith("score_")]
        np.testing.assert_allclose(here.table[scores], there.table[scores], atol=1e-9)
