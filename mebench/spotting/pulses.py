"""What comes and goes in the paths of blocks, told from noise: in time, and across the face."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.ndimage import correlate1d

from .blocks import BLOCKS

__all__ = ["filtered", "pooled", "pooling", "pulse", "pulse_filter"]

#: What the noise is believed to have of its own in each frame, as a share of its power: it keeps
#: the filter from resting upon how exactly the noise is known.
_WHITE = 0.05
_LEAST = 0.2  # of the noise's power
_BOUND = 3.0  # deviations beyond which it is no noise


def pulse(frames: float, span: int) -> np.ndarray:
    """A movement that comes and goes within so many frames ``(span,)``: a raised cosine, 1 high.

    Examples
    --------
    >>> pulse(4, 7).round(2).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    at = np.arange(span) - span // 2
    return np.where(np.abs(at) < frames / 2, 0.5 + 0.5 * np.cos(2 * np.pi * at / frames), 0.0)


def pulse_filter(noise: np.ndarray, seen: np.ndarray, frames: float, span: int) -> np.ndarray:
    """Weights by which a pulse stands out most from noise of this kind, 1 at a pulse 1 high.

    The matched filter (North 1943): w = R⁻¹ h / hᵀ R⁻¹ h, h being the pulse and R the
    autocorrelation of the noise. In a film as the camera gives it noise changes from frame to
    frame; a codec holds blocks still and lets them jump, and that is slow.

    Parameters
    ----------
    noise : ndarray ``(T, n)``
        What is mostly noise, with a deviation of 1; what is above 3 is cut off there.
    seen : ndarray ``(T,)`` bool
        Frames that count.
    frames : float
        Length of the pulse.
    span : int
        Length of the filter, odd.

    Returns
    -------
    ndarray ``(span,)``

    References
    ----------
    D. O. North, "An analysis of the factors which determine signal/noise discrimination in
    pulsed-carrier systems", RCA report PTR-6C, 1943; Proceedings of the IEEE 51, 1963.

    Examples
    --------
    In white noise, the pulse itself:

    >>> noise = np.random.default_rng(0).standard_normal((4000, 9))
    >>> weights = pulse_filter(noise, np.ones(4000, bool), 4, 7)
    >>> (np.abs(weights) / weights[3]).round(1).tolist()
    [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0]
    """
    wanted = pulse(frames, span)
    known = np.where(seen[:, None], np.clip(noise, -_BOUND, _BOUND), 0.0)
    alike = np.zeros(span)
    for lag in range(min(span, len(known))):
        alike[lag] = (known[lag:] * known[: len(known) - lag]).sum()
        alike[lag] /= max(int(seen[: len(known) - lag].sum()) * known.shape[1], 1)
    # Where there is hardly any noise, as in a picture that stands still, white noise is assumed.
    if alike[0] < _LEAST:
        alike = np.eye(1, span)[0]
    alike *= np.hanning(2 * span + 1)[span:-1] / alike[0]
    alike[0] += _WHITE
    weights = solve_toeplitz(alike, wanted)
    return np.asarray(weights / (weights @ wanted))


def filtered(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How high the pulse is about each frame of ``(T, …)``."""
    return np.asarray(correlate1d(x, weights, axis=0, mode="nearest"))


def pooling(blocks: np.ndarray) -> np.ndarray:
    """What movements of neighbours have in common, as matrices for u and v ``(2, m, n_blocks)``.

    Most expressions move both halves of a face, as in a mirror, and more than one block; noise
    does neither. So there are, one after the other: the blocks themselves; the means of each and
    its mirror image; the means of two neighbours, side by side or above each other; and those of
    the mirrored means.

    Parameters
    ----------
    blocks : ndarray ``(36,)`` bool
        Those that there are.

    Examples
    --------
    >>> blocks = np.zeros(36, bool)
    >>> blocks[[0, 5]] = True
    >>> pooling(blocks)[0].tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.5, -0.5]]
    >>> pooling(blocks)[1].tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]
    """
    columns = BLOCKS[1]
    place = {int(b): i for i, b in enumerate(np.flatnonzero(blocks))}
    one = np.eye(len(place))
    mirrored = {b: place.get(b - b % columns + columns - 1 - b % columns) for b in place}
    pairs = [
        (i, place[other]) for b, i in place.items()
        for other in ((b + 1,) if b % columns < columns - 1 else ()) + (b + columns,)
        if other in place
    ]  # fmt: skip
    out = []
    for sign in (-1.0, 1.0):  # a mirror turns u around
        both = one.copy()
        for b, i in place.items():
            if (j := mirrored[b]) is not None:
                both[i] = (one[i] + sign * one[j]) / 2
        halves = [both[i] for b, i in place.items() if (j := mirrored[b]) is not None and i < j]
        near = [[(m[i] + m[j]) / 2 for i, j in pairs] for m in (one, both)]
        out.append(np.array([*one, *halves, *near[0], *near[1]]))
    return np.array(out)


def pooled(moved: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """From displacements of blocks ``(T, n_blocks, 2)`` to what they share ``(T, m, 2)``."""
    both = moved.astype(np.float32).transpose(2, 0, 1) @ matrices.astype(np.float32).transpose(
        0, 2, 1
    )
    return np.asarray(both.transpose(1, 2, 0))
