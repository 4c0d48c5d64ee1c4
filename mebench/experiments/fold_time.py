"""How long the folds of a run may take, where no earlier run tells: a part of the work, timed."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..deep._running import running
from ..deep.estimators import CNNClassifier, CNNFeatures
from ..errors import MebenchError
from ..evaluation import evaluate_features, get_protocol
from ..evaluation.inner_folds import checked_inner
from ..evaluation.settings import Tuning
from ..methods import Method
from ..methods.extract import extract
from ..methods.fitting import seeded
from ..methods.parts import split_pipeline
from ..scoring.subjects import Fold, subject_keys

__all__ = ["fold_seconds"]

#: More rows than these are not timed but extrapolated, by the square of their number.
_MOST = 120
#: Once backward costs about twice as much as once forward.
_PASSES = 3


def fold_seconds(
    method: Method,
    samples: Any,
    *,
    protocol: Any,
    tuning: str,
    grid: Any = None,
    scoring: str = "uf1",
    inner: str = "loso",
    seed: int = 0,
    n_jobs: int | None = None,
) -> tuple[float | None, str]:
    """Processor seconds that the folds of a run may take, and where that comes from.

    Of a network one batch is timed forward; of other methods one fold, on numbers drawn in the
    shape of the features, with the real classes and persons. Drawn numbers are harder to tell
    apart than features, so this errs to the long side, and a network may stop early.

    Parameters
    ----------
    method : Method
    samples : Samples
    protocol, tuning, grid, scoring, inner, seed, n_jobs
        As in :func:`mebench.evaluation.evaluate`.

    Returns
    -------
    seconds : float or None
        None where nothing can be said.
    basis : str
    """
    if method.tune or hasattr(method.build(), "members"):
        return None, "unknown: no earlier run of this method, protocol and tuning"
    estimator = seeded(method.build(), seed)
    steps, tail = split_pipeline(estimator, {})
    table = samples.table
    try:
        folds = list(get_protocol(protocol, seed=seed)(table))
        row = extract(steps, samples.clips[:1], cache=None, n_jobs=1).rows[0]
        parts = [step for _, step in tail.steps] if isinstance(tail, Pipeline) else [tail]
        if isinstance(parts[0], (CNNClassifier, CNNFeatures)):
            return _of_network(parts[0], row, table, folds)
        drawn = np.random.default_rng(seed).normal(size=(len(table), row.size))
        chosen = method.grid if grid is None else grid
        settings = Tuning(tuning, chosen, {}, scoring, inner=inner)
        one = _of_fold(parts, drawn, table, folds, settings)
    except (MebenchError, ValueError) as error:  # classes too rare for any fold, no face, no Keras
        return None, f"unknown: {error}"
    at_once = min(joblib.effective_n_jobs(n_jobs), len(folds))
    return round(one * len(folds) / at_once, 3), f"one of {len(folds)} folds on drawn numbers, now"


def _of_fold(
    parts: list[Any], X: np.ndarray, table: pd.DataFrame, folds: list[Fold], settings: Tuning
) -> float:
    """Seconds of one fold of middle size: what learns before the classifier, and the classifier."""
    fold = sorted(folds, key=lambda f: len(f.train))[len(folds) // 2]
    rows = fold.train
    if len(rows) > _MOST:
        rows = np.sort(np.random.default_rng(0).choice(rows, _MOST, replace=False))
    larger = (len(fold.train) / len(rows)) ** 2
    people = len(np.unique(subject_keys(table.iloc[rows])))
    people = min(people, checked_inner(settings.inner)[1] or people)  # that is, sets of them
    learned = 0.0
    for step in map(clone, parts[:-1]):
        started = time.process_time()
        step.fit(X[rows], table["label"].to_numpy()[rows])
        learned += time.process_time() - started
        X = step.transform(X)
    refits = {"fixed": 1, "nested": 1 + people, "oracle": 2 + people}[settings.how]

    def division(_: pd.DataFrame) -> Iterator[Fold]:
        yield Fold(fold.name, rows, fold.test, ())

    # An oracle's grid is one inner fold more than the nested one's, which is run with it.
    how = "nested" if settings.how != "fixed" and settings.grid is not None else "fixed"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of drawn numbers nothing is to be said
        for few in (True, False):  # first what is compiled once, on a grid of one point
            grid = _first(settings.grid) if few else settings.grid
            started = time.process_time()
            evaluate_features(
                clone(parts[-1]), X, table, protocol=division, grid=grid, tuning=how,
                scoring=settings.scoring, n_jobs=1,
                inner="loso" if settings.inner == "loso" else f"group-kfold:{people}",
            )  # fmt: skip
            spent = time.process_time() - started
    if settings.how == "oracle":
        spent *= (1 + people) / people
    return larger * (refits * learned + spent)


def _first(grid: Any) -> Any:
    from ..svm import grid_points

    return None if grid is None else grid_points(grid)[:1]


def _of_network(
    net: Any, row: np.ndarray, table: pd.DataFrame, folds: list[Fold]
) -> tuple[float, str]:
    from ..deep import build_network
    from ..deep.backend import repeatable
    from ..deep.training import outputs

    options: Mapping[str, Any] = dict(net.options or {})
    tensors = row[None] if not net.frames else row
    frames = len(row) if net.frames else 1
    batch = np.repeat(tensors[:1], net.batch_size, axis=0)
    with running(keep=False), repeatable(0):
        model = build_network(net.network, batch.shape[1:], table["label"].nunique(), 0, **options)
        for _ in range(2):  # the first one prepares
            started = time.process_time()
            outputs(model, batch, np.zeros(1), np.ones(1), ["features"], len(batch))
            once = (time.process_time() - started) / len(batch)
    copies = net.copies if isinstance(net.copies, int) else 1
    seen = frames * sum(len(fold.train) for fold in folds)
    fitted = (1 - net.validation) * copies * _PASSES + net.validation
    seconds = net.epochs * seen * fitted * once
    batches = math.ceil(seen / len(folds) * (1 - net.validation) * copies / net.batch_size)
    basis = (
        f"{len(folds)} folds, {net.epochs} epochs of {batches} batches, one batch timed forward now"
    )
    return round(seconds, 1), basis if net.patience is None else f"at most: {basis}"
