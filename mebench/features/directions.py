"""Histograms of directions per region, of flow, gradients or phase: one kernel under them all."""

from __future__ import annotations

import math
import warnings

import numpy as np
from numba import njit

from ..errors import BadInput

__all__ = ["MEMBERSHIPS", "STILL", "direction_histograms", "normalised", "warn_of_empty"]

#: Motion below this, in pixels, is none: far below what any flow resolves, far above the
#: rounding that alignment leaves of a still face, which normalisation would blow up.
STILL = 1e-6

#: How a vote may be shared between bins.
MEMBERSHIPS = ("crisp", "linear", "gaussian")


def direction_histograms(
    flow: np.ndarray,
    spans: np.ndarray,
    n_regions: int,
    *,
    bins: int = 8,
    fold: bool | str = False,
    affine: np.ndarray | None = None,
    vote: str = "magnitude",
    membership: str = "crisp",
    width: float = 1.0,
) -> np.ndarray:
    """Votes of flow vectors, or of any others, per region and direction.

    Parameters
    ----------
    flow : ndarray ``(H, W, 2)``
        (u, v) in pixels, y down.
    spans : ndarray of int32 ``(n_spans, 4)``
        Regions as of :func:`~.regions.region_spans`.
    n_regions : int
    bins : int, default 8
    fold : bool or 'opposite', default False
        False: bin k holds directions from k·2π/bins on, 0 pointing right and π/2 down. True:
        left and right are one, atan2(v, |u|), and bin k holds those from −π/2 + k·π/bins on.
        'opposite': a direction and its opposite are one, as of gradients, and bin k holds
        those from k·π/bins on.
    affine : ndarray ``(2, 3)``, optional
        Head motion to take out first, from :func:`mebench.flow.fit_affine`.
    vote : {'magnitude', 'one'}, default 'magnitude'
        A vector votes with its length, or every vector that is longer than :data:`STILL` alike.
    membership : {'crisp', 'linear', 'gaussian'}, default 'crisp'
        How a vote is shared. Crisp: it goes to the bin it lies in. Linear: to the two bins
        whose centres are nearest, in proportion to nearness. Gaussian: to all bins by
        exp(−d²/2σ²), d being the distance from the bin's centre, in shares that sum to 1. The
        circle closes, but for the folded half circle of ``fold=True``, whose ends are up and
        down.
    width : float, default 1
        σ of the Gaussian, in bins.

    Returns
    -------
    ndarray of float64 ``(n_regions, bins)``, sums of votes; not normalised

    Raises
    ------
    BadInput
        Unknown options.

    Examples
    --------
    >>> right, down = np.zeros((2, 4, 4, 2))
    >>> right[..., 0], down[..., 1] = 1, 2
    >>> spans = np.array([[0, 1, 0, 3]], np.int32)  # three pixels of row 1
    >>> direction_histograms(right, spans, 1, bins=4).tolist()
    [[3.0, 0.0, 0.0, 0.0]]
    >>> direction_histograms(down, spans, 1, bins=4).tolist()
    [[0.0, 6.0, 0.0, 0.0]]

    Down is the border between the first two of four bins:

    >>> direction_histograms(down, spans, 1, bins=4, vote="one", membership="linear").tolist()
    [[1.5, 1.5, 0.0, 0.0]]
    """
    if bins < 1:
        raise BadInput(f"bins must be at least 1, found {bins}.")
    if fold not in (False, True, "opposite"):
        raise BadInput(f"fold must be False, True or 'opposite', found {fold!r}.")
    if vote not in ("magnitude", "one"):
        raise BadInput(f"vote must be 'magnitude' or 'one', found {vote!r}.")
    if membership not in MEMBERSHIPS:
        raise BadInput(f"membership must be one of {', '.join(MEMBERSHIPS)}, found {membership!r}.")
    if not width > 0:
        raise BadInput(f"width must be above 0, found {width}.")
    change = np.zeros((2, 3)) if affine is None else np.asarray(affine, float) - np.eye(2, 3)
    shown = np.asarray(flow).view()
    shown.flags.writeable = False  # as flows that are shared: the kernel is compiled once
    return _vote(
        shown,
        change,
        spans[np.argsort(spans[:, 1], kind="stable")],  # from row to row
        n_regions,
        bins,
        2 if fold == "opposite" else int(fold),
        vote == "magnitude",
        MEMBERSHIPS.index(membership),
        0.5 / width**2,
    )


def normalised(histograms: np.ndarray) -> np.ndarray:
    """Each histogram (last axis) divided by its sum; one without a vote stays zero."""
    total = histograms.sum(axis=-1, keepdims=True)
    return np.divide(histograms, total, out=np.zeros_like(histograms), where=total > 0)


