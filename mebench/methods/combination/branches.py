"""Branches: several extractors side by side on the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import _BaseComposition, available_if

from ...clip import as_clips

__all__ = ["Branches", "blocks"]


class Branches(TransformerMixin, _BaseComposition):
    """Run several pipelines that learn nothing on each clip, and keep their results apart.

    In an evaluation each branch runs once per clip and is cached by itself, under the key that
    it has when it runs alone.

    Parameters
    ----------
    branches : list of (str, Pipeline)
        Names, and pipelines of steps that learn nothing.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from mebench.features import HOOF, LBPTOP
    >>> from mebench.testing import make_clips
    >>> both = Branches([("texture", make_pipeline(LBPTOP())), ("motion", make_pipeline(HOOF()))])
    >>> found = both.transform(make_clips(2))
    >>> found.shape, [cell.shape for cell in found[0]]
    ((2, 2), [(11328,), (512,)])
    """

    def __init__(self, branches: Sequence[tuple[str, Pipeline]]) -> None:
        self.branches = branches

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters, with those of the branches under their names."""
        found: dict[str, Any] = self._get_params("branches", deep=deep)
        return found

    def set_params(self, **params: Any) -> Branches:
        """Set parameters, those of a branch as ``name__step__parameter``."""
        self._set_params("branches", **params)
        return self

    def fit(self, X: Any, y: Any = None) -> Branches:
        """Learn nothing."""
        return self

    def transform(self, X: Any) -> np.ndarray:
        """What each branch makes of each clip: an array of objects ``(n_clips, n_branches)``.

        A cell is a row of features, or a Clip where the branch ends in no extractor.
        """
        clips = as_clips(X)
        columns = []
        for steps in self.steps:
            column: Any = clips
            for step in steps:
                column = step.transform(column)
            columns.append(column)
        return blocks(*columns)

    @property
    def steps(self) -> list[list[Any]]:
        """The steps of each branch."""
        return [
            [step for _, step in pipeline.steps if step not in (None, "passthrough")]
            for _, pipeline in self.branches
        ]

    @property
    def n_features(self) -> int | None:
        """Values per clip in all branches; None if one of them does not say how many it has."""
        widths = [getattr(s[-1], "n_features", None) if s else None for s in self.steps]
        known = [width for width in widths if isinstance(width, int)]
        return sum(known) if len(known) == len(widths) else None

    @available_if(lambda self: any(hasattr(step, "note") for b in self.steps for step in b))
    def note(self, clips: Sequence[Any]) -> str:
        """What the branches' steps have to say about these clips, each thing once."""
        said = [
            step.note(clips) for branch in self.steps for step in branch if hasattr(step, "note")
        ]
        return "; ".join(dict.fromkeys(said))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def blocks(*columns: Sequence[Any]) -> np.ndarray:
    """Several matrices ``(n, d_j)`` (or lists of n clips) as one array of objects ``(n, m)``.

    This is what :class:`LateFusion` and :class:`SideBySide` are fitted to.

    Examples
    --------
    >>> blocks(np.zeros((3, 4)), np.ones((3, 2))).shape
    (3, 2)
    """
    out = np.empty((len(columns[0]), len(columns)), object)
    for j, column in enumerate(columns):
        for i, cell in enumerate(column):
            out[i, j] = cell
    return out
