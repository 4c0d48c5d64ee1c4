"""What a way of spotting has to offer, and what all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

__all__ = ["KINDS", "LIMIT", "NO_FACE", "Spotter", "as_table", "fitting", "highest", "inside"]

#: Expressions of at most half a second are micro-expressions, longer ones macro-expressions.
KINDS = ("micro", "macro")
LIMIT = 0.5

#: The cause that all spotters share for not looking at a frame.
NO_FACE = "no face"


@dataclass(frozen=True)
class Spotter(ABC):
    """A way to spot, and its settings.

    Attributes
    ----------
    name, title, citation : str
    thresholds : mapping
        Least score of a ``"micro"`` and of a ``"macro"``, in units of the measure. The defaults
        are the middle of those that were tuned on the 20 videos of the synthetic corpus, leaving
        one subject out. On recordings of your own, tune them
        (:func:`mebench.spotting.evaluate_spotters`).
    tau : float, optional
        The papers' threshold mean + τ (max − mean) of each video instead of `thresholds`, of the
        frames in which something is looked for.
    version : int, default 1
        Raised whenever the same faces give other curves.
    """

    name: str
    title: str
    citation: str
    thresholds: Mapping[str, float]
    tau: float | None = None
    version: int = 1

    #: What :meth:`rows` gives of each frame; the first two are the curves of the two kinds.
    columns: ClassVar[tuple[str, ...]] = KINDS

    @abstractmethod
    def rows(self, images: Iterable[np.ndarray | None], fps: float) -> Iterator[tuple[float, ...]]:
        """The numbers that are kept of each frame, in order, while the images are gone through.

        Parameters
        ----------
        images : iterable of ndarray ``(H, W)`` uint8, or None where the face is lost
            Registered, as :func:`mebench.spotting.follow_face` gives them; read once.
        fps : float

        Yields
        ------
        tuple of float
            As :attr:`columns`; one per image, some time later.
        """

    @abstractmethod
    def candidates(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """Every interval that could be an expression, whatever its score; see :func:`as_table`."""

    @abstractmethod
    def settings(self, fps: float) -> str | None:
        """All that the curves depend on beside faces and version; None if they cannot be kept."""

    @abstractmethod
    def delay(self, fps: float) -> tuple[int, int]:
        """Frames by which a row is late, and how many of the last rows may not be final."""

    def heights(self, curves: pd.DataFrame, kind: str, fps: float) -> np.ndarray:
        """What the thresholds are held against, in each frame ``(T,)``."""
        return curves[kind].to_numpy(float)

    def unseen(self, curves: pd.DataFrame, kind: str, fps: float) -> dict[str, np.ndarray]:
        """Where nothing is looked for, per cause: whether it is there in a frame, ``(T,)`` bool.

        Causes are words for people, such as "the head turns"; :data:`NO_FACE` is the first one. A
        frame has one cause at most.
        """
        return {NO_FACE: ~curves["face"].to_numpy(bool)}

    def ignored(self, curves: pd.DataFrame, kind: str, fps: float) -> np.ndarray:
        """Whether nothing is looked for in a frame, whatever the cause ``(T,)`` bool."""
        causes = self.unseen(curves, kind, fps).values()
        return np.logical_or.reduce([np.zeros(len(curves), bool), *causes])

    def bars(self, curves: pd.DataFrame, fps: float) -> dict[str, float]:
        """The thresholds for a video: absolute, or, with `tau`, relative to its curves."""
        if self.tau is None:
            return dict(self.thresholds)
        bars = {}
        for kind in KINDS:
            height = self.heights(curves, kind, fps)[~self.ignored(curves, kind, fps)]
            mean = float(height.mean()) if len(height) else 0.0
            bars[kind] = mean + self.tau * (float(height.max(initial=0)) - mean)
        return bars

    def chosen(
        self, candidates: pd.DataFrame, thresholds: Mapping[str, float] | None = None
    ) -> pd.DataFrame:
        """Those candidates that reach the thresholds (default: the spotter's own).

        A micro-expression in a macro-expression is a part of that.
        """
        bars = candidates["kind"].map(dict(thresholds or self.thresholds)).astype(float)
        high = (candidates["score"] >= bars).to_numpy(bool)
        micro = (candidates["kind"] == "micro").to_numpy(bool)
        part = inside(candidates, candidates[~micro & high])
        return candidates[high & ~(micro & part)].reset_index(drop=True)

    def intervals(self, curves: pd.DataFrame, fps: float) -> pd.DataFrame:
        """The intervals that the curves of a video show."""
        return self.chosen(self.candidates(curves, fps), self.bars(curves, fps))


def as_table(rows: pd.DataFrame, fps: float) -> pd.DataFrame:
    """Candidates of both kinds as a table, by onset.

    Columns ``kind``; ``onset, apex, offset`` in whole frames; the same in seconds (``onset_s`` …);
    and ``score``.
    """
    table = rows.sort_values(["onset", "kind"], ignore_index=True)
    for mark in ("onset", "apex", "offset"):
        table[mark] = table[mark].astype(float).round().astype(int)
    for mark in ("onset", "apex", "offset"):
        table[f"{mark}_s"] = (table[mark] / fps).round(4)
    return table[["kind", "onset", "apex", "offset", "onset_s", "apex_s", "offset_s", "score"]]


def fitting(rows: pd.DataFrame, kind: str, fps: float, slack: float) -> pd.DataFrame:
    """Those whose duration belongs to the kind; a share over or under the limit is let pass."""
    seconds = (rows["offset"] - rows["onset"]) / fps
    if kind == "micro":
        fits = (seconds <= (1 + slack) * LIMIT) & (seconds >= 0.08)
    else:
        fits = (seconds >= (1 - slack) * LIMIT) & (seconds <= 5)
    return rows[fits].reset_index(drop=True)


def inside(rows: pd.DataFrame, others: pd.DataFrame, higher: float = 0.0) -> np.ndarray:
    """Whether each row overlaps one of the others that scores so many times as high."""
    begin, end, score = (rows[c].to_numpy(float)[:, None] for c in ("onset", "offset", "score"))
    onset, offset = others["onset"].to_numpy(float), others["offset"].to_numpy(float)
    over = (onset <= end) & (begin <= offset) & (others["score"].to_numpy(float) >= higher * score)
    return np.asarray(over.any(axis=1))


def highest(rows: pd.DataFrame) -> pd.DataFrame:
    """Of intervals that overlap, the one with the highest score."""
    onset, offset = rows["onset"].to_numpy(float), rows["offset"].to_numpy(float)
    kept: list[int] = []
    for i in np.argsort(-rows["score"].to_numpy(float), kind="stable"):
        if ((onset[i] > offset[kept]) | (offset[i] < onset[kept])).all():
            kept.append(int(i))
    return rows.iloc[sorted(kept)].reset_index(drop=True)
