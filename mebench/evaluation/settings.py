"""How the parameters of a method are chosen: one object, checked before any work is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import BadInput, did_you_mean
from ..scoring.metrics import get_measure
from ..svm import GRIDS, PolySVC, PolySVCSearch, grid_points, load_grid
from .inner_folds import checked_inner
from .tuned import TUNINGS

__all__ = [
    "ON_ERROR",
    "SEARCHES",
    "TARGETS",
    "Tuning",
    "check_choice",
    "check_n_jobs",
    "check_seed",
]

#: What is predicted: the class of a clip, or each of its action units.
TARGETS = ("label", "au")
#: What is done with a clip that cannot be used.
ON_ERROR = ("error", "skip")


#: exhaustive: every point of the grid is tried on all persons that may be looked at.
#: halving: all on some persons, the best of them on more (:func:`mebench.svm.halving_search`).
SEARCHES = ("exhaustive", "halving")


def check_choice(name: str, value: Any, known: Sequence[str]) -> None:
    """Raise unless `value` is one of the words that there are, naming the nearest.

    Examples
    --------
    >>> check_choice("tuning", "nestd", ["nested", "fixed"])
    Traceback (most recent call last):
    mebench.errors.BadInput: tuning must be one of nested, fixed, found 'nestd'.
    Did you mean 'nested'?
    """
    if value not in known:
        hint = did_you_mean(value, known)
        raise BadInput(f"{name} must be one of {', '.join(known)}, found {value!r}.{hint}")


def check_seed(seed: Any) -> None:
    """Raise unless `seed` is one that numpy and scikit-learn take: 0 to 2³² − 1.

    Examples
    --------
    >>> check_seed(-1)
    Traceback (most recent call last):
    mebench.errors.BadInput: seed must be a whole number from 0 to 4294967295, found -1.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise BadInput(f"seed must be a whole number from 0 to {2**32 - 1}, found {seed!r}.")


def check_n_jobs(n_jobs: Any) -> None:
    """Raise unless `n_jobs` is a number of workers as joblib counts them."""
    if n_jobs is not None and (not isinstance(n_jobs, (int, np.integer)) or n_jobs == 0):
        raise BadInput(f"n_jobs must be a number of workers, or -1 for all, found {n_jobs!r}.")


@dataclass(frozen=True)
class Tuning:
    """How parameters are chosen. What is wrong with it is said when it is made.

    Parameters
    ----------
    how : {'nested', 'oracle', 'fixed'}, default 'nested'
    grid : grid of :func:`mebench.svm.grid_points`, or the path of a file, optional
    tune : mapping of str to values, optional
        Other parameters (``step__parameter``); none under 'fixed'.
    scoring : str, default 'uf1'
        A measure; its aliases (``f1_macro``) become its key.
    n_classes : int, optional
        Classes of the task. Those of which there is no clip count in the measure as well.
    search : {'exhaustive', 'halving'}, default 'exhaustive'
        How a grid is searched under nested tuning.
    seed : int, default 0
        Of the order in which persons join a halving search.
    inner : str, default 'loso'
        Who is left out while parameters are chosen inside a training fold: one person at a time,
        or with ``group-kfold:10`` a tenth of the persons.

    Raises
    ------
    BadInput
        A tuning, measure, grid or kind of inner folds that there is not.

    Examples
    --------
    >>> Tuning(scoring="f1_macro").scoring
    'uf1'
    """

    how: str = "nested"
    grid: Any = None
    tune: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    scoring: str = "uf1"
    n_classes: int | None = None
    search: str = "exhaustive"
    seed: int = 0
    inner: str = "loso"

    def __post_init__(self) -> None:
        check_choice("tuning", self.how, TUNINGS)
        check_choice("search", self.search, SEARCHES)
        if self.search == "halving" and self.how != "nested":
            raise BadInput(
                f"A halving search chooses inside each fold: it goes with tuning 'nested', found "
                f"{self.how!r}."
            )
        object.__setattr__(self, "inner", checked_inner(self.inner)[0])
        object.__setattr__(self, "scoring", get_measure(self.scoring).key)
        if self.grid is not None:
            text = str(self.grid) if isinstance(self.grid, (str, os.PathLike)) else ""
            is_file = text not in GRIDS and text.lower().endswith((".json", ".toml"))
            grid = load_grid(text) if is_file else self.grid
            grid_points(grid)
            object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "tune", {} if self.how == "fixed" else dict(self.tune or {}))

    def checked_for(self, classifier: Any) -> None:
        """Raise on a grid that would be searched, for a classifier that has none."""
        if (
            self.how != "fixed"
            and self.grid is not None
            and not isinstance(classifier, (PolySVC, PolySVCSearch))
        ):
            raise BadInput(
                f"A grid is searched with mebench.svm.PolySVC only; this method ends in "
                f"{type(classifier).__name__}. Leave the grid out, or tune it with `tune`."
            )
