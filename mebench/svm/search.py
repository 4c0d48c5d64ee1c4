"""PolySVCSearch: the estimator that tunes a PolySVC on what it is fitted to."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import LeaveOneGroupOut, StratifiedKFold, check_cv
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import BadInput
from ..scoring.metrics import first_best, get_measure
from .engine import score_table, search_grid
from .grids import Grid, Point, grid_points
from .polysvc import PolySVC

__all__ = ["PolySVCSearch"]


class PolySVCSearch(ClassifierMixin, BaseEstimator):
    """Choose the grid point that predicts left-out groups best, then fit it to everything.

    The counterpart of ``GridSearchCV(SVC(kernel="poly"))`` for the end of a pipeline, with every
    point's predictions on the same splits the same. It differs in one thing: the score of a point
    is that of the *pooled* predictions of all splits, not the mean of a score per split, which
    for subjects of one or two clips is not a score at all.

    Parameters
    ----------
    grid : str, dict, or list, default 'thesis'
        See :func:`~mebench.svm.grid_points`.
    scoring : str, default 'uf1'
        A measure (:data:`mebench.scoring.MEASURES`). Of equal points the smallest wins: by degree,
        then C, gamma, coef0.
    cv : int, splitter or iterable of (train, test), optional
        Splits in which no sample is tested twice. Default: leave one group out where ``fit`` is
        given groups, else five stratified folds, with a warning.
    class_weight : dict or 'balanced', optional
        Factors of C per class.
    n_jobs : int, default 1
        Threads of the search.

    Attributes
    ----------
    classes_ : ndarray (n_classes,)
    n_features_in_ : int
    best_params_ : dict
        ``degree``, ``C``, ``gamma``, ``coef0``.
    best_score_ : float
    best_index_ : int
        Row of ``cv_results_``.
    best_estimator_ : PolySVC
        Fitted to all samples.
    cv_results_ : DataFrame
        One row per point, smallest first: ``degree``, ``C``, ``gamma``, ``coef0``, ``score``,
        ``rank`` (1 is best; equals share a rank).

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm import PolySVCSearch
    >>> rng = np.random.default_rng(0)
    >>> subject, y = np.repeat(np.arange(6), 4), np.tile([0, 1], 12)
    >>> X = rng.normal(size=(24, 3)) + 2 * y[:, None]
    >>> search = PolySVCSearch({"degree": [2, 3], "gamma": [0.1, 1], "C": [1, 10]})
    >>> search.fit(X, y, groups=subject).best_params_
    {'degree': 2, 'C': 1.0, 'gamma': 0.1, 'coef0': 0.0}
    """

    def __init__(
        self,
        grid: Grid = "thesis",
        *,
        scoring: str = "uf1",
        cv: Any = None,
        class_weight: Mapping[Any, float] | str | None = None,
        n_jobs: int = 1,
    ) -> None:
        self.grid = grid
        self.scoring = scoring
        self.cv = cv
        self.class_weight = class_weight
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, groups: Any = None) -> PolySVCSearch:
        """Search, then fit the best point.

        Parameters
        ----------
        X : array (n, n_features)
        y : array (n,)
        groups : array (n,), optional
            The subject of each sample. In a pipeline: ``fit(X, y, <step>__groups=groups)``.
        """
        get_measure(self.scoring)
        grid = grid_points(self.grid)
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise BadInput(
                f"There is one class only, {self.classes_[0]!r}: nothing to search. Fit a PolySVC."
            )
        predictions = search_grid(
            X @ X.T,
            y,
            self._splits(X, codes, groups),
            grid,
            class_weight=self.class_weight,
            n_jobs=self.n_jobs,
        )
        score = score_table(predictions, codes, self.scoring)
        self.best_index_ = int(first_best(score, self.scoring))
        self.best_score_ = float(score[self.best_index_])
        self.best_params_ = grid[self.best_index_]._asdict()
        results = pd.DataFrame(grid, columns=list(Point._fields)).assign(score=score)
        lower = not get_measure(self.scoring).higher_is_better
        results["rank"] = results["score"].round(12).rank(ascending=lower, method="min").astype(int)
        self.cv_results_ = results
        self.best_estimator_ = PolySVC(**self.best_params_, class_weight=self.class_weight)
        self.best_estimator_.fit(X, y)
        return self

    def _splits(self, X: np.ndarray, codes: np.ndarray, groups: Any) -> list:
        if self.cv is not None:
            return list(check_cv(self.cv, codes, classifier=True).split(X, codes, groups))
        if groups is not None:
            groups = np.asarray(groups)
            if groups.shape != (len(X),) or len(np.unique(groups)) < 2:
                raise BadInput(
                    f"groups has shape {groups.shape}; expected ({len(X)},) with two groups "
                    "or more."
                )
            # Samples with a blank key are trained on only.
            splits = LeaveOneGroupOut().split(X, codes, groups)
            return [(train, test) for train, test in splits if groups[test[0]] != ""]
        warnings.warn(
            "PolySVCSearch was fitted without groups and tunes on stratified folds, which share "
            "subjects. Pass the subjects as groups, or set cv.",
            stacklevel=3,
        )
        folds = int(min(5, np.bincount(codes).max()))
        if folds < 2:
            raise BadInput(
                "Every class has one sample only, so none can be left out. Give more samples, "
                "groups, or cv."
            )
        return list(StratifiedKFold(folds).split(X, codes))

    def predict(self, X: Any) -> np.ndarray:
        """The class by the best estimator."""
        return self._best(X).predict(X)

    def decision_function(self, X: Any) -> np.ndarray:
        """Decision values of the best estimator, as :meth:`PolySVC.decision_function`."""
        return self._best(X).decision_function(X)

    def _best(self, X: Any) -> PolySVC:
        check_is_fitted(self)
        validate_data(self, X, dtype=np.float64, reset=False)
        return self.best_estimator_
