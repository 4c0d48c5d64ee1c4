"""scikit-learn's own splitters and searches, under persons that stay apart."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    ShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.results.flags import flags, is_honest
from mebench.scoring.marks import INNER_FOLDS


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = rng.choice(["glad", "sad"], 48)
    X = rng.normal(size=(48, 4)) + 1.2 * (y == "sad")[:, None]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(48)], "dataset": "toy",
                          "subject": [str(i % 6) for i in range(48)], "label": y})  # fmt: skip
    return X, table


def predicted(found):
    return found.table.set_index("clip_id")["y_pred"]


def test_leave_one_group_out_is_loso(data):
    X, table = data
    near = KNeighborsClassifier(3)
    ours = evaluate_features(near, X, table)
    theirs = evaluate_features(near, X, table, protocol=LeaveOneGroupOut())
    pd.testing.assert_series_equal(predicted(ours), predicted(theirs))
    assert theirs.header["protocol"] == "LeaveOneGroupOut()"


@pytest.mark.parametrize("splitter", [StratifiedGroupKFold(3), GroupKFold(3)])
def test_group_splitters_get_the_persons(data, splitter):
    X, table = data
    found = evaluate_features(KNeighborsClassifier(3), X, table, protocol=splitter)
    assert found.header["n_folds"] == 3 and not found.header["warnings"]
    assert found.table.groupby("subject")["fold"].nunique().max() == 1


def test_a_splitter_that_ignores_persons_is_told(data):
    X, table = data
    found = evaluate_features(KNeighborsClassifier(3), X, table, protocol=StratifiedKFold(4))
    assert found.header["warnings"][0].startswith("PERSONS OVERLAP") and not is_honest(found)


def test_a_shuffling_splitter_draws_by_the_seed(data):
    X, table = data
    splitter = ShuffleSplit(1, test_size=0.4)
    one, same, other = (
        evaluate_features(KNeighborsClassifier(3), X, table, protocol=splitter, seed=seed)
        for seed in (1, 1, 2)
    )
    assert list(one.table["clip_id"]) == list(same.table["clip_id"])
    assert list(one.table["clip_id"]) != list(other.table["clip_id"])
    assert splitter.random_state is None


def test_any_function_that_yields_pairs(data):
    X, table = data

    def halves(table):
        first = np.arange(len(table)) % 6 < 3
        yield ~first, first
        yield np.flatnonzero(first), np.flatnonzero(~first)

    found = evaluate_features(KNeighborsClassifier(3), X, table, protocol=halves)
    assert found.header["protocol"] == "halves" and len(found.table) == 48
    with pytest.raises(BadInput, match=r"pairs \(train, test\)"):
        evaluate_features(KNeighborsClassifier(3), X, table, protocol=lambda table: iter([3]))


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers whose clips (column 0) it was fitted to and asked about."""

    seen: list = []  # noqa: RUF012

    def __init__(self, c=1):
        self.c = c

    def fit(self, X, y):
        self.classes_, self.known_ = np.unique(y), frozenset(X[:, 0])
        return self

    def predict(self, X):
        Spy.seen.append((self.known_, frozenset(X[:, 0])))
        return np.repeat(self.classes_[:1], len(X))


def test_a_search_leaves_training_persons_out(data):
    """No test clip and no person on both sides, in the search's own folds too."""
    _, table = data
    who = table["subject"].astype(float).to_numpy()[:, None]
    Spy.seen = []
    search = GridSearchCV(Spy(), {"c": [1, 2]}, cv=LeaveOneGroupOut())
    found = evaluate_features(search, who, table)
    assert not found.header["warnings"]
    inner = [pair for pair in Spy.seen if len(pair[0]) == 4]
    assert len(inner) == 6 * 5 * 2, "folds × persons left out × settings"
    assert not any(known & asked for known, asked in Spy.seen)


def test_its_choice_is_nested_tunings_own(data):
    X, table = data
    grid = {"kneighborsclassifier__n_neighbors": [1, 5, 9]}
    pipeline = make_pipeline(StandardScaler(), KNeighborsClassifier())
    search = GridSearchCV(pipeline, grid, cv=LeaveOneGroupOut())
    found = evaluate_features(search, X, table)
    assert {c["params"]["kneighborsclassifier__n_neighbors"] for c in found.header["chosen"]} <= {
        1,
        5,
        9,
    }


@pytest.mark.parametrize("cv", [3, None, StratifiedKFold(2)])
def test_inner_folds_that_ignore_persons_are_told(data, cv):
    X, table = data
    search = GridSearchCV(LogisticRegression(), {"C": [0.1, 1]}, cv=cv)
    found = evaluate_features(search, X, table)
    (warning,) = found.header["warnings"]
    assert warning.startswith(INNER_FOLDS) and "GridSearchCV" in warning
    assert "inner" in {flag.key for flag in flags(found)} and is_honest(found)
