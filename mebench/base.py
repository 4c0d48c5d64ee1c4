"""The two kinds of scikit-learn transformers that a pipeline is made of.

A step that learns nothing derives from :class:`ClipStep` (clip in, clip out) or
:class:`Extractor` (clip in, one row out) and writes one method. Steps that learn (a
dictionary, a PCA) are ordinary scikit-learn transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from .clip import Clip, as_clips
from .errors import BadInput

__all__ = ["ClipStep", "Extractor"]

Self = TypeVar("Self", bound="_Step")


class _Step(TransformerMixin, BaseEstimator):
    #: Raised whenever the same input would give another output: cached results are keyed by it.
    version = 1

    def fit(self: Self, X: Any, y: Any = None) -> Self:
        """Check the parameters; learn nothing."""
        as_clips(X)
        self._check()
        return self

    def _check(self) -> None:
        """Raise :class:`BadInput` on parameters that cannot work."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_step_version": self.version}

    def __setstate__(self, state: dict[str, Any]) -> None:
        made = state.get("_step_version", 1)
        if made != self.version:
            raise BadInput(
                f"{type(self).__name__} was saved by a mebench in which it gave other values "
                f"(its version {made}; here it has {self.version}): train the model again."
            )
        # A parameter that was added since has a default that changes nothing.
        since = {k: p.default for k, p in signature(type(self)).parameters.items()}
        since = {k: v for k, v in since.items() if v is not Parameter.empty}
        super().__setstate__({**since, **{k: v for k, v in state.items() if k != "_step_version"}})

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


class ClipStep(_Step):
    """A preprocessing step: each clip becomes another clip, independent of all others."""

    def transform(self, X: Any) -> list[Clip]:
        """Each of the clips, processed."""
        clips = as_clips(X)
        self._check()
        return [_by_name(self._clip, clip) for clip in clips]

    def _clip(self, clip: Clip) -> Clip:
        raise NotImplementedError(f"{type(self).__name__} must define _clip(self, clip).")

    def set_output(self: Self, *, transform: str | None = None) -> Self:
        """Accepted so that a whole Pipeline can be configured; clips stay clips."""
        return self


class Extractor(_Step):
    """A descriptor: each clip becomes one row of floats, independent of all others.

    Subclasses define ``_row(clip)`` and ``_names()``.
    """

    #: Of the rows; float32 where they are so long that memory matters.
    dtype: type = np.float64

    def transform(self, X: Any) -> np.ndarray:
        """Features, float64 (or :attr:`dtype`) ``(n_clips, n_features)``.

        Raises
        ------
        BadInput
            A clip that the extractor cannot use, by name.
        """
        clips = as_clips(X)
        self._check()
        if not clips:
            return np.empty((0, self.n_features), self.dtype)
        rows = [_by_name(self._row, clip) for clip in clips]
        for clip, row in zip(clips, rows, strict=True):
            if row.shape != rows[0].shape or not np.isfinite(row).all():
                raise BadInput(
                    f"Clip {clip.id!r}: {type(self).__name__} gave {row.size} values, "
                    f"{np.count_nonzero(~np.isfinite(row))} of them not finite, where "
                    f"{rows[0].size} finite ones were expected. Are all its pixels finite?"
                )
        return np.stack(rows).astype(self.dtype, copy=False)

    def _row(self, clip: Clip) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} must define _row(self, clip).")

    def _names(self) -> list[str]:
        raise NotImplementedError(f"{type(self).__name__} must define _names(self).")

    @property
    def n_features(self) -> int:
        """Width of a row."""
        return len(self._names())

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """One name per column: block or region, plane, bin or component."""
        return np.asarray(self._names(), dtype=object)


def _by_name(work: Callable[[Clip], Any], clip: Clip) -> Any:
    """``work(clip)``; where the clip cannot be used, the message says which it is."""
    try:
        return work(clip)
    except BadInput as error:
        if repr(clip.id) in str(error):
            raise
        raise BadInput(f"Clip {clip.id!r}: {error}") from error
