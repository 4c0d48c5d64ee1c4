"""What a tuning gives: predictions of all folds, what was chosen, and the surface of scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["TUNINGS", "Progress", "Tuned", "surface_table"]

#: nested: chosen inside each training fold by leaving out its subjects.
#: oracle: the one choice that scores best on the test predictions themselves.
#: fixed: the parameters that the method has by itself.
TUNINGS = ("nested", "oracle", "fixed")


Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Tuned:
    """Predictions of all folds.

    Parameters
    ----------
    predicted : ndarray ``(n,)`` of labels; None where no fold tests a sample
    scores : ndarray ``(n, n_classes)`` or None
        One column per sorted class.
    chosen : list of dict
        Per fold: its name, the parameters, and under nested tuning their inner score. Folds
        that failed are left out.
    n_candidates : int
        How many settings each choice was made from.
    tuning : str
        What was done: 'fixed' where there was nothing to choose between.
    maps : dict of int to ndarray ``(H, W)``
        Of each sample tested by a step that can tell where it looked, by the model of its fold.
    candidates : list of dict
        The settings that were chosen from; empty where there was no choice.
    surface : ndarray ``(n_candidates, n_folds)`` or ``(n_candidates, 1)``, optional
        By which scores: inner ones of each fold, or the oracle's on the test predictions.
    failed : dict of str to str
        Folds that could not be predicted, and why.
    """

    predicted: np.ndarray
    scores: np.ndarray | None
    chosen: list[dict[str, Any]]
    n_candidates: int
    tuning: str
    maps: Mapping[int, np.ndarray] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    surface: np.ndarray | None = None
    failed: Mapping[str, str] = field(default_factory=dict)


def surface_table(tuned: Tuned) -> pd.DataFrame | None:
    """One row per setting that was tried; None where there was no choice.

    Columns are the parameters (``degree``, ``C``, ``gamma``, ``coef0`` of an SVM; others by
    their name), then ``score``: under nested tuning the mean over the outer folds of the score
    inside each, under the oracle its score on the test predictions; and ``n_chosen``: in how
    many folds it was the choice.
    """
    if tuned.surface is None or not tuned.candidates:
        return None
    first = ["degree", "C", "gamma", "coef0"]
    table = pd.DataFrame(tuned.candidates)
    table = table[[c for c in first if c in table] + [c for c in table if c not in first]]
    for name in set(table.columns) - set(first):
        table[name] = table[name].map(str)
    if "degree" in table:
        table["degree"] = table["degree"].astype(int)
    table["score"] = tuned.surface.mean(axis=1)
    # A classifier may have settled more by itself than what was tried here.
    settings = [tuple(c.items()) for c in tuned.candidates]
    place = {setting: i for i, setting in enumerate(settings)}
    chosen = [place.get(tuple(c["params"].items())) for c in tuned.chosen]
    table["n_chosen"] = [chosen.count(i) for i in range(len(table))]
    return table