def warn_of_empty(spans: np.ndarray, n_regions: int) -> None:
    """Warn if some regions hold no pixel, as where a face is cut off."""
    empty = n_regions - len(np.unique(spans[:, 0]))
    if empty:
        warnings.warn(
            f"{empty} of {n_regions} regions hold no pixel of the frame and give zeros; is the "
            "face cut off?",
            RuntimeWarning,
            stacklevel=3,
        )


_jit = njit(cache=True, nogil=True, error_model="numpy")


@_jit
def _vote(  # type: ignore[no-untyped-def]
    flow, change, spans, n_regions, bins, fold, by_length, membership, sharpness
):
    out = np.zeros((n_regions, bins))
    shares = np.empty(bins)
    mirrored, closed = fold == 1, fold != 1
    lowest = -math.pi / 2 if mirrored else 0.0
    turn = math.pi if fold else 2 * math.pi
    per_radian = bins / turn
    doubt = 1e-4 * per_radian  # ten times what the nearly right angle may be off
    moved = np.empty((4, flow.shape[1]))
    done = -1
    for s in range(spans.shape[0]):
        region, y, start, stop = spans[s]
        if y != done:
            _row(flow[y], y, change, mirrored, lowest, turn, moved)
            done = y
        own = out[region]
        for i in range(start, stop):
            length = moved[2, i]
            if length < STILL:
                continue
            votes = length if by_length else 1.0
            if membership == 0:
                # Well within a bin, an angle that is nearly right tells the bin, in half the time.
                at = moved[3, i] * per_radian
                k = int(at)
                if at - k > doubt and k + 1 - at > doubt and 0 <= k < bins:
                    own[np.uint64(k)] += votes
                    continue
            angle = math.atan2(moved[1, i], abs(moved[0, i]) if mirrored else moved[0, i])
            if angle < lowest:
                angle += turn
            if fold == 2 and angle >= turn:
                angle = 0.0  # π is the opposite of 0
            at = (angle - lowest) * per_radian
            if membership == 0:
                # Rounding may carry the upper end of the range to the bin after the last.
                own[min(int(at), bins - 1)] += votes
            elif membership == 1:
                low = math.floor(at - 0.5)
                share = at - 0.5 - low
                high = low + 1
                if closed:  # low is −1 at least, high the number of bins at most
                    low, high = low + bins if low < 0 else low, 0 if high == bins else high
                else:
                    low, high = max(low, 0), min(high, bins - 1)
                own[low] += votes * (1 - share)
                own[high] += votes * share
            else:
                total = 0.0
                for k in range(bins):
                    away = abs(at - 0.5 - k)
                    if closed:
                        away = min(away, bins - away)
                    shares[k] = math.exp(-sharpness * away * away)
                    total += shares[k]
                for k in range(bins):
                    own[k] += votes * shares[k] / total
    return out


@_jit
def _row(row, y, change, mirrored, lowest, turn, out):  # type: ignore[no-untyped-def]
    """out (4, n): motion to the right and down, its length, and nearly its angle from `lowest`.

    A loop without branches, so that several pixels are worked on at a time.
    """
    a, b, c = change[0]
    d, e, f = change[1]
    us, vs, lengths, angles = out[0], out[1], out[2], out[3]
    for i in range(len(row)):
        # A[x + w; 1] − x = w + (A − I)[x + w; 1]
        qx = i + np.float64(row[i, 0])
        qy = y + np.float64(row[i, 1])
        us[i] = row[i, 0] + (a * qx + b * qy + c)
        vs[i] = row[i, 1] + (d * qx + e * qy + f)
    for i in range(len(row)):
        lengths[i] = math.sqrt(us[i] * us[i] + vs[i] * vs[i])
    for i in range(len(row)):
        angle = _nearly_atan2(vs[i], abs(us[i]) if mirrored else us[i])
        angles[i] = (angle + turn if angle < lowest else angle) - lowest


@_jit
def _nearly_atan2(y, x):  # type: ignore[no-untyped-def]
    """atan2 within 1e-5 rad (Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.47)."""
    across, up = abs(x), abs(y)
    z = min(across, up) / max(across, up)
    s = z * z
    angle = z * (0.999866 + s * (-0.3302995 + s * (0.180141 + s * (-0.085133 + s * 0.0208351))))
    angle = math.pi / 2 - angle if up > across else angle
    angle = math.pi - angle if x < 0 else angle
    return -angle if y < 0 else angle
