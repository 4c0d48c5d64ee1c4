"""The time of folds that nobody has run yet: of machines and of networks."""

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench.deep import CNNClassifier, PaddedInput, training
from mebench.experiments import fold_time
from mebench.experiments.fold_time import fold_seconds
from mebench.methods import Method
from mebench.svm import PolySVC

from ..deep.conftest import needs_keras
from ..recipes.test_reproduce import Noise, planted

GRID = {"degree": [2, 3], "gamma": [0.1], "coef0": [1], "C": [1, 10]}


class Slow(StandardScaler):
    """Something that learns, by a clock of its own."""

    now = 0.0

    def fit(self, X, y=None):
        Slow.now += 10
        return super().fit(X, y)


SLOW = Method("slow", lambda: make_pipeline(Noise(), Slow(), PolySVC()), grid=GRID, title="slow",
              citation="none")  # fmt: skip


@pytest.mark.parametrize(("tuning", "refits"), [("fixed", 1), ("nested", 1 + 7), ("oracle", 2 + 7)])
def test_what_learns_is_fitted_for_each_person_left_out(monkeypatch, tuning, refits):
    """Eight persons: seven are left out in turn inside each of eight folds."""
    monkeypatch.setattr(fold_time.time, "process_time", lambda: Slow.now)
    found, basis = fold_seconds(SLOW, planted({}), protocol="loso", tuning=tuning, n_jobs=1)
    assert found == 8 * refits * 10 and "8 folds" in basis


def test_inner_folds_of_several_persons_are_fewer(monkeypatch):
    monkeypatch.setattr(fold_time.time, "process_time", lambda: Slow.now)
    found, _ = fold_seconds(
        SLOW, planted({}), protocol="loso", tuning="nested", inner="group-kfold:3", n_jobs=1
    )
    assert found == 8 * (1 + 3) * 10


def test_more_rows_than_are_timed_count_by_the_square(monkeypatch):
    monkeypatch.setattr(fold_time.time, "process_time", lambda: Slow.now)
    monkeypatch.setattr(fold_time, "_MOST", 20)
    found, _ = fold_seconds(SLOW, planted({}), protocol="kfold:8", tuning="fixed", n_jobs=1)
    assert found == pytest.approx(8 * 10 * (35 / 20) ** 2)


def test_what_cannot_be_said(monkeypatch):
    tuned = Method("tuned", SLOW.build, grid=GRID, tune={"slow__with_mean": [True, False]},
                   title="", citation="")  # fmt: skip
    assert fold_seconds(tuned, planted({}), protocol="loso", tuning="nested")[0] is None


@needs_keras
def test_epochs_and_folds_of_a_network(monkeypatch):
    net = CNNClassifier("residual-3d", "padded", epochs=7, batch_size=5, validation=0.2)
    method = Method("n", lambda: make_pipeline(PaddedInput(size=16, n_frames=4), net), title="n",
                    citation="none")  # fmt: skip

    def outputs(model, batch, *_):
        assert model.count_params() and batch.shape == (5, 4, 16, 16, 1)
        Slow.now += 5

    monkeypatch.setattr(training, "outputs", outputs)
    monkeypatch.setattr(fold_time.time, "process_time", lambda: Slow.now)
    found, basis = fold_seconds(method, planted({}), protocol="loso", tuning="fixed")
    # One second for each of five inputs; 35 of the 40 clips train, a fifth of them only forward.
    assert found == pytest.approx(8 * 35 * 7 * (0.8 * 3 + 0.2))
    assert basis == "at most: 8 folds, 7 epochs of 6 batches, one batch timed forward now"
