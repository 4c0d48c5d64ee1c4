"""How much a face differs from itself a moment before and after: one number per frame.

Each measure looks at a frame, the one `k` frames before and the one `k` frames after it. What is
different in the middle and alike at both ends has come and gone: it is as long as an expression
that `k` is chosen for. Frames come as an iterator, and only the last ``2k + 1`` are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from ..errors import BadInput
from ..features.apex import frequency_strength
from ..features.lbp import uniform_labels
from ..flow import flow, strain
from .blocks import BLOCKS, block_map, block_means, strongest_third, without_eyes
from .head import without_head

__all__ = ["frequency", "hoof_difference", "lbp_difference", "mdmd", "strain_difference"]

#: A face, or None where it is lost.
Image = np.ndarray | None

#: Of the flow: fast, and on faces as small as these no worse than the finer ones (our choice).
_PRESET = "fast"
#: Directions are counted in every second row and column: the flow is no finer than that.
_THIN = (slice(None, None, 2), slice(None, None, 2))


def lbp_difference(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Feature difference with local binary patterns (Moilanen et al. 2014).

    Per block a histogram of the 59 uniform patterns of 8 neighbours at radius 1; the χ² distance
    between that of a frame and the mean of those `k` frames before and after; and the mean over
    the third of the blocks where it is largest.

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

    def compare(before: np.ndarray, at: np.ndarray, after: np.ndarray) -> np.ndarray:
        mean = (before + after) / 2
        total = at + mean
        square = (at - mean) ** 2
        return np.divide(square, total, out=np.zeros_like(total), where=total > 0).sum(axis=1)

    return _difference(faces, k, step, _patterns_of, compare)


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
        total = now + mean
        square = (now - mean) ** 2
        return np.divide(square, total, out=np.zeros_like(total), where=total > 0).sum(axis=1)

    return _difference(faces, k, step, without_eyes, compare)


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

    return _difference(faces, k, step, without_eyes, compare)


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
        mean = (_flow(at, before) + _flow(at, after)) / 2
        return block_means(strain(without_head(mean)), block_map(at.shape), BLOCKS[0] * BLOCKS[1])

    return _difference(faces, k, step, without_eyes, compare)


def frequency(faces: Iterable[Image], k: int, *, step: int = 1) -> Iterator[float]:
    """Apex spotting in the frequency domain: how quickly the texture changes (3D-FFT).

    :func:`mebench.features.frequency_strength` in a window of ``2k + 1`` frames, block by block,
    the eyes left grey. The amplitudes of all blocks are summed, as in the paper.

    Parameters
    ----------
    faces, k
        As in :func:`lbp_difference`.
    step : int, default 1
        Only every `step`-th frame enters the windows; the others get values in between.

    Yields
    ------
    float
        As :func:`lbp_difference`.

    References
    ----------
    Y. Li, X. Huang and G. Zhao, "Can Micro-Expression be Recognized Based on Single Apex Frame?",
    ICIP 2018.
    """
    if k < 1 or step < 1:
        raise BadInput(f"k and step must be at least 1, found {k} and {step}.")
    if step > 1:
        yield from _spread(faces, k, step)
        return
    chunk = max(4 * k, 128)
    held: list[Image] = []
    known = 0  # of the frames held, how many at the front have their value already
    source = iter(faces)
    while True:
        new = list(islice(source, chunk))
        held += new
        last = len(held) - (k if new else 0)
        yield from _strengths(held, known, last, k)
        if not new:
            return
        drop = max(0, last - k)
        held, known = held[drop:], max(last, 0) - drop


def _spread(faces: Iterable[Image], k: int, step: int) -> Iterator[float]:
    """Values of every `step`-th frame, and lines between them."""
    total = 0

    def counted() -> Iterator[Image]:
        nonlocal total
        for total, image in enumerate(faces, start=1):
            if (total - 1) % step == 0:
                yield image

    last = given = 0.0
    for i, value in enumerate(frequency(counted(), max(1, round(k / step)))):
        if not i:
            yield value
        else:
            given = last
            # A line down to a value that is not defined would be one in the air.
            for j in range(1, step + 1):
                yield given + (value - given) * j / step if given and value else 0.0
        last = value
    for _ in range((total - 1) % step if total else 0):
        yield 0.0


def _strengths(held: list[Image], first: int, last: int, k: int) -> Iterator[float]:
    """Values of the frames from `first` to `last`; zero where the window is not whole."""
    size = next((image.shape for image in held if image is not None), None)
    if size is None or last <= first:
        yield from [0.0] * max(0, last - first)
        return
    whole = np.stack([np.zeros(size, np.uint8) if i is None else i for i in held])
    whole[:, block_map(size) < 0] = 128
    strength = frequency_strength(whole, window=2 * k + 1, blocks=BLOCKS)
    lost = np.array([image is None for image in held])
    for i in range(first, last):
        there = k <= i < len(held) - k and not lost[i - k : i + k + 1].any()
        yield float(strength[i]) if there else 0.0


def _difference(
    faces: Iterable[Image],
    k: int,
    step: int,
    describe: Callable[[np.ndarray], np.ndarray],
    compare: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
) -> Iterator[float]:
    """Values of a measure of three frames, one per face, in order."""
    if k < 1 or step < 1:
        raise BadInput(f"k and step must be at least 1, found {k} and {step}.")
    window: deque[Any] = deque(maxlen=2 * k + 1)
    seen = given = 0
    last: float | None = None  # the value at frame `given - 1`, once there is one
    for image in faces:
        window.append(None if image is None else describe(image))
        seen += 1
        at = seen - 1 - k
        if at < k or at % step:
            continue
        ends = window[0], window[k], window[-1]
        value = 0.0
        if all(state is not None for state in ends):
            value = strongest_third(compare(*ends))
        gap = at + 1 - given
        for i in range(1, gap + 1):
            if last is None:  # before the first value there is nothing to draw a line from
                yield value if i == gap else 0.0
            else:
                yield last + (value - last) * i / gap
        given, last = at + 1, value
    yield from [0.0] * (seen - given)


def _flow(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return flow(a, b, "dis", preset=_PRESET)


def _skin(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Flow without what the head as a whole does, at every second pixel."""
    return without_head(_flow(before, after))[_THIN]


_AROUND = ((1, 2), (0, 2), (0, 1), (0, 0), (1, 0), (2, 0), (2, 1), (2, 2))


def _patterns_of(image: np.ndarray) -> np.ndarray:
    """Histograms of uniform patterns per block, ``(n_blocks, 59)``, each summing to 1 or 0."""
    height, width = image.shape
    codes = np.zeros((height - 2, width - 2), np.uint8)
    for bit, (y, x) in enumerate(_AROUND):
        neighbour = image[y : y + height - 2, x : x + width - 2]
        codes |= (neighbour >= image[1:-1, 1:-1]).astype(np.uint8) << np.uint8(bit)
    where = block_map((height, width))[1:-1, 1:-1]
    seen = where >= 0
    n = BLOCKS[0] * BLOCKS[1]
    both = where[seen] * 59 + uniform_labels(8)[codes[seen]]
    counts = np.bincount(both, minlength=59 * n).reshape(n, 59).astype(np.float64)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


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
