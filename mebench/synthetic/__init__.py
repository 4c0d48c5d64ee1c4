"""A corpus of made-up micro-expressions, written as the real databases are.

One public-domain photograph of a face becomes a dozen people, and action units move their skin
by one or two pixels. Everybody can run every benchmark on it without a licence, and since it is
made, the true motion is known. It stands in for a real database in tests and demonstrations;
scores on it say nothing about people.
"""

from __future__ import annotations

import numpy as np

from ..errors import BadInput
from .camera import View
from .corpus import plan_clip
from .disk import MANIFEST
from .motion import ACTION_UNITS
from .render import Truth, load_truth, render_clip, true_flow
from .write import LAYOUTS, default_corpus, write_corpus

__all__ = [
    "ACTION_UNITS",
    "LAYOUTS",
    "MANIFEST",
    "Truth",
    "default_corpus",
    "load_truth",
    "make_clip",
    "true_flow",
    "write_corpus",
]


def make_clip(
    seed: int = 0,
    aus: tuple[int, ...] = (12,),
    *,
    intensity: float = 1.5,
    fps: float = 200.0,
    size: tuple[int, int] = (640, 480),
    face_width: float | None = None,
    colour: bool = False,
    clean: bool = False,
) -> tuple[np.ndarray, Truth]:
    """One clip in memory, with its truth.

    Parameters
    ----------
    seed : int, default 0
        Of the person, the timing and the noise.
    aus : tuple of int, default (12,)
        Action units that move, keys of :data:`ACTION_UNITS`; none for a face at rest.
    intensity : float, default 1.5
        Largest displacement in pixels of a face 220 px wide.
    fps : float, default 200
        Frames per second, as in CASME II.
    size : tuple of int, default (640, 480)
        Width and height of the frames.
    face_width : float, optional
        Jaw to jaw in pixels; default 220/640 of the frame's width.
    colour : bool, default False
    clean : bool, default False
        Leave out noise, flicker and change of light.

    Returns
    -------
    frames : ndarray (T, H, W) grey or (T, H, W, 3) RGB uint8
    truth : Truth

    Raises
    ------
    BadInput
        An action unit without a motion, or a size or rate that is not positive.

    Examples
    --------
    >>> frames, truth = make_clip(seed=1, aus=(1, 2), size=(160, 120))
    >>> frames.shape, frames.dtype, (truth.onset, truth.apex, truth.offset)
    ((39, 120, 160), dtype('uint8'), (4, 16, 31))
    >>> lift = truth.landmarks[truth.apex] - truth.landmarks[truth.onset]
    >>> bool(lift[17:27, 1].max() < 0)  # the brows go up
    True
    """
    if face_width is None:
        face_width = size[0] * 220 / 640
    if min(*size, face_width, fps) <= 0:
        raise BadInput(
            f"Found size {size}, face width {face_width} and {fps} frames per second where "
            "positive numbers were expected."
        )
    plan = plan_clip(seed, tuple(aus), intensity, fps)
    frames, truth = render_clip(plan, View(size, face_width, colour), clean=clean)
    return np.stack(list(frames)), truth
