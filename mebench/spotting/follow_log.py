"""What happened while a face was followed: losses, doubts, and other people, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

__all__ = ["FollowLog", "doubt_about", "has_left", "share_outside"]

NOBODY, ELSE, LEFT, SLIPPED = (
    "nobody was seen",
    "somebody else was at their place, or something hid it",
    "they left the picture",
    "the face moved too fast, or was seen from the side",
)
OUTSIDE, PROFILE, CROP = (
    "partly outside the picture",
    "in profile",
    "beyond the edge of the cut-out",
)
#: Shares of the landmarks that may lie outside the picture before it is said, and before the face
#: counts as lost; and outside the cut-out (our choice).
_SAID, _LOST, _CUT = 0.12, 0.5, 0.1
_PROFILE = 0.33  # nearer side of the nose as a share of the farther, from the jaw


@dataclass(eq=False)
class FollowLog:
    """Filled by :func:`mebench.spotting.follow_face`.

    Attributes
    ----------
    chosen : str
        Whom it follows.
    first : int or None
        The frame where they were taken up.
    lost, doubts : Counter
        Frames by reason.
    times_lost : int
    looks : list of int
        How many faces there were, each time that the whole picture was looked at.
    """

    chosen: str = ""
    first: int | None = None
    lost: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    times_lost: int = 0
    looks: list[int] = field(default_factory=list)

    def notes(self, n_frames: int) -> list[str]:
        """What a user must know."""
        said = []
        if max(self.looks, default=0) > 1:
            several = sum(n > 1 for n in self.looks)
            said.append(
                f"up to {max(self.looks)} faces at once ({several} of {len(self.looks)} looks): "
                f"followed is {self.chosen} of frame {self.first}, the others are not looked at "
                "(--face chooses another, --all-faces takes each in turn)"
            )
        if self.times_lost:
            why = "; ".join(f"{why} in {n} frames" for why, n in self.lost.most_common() if n)
            said.append(f"the followed person was lost {self.times_lost} time(s): {why}")
        if self.doubts:
            why = ", ".join(f"{why} in {n}" for why, n in self.doubts.most_common())
            said.append(f"the face is not whole in some of {n_frames} frames: {why}; movements "
                        "there are doubtful")  # fmt: skip
        return said


def share_outside(points: np.ndarray, shape: tuple[int, ...]) -> float:
    """Share of points ``(n, 2)`` that lie outside a picture of `shape`."""
    x, y = points.T
    if x.min() >= 0 and y.min() >= 0 and x.max() < shape[1] and y.max() < shape[0]:
        return 0.0
    return float(((x < 0) | (y < 0) | (x >= shape[1]) | (y >= shape[0])).mean())


def has_left(points: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether too little of a face is left in the picture to be followed."""
    return share_outside(points, shape) > _LOST


def doubt_about(points: np.ndarray, shape: tuple[int, ...], cut: np.ndarray, size: tuple[int, int]
                ) -> str:  # fmt: skip
    """Why movements of a face are doubtful, or ""; `cut` are its points in the cut-out.

    Examples
    --------
    >>> from mebench.synthetic.face import LANDMARKS
    >>> [doubt_about(LANDMARKS + move, (720, 960), LANDMARKS / 9, (80, 107))
    ...  for move in ([0, 0], [-450, 0])]
    ['', 'partly outside the picture']
    """
    if share_outside(points, shape) > _SAID:
        return OUTSIDE
    across = points[16] - points[0]
    length = float(across @ across)
    at = float((points[30] - points[0]) @ across) / length if length else 0.5
    if min(at, 1 - at) < _PROFILE * max(at, 1 - at):
        return PROFILE
    return CROP if share_outside(cut, size) > _CUT else ""
