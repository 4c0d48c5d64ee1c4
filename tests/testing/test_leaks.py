"""The leak test finds planted leaks, and finds none in mebench's own methods."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench import HOOF
from mebench.storage import ArrayCache
from mebench.testing import LeakFound, check_no_leak, make_samples


class ScaledTogether(TransformerMixin, BaseEstimator):
    """A classic: scaled by the mean and deviation of what it is given, tested clips included."""

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return (X - X.mean(0)) / (X.std(0) + 1e-12)


class Remembers(ClassifierMixin, BaseEstimator):
    """Cheats: looks the answer up in a list of all labels."""

    answers: dict = {}  # noqa: RUF012

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.array([Remembers.answers[row.tobytes()] for row in X], object)


class Drawn(ClassifierMixin, BaseEstimator):
    """Settled by the order of the training clips."""

    def fit(self, X, y):
        self.classes_, self.first_ = np.unique(y), y[0]
        return self

    def predict(self, X):
        return np.repeat(self.first_, len(X))


class ByName(ClassifierMixin, BaseEstimator):
    """Settled by what persons are called."""

    def fit(self, X, y, groups=None):
        self.classes_ = np.unique(y)
        self.said_ = self.classes_[int("made-up/p1" in set(groups))]
        return self

    def predict(self, X):
        return np.repeat(self.said_, len(X))


def report_of(*steps):
    with pytest.raises(LeakFound) as found:
        check_no_leak(make_pipeline(HOOF(), *steps), tuning="fixed")
    return set(found.value.report.query("moved > 0")["changed"])


def test_scaling_together_is_found():
    assert "outliers" in report_of(ScaledTogether(), KNeighborsClassifier(5, weights="distance"))


def test_looking_up_labels_is_found(monkeypatch):
    from mebench.testing import leaks

    whole = leaks.evaluate

    def told(method, samples, **settings):
        rows = HOOF().transform(samples.clips)
        Remembers.answers = {
            row.tobytes(): label for row, label in zip(rows, samples.y, strict=True)
        }
        return whole(method, samples, **settings)

    monkeypatch.setattr(leaks, "evaluate", told)
    assert "test labels" in report_of(Remembers())


def test_what_hangs_on_order_or_names_is_found():
    assert "order of clips" in report_of(Drawn())
    assert "names of persons" in report_of(ByName())


def test_fitting_in_the_fold_is_no_leak():
    pipeline = make_pipeline(HOOF(), StandardScaler(), KNeighborsClassifier(1))
    report = check_no_leak(pipeline)
    assert report["moved"].sum() == 0 and report["compared"].min() == 5


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return ArrayCache(tmp_path_factory.mktemp("cache"))


#: One of each way to learn; benchmarks/leaks.py goes through all.
SOME = ["lbp-top", "mdmo", "cbp-top", "early-pca:hoof+osf", "scores:hoof+osf",
        "vote:hoof+osf+fdm", "stack:hoof+osf"]  # fmt: skip
GRID = {"degree": [2], "gamma": [0.1, 1.0], "coef0": 1, "C": [1, 10]}


@pytest.mark.parametrize("name", SOME)
def test_named_methods_do_not_leak(name, cache):
    check_no_leak(name, make_samples(3), grid=GRID, cache=cache)
