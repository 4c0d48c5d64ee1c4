"""Training clips made a little different each time they are seen; test clips never are."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from ..errors import BadInput

__all__ = [
    "AUGMENTATIONS",
    "augment",
    "check_augmentations",
    "mirrored",
    "repaced",
    "shifted",
    "turned",
]

#: Default strengths (our choice): probability of a mirror image; largest shift of brightness in
#: grey levels; largest relative change of contrast; largest rotation in degrees; largest relative
#: change of pace.
AUGMENTATIONS = {"flip": 0.5, "brightness": 15.0, "contrast": 0.15, "rotation": 5.0, "jitter": 0.1}

#: What else there is: largest shift to each side, as a share of the width and the height.
_MORE = ("shift",)


def check_augmentations(strengths: Mapping[str, float]) -> None:
    """Raise :class:`BadInput` where an augmentation is not known."""
    unknown = sorted(set(strengths) - {*AUGMENTATIONS, *_MORE})
    if unknown:
        raise BadInput(
            f"Unknown augmentation {', '.join(unknown)}; there is "
            f"{', '.join([*AUGMENTATIONS, *_MORE])}."
        )


def augment(
    batch: np.ndarray,
    kind: str,
    rng: np.random.Generator,
    strengths: Mapping[str, float] | None = None,
) -> np.ndarray:
    """Each sample mirrored, turned, lit and paced at random.

    Parameters
    ----------
    batch : ndarray ``(n, H, W, C)`` or ``(n, T, H, W, C)``
    kind : {'grey', 'flow', 'spectrum', 'unit-grey', 'unit-flow', 'unit-spectrum'}
        Grey levels 0–255; u, v and strain, whose vectors turn with the image and of which light
        changes nothing; or amplitudes of :class:`~mebench.deep.SpectrumInput`, which are only
        mirrored. Those of :class:`~mebench.deep.EngineInput` lie in 0–1: grey levels; fields
        whose channels have ranges of their own, which are mirrored, shifted and paced but not
        turned; and amplitudes, which stay as they are.
    rng : Generator
    strengths : mapping, optional
        Instead of :data:`AUGMENTATIONS`; what is left out is not done. ``shift`` moves the
        picture by up to this share of its width and height (none by default).

    Returns
    -------
    ndarray of float32, of the shape of `batch`

    Examples
    --------
    >>> ramp = np.arange(3.0)[None, None, :, None]
    >>> augment(ramp, "grey", np.random.default_rng(0), {"flip": 1.0}).ravel().tolist()
    [2.0, 1.0, 0.0]
    """
    strengths = AUGMENTATIONS if strengths is None else strengths
    check_augmentations(strengths)
    out = np.empty(batch.shape, np.float32)
    for i, sample in enumerate(batch):
        # All are drawn, whatever is used, so that one strength does not change the others' draws.
        chance, light, gain, angle, pace, start = rng.uniform(-1, 1, 6)
        x = sample.astype(np.float32)
        if (chance + 1) / 2 < strengths.get("flip", 0):
            x = mirrored(x, kind)
        if kind in ("grey", "unit-grey"):
            full = 255.0 if kind == "grey" else 1.0
            light *= strengths.get("brightness", 0) * full / 255
            x = _lit(x, light, gain * strengths.get("contrast", 0), full)
        if not kind.endswith("spectrum"):
            if x.ndim == 4 and strengths.get("jitter"):
                x = repaced(x, pace * strengths["jitter"], start)
            if strengths.get("rotation") and kind != "unit-flow":
                x = turned(x, angle * strengths["rotation"], kind)
            if strengths.get("shift"):
                x = shifted(x, *rng.uniform(-1, 1, 2) * strengths["shift"])
        out[i] = x
    return out


def mirrored(x: np.ndarray, kind: str) -> np.ndarray:
    """The mirror image: u points the other way; frequencies over width change their sign."""
    if kind == "unit-spectrum":
        return x
    x = x[..., ::-1, :].copy()
    if kind == "flow":
        x[..., 0] *= -1
    elif kind == "unit-flow":
        x[..., 0] = 1 - x[..., 0]  # its range is turned round too
    elif kind == "spectrum":
        at = np.arange(x.shape[-1]).reshape(8, 8)[:, -np.arange(8) % 8]
        x = x[..., at.ravel()]
    return x


def turned(x: np.ndarray, degrees: float, kind: str) -> np.ndarray:
    """Turned about the centre, counter-clockwise as one sees it; the border repeats."""
    height, width = x.shape[-3:-1]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1)
    frames = x.reshape(-1, height, width, x.shape[-1])
    out = np.stack([
        cv2.warpAffine(f, matrix, (width, height), flags=cv2.INTER_LINEAR,
                       borderMode=cv2.BORDER_REPLICATE).reshape(f.shape)
        for f in frames
    ])  # fmt: skip
    if kind == "flow":  # y points down, so this is counter-clockwise too
        c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        u, v = out[..., 0].copy(), out[..., 1].copy()
        out[..., 0], out[..., 1] = c * u + s * v, c * v - s * u
    return out.reshape(x.shape)


def shifted(x: np.ndarray, right: float, down: float) -> np.ndarray:
    """Moved by shares of its width and height; the border repeats."""
    height, width = x.shape[-3:-1]
    matrix = np.array([[1, 0, right * width], [0, 1, down * height]])
    frames = x.reshape(-1, height, width, x.shape[-1])
    out = [
        cv2.warpAffine(f, matrix, (width, height), flags=cv2.INTER_LINEAR,
                       borderMode=cv2.BORDER_REPLICATE).reshape(f.shape)
        for f in frames
    ]  # fmt: skip
    return np.stack(out).reshape(x.shape)


def repaced(x: np.ndarray, pace: float, start: float) -> np.ndarray:
    """A sequence played slower or faster about a frame near its middle; its ends repeat.

    `start` in −1 … 1 moves that frame by up to a tenth of the length.
    """
    n = len(x)
    middle = (n - 1) / 2 * (1 + 0.2 * start)
    at = np.clip((np.arange(n) - middle) * (1 + pace) + middle, 0, n - 1)
    low = np.floor(at).astype(int)
    high, part = np.minimum(low + 1, n - 1), (at - low)[:, None, None, None]
    return ((1 - part) * x[low] + part * x[high]).astype(np.float32)


def _lit(x: np.ndarray, shift: float, gain: float, full: float) -> np.ndarray:
    if not shift and not gain:
        return x
    mean = x.mean()
    return np.clip((x - mean) * (1 + gain) + mean + shift, 0, full)
