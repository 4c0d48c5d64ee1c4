import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier

from mebench.evaluation import evaluate_features
from mebench.evaluation.leakage import leakage_cost


@pytest.fixture
def data():
    """Features that tell the person, and nothing of the class beyond."""
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(15), 5)
    X = rng.normal(size=(15, 3))[subject] + 0.1 * rng.normal(size=(75, 3))
    label = np.where(rng.random(15) < 0.5, "a", "b")[subject]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(75)], "dataset": "toy",
                          "subject": subject, "label": label})  # fmt: skip
    return X, table


def test_what_persons_are_worth(data):
    found = leakage_cost(KNeighborsClassifier(1), *data).set_index("protocol")
    assert list(found.index) == ["loso", "kfold", "lovo"]  # nothing to tune: no oracle
    assert found.loc["lovo", "uf1"] > 0.95 and found.loc["kfold", "uf1"] > 0.95
    assert found.loc["loso", "uf1"] < 0.8 and found.loc["loso", "uf1_gain"] == 0
    assert found.loc["lovo", "uf1_gain"] == found.loc["lovo", "uf1"] - found.loc["loso", "uf1"]


def test_what_choosing_on_the_test_folds_is_worth(data):
    rng = np.random.default_rng(1)
    X, table = rng.normal(size=(75, 3)), data[1].assign(label=rng.choice(["a", "b"], 75))
    tune = {"classifier__n_neighbors": [1, 3, 5, 9]}
    found = leakage_cost(KNeighborsClassifier(), X, table, tune=tune, protocols=["loso"])
    assert found["tuning"].tolist() == ["nested", "oracle"]
    assert found["uf1_gain"].iloc[1] > 0, "noise alone, and yet a gain"


@pytest.mark.parametrize("name", ["kfold:5", "lovo"])
def test_no_leaky_run_goes_unmarked(data, name):
    found = evaluate_features(KNeighborsClassifier(1), *data, protocol=name)
    assert "PERSONS OVERLAP" in found.header["warnings"][0]
    assert evaluate_features(KNeighborsClassifier(1), *data).header["warnings"] == []
