"""How the answers of several members become one: fused scores, votes, stacking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

__all__ = ["DRAWING", "FEWEST", "RULES", "Scores", "Stack", "Together", "Vote"]


class Together(NamedTuple):
    """The answers of all members on the same clips."""

    labels: np.ndarray  # (n, n_members) codes
    scores: np.ndarray  # (n, n_members, n_classes)


class Scores:
    """Mean of the members' scores, each brought to mean 0 and deviation 1.

    A member's mean and deviation are one number each, over all its scores of the training clips
    when their subject was left out: classes keep their order and their distances.
    """

    def fit(self, answers: Together, codes: np.ndarray, n_classes: int) -> Scores:
        """Learn each member's mean and deviation."""
        self.mean = answers.scores.mean(axis=(0, 2))
        self.deviation = answers.scores.std(axis=(0, 2))
        self.deviation[self.deviation == 0] = 1.0
        return self

    def combine(self, answers: Together) -> tuple[np.ndarray, np.ndarray]:
        """Codes, and a score per class; of equal scores the class that sorts first wins."""
        comparable = (answers.scores - self.mean[:, None]) / self.deviation[:, None]
        found = comparable.mean(axis=1)
        return found.argmax(axis=1), found


class Vote:
    """One vote per member; of classes with equal votes, the one that the earliest member said."""

    def fit(self, answers: Together | None, codes: np.ndarray, n_classes: int) -> Vote:
        """Learn nothing but the number of classes."""
        self.n_classes = n_classes
        return self

    def combine(self, answers: Together) -> tuple[np.ndarray, np.ndarray]:
        """Codes, and the share of votes per class."""
        votes = np.eye(self.n_classes)[answers.labels].sum(axis=1)
        most = votes == votes.max(axis=1, keepdims=True)
        leads = np.take_along_axis(most, answers.labels, axis=1)
        earliest = leads.argmax(axis=1)
        codes = np.take_along_axis(answers.labels, earliest[:, None], axis=1)[:, 0]
        return codes, votes / answers.labels.shape[1]


class Stack:
    """A classifier on the members' scores of the training clips whose subject was left out."""

    def __init__(self, learner: Any) -> None:
        self.learner = learner

    def fit(self, answers: Together, codes: np.ndarray, n_classes: int) -> Stack:
        """Learn from the answers about left-out subjects, never from those about known ones."""
        self.n_classes = n_classes
        self.only: int | None = int(codes[0]) if len(np.unique(codes)) == 1 else None
        if self.only is None:
            self.learner.fit(answers.scores.reshape(len(codes), -1), codes)
        return self

    def combine(self, answers: Together) -> tuple[np.ndarray, np.ndarray]:
        """Codes, and a probability per class."""
        n = len(answers.labels)
        found = np.zeros((n, self.n_classes))
        if self.only is not None:
            found[:, self.only] = 1.0
        elif n:
            found[:, self.learner.classes_] = self.learner.predict_proba(
                answers.scores.reshape(n, -1)
            )
        return found.argmax(axis=1), found


def _logistic(seed: int | None) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def _forest(seed: int | None) -> Any:
    return RandomForestClassifier(random_state=seed)  # 100 trees, scikit-learn's default


#: What makes a rule, given a seed.
RULES: dict[str, Callable[[int | None], Any]] = {
    "scores": lambda seed: Scores(),
    "vote": lambda seed: Vote(),
    "stack": lambda seed: Stack(_logistic(seed)),
    "stack-forest": lambda seed: Stack(_forest(seed)),
}

#: How many members a rule needs: of two voters, the one who decides ties would decide all.
FEWEST = {"scores": 2, "vote": 3, "stack": 2, "stack-forest": 2}

#: Rules that draw among the training clips: for them, clips are put in an order of their own first.
DRAWING = ("stack-forest",)
