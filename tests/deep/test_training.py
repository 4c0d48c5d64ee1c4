"""Training: repeatable, interruptible, and blind to whoever is tested."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench.deep import CNNClassifier, CNNFeatures, _network, running, training
from mebench.deep.training import set_aside, settled
from mebench.evaluation import evaluate_features
from mebench.scoring.subjects import Fold
from mebench.svm import PolySVCSearch

from .conftest import needs_keras


def small(**more):
    settings = {"epochs": 4, "batch_size": 8, "random_state": 0, **more}
    return CNNFeatures("ststnet", "apex-flow", **settings)


def table_of(y, people):
    return pd.DataFrame({"clip_id": [f"c{i}" for i in range(len(y))], "dataset": "toy",
                         "subject": people, "label": y})  # fmt: skip


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_on_both_sides_and_no_class_is_lost(seed):
    rng = np.random.default_rng(seed)
    people, codes = rng.integers(0, 9, 60), rng.integers(0, 3, 60)
    codes[people == 4] = 3  # only one person shows this class
    fit, held = set_aside(codes, people, 0.2, rng)
    assert not set(people[fit]) & set(people[held])
    assert sorted([*fit, *held]) == list(range(60)) and len(held) >= 12
    assert set(codes[fit]) == set(codes)


def test_nobody_is_spared_where_nobody_can_be():
    fit, held = set_aside(np.array([0, 1]), np.array([1, 1]), 0.5, np.random.default_rng(0))
    assert fit.tolist() == [0, 1] and held.size == 0


@needs_keras
def test_same_seed_same_bits_and_another_seed_others(toy):
    X, y, people = toy
    with running(keep=False):
        first, again = (small().fit(X, y, groups=people) for _ in range(2))
        other = small(random_state=1).fit(X, y, groups=people)
    assert all(np.array_equal(a, b) for a, b in zip(first.weights_, again.weights_, strict=True))
    assert np.array_equal(first.transform(X), again.transform(X))
    assert not np.array_equal(first.transform(X), other.transform(X))


@needs_keras
def test_it_learns_what_can_be_learned(toy):
    X, y, people = toy
    net = CNNClassifier("ststnet", "apex-flow", epochs=30, patience=30, learning_rate=0.01,
                        augmentations={}, random_state=0)  # fmt: skip
    with running(keep=False):
        net.fit(X[:20], y[:20], groups=people[:20])
    assert (net.predict(X[20:]) == y[20:]).all()  # a person it has not seen
    assert np.nanmin(net.history_[:, 1]) < net.history_[0, 1] / 2


@needs_keras
def test_global_generators_are_left_as_they_were(toy):
    import random

    X, y, people = toy
    random.seed(5), np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5), np.random.seed(5)  # noqa: NPY002
    with running(keep=False):
        small(epochs=1).fit(X, y, groups=people)
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


@needs_keras
def test_an_interrupted_training_goes_on_where_it_was(toy, home, monkeypatch):
    X, y, people = toy
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 0.0)
    with running(keep=False):
        whole = small(epochs=6).fit(X, y, groups=people)
    seen = []

    def stop(stage, done, total):
        seen.append(done)
        if done == 4:
            raise KeyboardInterrupt

    with running(stop), pytest.raises(KeyboardInterrupt):
        small(epochs=6).fit(X, y, groups=people)
    assert seen == [1, 2, 3, 4]
    with running(lambda stage, done, total: seen.append(done)):
        rest = small(epochs=6).fit(X, y, groups=people)
    assert seen[4:] == [4, 5, 6]  # the fourth was not yet on disk
    assert np.array_equal(rest.history_, whole.history_)
    assert all(np.array_equal(a, b) for a, b in zip(rest.weights_, whole.weights_, strict=True))
    assert not list(home.rglob("*-part"))


@needs_keras
def test_a_finished_network_and_its_features_are_found_again(toy, home, monkeypatch):
    X, y, people = toy
    first = small().fit(X, y, groups=people)
    features = first.transform(X)
    monkeypatch.setattr(_network, "build_network", None)  # nothing may be built
    again = small().fit(X, y, groups=people)
    assert np.array_equal(again.transform(X), features)
    assert np.array_equal(again.history_, first.history_)


@needs_keras
def test_a_damaged_file_is_not_believed(toy, home):
    X, y, people = toy
    first = small(epochs=1).fit(X, y, groups=people)
    for path in home.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-7])
    again = small(epochs=1).fit(X, y, groups=people)
    assert all(np.array_equal(a, b) for a, b in zip(first.weights_, again.weights_, strict=True))


@needs_keras
def test_labels_of_the_test_fold_leave_training_unchanged_bit_for_bit(toy, monkeypatch):
    X, y, people = toy
    trained = []

    def recorded(*args):
        trained.append(training.train(*args))
        return trained[-1]

    monkeypatch.setattr(_network, "train", recorded)
    rows = np.arange(24)
    only = [Fold("last", rows[:20], rows[20:])]
    tail = make_pipeline(small(targets="both"), StandardScaler(), PolySVCSearch("linear"))

    def run(labels, units):
        table = table_of(labels, people).assign(au=units)
        with running(keep=False):
            return evaluate_features(tail, X, table, protocol=lambda _: only)

    planted = y.copy()
    planted[20:] = np.roll(y[20:], 1)
    units = np.where(y == "a", "4", np.where(y == "b", "12", "4+12"))
    units_planted = units.copy()
    units_planted[20:] = "1+9"
    honest, lured = run(y, units), run(planted, units_planted)
    (weights, history), (others, other_history) = trained
    assert np.array_equal(history, other_history)
    assert all(np.array_equal(a, b) for a, b in zip(weights, others, strict=True))
    assert honest.table["y_pred"].tolist() == lured.table["y_pred"].tolist()
    assert honest.artifacts["gradcam.npz"] == lured.artifacts["gradcam.npz"]
    assert honest.header["chosen"] == lured.header["chosen"]
    assert honest.table["y_true"].tolist() != lured.table["y_true"].tolist()


@needs_keras
def test_folds_in_two_threads_give_the_same_bits(toy):
    X, y, people = toy
    tail = make_pipeline(small(epochs=1), StandardScaler(), PolySVCSearch("linear"))

    def run(n_jobs):
        with running(keep=False):
            return evaluate_features(
                tail, X, table_of(y, people), protocol="kfold:2", n_jobs=n_jobs, seed=3
            )

    one, two = run(1), run(2)
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)
    assert one.artifacts["gradcam.npz"] == two.artifacts["gradcam.npz"]
    assert one.header["chosen"] == two.header["chosen"]


@needs_keras
def test_neither_the_order_of_clips_nor_names_of_persons_change_a_bit(toy):
    """Issue 18, point 11: draws go by what the clips hold, not by where they stand."""
    X, y, people = toy
    rng = np.random.default_rng(5)
    order, names = rng.permutation(24), rng.permutation([f"q{i}" for i in range(6)])
    called = dict(zip(np.unique(people), names, strict=True))
    with running(keep=False):
        one = small(epochs=2).fit(X, y, groups=people)
        two = small(epochs=2).fit(X[order], y[order], groups=[called[p] for p in people[order]])
    assert one.key_ == two.key_ and np.array_equal(one.history_, two.history_)
    assert all(np.array_equal(a, b) for a, b in zip(one.weights_, two.weights_, strict=True))


@needs_keras
def test_stopping_keeps_the_best_epoch(toy):
    X, y, people = toy
    seen = []
    with running(lambda stage, done, total: seen.append((stage, done, total)), keep=False):
        net = small(epochs=50, patience=2, learning_rate=0.05).fit(X, y, groups=people)
    held = net.history_[:, 1]
    assert len(held) < 50 and len(held) - 1 - held.argmin() == 2
    assert seen[-1][1:] == (50, 50)  # so that the bar is full
    assert "parameters, up to 1 MB" in seen[0][0]
    codes = np.unique(y, return_inverse=True)[1]
    order, people = settled(X, people, codes, np.zeros((24, 0), np.float32))
    X, codes = X[order], codes[order]
    again = training.outputs(net._model(), X, net.centre_, net.scale_, ["emotion"], 8)["emotion"]
    _, rows = set_aside(codes, people, 0.15, np.random.default_rng(0))
    z = again[rows] - again[rows].max(1, keepdims=True)
    loss = -(z - np.log(np.exp(z).sum(1, keepdims=True)))[np.arange(len(rows)), codes[rows]]
    assert loss.mean() == pytest.approx(held.min(), rel=1e-4)
