"""How much a face differs from itself a moment before and after: one number per frame.

Each measure looks at a frame, the one `k` frames before and the one `k` frames after it. What is
different in the middle and alike at both ends has come and gone: it is as long as an expression
that `k` is chosen for. Frames come as an iterator, and only the last ``2k + 1`` are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import fft

from ..errors import BadInput
from ..flow import strain
from .blocks import BLOCKS, block_map, block_means, strongest_third, without_eyes
from .head_motion import face_flow, without_head
from .patterns import pattern_histograms, patterns

__all__ = ["frequency", "hoof_difference", "lbp_difference", "mdmd", "strain_difference"]

#: A face, or None where it is lost.
Image = np.ndarray | None

#: Directions are counted in every second row and column: the flow is no finer than that.
_THIN = (slice(None, None, 2), slice(None, None, 2))


def lbp_difference(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Feature difference with local binary patterns (Moilanen et al. 2014).

    Per block a histogram of the 59 uniform patterns of 8 neighbours; the χ² distance between that
    of a frame and the mean of those `k` frames before and after; and the mean over the third of
    the blocks where it is largest.

    Each of the three histograms is the mean of a few neighbouring frames, a fifth of `k` in all,
    which is our choice: single ones hold more of the camera's noise than of the face.

    Parameters
    ----------
    faces : iterable of ndarray ``(H, W)`` uint8, or None where the face is lost
        Registered, as :func:`mebench.spotting.follow_face` gives them.
    k : int
        Half the window, in frames.
    step : int, default 1
        Look at every `step`-th frame only; the others get values in between.

    Yields
    ------
    float
        One per face, about `k` faces later. Zero in the first and last `k` frames, and wherever
        the face is lost in one of the three frames.

    References
    ----------
    A. Moilanen, G. Zhao and M. Pietikäinen, "Spotting Rapid Facial Movements from Videos Using
    Appearance-Based Feature Difference Analysis", ICPR 2014.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> face = rng.integers(0, 256, (64, 64)).astype(np.uint8)
    >>> faces = [face] * 7
    >>> faces[3] = rng.integers(0, 256, (64, 64)).astype(np.uint8)
    >>> [value > 0 for value in lbp_difference(faces, 2)]
    [False, False, False, True, False, False, False]
    """

    few = min(max(1, round(k / 10)), k // 3)
    spans = [range(-k, -k + 2 * few + 1), range(-few, few + 1), range(k - 2 * few, k + 1)]

    def describe(image: np.ndarray) -> np.ndarray:
        return pattern_histograms(patterns(image, sigma=0, radius=1, tolerance=0))

    def compare(*histograms: np.ndarray) -> np.ndarray:
        three = np.stack(histograms).reshape(3, 2 * few + 1, *histograms[0].shape).mean(axis=1)
        return _chi_square(three[1], (three[0] + three[2]) / 2)

    return _windowed(faces, k, step, describe, compare, [i for span in spans for i in span])


def hoof_difference(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Feature difference with histograms of oriented optical flow (Li et al. 2018).

    As :func:`lbp_difference`, the features of a frame being, per block, the flow from the first
    frame of the window summed in 8 directions (in pixels, divided by the pixels of the block: a
    histogram divided by its own sum would make as much of noise as of a smile). A long video has
    no first frame that the others could be held against, so each window has its own (our choice).

    Parameters, yields
        As :func:`lbp_difference`.

    References
    ----------
    X. Li, X. Hong, A. Moilanen, X. Huang, T. Pfister, G. Zhao and M. Pietikäinen, "Towards
    Reading Hidden Emotions: A Comparative Study of Spontaneous Micro-Expression Spotting and
    Recognition Methods", IEEE TAFFC 9(4), 2018.
    """

    def compare(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
        where = block_map(at.shape)[_THIN]
        now = _votes(_skin(before, at), where)
        mean = _votes(_skin(before, after), where) / 2  # that of the first frame is zero
        return _chi_square(now, mean)

    return _windowed(faces, k, step, without_eyes, compare)


def mdmd(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Main directional maximal difference of optical flow (Wang et al. 2017).

    Two flows go from the frame `k` before: to the frame, and to the one `k` after it. Per block,
    the main direction is the one of four that most vectors of the first flow have. Of the vectors
    in it, the differences in length between the two flows are sorted, and the largest third
    averaged; then the third of the blocks where that is largest.

    Written from memory of the paper: details may differ from the authors' code.

    Parameters, yields
        As :func:`lbp_difference`.

    References
    ----------
    S.-J. Wang, S. Wu, X. Qian, J. Li and X. Fu, "A main directional maximal difference analysis
    for spotting facial movements from long-term videos", Neurocomputing 230, 2017.
    """

    def compare(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
        return _main_difference(_skin(before, at), _skin(before, after), block_map(at.shape)[_THIN])

    return _windowed(faces, k, step, without_eyes, compare)


def strain_difference(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Optical strain of what has come and gone.

    Optical strain was first used for spotting by Shreve et al. (2011), between neighbouring
    frames or against a neutral one. Here, which is our choice, it is that of the mean of two
    flows: from the frame to the one `k` before it, and to the one `k` after it. In that mean, a
    movement that goes on at an even pace cancels, such as most of a turn of the head, and one
    that comes and goes counts in full. The mean strain of each block is taken, and the third of
    the blocks where it is largest.

    Parameters, yields
        As :func:`lbp_difference`.

    References
    ----------
    M. Shreve, S. Godavarthy, D. Goldgof and S. Sarkar, "Macro- and micro-expression spotting in
    long videos using spatio-temporal strain", FG 2011.
    """

    def compare(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
        mean = (face_flow(at, before) + face_flow(at, after)) / 2
        return block_means(strain(without_head(mean)), block_map(at.shape), BLOCKS[0] * BLOCKS[1])

    return _windowed(faces, k, step, without_eyes, compare)


def frequency(
    faces: Iterable[Image], k: int, *, step: int = 1, static: bool = False
) -> Iterator[float]:
    """Apex spotting in the frequency domain: how quickly the texture changes (3D-FFT).

    Each face becomes a map of local binary patterns, in which each of 6 × 6 blocks is Fourier
    transformed over the frames of a window, height and width. The amplitudes at least (n + 1) / 2
    steps away from frequency zero, n being the frames in the window, are summed over all blocks.
    The apex is where the sum is largest.

    Departures from the paper, all our choice: patterns are those of :func:`patterns`, smoothed and
    with a tolerance; the eyes are left out; the window reaches from k/2 frames before to k/2 after,
    since the sum is as broad as the window or broader; and amplitudes at the temporal frequency 0,
    which are those of the texture that stands still, do not count, unless `static`.

    Parameters
    ----------
    faces, k
        As in :func:`lbp_difference`.
    step : int, default 1
        Only every `step`-th frame enters the windows; the others get values in between.
    static : bool, default False

    Yields
    ------
    float
        As :func:`lbp_difference`.

    References
    ----------
    Y. Li, X. Huang and G. Zhao, "Can Micro-Expression be Recognized Based on Single Apex Frame?",
    ICIP 2018.
    """
    half = max(1, round(k / 2 / max(step, 1)))

    def describe(image: np.ndarray) -> np.ndarray:
        rows, columns = BLOCKS
        where = block_map(image.shape)
        codes = np.where(where < 0, 0, patterns(image)).astype(np.float32)
        height, width = image.shape[0] // rows, image.shape[1] // columns
        codes = codes[: rows * height, : columns * width].reshape(rows, height, columns, width)
        across = np.arange(width // 2 + 1)
        # Those left out are mirror images of these, with the same amplitudes.
        twice = np.where((across > 0) & (2 * across < width), 2, 1).astype(np.float32)
        return np.asarray(fft.rfft2(codes, axes=(1, 3)) * twice)

    def compare(*spectra: np.ndarray) -> np.ndarray:
        amplitude = np.abs(fft.fft(np.stack(spectra), axis=0))
        counted = _high(amplitude.shape[0], amplitude.shape[2], amplitude.shape[4], static)
        return np.asarray(np.einsum("trycx,tyx->rc", amplitude, counted)).ravel()

    offsets = range(-half * step, half * step + 1, step)
    return _windowed(faces, k, step, describe, compare, offsets, np.sum)


@lru_cache(maxsize=8)
def _high(window: int, height: int, columns: int, static: bool) -> np.ndarray:
    """1 where an amplitude counts, ``(window, height, columns)``, the last of half a spectrum."""
    t, y = (np.minimum(np.arange(n), n - np.arange(n)) for n in (window, height))
    square = t[:, None, None] ** 2 + y[:, None] ** 2 + np.arange(columns) ** 2
    high = square >= ((window + 1) / 2) ** 2
    if not static:
        high[0] = False
    return high.astype(np.float32)


def _windowed(
    faces: Iterable[Image],
    k: int,
    step: int,
    describe: Callable[[np.ndarray], np.ndarray],
    compare: Callable[..., np.ndarray],
    offsets: Sequence[int] | None = None,
    pool: Callable[[np.ndarray], Any] = strongest_third,
) -> Iterator[float]:
    """Values of a measure of some frames of a window, one per face, in order.

    `compare` gets what `describe` makes of the frames at `offsets` (default: −k, 0 and k), and its
    values per block are pooled.
    """
    if k < 1 or step < 1:
        raise BadInput(f"k and step must be at least 1, found {k} and {step}.")
    offsets = (-k, 0, k) if offsets is None else offsets
    window: deque[Any] = deque(maxlen=2 * k + 1)
    seen = given = 0
    last: float | None = None  # the value at frame `given - 1`, once there is one
    for image in faces:
        window.append(None if image is None else describe(image))
        seen += 1
        at = seen - 1 - k
        if at < k or at % step:
            continue
        states = [window[k + i] for i in offsets]
        value = 0.0
        if all(state is not None for state in states):
            value = float(pool(compare(*states)))
        gap = at + 1 - given
        for i in range(1, gap + 1):
            if last is None:  # before the first value there is nothing to draw a line from
                yield value if i == gap else 0.0
            else:
                yield last + (value - last) * i / gap
        given, last = at + 1, value
    yield from [0.0] * (seen - given)


def _skin(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Flow without what the head as a whole does, at every second pixel."""
    return without_head(face_flow(before, after))[_THIN]


def _chi_square(at: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """χ² distance of the histograms of each block ``(n_blocks,)``."""
    total = at + mean
    square = (at - mean) ** 2
    return np.asarray(np.divide(square, total, out=np.zeros_like(total), where=total > 0).sum(1))


def _votes(field: np.ndarray, where: np.ndarray, bins: int = 8) -> np.ndarray:
    """Flow lengths per block and direction, ``(n_blocks, bins)``, in pixels per pixel."""
    seen = where >= 0
    u, v = field[seen].astype(np.float64).T
    place, n = where[seen], BLOCKS[0] * BLOCKS[1]
    direction = (np.arctan2(v, u) % (2 * np.pi) * (bins / (2 * np.pi))).astype(np.int64) % bins
    votes = np.bincount(place * bins + direction, np.hypot(u, v), n * bins).reshape(n, bins)
    return votes / np.maximum(np.bincount(place, minlength=n), 1)[:, None]


def _main_difference(here: np.ndarray, there: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Maximal difference in the main direction of each block, ``(n_blocks,)``."""
    n = BLOCKS[0] * BLOCKS[1]
    out = np.zeros(n)
    u, v = here[..., 0], here[..., 1]
    # Four directions, centred on right, down, left and up.
    direction = (np.floor(np.arctan2(v, u) / (np.pi / 2) + 0.5).astype(np.int64)) % 4
    lengths = np.hypot(u, v) - np.hypot(there[..., 0], there[..., 1])
    for block in range(n):
        inside = where == block
        if not inside.any():
            continue
        main = np.bincount(direction[inside], minlength=4).argmax()
        found = np.sort(lengths[inside & (direction == main)])
        out[block] = found[-max(1, len(found) // 3) :].mean()
    return out
