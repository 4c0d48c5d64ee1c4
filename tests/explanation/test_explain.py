"""Explanations against slow twins, planted truth, and the run that they explain."""

import json

import naive_explain
import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench import Clip, Samples, evaluate
from mebench.base import Extractor
from mebench.evaluation import evaluate_features
from mebench.explanation.fold_models import FoldModels, SharedMachines, fold_models
from mebench.explanation.importance import donors_of, drops
from mebench.explanation.layout import Layout, layout_of
from mebench.features import MDMO
from mebench.features.selection import VarianceRatio
from mebench.methods.combination import SideBySide, blocks
from mebench.preprocessing import AlignFace
from mebench.scoring.metrics import per_class
from mebench.scoring.subjects import Fold
from mebench.svm import PolySVC
from mebench.synthetic import make_clip

BLOCKS = ["block0,0", "block0,1", "block1,0", "block1,1"]
GRID = {"degree": [2, 3], "C": [0.1, 10], "gamma": [0.05, 0.5], "coef0": 1}


def layout():
    columns = np.repeat(BLOCKS, 3)
    groups = list(dict.fromkeys(columns))
    table = pd.DataFrame({"group": groups, "au": "", "zone": ""})
    table[["x0", "y0", "x1", "y1"]] = np.nan
    return Layout(columns.astype(object), table, {}, None)


