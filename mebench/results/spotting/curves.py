"""Curves of a spotter, as a run keeps them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...arrays import packed

__all__ = ["Curve", "packed_curves", "unpacked_curves"]

#: The kinds, in the order of the rows of a curve.
ROWS = ("micro", "macro")


@dataclass(frozen=True, eq=False)
class Curve:
    """What the thresholds were held against in one video.

    Attributes
    ----------
    heights : ndarray ``(2, T)`` float32
        Of micro- and macro-expressions.
    ignored : ndarray ``(2, T)`` bool
        Frames without a face, or in which the head moves: nothing is looked for there.
    bars : ndarray ``(2,)``
        The thresholds.
    """

    heights: np.ndarray
    ignored: np.ndarray
    bars: np.ndarray


def packed_curves(curves: Mapping[str, Curve]) -> bytes:
    """As the bytes of an .npz file; the same curves, the same bytes."""
    arrays = {"videos": np.array(list(curves))}
    for i, one in enumerate(curves.values()):
        arrays[f"{i} heights"] = np.asarray(one.heights, np.float32)
        arrays[f"{i} ignored"] = np.packbits(np.asarray(one.ignored, bool), axis=1)
        arrays[f"{i} bars"] = np.asarray(one.bars, np.float64)
    return packed(arrays, compress=True)


def unpacked_curves(data: bytes) -> dict[str, Curve]:
    """What :func:`packed_curves` packed."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        out = {}
        for i, video in enumerate(file["videos"]):
            heights = file[f"{i} heights"]
            ignored = np.unpackbits(file[f"{i} ignored"], axis=1, count=heights.shape[1])
            out[str(video)] = Curve(heights, ignored.astype(bool), file[f"{i} bars"])
        return out
