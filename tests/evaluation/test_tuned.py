"""The stored surface against the search that it is of."""

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench.evaluation import evaluate_features, loso
from mebench.svm import PolySVC, nested_search, points, score_table, search_grid

GRID = {"degree": [2, 3], "C": [0.1, 10], "gamma": [0.05, 0.5], "coef0": [0, 1]}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = rng.choice(list("abc"), 48)
    X = rng.normal(size=(48, 4)) + (y == "a")[:, None]
    subject = (np.arange(48) % 6).astype(str)
    table = pd.DataFrame({"clip_id": np.arange(48).astype(str), "dataset": "toy",
                          "subject": subject, "label": y})  # fmt: skip
    return X, table


@pytest.mark.parametrize("scaled", [False, True])
def test_nested(data, scaled):
    X, table = data
    tail = make_pipeline(StandardScaler(), PolySVC()) if scaled else PolySVC()
    found = evaluate_features(tail, X, table, grid=GRID)
    surface = found.artifacts["surface.csv"]
    assert list(surface) == ["degree", "C", "gamma", "coef0", "score", "n_chosen"]
    assert [tuple(r) for r in surface.iloc[:, :4].to_numpy()] == [tuple(p) for p in points(GRID)]
    assert surface["n_chosen"].sum() == 6
    for entry in found.header["chosen"]:
        row = surface[(surface[list(entry["params"])] == pd.Series(entry["params"])).all(axis=1)]
        assert row["n_chosen"].item() >= 1
    if not scaled:
        subject = table["subject"].to_numpy()
        by_hand = nested_search(X @ X.T, table["label"], loso(table), subject, GRID)
        np.testing.assert_allclose(surface["score"], by_hand.inner_scores.mean(axis=1))


@pytest.mark.parametrize("scaled", [False, True])
def test_oracle(data, scaled):
    X, table = data
    tail = make_pipeline(StandardScaler(), PolySVC()) if scaled else PolySVC()
    found = evaluate_features(tail, X, table, grid=GRID, tuning="oracle")
    surface = found.artifacts["surface.csv"]
    assert surface["n_chosen"].nlargest(2).tolist() == [6, 0]
    assert surface.loc[surface["n_chosen"].idxmax(), "score"] == surface["score"].max()
    if not scaled:
        codes = np.unique(table["label"], return_inverse=True)[1]
        guesses = search_grid(X @ X.T, table["label"], loso(table), GRID)
        np.testing.assert_allclose(surface["score"], score_table(guesses, codes, "macro_f1"))


def test_other_parameters_and_no_choice(data):
    X, table = data
    tune = {"classifier__weights": ["uniform", "distance"], "classifier__n_neighbors": [1, 5]}
    found = evaluate_features(KNeighborsClassifier(), X, table, tune=tune)
    surface = found.artifacts["surface.csv"]
    assert set(surface) == {*tune, "score", "n_chosen"} and len(surface) == 4
    assert surface["classifier__n_neighbors"].tolist() == ["1", "5", "1", "5"]
    assert surface["n_chosen"].sum() == 6
    fixed = evaluate_features(PolySVC(), X, table, tuning="fixed")
    assert "surface.csv" not in fixed.artifacts
