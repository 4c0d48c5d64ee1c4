"""Databases beside the tested one: on the training side of every fold, and nowhere else."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline

from mebench.clip import Clip
from mebench.datasets import Samples
from mebench.deep import CNNClassifier, GreyInput, _network, training
from mebench.deep.start import body
from mebench.errors import BadInput
from mebench.evaluation import evaluate, evaluate_features
from mebench.evaluation.other_data import OnlyTrained, joined, judged, only_trained, pretrained
from mebench.methods import Method
from mebench.scoring.subjects import NEVER_LEFT_OUT, subject_keys
from mebench.svm import PolySVC, PolySVCSearch, nested_search

from ..deep.conftest import needs_keras


def some(dataset, people, labels, classes=("a", "b"), size=32):
    rng = np.random.default_rng(len(dataset))
    n = people * len(labels)
    table = pd.DataFrame({
        "clip_id": [f"{dataset}/{i}" for i in range(n)],
        "dataset": dataset,
        "subject": np.repeat([f"p{i}" for i in range(people)], len(labels)),
        "label": list(labels) * people,
    })  # fmt: skip
    clips = []
    for clip_id, label in zip(table["clip_id"], table["label"], strict=True):
        video = rng.integers(0, 40, (3, size, size), dtype=np.uint8)
        video[:, : size // 2] += np.uint8(90 * (label == "a"))
        clips.append(Clip(clip_id, video, apex=2))
    return Samples(clips, table, classes)


class Remembers(ClassifierMixin, BaseEstimator):
    """Says the commonest label, and writes down on whom it was fitted and whom it was shown."""

    fitted: list = []  # noqa: RUF012
    shown: list = []  # noqa: RUF012

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        Remembers.fitted.append(set(groups))
        return self

    def predict(self, X):
        Remembers.shown.append(X[:, 0].tolist())
        return np.full(len(X), self.classes_[0], object)


def test_others_are_trained_on_and_never_tested():
    both = joined(some("toy", 3, "ab"), some("more", 2, "abc", "abc"), "more")
    assert len(both) == 6 + 4 and only_trained(both.table).sum() == 4
    assert "4 clips of 2 persons; 2 of other classes left out" in both.notes[-1]
    folds = list(OnlyTrained("loso")(both.table))
    assert [f.name for f in folds] == ["toy/p0", "toy/p1", "toy/p2"]
    for fold in folds:
        assert set(fold.test) <= set(range(6)) and set(range(6, 10)) <= set(fold.train)
    assert len(judged(both)) == 6


def test_nobody_of_them_is_left_out_in_tuning_either():
    both = joined(some("toy", 3, "ab"), some("more", 2, "ab"), "more")
    X = np.arange(10.0)[:, None]
    Remembers.fitted, Remembers.shown = [], []
    found = evaluate_features(
        make_pipeline(Remembers()), X, both.table, classes=["a", "b"],
        protocol=OnlyTrained("loso"), tune={"remembers": [Remembers()]}, n_jobs=1,
    )  # fmt: skip
    assert all(NEVER_LEFT_OUT in people for people in Remembers.fitted)
    assert max(max(rows) for rows in Remembers.shown) < 6
    assert len(Remembers.shown) == 3 * 2 + 3  # inner folds of the tested database's persons
    assert len(found.table) == 6 and found.header["protocol"] == "loso"
    assert (found.header["n_samples"], found.header["n_subjects"]) == (6, 3)
    assert found.header["class_counts"] == {"a": 3, "b": 3}


def test_the_grid_engine_does_not_leave_them_out_either():
    both = joined(some("toy", 4, "ab"), some("more", 3, "ab"), "more")
    rng = np.random.default_rng(0)
    X = rng.normal(size=(len(both), 3)) + (both.y == "a")[:, None]
    folds, groups = list(OnlyTrained("loso")(both.table)), subject_keys(both.table)
    grid = {"degree": [2], "gamma": [0.1, 1], "coef0": 1, "C": [1, 10]}
    found = nested_search(X @ X.T, both.y, folds, groups, grid)
    for fold, score in zip(folds, found.inner_scores.T, strict=True):
        for i, point in enumerate(found.points):
            guesses, truths = [], []
            for person in set(groups[fold.train]) - {NEVER_LEFT_OUT}:
                out = fold.train[groups[fold.train] == person]
                rest = np.setdiff1d(fold.train, out)
                machine = PolySVC(**point._asdict()).fit(X[rest], both.y[rest])
                guesses += machine.predict(X[out]).tolist()
                truths += both.y[out].tolist()
            assert score[i] == pytest.approx(f1_score(truths, guesses, average="macro"))
    search = PolySVCSearch(grid=grid)
    tests = [test for _, test in search._splits(X, both.y == "a", groups)]
    assert sorted(np.concatenate(tests)) == list(range(8))


def test_a_planted_gain_comes_from_the_other_database():
    """Alone the persons teach nothing; another database shows what the classes look like."""
    rng = np.random.default_rng(1)
    few, more = some("toy", 2, "ab"), some("more", 30, "ab")
    both = joined(few, more, "more")
    # What tells the two persons' clips apart best is the other way round in the other person.
    X = np.c_[8.0 * (both.y == "a"), 30 * rng.choice([-1, 1], len(both))]
    X[:4, 1] = [30, -30, -30, 30]
    one = {"tuning": "fixed", "n_jobs": 1}
    machine = make_pipeline(PolySVC(kernel="linear"))
    alone = evaluate_features(machine, X[:4], few.table, **one).scores()["accuracy"]
    with_more = evaluate_features(
        machine, X, both.table, protocol=OnlyTrained("loso"), **one
    ).scores()["accuracy"]
    assert with_more >= alone + 0.5


def test_persons_in_both_are_refused():
    few = some("toy", 3, "ab")
    with pytest.raises(BadInput, match="toy/p0"):
        joined(few, few, "itself")
    with pytest.raises(BadInput, match="3class"):
        joined(few, some("more", 2, "cd", "cd"), "more")


def test_what_has_no_network_cannot_be_pretrained():
    with pytest.raises(BadInput, match="hoof has no network.*also-train"):
        pretrained("hoof", some("more", 2, "ab"), "more")


@needs_keras
def test_folds_begin_with_what_was_learned_before(monkeypatch):
    few, more = some("toy", 3, "ab"), some("more", 4, "abc", "abc")

    def build():
        return make_pipeline(
            GreyInput(28, "stack"),
            CNNClassifier("ststnet", "stack", epochs=1, batch_size=8, patience=None,
                          validation=0, augmentations={}, random_state=0),
        )  # fmt: skip

    method = Method("net", build, title="a network", family="cnn")
    first = pretrained(method, more, "more", cache=False, n_jobs=1)
    start = first.build()[-1].start
    assert first.name == "net+first-more" and "12 clips, 4 persons" in first.title
    assert start.source == "more" and repr(start).startswith("Start('more'")
    begun = []

    def recorded(model, task, key):
        begun.append([np.asarray(w) for w in body(model)])
        return training.train(model, task, key)

    monkeypatch.setattr(_network, "train", recorded)
    found = evaluate(first, few, cache=False, n_jobs=1)
    evaluate(method, few, cache=False, n_jobs=1)
    assert found.complete and found.header["method"] == "net+first-more"
    assert "trained first on more" in found.header["title"]
    for mine, theirs in zip(begun[0], start.weights, strict=True):
        assert np.array_equal(mine, theirs)
    assert np.array_equal(begun[0][0], begun[2][0])
    assert not np.array_equal(begun[3][0], start.weights[0])
