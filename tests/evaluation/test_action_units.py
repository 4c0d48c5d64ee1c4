import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier

from mebench import Clip, Samples
from mebench.datasets.units import CD6ME_UNITS, unit_matrix
from mebench.errors import BadInput
from mebench.evaluation import evaluate_unit_features, evaluate_units, loso
from mebench.scoring import UnitPredictions

POSITIVES = (304, 280, 708, 134, 60, 252, 117, 75, 176, 277, 52, 86)


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    n = 90
    shown = rng.random((n, 3)) < [0.5, 0.3, 0.1]
    X = rng.normal(size=(n, 4))
    X[:, :3] += 1.5 * shown
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(n)],
            "dataset": np.where(np.arange(n) < 50, "casme2", "samm"),
            "subject": rng.integers(0, 6, n).astype(str),
            "au": [
                "+".join(w for w, s in zip(("R4B", "12", "AU1"), row, strict=True) if s)
                for row in shown
            ],
        }
    )
    return X, table, shown


def test_calling_everything_gives_the_published_figures():
    # 2031 clips of six databases, twelve units, and how often each occurs, as published; so are
    # 17.8 for the mean over units and 8.9 for macro-F1.
    parts = []
    for unit, n in zip(CD6ME_UNITS, POSITIVES, strict=True):
        part = pd.DataFrame({"clip_id": [f"c{i}" for i in range(2031)], "unit": unit})
        parts.append(part.assign(y_true=(np.arange(2031) < n).astype(int)))
    table = pd.concat(parts).assign(dataset="all", subject="1", fold="1", y_pred=0)
    found = UnitPredictions(table, {"units": list(CD6ME_UNITS)})
    ones = found.scores("all_ones")
    assert round(100 * ones["f1_unit_mean"], 1) == 17.8
    assert round(100 * ones["macro_f1_unit_mean"], 1) == 8.9
    assert found.scores()["f1_unit_mean"] == 0.0  # zero_division 0
    assert found.per_unit()["positives"].tolist() == list(POSITIVES)


def test_equals_scikit_learn_unit_by_unit(data):
    X, table, _ = data
    found = evaluate_unit_features(KNeighborsClassifier(3), X, table)
    assert found.units == [1, 4, 12] and len(found.table) == 270
    per_unit = found.per_unit()
    by_unit, by_database = [], []
    for unit, order in ((1, 2), (4, 0), (12, 1)):
        y = data[2][:, order].astype(int)
        guess = np.zeros(90, int)
        for fold in loso(table):
            model = KNeighborsClassifier(3).fit(X[fold.train], y[fold.train])
            guess[fold.test] = model.predict(X[fold.test])
        own = found.table[found.table["unit"] == unit]
        np.testing.assert_array_equal(own["y_pred"], guess)
        np.testing.assert_array_equal(own["y_true"], y)
        assert per_unit.loc[unit, "f1"] == pytest.approx(f1_score(y, guess, zero_division=0))
        assert per_unit.loc[unit, "macro_f1"] == pytest.approx(f1_score(y, guess, average="macro"))
        by_unit.append(f1_score(y, guess, zero_division=0))
        by_database.append(
            [f1_score(y[r], guess[r], zero_division=0) for r in (slice(50), slice(50, 90))]
        )
    scores = found.scores()
    assert scores["f1_unit_mean"] == pytest.approx(np.mean(by_unit))
    assert scores["f1_database_mean"] == pytest.approx(np.mean(by_database))
    low, high = found.intervals()["f1_unit_mean"]
    assert low <= scores["f1_unit_mean"] <= high
    assert found.restricted("samm").scores()["f1_unit_mean"] == pytest.approx(
        np.mean(by_database, 0)[1]
    )
    assert set(found.summary()["per_database"]) == {"casme2", "samm"}


@pytest.mark.parametrize("name", ["leave-one-database-out", "kfold:3", "holdout:0.3", "composite"])
def test_under_any_protocol(data, name):
    X, table, _ = data
    found = evaluate_unit_features(KNeighborsClassifier(3), X, table, protocol=name, units=[4, 12])
    assert found.units == [4, 12] and found.header["protocol"] == name
    assert bool(found.header["warnings"]) == name.startswith("kfold")


def test_a_unit_that_a_training_fold_lacks_or_nobody_shows(data):
    X, table, _ = data
    table["au"] = np.where(table["subject"] == "0", "9", "4")
    found = evaluate_unit_features(
        KNeighborsClassifier(1), X, table.assign(dataset="a"), units=[9, 4, 2]
    )
    own = found.table[found.table["subject"] == "0"]
    # Trained without any 9 and with nothing but 4, that is what is predicted.
    assert (own.loc[own["unit"] == 9, "y_pred"] == 0).all()
    assert (own.loc[own["unit"] == 4, "y_pred"] == 1).all()
    assert (found.table.loc[found.table["unit"] == 2, "y_pred"] == 0).all()


def test_from_clips_equals_from_features(data):
    from sklearn.pipeline import make_pipeline

    from mebench.base import Extractor

    class Corners(Extractor):
        def _row(self, clip):
            return clip.frames[0, 0, :4].astype(float)

        def _names(self):
            return list("abcd")

    X = (20 * data[0] + 100).clip(0, 255).astype(np.uint8)
    table = data[1].assign(label="x")
    clips = [Clip(c, np.tile(x, (2, 4, 1))) for c, x in zip(table["clip_id"], X, strict=True)]
    samples = Samples(clips, table, classes=["x"])
    found = evaluate_units(make_pipeline(Corners(), KNeighborsClassifier(3)), samples, cache=False)
    other = evaluate_unit_features(KNeighborsClassifier(3), X.astype(float), table)
    pd.testing.assert_frame_equal(found.table, other.table)
    assert found.header["n_features"] == 4 and found.header["seconds"]["features"] >= 0


def test_clear_errors(data):
    X, table, _ = data
    with pytest.raises(BadInput, match="no column au"):
        unit_matrix(table.drop(columns="au"))
    with pytest.raises(BadInput, match="No clip has a coded action unit"):
        unit_matrix(table.assign(au=""))
    with pytest.raises(BadInput, match="89 rows of features"):
        evaluate_unit_features(KNeighborsClassifier(), X[1:], table)
    found = evaluate_unit_features(KNeighborsClassifier(), X, table).table
    with pytest.raises(BadInput, match="0 and 1 only"):
        UnitPredictions(found.assign(y_pred=2), {"units": [1, 4, 12]})
    with pytest.raises(BadInput, match="predicted twice"):
        UnitPredictions(pd.concat([found, found]), {"units": [1, 4, 12]})
    with pytest.raises(BadInput, match="header does not name"):
        UnitPredictions(found, {"units": [4]}).scores()