def planted(n=96, n_subjects=8, seed=0):
    """Four blocks of three columns; only block1,0 knows the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    X = rng.normal(size=(n, 12))
    X[:, 6:9] += 3.0 * np.eye(3)[y]
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(n)],
            "dataset": "toy",
            "subject": (np.arange(n) % n_subjects).astype(str),
            "label": np.array(list("abc"))[y],
        }
    )
    return X, table


def folds_of(table):
    subject = table["subject"].to_numpy()
    return [
        Fold(s, np.flatnonzero(subject != s), np.flatnonzero(subject == s))
        for s in sorted(set(subject))
    ]


TAILS = {
    "svm": PolySVC(degree=2, gamma=0.1, coef0=1, C=1),
    "linear": PolySVC(kernel="linear", C=1),
    "scaled": make_pipeline(StandardScaler(), PolySVC(degree=3, gamma=0.05, coef0=1, C=1)),
    "selected": make_pipeline(VarianceRatio(k=7), PolySVC(degree=2, gamma=0.1, coef0=1, C=1)),
    "neighbours": KNeighborsClassifier(3),
}


@pytest.mark.parametrize("tuning", ["fixed", "nested", "oracle"])
@pytest.mark.parametrize("tail", TAILS)
def test_the_planted_block_stands_out(tail, tuning):
    X, table = planted()
    found = evaluate_features(TAILS[tail], X, table, tuning=tuning, layout=layout(),
                              grid=None if tail == "neighbours" else GRID)  # fmt: skip
    # The refitted models are the folds' own: no note says otherwise.
    assert found.header["explanation"]["notes"] == []
    importance = found.artifacts["importance.csv"].set_index("group")
    assert importance["drop"].idxmax() == "block1,0"
    assert importance.loc["block1,0", "low"] > 0.2
    assert (importance.drop("block1,0")["drop"].abs() < 0.06).all()


def test_explaining_changes_no_prediction():
    X, table = planted()
    plain = evaluate_features(TAILS["svm"], X, table, grid=GRID)
    told = evaluate_features(TAILS["svm"], X, table, grid=GRID, layout=layout())
    pd.testing.assert_frame_equal(plain.table, told.table)
    assert set(plain.artifacts) == {"surface.csv"} and "explanation" not in plain.header
    assert {"explain", "folds"} <= set(told.header["seconds"])
    assert set(told.header["peak_mib"]) == {"folds", "explain"}


def test_the_number_of_workers_changes_nothing():
    X, table = planted(40, 5)
    one, two = (
        evaluate_features(
            TAILS["svm"], X, table, tuning="fixed", layout=layout(), n_jobs=n
        ).artifacts
        for n in (1, 2)
    )
    assert sorted(one) == sorted(two)
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, two[name], check_exact=True)


def test_products_are_exchanges_of_columns():
    X, table = planted(30, 4)
    y, folds = table["label"].to_numpy(object), folds_of(table)
    svc = PolySVC(degree=3, gamma=0.07, coef0=1, C=2)
    params = [{"degree": 3, "C": 2.0, "gamma": 0.07, "coef0": 1.0}] * 4
    tail = Pipeline([("svm", svc)])
    shared = fold_models(tail, X, y, table["subject"].to_numpy(), folds, params)
    whole = FoldModels(tail, X, y, table["subject"].to_numpy(), folds, params)
    assert isinstance(shared, SharedMachines)
    columns = np.array([1, 4, 5, 11])
    for place, fold in enumerate(folds):
        model = PolySVC(degree=3, gamma=0.07, coef0=1, C=2).fit(X[fold.train], y[fold.train])
        donors = np.random.default_rng(place).integers(0, 30, (len(fold.test), 3))
        by_hand = [
            [naive_explain.exchanged(model, X, clip, donor, columns) for donor in row]
            for clip, row in zip(fold.test, donors, strict=True)
        ]
        for models in (shared, whole):
            found = models.exchanged(place, donors, models.block(columns))
            assert models.classes[found].tolist() == by_hand
            assert (
                models.classes[models.held_out(place)[0]].tolist()
                == model.predict(X[fold.test]).tolist()
            )


def test_donors_are_unknown_to_the_model():
    folds = [
        Fold("a", np.arange(4, 12), np.array([0, 1, 2])),
        Fold("b", np.array([0, 1, 2, *range(4, 12)]), np.array([3])),
        Fold("c", np.arange(4), np.arange(4, 12)),
    ]
    found = donors_of(folds, 12, 4, seed=0)
    # Clip 3 is not tested in fold a, but its model has not seen it either.
    assert found[0].tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3]]
    assert found[1].shape == (1, 0)
    assert found[2].shape == (8, 4)
    for clip, row in zip(folds[2].test, found[2], strict=True):
        assert clip not in row and len(set(row)) == 4 and not set(row) & set(range(4))


def test_noise_does_not_matter():
    """Over several data sets: no drop on average, and 0 within most intervals."""
    found = []
    for seed in range(12):
        X, table = planted(60, 10, seed)
        told = evaluate_features(TAILS["svm"], X, table, tuning="fixed", layout=layout())
        found.append(told.artifacts["importance.csv"].query("group != 'block1,0'"))
    noise = pd.concat(found)
    assert abs(noise["drop"].mean()) < 0.01
    assert ((noise["low"] <= 0) & (noise["high"] >= 0)).mean() > 0.75


def test_drops_by_hand():
    truth, own = np.array([0, 0, 1, 1]), np.array([0, 0, 1, 1])
    rates = {
        "nothing": np.eye(2)[own],
        "half": np.array([[0.5, 0.5], [1, 0], [0, 1], [0, 1]]),
    }
    whole, classes = drops(truth, own, rates, np.array(["1", "2", "1", "2"]), ["a", "b"])
    assert whole.loc[0, ["drop", "low", "high"]].tolist() == [0, 0, 0]
    confusion = naive_explain.expected_confusion(truth, rates["half"], 2)
    assert confusion.tolist() == [[1.5, 0.5], [0, 2]]
    f1 = per_class(confusion, ["a", "b"])["f1"]
    assert classes["drop"].tolist() == [0, 0, *(1 - f1).tolist()]
    assert whole.loc[1, "drop"] == pytest.approx(1 - f1.mean())
    assert whole.loc[1, "low"] <= whole.loc[1, "drop"] <= whole.loc[1, "high"]


@pytest.mark.parametrize("tail", ["svm", "linear", "scaled", "selected"])
def test_contributions_sum_to_the_margin(tail):
    X, table = planted()
    found = evaluate_features(TAILS[tail], X, table, tuning="nested", grid=GRID, layout=layout())
    parts, margins = found.artifacts["contributions.csv"], found.artifacts["margins.csv"]
    assert margins["clip_id"].tolist() == table["clip_id"].tolist()
    assert margins["predicted"].tolist() == found.table["y_pred"].tolist()
    assert (margins["predicted"] != margins["runner_up"]).all()
    sums = parts.groupby("clip_id", sort=False)["value"].sum()[margins["clip_id"]].to_numpy()
    np.testing.assert_allclose(sums, margins["margin"] - margins["baseline"], rtol=1e-5, atol=1e-6)
    right = found.table["y_true"] == found.table["y_pred"]
    mean = (
        parts[parts["clip_id"].isin(found.table["clip_id"][right])].groupby("group")["value"].mean()
    )
    assert mean.idxmax() == "block1,0"
    # The runner-up has the second highest of the stored scores.
    score = found.table.set_index("clip_id").filter(like="score_")
    for row in margins.itertuples():
        others = score.loc[row.clip_id].drop(f"score_{row.predicted}")
        assert others[f"score_{row.runner_up}"] == others.max()


def test_no_svm_no_contributions():
    X, table = planted(40, 5)
    found = evaluate_features(TAILS["neighbours"], X, table, tuning="fixed", layout=layout())
    assert set(found.artifacts) == {"importance.csv", "importance_classes.csv"}


def test_a_class_missing_from_a_fold_and_a_class_without_clips():
    X, table = planted(40, 5)
    table.loc[table["label"] == "c", "label"] = "b"
    table.loc[table["subject"] == "0", "label"] = "c"  # only this person shows it
    found = evaluate_features(TAILS["svm"], X, table, tuning="fixed", layout=layout(),
                              classes=["never", "c", "a", "b"])  # fmt: skip
    assert found.header["explanation"]["notes"] == []
    by_class = found.artifacts["importance_classes.csv"]
    assert by_class["class"].tolist() == ["never", "c", "a", "b"] * 4
    assert (by_class["drop"][by_class["class"] == "never"] == 0).all()
    mean = by_class.groupby("group", sort=False)["drop"].mean().to_numpy()
    np.testing.assert_allclose(mean, found.artifacts["importance.csv"]["drop"], atol=1e-12)
    assert "c" not in set(found.artifacts["margins.csv"].query("clip_id == 'c0'")["runner_up"])


def test_lonely_clips_are_counted():
    X, table = planted(20, 19)
    found = evaluate_features(TAILS["svm"], X, table, tuning="fixed", layout=layout())
    assert found.header["explanation"]["notes"] == [
        "18 of 20 clips are alone in their fold and could not exchange regions"
    ]


class Coin(KNeighborsClassifier):
    """Answers that no second fit gives again."""

    rng = np.random.default_rng(0)

    def predict(self, X):
        return self.rng.choice(self.classes_, len(X))


def test_models_that_differ_are_noted():
    X, table = planted(40, 5)
    found = evaluate_features(Coin(), X, table, tuning="fixed", layout=layout())
    (note,) = found.header["explanation"]["notes"]
    assert "of 40 clips otherwise than the run did" in note


class Stubborn(KNeighborsClassifier):
    """Fits once per fold and no more."""

    left = 5

    def fit(self, X, y):
        if Stubborn.left == 0:
            raise RuntimeError("enough is enough")
        Stubborn.left -= 1
        return super().fit(X, y)


def test_a_failure_to_explain_is_a_note():
    X, table = planted(40, 5)
    found = evaluate_features(Stubborn(), X, table, tuning="fixed", layout=layout())
    assert found.header["explanation"]["notes"] == [
        "not explained, for RuntimeError: enough is enough"
    ]
    assert found.artifacts == {} and len(found.table) == 40


class Quarters(Extractor):
    """Mean motion of four blocks."""

    regions = (2, 2)

    def _row(self, clip):
        moved = np.abs(np.diff(clip.frames.astype(float), axis=0)).mean(0)
        h, w = np.array(moved.shape) // 2
        return moved[: 2 * h, : 2 * w].reshape(2, h, 2, w).mean((1, 3)).ravel()

    def _names(self):
        return [f"{name}_motion" for name in BLOCKS]


def moving(n=24):
    """Clips that move in the lower left (class down) or the upper right (class up)."""
    rng = np.random.default_rng(0)
    clips, labels = [], []
    for i in range(n):
        frames = rng.integers(100, 110, (4, 16, 16)).astype(np.uint8)
        down = i % 2
        frames[1::2, 8 * down : 8 * down + 8, 8 * (1 - down) : 16 - 8 * down] += 60
        clips.append(Clip(f"c{i}", frames))
        labels.append("down" if down else "up")
    table = pd.DataFrame({"clip_id": [c.id for c in clips], "dataset": "toy",
                          "subject": (np.arange(n) // 4).astype(str), "label": labels})  # fmt: skip
    return Samples(clips, table, ["up", "down"])


def test_from_clips():
    samples = moving()
    pipeline = make_pipeline(Quarters(), PolySVC(kernel="linear", C=1))
    found = evaluate(pipeline, samples, cache=False, explain=True)
    assert "explanation" not in evaluate(pipeline, samples, cache=False).header
    table = found.artifacts["importance.csv"].set_index("group")
    assert table.index.tolist() == BLOCKS
    # Faces are not aligned: a block lies somewhere on the frame, but on no known part of a face.
    assert table.loc["block0,1", ["x0", "y0", "x1", "y1"]].tolist() == [0.5, 0.0, 1.0, 0.5]
    assert set(table["au"]) == {""} and found.header["explanation"]["face"] is None
    assert table["drop"].nlargest(2).index.sort_values().tolist() == ["block0,1", "block1,0"]
    assert "meanface.png" not in found.artifacts and "polygons.json" not in found.artifacts
    assert list(found.header["seconds"]) == ["features", "folds", "explain"]
    json.dumps(found.header)


class Nameless(Quarters):
    def _names(self):
        return ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([Nameless()], "its features name no regions"),
        ([Quarters(), StandardScaler()], None),
    ],
)
def test_reasons(steps, reason):
    pipeline = make_pipeline(*steps, PolySVC(kernel="linear", C=1))
    found = evaluate(pipeline, moving(), cache=False, explain=True, tuning="fixed")
    notes = found.header["explanation"]["notes"]
    assert notes == [] if reason is None else reason in notes[0]


def test_no_regions_in_what_is_tuned():
    pipeline = make_pipeline(Quarters(), KNeighborsClassifier())
    found = evaluate(pipeline, moving(), cache=False, explain=True,
                     tune={"kneighborsclassifier__n_neighbors": [1, 3]})  # fmt: skip
    assert found.header["explanation"]["notes"] == []
    surface = found.artifacts["surface.csv"]
    assert list(surface) == ["kneighborsclassifier__n_neighbors", "score", "n_chosen"]
    assert surface["n_chosen"].sum() == 6


def test_members_side_by_side():
    """Groups of a member whose cells are rows, under a step that takes cells."""
    X, table = planted()
    tail = make_pipeline(
        SideBySide([("left", "passthrough"), ("right", "passthrough")]),
        PolySVC(degree=2, gamma=0.5, coef0=1, C=1),
    )
    found = evaluate_features(
        tail, blocks(X[:, :6], X[:, 6:]), table, tuning="fixed", layout=layout()
    )
    assert found.header["explanation"]["notes"] == []
    assert found.artifacts["importance.csv"].set_index("group")["drop"].idxmax() == "block1,0"


def test_made_up_expressions_are_found_where_they_were_made():
    """Brows that rise and corners of the mouth that are pulled, on six made-up people."""
    clips, labels, subjects = [], [], []
    for person in range(6):
        for label, units in {"surprise": (1, 2), "happiness": (12,)}.items():
            frames, truth = make_clip(person, units, size=(320, 240), intensity=2.5, clean=True)
            two = frames[[truth.onset, truth.apex]]
            points = truth.landmarks[truth.onset].astype(float)
            clips.append(Clip(f"{label}{person}", two, landmarks=points))
            labels.append(label)
            subjects.append(str(person // 2))
    table = pd.DataFrame({"clip_id": [c.id for c in clips], "dataset": "toy",
                          "subject": subjects, "label": labels})  # fmt: skip
    pipeline = make_pipeline(AlignFace(size=(140, 115)), MDMO(), PolySVC(kernel="linear", C=1))
    found = evaluate(pipeline, Samples(clips, table, ["surprise", "happiness"]), cache=False,
                     explain=True, tuning="fixed")  # fmt: skip
    assert found.scores()["accuracy"] > 0.8 and found.header["explanation"]["notes"] == []
    parts = found.artifacts["contributions.csv"].merge(found.table, on="clip_id")
    parts = parts[parts["y_true"] == parts["y_pred"]]
    zone = {g: z for z, groups in layout_of([s for _, s in pipeline.steps[:-1]]).zones.items()
            for g in groups}  # fmt: skip
    parts["zone"] = parts["group"].map(zone)
    mean = parts.groupby(["y_true", "zone"])["value"].sum().unstack()
    assert mean.loc["surprise"].idxmax() == "brows"
    # Of two classes, brows at rest speak for the other one: they come beside the mouth.
    assert set(mean.loc["happiness"].nlargest(2).index) == {"brows", "mouth"}
    assert found.artifacts["importance_zones.csv"].set_index("zone")["drop"].idxmax() in (
        "brows", "mouth",
    )  # fmt: skip
