"""Local binary patterns: code tables, sampling offsets, and the kernel that counts codes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

from ..errors import BadInput

__all__ = ["neighbour_offsets", "normalised_histograms", "plane_histograms", "uniform_labels"]

PLANES = ("XY", "XT", "YT")


@lru_cache
def uniform_labels(points: int) -> np.ndarray:
    """Label of each code under the uniform (u2) mapping.

    A circular pattern with at most two bit transitions is uniform. Uniform codes are
    numbered in ascending order; all others share the last label.

    Parameters
    ----------
    points : int
        Number of neighbours P.

    Returns
    -------
    ndarray of int64 ``(2**points,)`` with values 0 … P(P−1)+2

    Examples
    --------
    >>> labels = uniform_labels(8)
    >>> labels[[0, 1, 5, 255]].tolist(), int(labels.max()) + 1
    ([0, 1, 58, 57], 59)
    """
    codes = np.arange(2**points)
    rotated = (codes >> 1) | ((codes & 1) << (points - 1))
    transitions = np.array([int(c).bit_count() for c in codes ^ rotated])
    uniform = transitions <= 2
    return np.where(uniform, np.cumsum(uniform) - 1, np.count_nonzero(uniform))


@lru_cache
def neighbour_offsets(points: int, radii: tuple[float, float, float]) -> np.ndarray:
    """Real-valued neighbour positions of the three planes relative to the centre.

    Returns
    -------
    ndarray ``(3, points, 3)``: plane (XY, XT, YT), neighbour, (dt, dy, dx)

    Notes
    -----
    With a = 2πp/P, y down: XY is (Rx cos a, −Ry sin a, 0), XT is (Rx cos a, 0, Rt sin a) and
    YT is (0, −Ry sin a, Rt cos a) as (x, y, t), like the authors' code. Offsets are rounded
    to 1e-10, which turns cos(π/2) = 6e-17 into 0.
    """
    rx, ry, rt = radii
    a = 2 * np.pi * np.arange(points) / points
    cos, sin, zero = np.cos(a), np.sin(a), np.zeros(points)
    xy = np.c_[zero, -ry * sin, rx * cos]
    xt = np.c_[rt * sin, zero, rx * cos]
    yt = np.c_[rt * cos, -ry * sin, zero]
    offsets = np.round(np.stack([xy, xt, yt]), 10)
    offsets.flags.writeable = False  # it is shared through the cache
    return offsets


def plane_histograms(
    video: np.ndarray,
    offsets: np.ndarray,
    sampling: str,
    border: int,
    margin: int,
    spans: np.ndarray,
    n_regions: int,
    times: np.ndarray,
    *,
    against: np.ndarray | None = None,
    threshold: float | np.ndarray = 0,
    absolute: bool = False,
    mean_bit: bool = False,
) -> np.ndarray:
    """Counts of the raw codes per time part, region and plane.

    Bit p of a code is [g(a_p) − g(b_p) ≥ threshold], where a_p is the neighbour at offset p
    and b_p the centre, or the place that `against` names. That is all that the relatives of
    local binary patterns differ in.

    Parameters
    ----------
    video : ndarray ``(T, H, W)``, C-contiguous, uint8 or float32
    offsets : ndarray ``(n_planes, P, 3)`` of (dt, dy, dx)
    sampling : {'nearest', 'bilinear', 'bilinear_floor'}
    border, margin : int
        Pixels and frames at each end that are no centres; the spans must keep to them.
    spans : ndarray of int32 ``(n_spans, 4)``
    n_regions : int
    times : ndarray of int ``(n_times, 2)``
        First centre frame of each time part, and the one after its last.
    against : ndarray ``(n_planes, P, 3)``, optional
        What each neighbour is compared with; default the centre. Only with 'nearest', like all
        that follows.
    threshold : float or ndarray ``(n_planes,)``, default 0
    absolute : bool, default False
        Compare |g(a_p) − g(b_p)| with the threshold instead.
    mean_bit : bool, default False
        One more bit, the highest: whether the centre is at least the mean of itself and all
        places in `offsets` and `against`.

    Returns
    -------
    ndarray of int32 ``(n_times, n_regions, n_planes, 2**P)``, or 2**(P+1) with `mean_bit`
    """
    points = offsets.shape[1] + mean_bit
    counts = np.zeros((len(times), n_regions, len(offsets), 2**points), np.int32)
    codes = np.empty((len(offsets), video[0].size), np.uint8 if points <= 8 else np.uint16)
    _, height, width = video.shape
    if sampling == "nearest":
        plain = isinstance(threshold, int) and threshold == 0 and not absolute
        simple = plain and against is None and not mean_bit
        steps = _steps(offsets.tobytes(), offsets.shape, height, width, simple)
        if against is None:
            other = _steps(bytes(offsets.nbytes), offsets.shape, height, width, simple)
        else:
            other = _steps(against.tobytes(), against.shape, height, width, simple)
        thresholds = np.full(len(offsets), threshold, np.float32)
        _count_nearest(video.reshape(-1), border * width + border,
                       (height - 2 * border) * width - 2 * border, height * width, steps, other,
                       thresholds, simple, absolute, mean_bit, _bits(points, codes.dtype.char),
                       codes, spans, width, times, counts)  # fmt: skip
    elif sampling in ("bilinear", "bilinear_floor"):
        # A plane is known by the axis along which it has no extent: t, y or x.
        planes = np.abs(offsets).max(axis=1).argmin(axis=1)
        _count_bilinear(video, planes, offsets, *_fractions(offsets, video.shape), border,
                        sampling == "bilinear_floor", _bits(points, codes.dtype.char), codes,
                        spans, times, counts)  # fmt: skip
    else:
        raise BadInput(
            f"sampling must be 'nearest', 'bilinear' or 'bilinear_floor', found {sampling!r}."
        )
    return counts


@lru_cache(maxsize=256)
def _steps(
    offsets: bytes, shape: tuple[int, ...], height: int, width: int, eights: bool
) -> np.ndarray:
    """Places in a flat video of the rounded offsets, ``(n_planes, P)``; in whole eights if asked.

    What is added is the centre, which :func:`_bits` gives no bit.
    """
    rounded = np.floor(np.frombuffer(offsets).reshape(shape) + 0.5).astype(np.int64)
    steps = rounded @ [height * width, width, 1]
    found = np.pad(steps, ((0, 0), (0, -shape[1] % 8 if eights else 0)))
    found.flags.writeable = False  # it is shared through the cache
    return found


@lru_cache(maxsize=64)
def _bits(points: int, kind: str) -> np.ndarray:
    """The bit of each point, and zeros after the last."""
    found = np.array([1 << p for p in range(points)] + [0] * 8, kind)
    found.flags.writeable = False
    return found


@njit(cache=True, nogil=True)
def _count_nearest(  # type: ignore[no-untyped-def]
    video, first, size, frame_size, steps, others, thresholds, simple, absolute, mean_bit, bits,
    codes, spans, width, times, counts
):  # fmt: skip
    n_planes, n_points = steps.shape
    above = np.empty(size if mean_bit else 0, np.float32)
    for part in range(times.shape[0]):
        for t in range(times[part, 0], times[part, 1]):
            start = t * frame_size + first
            for plane in range(n_planes):
                row = codes[plane, first : first + size]
                row[:] = 0
                if simple:
                    for p in range(0, n_points, 8):
                        _set_eight_bits(row, bits[p:], video, start, steps[plane, p:])
                else:
                    for p in range(n_points):
                        at, other = start + steps[plane, p], start + others[plane, p]
                        _set_bit(row, bits[p], video[at : at + size],
                                 video[other : other + size], thresholds[plane],
                                 absolute)  # fmt: skip
                if mean_bit:
                    above[:] = 0
                    centre = video[start : start + size]
                    for p in range(n_points):
                        for step in (steps[plane, p], others[plane, p]):
                            at = start + step
                            _add_difference(above, video[at : at + size], centre)
                    bit = bits[n_points]
                    for i in range(size):
                        row[i] |= bit if above[i] <= 0 else 0
            _count(codes, spans, width, part, counts)


# Without branches, and one load and store of the codes for eight comparisons: LLVM makes it
# compare 32 bytes at a time.
@njit(cache=True, nogil=True)
def _set_eight_bits(row, bits, video, start, steps):  # type: ignore[no-untyped-def]
    none, size = row.dtype.type(0), row.size
    bit0, bit1, bit2, bit3 = bits[0], bits[1], bits[2], bits[3]
    bit4, bit5, bit6, bit7 = bits[4], bits[5], bits[6], bits[7]
    at0, at1, at2, at3 = start + steps[0], start + steps[1], start + steps[2], start + steps[3]
    at4, at5, at6, at7 = start + steps[4], start + steps[5], start + steps[6], start + steps[7]
    centre = video[start : start + size]
    a0, a1, a2 = video[at0 : at0 + size], video[at1 : at1 + size], video[at2 : at2 + size]
    a3, a4, a5 = video[at3 : at3 + size], video[at4 : at4 + size], video[at5 : at5 + size]
    a6, a7 = video[at6 : at6 + size], video[at7 : at7 + size]
    for i in range(size):
        c = centre[i]
        row[i] |= (
            (bit0 if a0[i] >= c else none)
            | (bit1 if a1[i] >= c else none)
            | (bit2 if a2[i] >= c else none)
            | (bit3 if a3[i] >= c else none)
            | (bit4 if a4[i] >= c else none)
            | (bit5 if a5[i] >= c else none)
            | (bit6 if a6[i] >= c else none)
            | (bit7 if a7[i] >= c else none)
        )


@njit(cache=True, nogil=True)
def _set_bit(row, bit, neighbour, other, threshold, absolute):  # type: ignore[no-untyped-def]
    none = row.dtype.type(0)
    if absolute:
        for i in range(row.size):
            difference = np.float32(neighbour[i]) - np.float32(other[i])
            row[i] |= bit if abs(difference) >= threshold else none
    elif threshold != 0:
        for i in range(row.size):
            difference = np.float32(neighbour[i]) - np.float32(other[i])
            row[i] |= bit if difference >= threshold else none
    else:
        for i in range(row.size):
            row[i] |= bit if neighbour[i] >= other[i] else none


@njit(cache=True, nogil=True)
def _add_difference(total, neighbour, centre):  # type: ignore[no-untyped-def]
    for i in range(total.size):
        total[i] += np.float32(neighbour[i]) - np.float32(centre[i])


def normalised_histograms(counts: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Histograms over labels from counts over codes, each summing to 1 (or all zero).

    Parameters
    ----------
    counts : ndarray of int ``(..., n_codes)``
    labels : ndarray of int64 ``(n_codes,)``
        Of :func:`uniform_labels`, or all codes: each label but the last is that of one code.

    Returns
    -------
    ndarray of float64 ``(..., n_labels)``
    """
    rows = counts.reshape(-1, counts.shape[-1]).astype(np.int32, copy=False)
    merged = _merge(rows, _codes_of(labels.tobytes()))
    return merged.reshape(*counts.shape[:-1], merged.shape[1])


