"""Clips of equal length: the temporal interpolation model (TIM) and uniform sampling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numba import njit

from ..base import ClipStep
from ..clip import Clip
from ..eights import (
    at_least,
    eight,
    floor,
    larger,
    load,
    load_bytes,
    multiply_add,
    smaller,
    store,
    store_bytes,
)
from ..errors import BadInput

__all__ = ["TIM", "UniformSampling", "tim", "tim_weights", "uniform_indices"]

#: Pixels interpolated at a time: as numbers with fractions they stay in the processor's cache.
_PART = 1024


@lru_cache(maxsize=256)
def tim_weights(n_from: int, n_to: int) -> np.ndarray:
    r"""The linear map from `n_from` frames to `n_to` interpolated ones.

    Returns
    -------
    ndarray ``(n_to, n_from)``; each row sums to 1; read-only

    Notes
    -----
    TIM lays the frames on a curve in the eigenspace of a path graph, whose coordinates are

    .. math:: f_k(t) = \sin(\pi k t + \pi (n - k) / (2n)), \quad k = 1 … n - 1,

    and maps the curve back through a singular value decomposition of the frames,
    X = UΣVᵀ. The graph's eigenvectors are y_k(j) = f_k(j/n) up to scale, and both they and
    the columns of V are orthonormal bases of the vectors that sum to zero. So all that
    depends on the pixels cancels, U (Wᵀ)⁻¹ = X Y, and a frame at t is

    .. math:: \bar x + \frac{2}{n} \sum_j x_j \sum_k f_k(j/n) f_k(t).

    No decomposition is formed, and frames that repeat, for which the original has no
    inverse, need no jitter: this is the limit as the jitter vanishes.

    Examples
    --------
    >>> np.allclose(tim_weights(3, 2), [[1, 0, 0], [0, 0, 1]])
    True
    """
    if n_from < 1 or n_to < 1:
        raise BadInput(f"TIM needs at least one frame in and out, found {n_from} and {n_to}.")
    n = n_from
    k = np.arange(1, n)[:, None]

    def curve(t: np.ndarray) -> np.ndarray:
        return np.sin(np.pi * k * t + np.pi * (n - k) / (2 * n))

    known = curve(np.arange(1, n + 1) / n)
    wanted = curve(np.linspace(1 / n, 1, n_to))
    weights = np.asarray(1 / n + (2 / n) * wanted.T @ known)
    weights.flags.writeable = False  # they are shared through the cache
    return weights


def tim(video: np.ndarray, n_frames: int) -> np.ndarray:
    """Interpolate a clip to `n_frames` with the temporal interpolation model.

    Parameters
    ----------
    video : ndarray ``(T, ...)``
    n_frames : int

    Returns
    -------
    ndarray of float64 ``(n_frames, ...)``, neither rounded nor clipped

    See Also
    --------
    TIM : As a step of a pipeline.

    Notes
    -----
    ``n_frames == T`` gives the clip back to rounding. A single frame is repeated.

    References
    ----------
    Z. Zhou, G. Zhao and M. Pietikäinen, "Towards a Practical Lipreading System", CVPR 2011.

    Examples
    --------
    >>> tim(np.array([[[0.0]], [[4.0]], [[8.0]]]), 5).ravel().round(2).tolist()
    [0.0, 1.69, 4.0, 6.31, 8.0]
    """
    video = np.asarray(video)
    if video.ndim < 2 or len(video) == 0:
        raise BadInput(f"TIM expects frames (T, H, W), found an array of shape {video.shape}.")
    out = np.empty((n_frames, *video.shape[1:]))
    flat = out.reshape(n_frames, -1)
    for where, frames in _interpolated(video, n_frames):
        flat[:, where] = frames
    return out


def _rounded_tim(video: np.ndarray, n_frames: int) -> np.ndarray:
    """:func:`tim`, rounded half to even and clipped to bytes.

    Single precision is enough for all pixels but those whose level lies nearly between two bytes.
    Those are found again in double precision.
    """
    weights = tim_weights(len(video), n_frames)
    pixels = np.ascontiguousarray(video).reshape(len(video), -1)
    out = np.empty((n_frames, *video.shape[1:]), np.uint8)
    flat = out.reshape(n_frames, -1)
    # How far sums of sixteen products, added up, may be off: each step rounds to 24 bits.
    doubt = 255 * np.abs(weights).sum(axis=1).max() * (len(video) / 16 + 20) * 2.0**-24
    sure = np.zeros(pixels.shape[1], np.float32)
    if sure.size >= 16:
        fives = np.zeros((-(-n_frames // 5), 5, len(video)), np.float32)
        fives.reshape(-1, len(video))[:n_frames] = weights
        sure[:] = 1
        _nearly_tim(pixels, fives.transpose(0, 2, 1).copy(), np.float32(doubt), flat, sure)
    where = np.flatnonzero(sure == 0)
    for start in range(0, len(where), _PART):
        part = where[start : start + _PART]
        again = weights @ pixels[:, part].astype(np.float64)
        flat[:, part] = np.clip(np.rint(again), 0, 255)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def _nearly_tim(pixels, weights, doubt, out, sure):  # type: ignore[no-untyped-def]
    """Levels rounded to bytes; `sure` is 0 where one of a pixel's may be the wrong one.

    `weights` are (fives, n_from, 5): of five frames each, zero for those that are not there.
    """
    n_from, n = pixels.shape
    width = min(512, n)
    here = np.empty((n_from, width), np.uint8)  # what is worked on, in the nearest cache
    sums = np.empty(80, np.float32)
    for begin in range(0, n, width):
        start = min(begin, n - width)  # the last are those before once more
        for t in range(n_from):
            row, given = here[t], pixels[t, start : start + width]
            for m in range(width):
                row[m] = given[m]
        for five in range(len(weights)):
            for begin_here in range(0, width, 16):
                x = min(begin_here, width - 16)
                _five_levels(here, x, weights[five], sums)
                for k in range(min(5, len(out) - 5 * five)):
                    at = (5 * five + k) * n + start + x
                    _as_bytes(load(sums, 8 * k), doubt, out, at, sure, start + x)
                    _as_bytes(load(sums, 8 * k + 40), doubt, out, at + 8, sure, start + x + 8)


@njit(nogil=True, error_model="numpy")
def _five_levels(frames, x, weights, sums):  # type: ignore[no-untyped-def]
    """Levels of sixteen pixels in five frames; sums of sixteen products are added up."""
    n_from, n = frames.shape
    zero = eight(np.float32(0))
    for start in range(0, n_from, 16):
        a, b, c, d, e = zero, zero, zero, zero, zero
        f, g, h, i, j = zero, zero, zero, zero, zero
        for t in range(start, min(start + 16, n_from)):
            left, right = load_bytes(frames, t * n + x), load_bytes(frames, t * n + x + 8)
            p, q, r = eight(weights[t, 0]), eight(weights[t, 1]), eight(weights[t, 2])
            u, v = eight(weights[t, 3]), eight(weights[t, 4])
            a, f = multiply_add(left, p, a), multiply_add(right, p, f)
            b, g = multiply_add(left, q, b), multiply_add(right, q, g)
            c, h = multiply_add(left, r, c), multiply_add(right, r, h)
            d, i = multiply_add(left, u, d), multiply_add(right, u, i)
            e, j = multiply_add(left, v, e), multiply_add(right, v, j)
        if start:
            a, b, c = a + load(sums, 0), b + load(sums, 8), c + load(sums, 16)
            d, e = d + load(sums, 24), e + load(sums, 32)
            f, g, h = f + load(sums, 40), g + load(sums, 48), h + load(sums, 56)
            i, j = i + load(sums, 64), j + load(sums, 72)
        store(sums, 0, a)
        store(sums, 8, b)
        store(sums, 16, c)
        store(sums, 24, d)
        store(sums, 32, e)
        store(sums, 40, f)
        store(sums, 48, g)
        store(sums, 56, h)
        store(sums, 64, i)
        store(sums, 72, j)


@njit(nogil=True, error_model="numpy")
def _as_bytes(level, doubt, out, at, sure, x):  # type: ignore[no-untyped-def]
    zero, half = eight(np.float32(0)), eight(np.float32(0.5))
    whole = floor(level + half)
    from_half = half - larger(level - whole, whole - level)
    store(sure, x, load(sure, x) * at_least(from_half, eight(doubt)))
    store_bytes(out, at, (smaller(larger(whole, zero), eight(np.float32(255))),))


def _interpolated(video: np.ndarray, n_frames: int) -> Iterator[tuple[slice, np.ndarray]]:
    """Some pixels at a time: which, and their levels in all frames, float64 ``(n_frames, ·)``."""
    weights = tim_weights(len(video), n_frames)
    pixels = video.reshape(len(video), -1)
    n = pixels.shape[1]
    part = np.empty((len(pixels), min(_PART, n)))
    for start in range(0, n, _PART):
        where = slice(start, min(start + _PART, n))
        width = where.stop - start
        part[:, :width] = pixels[:, where]
        yield where, weights @ part[:, :width]


def uniform_indices(n_from: int, n_to: int) -> np.ndarray:
    """Indices of `n_to` uniformly spaced frames, truncated: ``int(linspace(0, T - 1, n))``.

    Frames repeat where the clip is shorter than that.

    Examples
    --------
    >>> uniform_indices(20, 4).tolist()
    [0, 6, 12, 19]
    """
    if n_from < 1 or n_to < 1:
        raise BadInput(f"Sampling needs at least one frame in and out, found {n_from}, {n_to}.")
    return np.linspace(0, n_from - 1, n_to).astype(np.int64)


class TIM(ClipStep):
    """Interpolate every clip to the same number of frames; see :func:`tim`.

    Parameters
    ----------
    n_frames : int, default 10
        As in the SMIC baseline and in MEGC 2019.

    See Also
    --------
    tim : The function of one video.
    UniformSampling : Frames as they are, instead of new ones.

    Notes
    -----
    uint8 clips stay uint8: interpolated grey levels are rounded and clipped to 0–255, as
    they are wherever interpolated frames are stored as images. Use :func:`tim` for unrounded
    values. Onset, apex and offset move to the nearest new frame; of landmarks, those of the
    first frame stay.

    Examples
    --------
    >>> clips = TIM(n_frames=4).transform(np.zeros((1, 9, 6, 6), np.uint8))
    >>> clips[0].frames.shape, clips[0].frames.dtype
    ((4, 6, 6), dtype('uint8'))
    """

    def __init__(self, n_frames: int = 10) -> None:
        self.n_frames = n_frames

    def _check(self) -> None:
        _check_count(self.n_frames)

    def _clip(self, clip: Clip) -> Clip:
        frames = clip.frames
        of_bytes = frames.dtype == np.uint8 and len(frames) > 0
        out = (_rounded_tim if of_bytes else tim)(frames, self.n_frames)
        scale = (self.n_frames - 1) / max(len(frames) - 1, 1)
        return _retimed(clip, out, lambda mark: round(mark * scale))


class UniformSampling(ClipStep):
    """Keep `n_frames` uniformly spaced frames of every clip; see :func:`uniform_indices`.

    Parameters
    ----------
    n_frames : int, default 8
        As in front of block-wise 3D FFT features.

    See Also
    --------
    TIM : Interpolates where frames are too few.
    """

    def __init__(self, n_frames: int = 8) -> None:
        self.n_frames = n_frames

    def _check(self) -> None:
        _check_count(self.n_frames)

    def _clip(self, clip: Clip) -> Clip:
        kept = uniform_indices(len(clip), self.n_frames)
        return _retimed(
            clip, clip.read(kept.tolist()), lambda mark: int(np.argmin(np.abs(kept - mark)))
        )


def _check_count(n_frames: int) -> None:
    if n_frames < 1:
        raise BadInput(f"n_frames must be at least 1, found {n_frames}.")


def _retimed(clip: Clip, frames: np.ndarray, moved) -> Clip:  # type: ignore[no-untyped-def]
    """`clip` with other frames; `moved` tells where a mark lies in them."""
    apex = None if clip.apex is None else moved(clip.apex)
    offset = len(frames) - 1 if clip.offset is None else moved(clip.offset)
    fps = clip.fps
    if fps is not None and min(len(frames), len(clip)) > 1:
        fps *= (len(frames) - 1) / (len(clip) - 1)  # the same duration
    return clip.replace(
        source=frames,
        fps=fps,
        onset=moved(clip.onset),
        apex=apex,
        offset=offset,
        landmarks=clip.first_landmarks,
    )
