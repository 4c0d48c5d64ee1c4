"""Method: a recipe from clips to labels, with the citation that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import BaseEstimator

__all__ = ["Method"]


@dataclass(frozen=True)
class Method:
    """A named recipe.

    Parameters
    ----------
    name : str
        As ``--method`` takes it.
    build : callable
        Gives a new, unfitted pipeline from clips to labels.
    grid : str, dict or list, optional
        Grid over the SVM's parameters (:func:`mebench.svm.points`), where the pipeline ends in
        a :class:`mebench.svm.PolySVC`.
    tune : dict, optional
        Other parameters to be tuned: names as in ``Pipeline.set_params``, and their values.
    title : str
        What it is, in a line.
    citation : str
        The paper to cite.
    colour : bool, default False
        Whether it needs RGB frames.
    """

    name: str
    build: Callable[[], BaseEstimator]
    grid: Any = None
    tune: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    title: str = ""
    citation: str = ""
    colour: bool = False

    def n_features(self) -> int | None:
        """Length of the feature vector; None where it depends on the data."""
        steps = getattr(self.build(), "steps", [])
        widths = [s.n_features for _, s in steps if isinstance(getattr(s, "n_features", None), int)]
        return widths[-1] if widths else None
