"""The grid's score surface: what each setting scored where choices were made."""

from __future__ import annotations

import pandas as pd

from .tuning import Tuned

__all__ = ["surface_table"]


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
