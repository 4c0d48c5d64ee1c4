"""What leaks are worth: the same features under leaky and clean evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator

from ._evaluate import evaluate_features
from .labels import Progress

__all__ = ["leakage_cost"]

#: Protocol, tuning, and what crosses from test to train.
_RUNS = (
    ("loso", "nested", "nothing"),
    ("loso", "oracle", "test labels, through the choice of parameters"),
    ("kfold", "nested", "persons"),
    ("lovo", "nested", "persons"),
)


def leakage_cost(
    estimator: BaseEstimator,
    X: Any,
    table: pd.DataFrame,
    *,
    grid: Any = None,
    tune: Mapping[str, Sequence[Any]] | None = None,
    scoring: str = "uf1",
    protocols: Sequence[str] = ("loso", "kfold", "lovo"),
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """The same features and classifier under clean and leaky evaluation, side by side.

    Parameters
    ----------
    estimator, X, table, grid, tune, scoring, n_jobs, seed, progress
        As in :func:`mebench.evaluation.evaluate_features`.
    protocols : sequence of str, default loso, kfold and lovo
        Leaving every clip out in turn takes as many fits as there are clips; leave ``lovo`` out
        where that is too slow.

    Returns
    -------
    DataFrame
        ``protocol, tuning, leaks, accuracy, uf1, uar`` and ``uf1_gain``, the difference to
        nested leave-one-subject-out. Where the classifier has nothing to tune, there is no
        oracle row.

    Examples
    --------
    Clips of a person are alike and the label is a matter of the person, so knowing the person
    is everything:

    >>> import numpy as np
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> X = np.repeat(np.random.default_rng(0).normal(size=(20, 3)), 4, axis=0)
    >>> table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(80)], "dataset": "toy",
    ...     "subject": np.repeat(np.arange(20), 4), "label": np.tile(["a"] * 4 + ["b"] * 4, 10)})
    >>> found = leakage_cost(KNeighborsClassifier(1), X, table)
    >>> found.loc[found["protocol"] == "lovo", "uf1"].item()
    1.0
    >>> bool(found["uf1"].iloc[0] < 0.7)
    True
    """
    wanted = [run for run in _RUNS if run[0] in protocols or run[0] == "loso"]
    rows: list[dict[str, Any]] = []
    for protocol, tuning, leaks in wanted:
        found = evaluate_features(
            estimator,
            X,
            table,
            protocol=protocol,
            tuning=tuning,
            grid=grid,
            tune=tune,
            scoring=scoring,
            n_jobs=n_jobs,
            seed=seed,
            progress=_named(progress, f"{protocol}, {tuning}"),
        )
        if tuning == "oracle" and found.header["tuning"] != "oracle":
            continue
        scores = {k: found.scores()[k] for k in ("accuracy", "uf1", "uar")}
        done = {"protocol": protocol, "tuning": found.header["tuning"], "leaks": leaks}
        rows.append({**done, **scores})
    out = pd.DataFrame(rows)
    out["uf1_gain"] = out["uf1"] - out["uf1"].iloc[0]
    return out


def _named(progress: Progress | None, run: str) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{run}: {stage}", done, total)
