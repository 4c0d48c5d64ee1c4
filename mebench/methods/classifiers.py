"""Classifiers by name, for features that are already there."""

from __future__ import annotations

from typing import Any

from ..errors import BadInput
from ..svm import PolySVC
from .method import Method
from .registry import get_method

__all__ = ["CLASSIFIERS", "get_classifier"]


def _majority() -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="most_frequent")


def _knn() -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(1)


def _forest() -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(500)


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


#: Classifiers by name: how to build them, and the grid that is theirs.
CLASSIFIERS: dict[str, Method] = {
    "poly-svm": Method("poly-svm", PolySVC, grid="thesis", title="Polynomial SVM"),
    "linear-svm": Method(
        "linear-svm", lambda: PolySVC(kernel="linear"), grid="linear", title="Linear SVM"
    ),
    "majority": Method("majority", _majority, title="Most frequent class of the training fold"),
    "knn": Method("knn", _knn, title="Nearest neighbour"),
    "logistic": Method("logistic", _logistic, title="Logistic regression, standardised"),
    "forest": Method("forest", _forest, title="Random forest, 500 trees"),
}


def get_classifier(name: str) -> Method:
    """The classifier called `name`, or at the import path ``package.module:object``."""
    if name in CLASSIFIERS:
        return CLASSIFIERS[name]
    if ":" in name:
        return get_method(name)
    raise BadInput(
        f"Unknown classifier {name!r}; there is {', '.join(CLASSIFIERS)}, or your own as "
        "package.module:object."
    )
