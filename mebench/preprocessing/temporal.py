"""Clips of equal length: the temporal interpolation model (TIM) and uniform sampling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numba import njit

from ..base import ClipStep
from ..clip import Clip
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
    unsure = np.zeros(pixels.shape[1], np.bool_)
    # How far sums of four products, added up, may be off: each step rounds to 24 bits.
    doubt = 255 * np.abs(weights).sum(axis=1).max() * (len(video) / 4 + 8) * 2.0**-24
    _nearly_tim(pixels, weights.astype(np.float32), np.float32(doubt), flat, unsure)
    where = np.flatnonzero(unsure)
    for start in range(0, len(where), _PART):
        part = where[start : start + _PART]
        again = weights @ pixels[:, part].astype(np.float64)
        flat[:, part] = np.clip(np.rint(again), 0, 255)
    return out


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _nearly_tim(pixels, weights, doubt, out, unsure):  # type: ignore[no-untyped-def]
    """Levels rounded to bytes, and where they may be the wrong ones."""
    n_from, n = pixels.shape
    n_to = len(weights)
    levels, total = np.empty((n_from, 128), np.float32), np.empty(128, np.float32)
    none, most, half = np.float32(0), np.float32(255), np.float32(0.5)
    fours = n_from // 4 * 4
    for start in range(0, n, 128):  # what is worked on stays in the processor's nearest cache
        width = min(128, n - start)
        for i in range(n_from):
            given, level = pixels[i, start : start + width], levels[i]
            for x in range(width):
                level[x] = np.float32(given[x])
        for j in range(n_to):
            for x in range(width):
                total[x] = none
            for i in range(0, fours, 4):
                w0, w1, w2, w3 = (weights[j, i], weights[j, i + 1], weights[j, i + 2],
                                  weights[j, i + 3])  # fmt: skip
                l0, l1, l2, l3 = levels[i], levels[i + 1], levels[i + 2], levels[i + 3]
                for x in range(width):
                    total[x] += w0 * l0[x] + w1 * l1[x] + w2 * l2[x] + w3 * l3[x]
            for i in range(fours, n_from):
                w, level = weights[j, i], levels[i]
                for x in range(width):
                    total[x] += w * level[x]
            row, flag = out[j, start : start + width], unsure[start : start + width]
            for x in range(width):
                whole = np.floor(total[x] + half)
                flag[x] |= half - abs(total[x] - whole) < doubt
                row[x] = np.uint8(min(max(whole, none), most))


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
