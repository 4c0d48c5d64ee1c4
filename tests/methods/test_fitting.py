import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.pipeline import make_pipeline

from mebench.evaluation import evaluate_features
from mebench.svm import PolySVC


class Witness(TransformerMixin, BaseEstimator):
    seen = ()

    def fit(self, X, y, groups=None):
        Witness.seen = (*Witness.seen, sorted(set(groups)))
        return self

    def transform(self, X):
        return X


class First(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[0], len(X))


def problem():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({
        "clip_id": [str(i) for i in range(12)], "dataset": "toy",
        "subject": np.repeat(list("123"), 4), "label": ["a", "b"] * 6,
    })  # fmt: skip
    return rng.normal(size=(12, 2)), table


def test_steps_that_ask_for_subjects_get_those_of_the_training_fold_only():
    for classifier in (First(), PolySVC()):
        Witness.seen = ()
        evaluate_features(make_pipeline(Witness(), classifier), *problem(), tuning="fixed")
        assert [len(s) for s in Witness.seen] == [2, 2, 2]
        assert len({tuple(s) for s in Witness.seen}) == 3
