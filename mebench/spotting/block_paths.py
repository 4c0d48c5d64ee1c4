"""Where each block of a face is, frame by frame, from flow; and the course of one movement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numba import njit
from scipy.linalg import solveh_banded

from .blocks import BLOCKS, eye_patches, unit_of, without_eyes
from .brightness import Look, look_at
from .head_motion import N_RIGID, block_motion

__all__ = ["N_BLOCKS", "Moment", "block_flows", "edge", "noise_of", "paths", "usual"]

N_BLOCKS = BLOCKS[0] * BLOCKS[1]
_RIDGE = 1e-4  # holds together what no flow connects


class Moment(NamedTuple):
    """What is kept of a frame.

    Attributes
    ----------
    flows : ndarray ``(n_lags, 40, 2)`` float32
        Per lag, u and v in distances between the eyes: how far each of the 36 blocks has moved
        beyond what the head did, and the four factors of the head's movement
        (:class:`mebench.spotting.head_motion.RigidFit`), of which the last is its turn in radians.
        NaN where there is no flow, and in blocks without skin.
    eyes : ndarray ``(48,)`` float32
        See :func:`mebench.spotting.blocks.eye_patches`; NaN where the face is lost.
    off : float
        By how much the face did not move as a head over the shortest lag, in the same unit: the
        median over its places. NaN where there is no flow.
    change : float
        How much the picture changes over the shortest lag, in grey values: the mean over the face
        without the eyes. NaN where there is no flow.
    """

    flows: np.ndarray
    eyes: np.ndarray
    off: float
    change: float


def block_flows(
    images: Iterable[np.ndarray | None], lags: Sequence[int], every: Sequence[int]
) -> Iterator[Moment]:
    """How far each block has moved since some frames ago, the head's own movement left out.

    Parameters
    ----------
    images : iterable of ndarray ``(H, W)`` uint8, or None where the face is lost
    lags : sequence of int
        Frames between the two images of a flow; the last is the longest.
    every : sequence of int
        Each lag is measured in every so many frames.

    Yields
    ------
    Moment
    """
    held: dict[int, Look | None] = {}
    for at, image in enumerate(images):
        held[at] = None if image is None else look_at(without_eyes(image))
        held.pop(at - lags[-1] - 1, None)
        out = np.full((len(lags), N_BLOCKS + N_RIGID, 2), np.nan, np.float32)
        eyes, off, change = np.full(48, np.nan, np.float32), np.nan, np.nan
        if image is not None:
            eyes = eye_patches(image)
        for i, (lag, step) in enumerate(zip(lags, every, strict=True)):
            before, now = held.get(at - lag), held[at]
            if at % step or before is None or now is None:
                continue
            fit, unit = block_motion(before, now), unit_of(now.skin.shape)
            out[i, :N_BLOCKS], out[i, N_BLOCKS:] = fit.blocks / unit, fit.moved / unit
            if i == 0:
                off = fit.off / unit
                change = cv2.norm(before.skin, now.skin, cv2.NORM_L1) / now.skin.size
        yield Moment(out, eyes, off, change)


def paths(flows: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """The paths that agree best with all flows along them, by least squares.

    x minimises the sum of (x(t) − x(t−k) − f(t, k))² over frames t and lags k. Short lags see what
    is quick, and long ones keep what they sum up to from drifting.

    Parameters
    ----------
    flows : ndarray ``(T, n_lags, …)``
        f: how far each thing has moved since `lags` frames ago; NaN where unknown, in all things
        or in none.
    lags : sequence of int

    Returns
    -------
    ndarray ``(T, …)`` float64
        With a mean of zero, as the flows say nothing of it.

    Examples
    --------
    >>> x = np.array([0.0, 0, 1, 4, 1, 0, 0])
    >>> flows = np.full((7, 2), np.nan)
    >>> flows[1:, 0], flows[3:, 1] = x[1:] - x[:-1], x[3:] - x[:-3]
    >>> found = paths(flows, [1, 3])
    >>> bool(np.allclose(found - found[0], x, atol=1e-2))
    True
    """
    n, things = len(flows), flows.reshape(*flows.shape[:2], -1).astype(np.float64)
    band = np.zeros((min(max(lags), max(n - 1, 0)) + 1, n))
    right = np.zeros((n, things.shape[2]))
    band[0] += _RIDGE
    for i, lag in enumerate(lags):
        known = np.flatnonzero(np.isfinite(things[:, i]).any(axis=1))
        known = known[known >= lag]
        before = known - lag
        band[0, known] += 1
        band[0, before] += 1
        if len(known):
            band[lag, before] -= 1
        right[known] += np.nan_to_num(things[known, i])
        right[before] -= np.nan_to_num(things[known, i])
    found = solveh_banded(band, right, lower=True)
    return np.asarray((found - found.mean(axis=0)).reshape(n, *flows.shape[2:]))


def usual(x: np.ndarray, window: int, every: int = 1) -> np.ndarray:
    """The running median ``(T, …)`` over an odd number of frames, nearest values repeated beyond.

    Against it, whatever comes and goes within half the window is kept at its full height; what
    comes and stays, or goes on in one direction at any pace, leaves nothing.

    Parameters
    ----------
    x : ndarray ``(T, …)``
    window : int
    every : int, default 1
        Only every so many frames are looked at; `window` counts those, and the others get values
        in between.

    Examples
    --------
    >>> steps = np.array([0.0, 0, 0, 5, 0, 0, 0, 1, 1, 1, 1])
    >>> (steps - usual(steps, 5)).tolist()
    [0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    some = x[::every].reshape(-1, int(np.prod(x.shape[1:])))
    middle = _running_median(np.ascontiguousarray(some), window)
    if every > 1:
        at, known = np.arange(len(x)), np.arange(0, len(x), every)
        middle = np.stack([np.interp(at, known, line) for line in middle.T], axis=1)
    return np.asarray(middle.reshape(x.shape))


@njit(cache=True, nogil=True)
def _running_median(x: np.ndarray, window: int) -> np.ndarray:
    """Of each column ``(T, n)``: what is in the window is kept in order."""
    n, reach = len(x), window // 2
    out, held, values = np.empty_like(x), np.empty(window), np.empty(n)
    for column in range(x.shape[1]):
        for t in range(n):
            values[t] = x[t, column]
        for i in range(window):
            new, at = values[min(max(i - reach, 0), n - 1)], i
            while at > 0 and held[at - 1] > new:
                held[at] = held[at - 1]
                at -= 1
            held[at] = new
        out[0, column] = held[reach]
        for t in range(1, n):
            old, new = values[max(t - 1 - reach, 0)], values[min(t + reach, n - 1)]
            at, end = 0, window - 1
            while at < end:  # where the old one is
                middle = (at + end) // 2
                if held[middle] < old:
                    at = middle + 1
                else:
                    end = middle
            while at + 1 < window and held[at + 1] < new:
                held[at] = held[at + 1]
                at += 1
            while at > 0 and held[at - 1] > new:
                held[at] = held[at - 1]
                at -= 1
            held[at] = new
            out[t, column] = held[reach]
    return out


def noise_of(x: np.ndarray) -> np.ndarray:
    """Standard deviation ``(…)`` of what is mostly noise ``(T, …)``, by the median deviation."""
    return np.asarray(1.4826 * np.median(np.abs(x - np.median(x, axis=0)), axis=0))


def edge(course: np.ndarray, apex: int, way: int) -> float:
    """Frames from the apex to where a movement began (`way` −1) or ends (1).

    A cosine is at a quarter of its height after a third of its way, and at three quarters after
    two thirds; so the movement began as long before the first as the two lie apart.

    Parameters
    ----------
    course : ndarray ``(T,)``
        1 at the apex.
    apex : int
    way : {-1, 1}

    Examples
    --------
    >>> course = 0.5 - 0.5 * np.cos(np.pi * np.clip(np.arange(20) / 9, 0, 1))
    >>> round(edge(course, 9, -1), 1)
    9.0
    """
    low = apex
    while 0 <= low + way < len(course) and course[low] > 0.25:
        low += way
    high = low
    while high != apex and course[high] < 0.75:
        high -= way
    quarter, most = float(low), float(high)
    if low != apex and course[low] <= 0.25:
        inner = course[low - way]
        quarter -= way * (0.25 - course[low]) / (inner - course[low])
    if high != low:
        outer = course[high + way]
        most += way * (course[high] - 0.75) / (course[high] - outer)
    return float(abs(apex - (2 * quarter - most)))
