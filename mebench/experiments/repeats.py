"""The same evaluation with several seeds, because training fluctuates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ..scoring.predictions import Predictions
from ..scoring.unit_predictions import UnitPredictions

__all__ = ["repeated"]


def repeated(
    run: Callable[[int], Predictions | UnitPredictions], seed: int = 0, n: int = 1
) -> Predictions | UnitPredictions:
    """Predictions of the first of several seeds, with the scores of all in their header.

    Parameters
    ----------
    run : callable
        From a seed to its predictions.
    seed : int, default 0
        The first; the others count up from it.
    n : int, default 1
        How many.

    Returns
    -------
    Predictions or UnitPredictions
        Of the first seed, or of the first that lacks folds. With `n` above 1 the
        header's ``repeats`` has ``seeds``, the ``scores`` of each, their ``mean`` and ``sd``
        (with n − 1); the other seeds' predictions are among the artifacts.

    Notes
    -----
    The spread says how far the seed alone moves a score on these same clips. It is no interval
    for other people, which is wider: see :meth:`Predictions.intervals`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"clip_id": list("ab"), "dataset": "toy", "subject": list("12"),
    ...                       "fold": list("12"), "y_true": list("xy")})
    >>> guesses = [list("xy"), list("xx")]
    >>> found = repeated(lambda s: Predictions(table.assign(y_pred=guesses[s]),
    ...                                        {"classes": ["x", "y"]}), n=2)
    >>> found.header["repeats"]["mean"]["accuracy"], found.header["n_repeats"]
    (0.75, 2)
    """
    seeds = list(range(seed, seed + n))
    found = [run(s) for s in seeds]
    first = found[0]
    short = next((f for f in found if not f.header.get("complete", True)), None)
    if n == 1 or short is not None:
        return short or first  # a mean over what is there would pass for one over all
    scores = [f.scores() for f in found]
    values = {name: np.array([s[name] for s in scores]) for name in scores[0]}
    repeats: dict[str, Any] = {
        "seeds": seeds,
        "scores": scores,
        "mean": {name: float(v.mean()) for name, v in values.items()},
        "sd": {name: float(v.std(ddof=1)) for name, v in values.items()},
    }
    tables = {
        f"predictions-seed{s}.csv": f.table for s, f in zip(seeds[1:], found[1:], strict=True)
    }
    return replace(
        first,
        header={**first.header, "n_repeats": n, "repeats": repeats},
        artifacts={**first.artifacts, **tables},
    )
