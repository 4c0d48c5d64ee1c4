"""Classes and marks of a run go where its predictions go."""

import shutil

import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.results import load_run, save_run
from mebench.scoring import read_predictions
from mebench.svm import PolySVC

GRID = {"degree": [2], "C": [1, 10], "gamma": [0.1, 1], "coef0": 1}


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    y = rng.choice(["glad", "sad"], 40)
    X = rng.normal(size=(40, 3)) + 0.8 * (y == "sad")[:, None]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(40)], "dataset": "toy",
                          "subject": [str(i % 5) for i in range(40)], "label": y})  # fmt: skip
    return X, table


def run(data, out, **settings):
    return save_run(evaluate_features(PolySVC(), *data, grid=GRID, **settings), out)


@pytest.mark.parametrize("moved", [False, True], ids=["beside its run.json", "moved away"])
def test_a_class_without_clips_is_scored_as_the_run_scored_it(data, tmp_path, moved):
    folder = run(data, tmp_path, classes=["glad", "sad", "angry"])
    path = folder / "predictions.csv"
    if moved:
        path = shutil.copy(path, tmp_path / "theirs.csv")
    found, own = read_predictions(path), load_run(folder)
    assert set(found.classes) == {"glad", "sad", "angry"}
    assert found.scores() == pytest.approx(own.scores())
    assert found.scores()["uf1"] < own.scores()["accuracy"]


def test_tuning_and_scores_count_classes_alike(data):
    """An absent class divides the inner score as it divides the printed one."""
    plain, wide = (
        evaluate_features(PolySVC(), *data, grid=GRID, classes=classes)
        for classes in (["glad", "sad"], ["glad", "sad", "angry"])
    )
    assert (plain.table["y_pred"] == wide.table["y_pred"]).all()
    for a, b in zip(plain.header["chosen"], wide.header["chosen"], strict=True):
        assert b["inner_score"] == pytest.approx(a["inner_score"] * 2 / 3)
    assert wide.scores()["uf1"] == pytest.approx(plain.scores()["uf1"] * 2 / 3)


@pytest.mark.parametrize("moved", [False, True])
def test_the_oracle_stays_marked(data, tmp_path, moved):
    folder = run(data, tmp_path, tuning="oracle")
    path = folder / "predictions.csv"
    assert (pd.read_csv(folder / "scores.csv")["marks"] == "oracle tuning").all()
    if moved:
        path = shutil.copy(path, tmp_path / "theirs.csv")
    assert read_predictions(path).header["tuning"] == "oracle"
    assert "marks" not in load_run(folder).table


def test_persons_that_overlap_stay_marked(data, tmp_path):
    folder = run(data, tmp_path, protocol="kfold:4")
    path = shutil.copy(folder / "predictions.csv", tmp_path / "theirs.csv")
    warnings = read_predictions(path).header["warnings"]
    assert any(warning.startswith("PERSONS OVERLAP") for warning in warnings)


@pytest.mark.parametrize("moved", [False, True])
def test_an_incomplete_run_has_no_score_anywhere(data, tmp_path, moved):
    from dataclasses import replace

    found = evaluate_features(PolySVC(), *data, grid=GRID)
    rest = found.table[found.table["subject"] != "1"].reset_index(drop=True)
    head = {**found.header, "complete": False, "failed": {"toy/1": "lost"}}
    folder = save_run(replace(found, table=rest, header=head), tmp_path)
    path = folder / "predictions.csv"
    if moved:
        path = shutil.copy(path, tmp_path / "theirs.csv")
    with pytest.raises(BadInput, match="lack folds"):
        read_predictions(path).scores()


def test_a_whole_and_honest_run_has_no_marks(data, tmp_path):
    folder = run(data, tmp_path)
    assert "marks" not in pd.read_csv(folder / "predictions.csv")
    assert "marks" not in pd.read_csv(folder / "scores.csv")


def test_the_run_beside_changed_predictions_says_nothing_of_them(data, tmp_path):
    folder = run(data, tmp_path, tuning="oracle")
    path = folder / "predictions.csv"
    table = pd.read_csv(path).drop(columns="marks")
    table.to_csv(path, index=False)
    assert read_predictions(path).header.get("tuning") is None
