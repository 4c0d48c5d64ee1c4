"""The three frames that tell most: onset, middle, apex."""

from __future__ import annotations

from ..base import ClipStep
from ..clip import Clip
from ..errors import BadInput

__all__ = ["OnsetMiddleApex"]


class OnsetMiddleApex(ClipStep):
    """Keep three frames of every clip: onset, apex, and the one halfway between them.

    Where an apex is missing, put :class:`mebench.features.FindApex` in front. The frame halfway is
    ``(onset + apex) // 2``; a frame repeats where the marks are less than two frames apart.
    Single-frame networks take the three as the channels of one image:
    ``np.moveaxis(clip.frames, 0, -1)``.

    Raises
    ------
    BadInput
        From `transform`: a clip without an apex.

    See Also
    --------
    mebench.features.FindApex : For clips without an apex.
    UniformSampling : Frames evenly over the clip.

    Examples
    --------
    >>> import numpy as np
    >>> video = np.arange(9)[:, None, None] * np.ones((1, 4, 4))
    >>> (clip,) = OnsetMiddleApex().transform([Clip("a", video, onset=1, apex=6, fps=200)])
    >>> clip.frames[:, 0, 0].tolist(), clip.onset, clip.apex, clip.offset, clip.fps
    ([1.0, 3.0, 6.0], 0, 2, 2, 80.0)
    """

    def _clip(self, clip: Clip) -> Clip:
        if clip.apex is None:
            raise BadInput(
                f"Clip {clip.id!r} has no apex: put mebench.features.FindApex() in front of "
                "OnsetMiddleApex."
            )
        kept = [clip.onset, (clip.onset + clip.apex) // 2, clip.apex]
        fps, landmarks = clip.fps, clip.landmarks
        if fps is not None:
            length = abs(clip.apex - clip.onset)
            fps = 2 * fps / length if length else None
        if landmarks is not None and landmarks.ndim == 3:
            landmarks = landmarks[kept]
        return clip.replace(
            source=clip.read(kept), fps=fps, onset=0, apex=2, offset=2, landmarks=landmarks
        )