@lru_cache(maxsize=32)
def _codes_of(labels: bytes) -> np.ndarray:
    """The code of each label but the last, which is that of all other codes."""
    known = np.frombuffer(labels, np.int64)
    order = np.argsort(known, kind="stable")
    found = order[: known.max()].astype(np.uint64)
    assert (known[found] == np.arange(len(found))).all()
    found.flags.writeable = False
    return found


def _fractions(
    offsets: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fractional part of each neighbour's t, y and x coordinate, ``(n_planes, P, extent)``.

    Computed the authors' way, from 1-based coordinates in single precision: the last bits,
    which decide between neighbour and centre in flat regions, depend on the coordinate.
    """
    fractions = []
    for axis, extent in enumerate(shape):
        at = (offsets[:, :, axis, None] + np.arange(1, extent + 1)).astype(np.float32)
        fractions.append(at - np.floor(at))
    return fractions[0], fractions[1], fractions[2]


@njit(cache=True, nogil=True)
def _count_bilinear(  # type: ignore[no-untyped-def]
    video, planes, offsets, ft, fy, fx, border, floored, bits, codes, spans, times, counts
):
    _, height, width = video.shape
    inner = slice(border, width - border)
    along = np.empty(width, np.float32)
    for part in range(times.shape[0]):
        for t in range(times[part, 0], times[part, 1]):
            codes[:] = 0
            for plane in range(offsets.shape[0]):
                kind = planes[plane]
                for p in range(offsets.shape[1]):
                    dt, dy, dx = np.floor(offsets[plane, p]).astype(np.int64)
                    et, ey, ex = np.ceil(offsets[plane, p]).astype(np.int64)
                    for y in range(border, height - border):
                        # The plane's axes (a, b): XY is (x, y), XT is (x, t), YT is (y, t).
                        b = fy[plane, p, y] if kind == 0 else ft[plane, p, t]
                        if kind == 2:
                            along[:] = fy[plane, p, y]
                        else:
                            along[:] = fx[plane, p]
                        low = video[t + dt, y + dy]
                        high = video[t + et, y + ey]
                        if kind == 0:
                            b_end, a_end = video[t, y + ey], video[t, y + dy]
                        elif kind == 1:
                            b_end, a_end = video[t + et, y], video[t + dt, y]
                        else:
                            b_end, a_end = video[t + et, y + dy], video[t + dt, y + ey]
                        _set_interpolated_bit(
                            codes[plane, y * width + border : (y + 1) * width - border],
                            bits[p],
                            video[t, y, inner],
                            low[border + dx :],
                            b_end[border + dx :],
                            a_end[border + ex :],
                            high[border + ex :],
                            along[inner],
                            b,
                            floored,
                        )
            _count(codes, spans, width, part, counts)


@njit(cache=True, nogil=True)
def _set_interpolated_bit(row, bit, centre, low, b_end, a_end, high, along, b, floored):  # type: ignore[no-untyped-def]
    one, none = np.float32(1), row.dtype.type(0)
    for i in range(row.size):
        a = along[i]
        value = (
            np.float32(low[i]) * (one - a) * (one - b)
            + np.float32(b_end[i]) * (one - a) * b
            + np.float32(a_end[i]) * a * (one - b)
            + np.float32(high[i]) * a * b
        )
        if floored:
            value = np.floor(value)
        row[i] |= bit if value >= np.float32(centre[i]) else none


# Unsigned numbers throughout: signed ones would be asked each time whether they count from the end.
@njit(cache=True, nogil=True)
def _count(codes, spans, width, part, counts):  # type: ignore[no-untyped-def]
    _, n_regions, n_planes, n_codes = counts.shape
    of_plane, frame_size = np.uint64(n_codes), np.uint64(codes.shape[1])
    flat, seen, one = counts.reshape(counts.size), codes.reshape(codes.size), np.int32(1)
    for s in range(spans.shape[0]):
        first = np.uint64((part * n_regions + spans[s, 0]) * n_planes) * of_plane
        start = np.uint64(spans[s, 1] * width + spans[s, 2])
        stop = np.uint64(spans[s, 1] * width + spans[s, 3])
        if n_planes == 3:
            # Three histograms by turns: neighbours often have one code, and an increment would
            # have to wait for the one before.
            second, third = first + of_plane, first + of_plane + of_plane
            for i in range(start, stop):
                flat[first + np.uint64(seen[i])] += one
                flat[second + np.uint64(seen[i + frame_size])] += one
                flat[third + np.uint64(seen[i + frame_size + frame_size])] += one
        else:
            for _ in range(n_planes):
                for i in range(start, stop):
                    flat[first + np.uint64(seen[i])] += one
                first += of_plane
                start += frame_size
                stop += frame_size


@njit(cache=True, nogil=True, error_model="numpy")
def _merge(rows, codes):  # type: ignore[no-untyped-def]
    last = codes.size
    out = np.empty((rows.shape[0], last + 1))
    for r in range(rows.shape[0]):
        total, seen = np.int32(0), np.int32(0)
        for code in range(rows.shape[1]):
            total += rows[r, code]
        for i in range(last):
            count = rows[r, codes[i]]
            out[r, i] = count
            seen += count
        out[r, last] = total - seen
        if total > 0:
            for i in range(last + 1):
                out[r, i] /= total
    return out
