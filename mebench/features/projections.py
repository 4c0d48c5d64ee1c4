"""Means along the rows and columns of blocks: images of space and time from a clip."""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .lbp import plane_histograms
from .regions import block_edges

__all__ = ["Projections"]


class Projections:
    """A clip cut into a grid of blocks, each averaged along each of its axes.

    Parameters
    ----------
    video : ndarray ``(T, H, W)``
    blocks : (rows, columns)

    Examples
    --------
    >>> Projections(np.zeros((5, 20, 30)), (2, 3)).over("y").shape
    (5, 2, 30)
    """

    def __init__(self, video: np.ndarray, blocks: tuple[int, int]) -> None:
        if isinstance(blocks, str) or len(blocks) != 2 or min(blocks) < 1:
            raise BadInput(f"blocks must be (rows, columns) of a grid, found {blocks!r}.")
        self.video = video
        self.rows = block_edges(0, video.shape[1], blocks[0])
        self.columns = block_edges(0, video.shape[2], blocks[1])

    def over(self, axis: str) -> np.ndarray:
        """Means over t ``(1, H, W)``, y ``(T, rows, W)`` or x ``(T, H, columns)``, float32.

        Averaging over x or y ends at the blocks' edges.
        """
        sums = self.sums(axis)
        if axis == "t":
            means = sums / len(self.video)
        elif axis == "y":
            means = sums / np.diff(self.rows)[:, None]
        else:
            means = sums / np.diff(self.columns)
        return means.astype(np.float32)

    def sums(self, axis: str) -> np.ndarray:
        """What :meth:`over` divides: sums over t, y or x, int64 or float64."""
        exact = np.int64 if self.video.dtype.kind in "ui" else np.float64
        if axis == "t":
            return self.video.sum(axis=0, keepdims=True, dtype=exact)
        if axis == "y":
            return np.add.reduceat(self.video, self.rows[:-1], axis=1, dtype=exact)
        return np.add.reduceat(self.video, self.columns[:-1], axis=2, dtype=exact)

    def counts(self, axis: str, offsets: np.ndarray, border: int, margin: int) -> np.ndarray:
        """Counts of codes in each block of the images that :meth:`over` gives.

        Parameters
        ----------
        axis : {'t', 'y', 'x'}
            The one averaged over.
        offsets : ndarray ``(P, 3)`` of (dt, dy, dx)
        border, margin : int
            Pixels at each end of a block, and frames at each end of the clip, that are no
            centres.

        Returns
        -------
        ndarray of int32 ``(rows · columns, 2**P)``

        Raises
        ------
        BadInput
            A block or the clip is too small.
        """
        images = self.over(axis)
        if len(images) < 2 * margin + 1:
            raise BadInput(
                f"The clip has {len(images)} frames, at least {2 * margin + 1} are needed: "
                "interpolate it in time first (mebench.preprocessing.TIM), or use smaller radii."
            )
        # An axis that has been averaged over has one line per block, which needs no border.
        rows = _inner(self.rows, border, "high") if axis != "y" else _lines(self.rows)
        columns = _inner(self.columns, border, "wide") if axis != "x" else _lines(self.columns)
        # The kernel leaves a border out all around: here it is added first.
        pad = ((0, 0), *((0, 0) if a != axis else (border, border) for a in "yx"))
        images = np.ascontiguousarray(np.pad(images, pad))
        shift = [border if axis == a else 0 for a in "yx"]
        spans = np.array([
            (r * len(columns) + c, y + shift[0], x0 + shift[1], x1 + shift[1])
            for r, (y0, y1) in enumerate(rows)
            for y in range(y0, y1)
            for c, (x0, x1) in enumerate(columns)
        ], np.int32)  # fmt: skip
        spans.flags.writeable = False  # as `region_spans` gives them
        times = np.array([[margin, len(images) - margin]])
        times.flags.writeable = False  # as `block_ranges` gives them
        n = len(rows) * len(columns)
        return plane_histograms(images, offsets[None], "nearest", border, margin, spans, n, times)[
            0, :, 0
        ]


def _inner(edges: np.ndarray, border: int, what: str) -> np.ndarray:
    if np.diff(edges).min() < 2 * border + 1:
        raise BadInput(
            f"A block is {np.diff(edges).min()} pixels {what}, at least {2 * border + 1} are "
            "needed: use fewer blocks, smaller radii or larger frames."
        )
    return np.c_[edges[:-1] + border, edges[1:] - border]


def _lines(edges: np.ndarray) -> np.ndarray:
    places = np.arange(len(edges) - 1)
    return np.c_[places, places + 1]
