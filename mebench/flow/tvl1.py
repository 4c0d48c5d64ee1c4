"""TV-L1 optical flow: total variation of the flow against the L1 norm of the residual."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from ..errors import BadInput
from .pyramid import MIN_SIDE, gaussian_pyramid, pyramid_sizes, zoom

__all__ = ["tvl1", "tvl1_clip"]


def tvl1(
    a: np.ndarray,
    b: np.ndarray,
    *,
    tau: float = 0.25,
    lambda_: float = 0.15,
    theta: float = 0.3,
    nscales: int | None = None,
    zfactor: float = 0.5,
    warps: int = 5,
    epsilon: float = 0.01,
    max_iterations: int = 300,
) -> np.ndarray:
    """Flow of a pair of frames by TV-L1 (Zach et al. 2007), after the IPOL article.

    Minimises ∫ |∇u| + |∇v| + λ |b(x + w) − a(x)| over w = (u, v), in a pyramid from coarse to
    fine. On each scale `b` is warped `warps` times; between two warps a pointwise
    thresholding of the residual alternates with one step of Chambolle's dual iteration for the
    total variation, until the mean squared change of the flow falls to ε².

    Parameters
    ----------
    a, b : ndarray (H, W)
        Grey frames, uint8 or float; both are stretched together to 0–255, so neither a
        constant offset nor a common contrast matters.
    tau : float, default 0.25
        Time step of the dual iteration, at most 0.25 for convergence.
    lambda_ : float, default 0.15
        Weight of the data term; smaller is smoother.
    theta : float, default 0.3
        Tightness of the link between the two halves of the relaxed problem.
    nscales : int, optional
        Most scales of the pyramid. Default: as many as keep the diagonal of the coarsest at
        16 pixels or more (the article's rule) and its sides at 6 or more.
    zfactor : float, default 0.5
        Size of a scale relative to the next finer one.
    warps : int, default 5
        Warps per scale.
    epsilon : float, default 0.01
        Stopping threshold, in pixels.
    max_iterations : int, default 300
        Most iterations per warp.

    Returns
    -------
    ndarray (H, W, 2), float32
        (u, v) in pixels, u right, v down: ``a[y, x]`` is found at ``b[y + v, x + u]``. Pixels
        whose interpolation window leaves `b` have no data term: their flow is smoothed in.

    Raises
    ------
    BadInput
        Frames or parameters that cannot work.

    Notes
    -----
    The defaults are those of the article and its C code, whose discretisation this follows in
    full: Gaussian smoothing by 0.8 before the pyramid and 0.6·√(1/zfactor² − 1) within it,
    bicubic warping, centred image gradients, forward and backward differences for the total
    variation, and the dual variable kept from warp to warp. Computed in single precision; the
    flow agrees with the C code's to about 1e-5 px.

    References
    ----------
    C. Zach, T. Pock, H. Bischof, "A Duality Based Approach for Realtime TV-L1 Optical Flow",
    DAGM 2007.

    J. Sánchez Pérez, E. Meinhardt-Llopis, G. Facciolo, "TV-L1 Optical Flow Estimation", Image
    Processing On Line 3, 2013, pp. 137–150.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:48, :64]
    >>> a = 128 + 60 * np.sin(x / 4) * np.cos(y / 5)
    >>> b = 128 + 60 * np.sin((x - 0.5) / 4) * np.cos(y / 5)  # half a pixel to the right
    >>> np.median(tvl1(a, b), axis=(0, 1)).round(1) + 0
    array([0.5, 0. ], dtype=float32)
    """
    return tvl1_clip(
        [a, b],
        tau=tau,
        lambda_=lambda_,
        theta=theta,
        nscales=nscales,
        zfactor=zfactor,
        warps=warps,
        epsilon=epsilon,
        max_iterations=max_iterations,
    )[0]


def tvl1_clip(
    video: np.ndarray | Sequence[np.ndarray],
    *,
    warm_start: bool = False,
    tau: float = 0.25,
    lambda_: float = 0.15,
    theta: float = 0.3,
    nscales: int | None = None,
    zfactor: float = 0.5,
    warps: int = 5,
    epsilon: float = 0.01,
    max_iterations: int = 300,
) -> np.ndarray:
    """TV-L1 flow from the first frame of a clip to each later frame.

    The pyramid of the first frame is computed once.

    Parameters
    ----------
    video : ndarray (T, H, W)
        Grey frames, at least two.
    warm_start : bool, default False
        Start each frame from the flow of the frame before it, on the finest scale only: about
        1.5 times faster, and slightly other numbers (on smoothly growing motion no worse).
        Only for clips without jumps: more than about three pixels from one frame to the next
        are no longer found.
    tau, lambda_, theta, nscales, zfactor, warps, epsilon, max_iterations
        As in :func:`tvl1`.

    Returns
    -------
    ndarray (T - 1, H, W, 2), float32
        (u, v) in pixels; without `warm_start` exactly the flow of each pair.

    Raises
    ------
    BadInput
        Frames or parameters that cannot work.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:48, :64]
    >>> video = [128 + 60 * np.sin((x - 0.5 * t) / 4) * np.cos(y / 5) for t in range(4)]
    >>> np.median(tvl1_clip(np.stack(video))[..., 0], axis=(1, 2)).round(1)
    array([0.5, 1. , 1.5], dtype=float32)
    """
    _check(tau, lambda_, theta, nscales, zfactor, warps, epsilon, max_iterations)
    frames = [np.array(f, np.float32, order="C") for f in video]
    if len(frames) < 2 or any(f.ndim != 2 or f.shape != frames[0].shape for f in frames):
        raise BadInput(
            f"Found frames of shape {sorted({f.shape for f in frames})}; TV-L1 needs at least two "
            "grey frames (H, W) of one size."
        )
    if min(frames[0].shape) < MIN_SIDE:
        raise BadInput(
            f"Found frames of shape {frames[0].shape}; TV-L1 needs at least {MIN_SIDE} pixels "
            "each way. Enlarge the crop."
        )
    if not all(np.isfinite(f).all() for f in frames):
        raise BadInput("Found NaN or infinite pixels; flow needs finite grey levels.")

    sizes = pyramid_sizes(frames[0].shape, nscales, zfactor)
    first = gaussian_pyramid(frames[0], sizes, zfactor)
    parameters = (
        np.float32(lambda_ * theta),
        np.float32(theta),
        np.float32(tau / theta),
        warps,
        epsilon**2,
        max_iterations,
    )
    out = np.empty((len(frames) - 1, *sizes[0], 2), np.float32)
    for t, frame in enumerate(frames[1:]):
        # Smoothing and interpolation commute with the stretch to 0–255, so it is applied to
        # their results, and the first pyramid can serve pairs of different contrast.
        span = max(frames[0].max(), frame.max()) - min(frames[0].min(), frame.min())
        stretch = np.float32(255 / span if span > 0 else 1)
        if t == 0 or not warm_start:
            used = sizes
            uv = np.zeros((2, sizes[-1][0], _padded(sizes[-1][1]) + 1), np.float32)
        else:
            used = sizes[:1]
        second = gaussian_pyramid(frame, used, zfactor)
        uv = _refine(first, second, uv, zfactor, stretch, parameters)
        out[t] = np.moveaxis(uv[:, :, : sizes[0][1]], 0, -1)
    return out


def _check(
    tau: float,
    lambda_: float,
    theta: float,
    nscales: int | None,
    zfactor: float,
    warps: int,
    epsilon: float,
    max_iterations: int,
) -> None:
    rules = {
        f"tau={tau} (expected above 0, at most 0.25)": 0 < tau <= 0.25,
        f"lambda_={lambda_} (expected above 0)": lambda_ > 0,
        f"theta={theta} (expected above 0)": theta > 0,
        f"nscales={nscales} (expected None or at least 1)": nscales is None or nscales >= 1,
        f"zfactor={zfactor} (expected 0.25 to 0.9)": 0.25 <= zfactor <= 0.9,
        f"warps={warps} (expected at least 1)": warps >= 1,
        f"epsilon={epsilon} (expected 0 or above)": epsilon >= 0,
        f"max_iterations={max_iterations} (expected at least 1)": max_iterations >= 1,
    }
    wrong = [rule for rule, holds in rules.items() if not holds]
    if wrong:
        raise BadInput(f"TV-L1 cannot run with {' and '.join(wrong)}.")


def _padded(width: int) -> int:
    """What rows of flow are made long enough for: pixels are taken eight at a time."""
    return (width + 7) // 8 * 8


def _refine(
    first: list[np.ndarray],
    second: list[np.ndarray],
    uv: np.ndarray,
    zfactor: float,
    stretch: np.float32,
    parameters: tuple,
) -> np.ndarray:
    """The flow on the finest scale, from a start `uv` on the coarsest one of `second`."""
    for s in range(len(second) - 1, -1, -1):
        h, w = second[s].shape
        if s < len(second) - 1:
            coarse = uv[:, :, : second[s + 1].shape[1]]
            uv = np.zeros((2, h, _padded(w) + 1), np.float32)
            step = coarse.shape[1] / h, coarse.shape[2] / w
            for old, new in zip(coarse, uv, strict=True):
                new[:, :w] = zoom(old, (h, w), step) / np.float32(zfactor)
            uv[:, :, w] = uv[:, :, w - 1]
        _solve(first[s], _with_gradient(second[s]), uv[0], uv[1], stretch, *parameters)
    return uv


# Of fastmath only what changes no digit: with the rest, code that was compiled in this process and
# the same code from the cache would add in different orders.
_SAFE = {"nnan", "ninf", "nsz"}
_jit = njit(cache=True, nogil=True, error_model="numpy", fastmath=_SAFE)


@_jit
def _with_gradient(image):  # type: ignore[no-untyped-def]
    h, w = image.shape
    out = np.zeros((h, w, 4), np.float32)
    half = np.float32(0.5)
    for i in range(h):
        up, down = max(i - 1, 0), min(i + 1, h - 1)
        for j in range(w):
            out[i, j, 0] = image[i, j]
            out[i, j, 1] = half * (image[i, min(j + 1, w - 1)] - image[i, max(j - 1, 0)])
            out[i, j, 2] = half * (image[down, j] - image[up, j])
    return out


@_jit
def _warp(first, second, u, v, scale, gx, gy, inverse, rho):  # type: ignore[no-untyped-def]
    h, w = first.shape
    half = np.float32(0.5)
    one = np.float32(1)
    wx = np.empty(4, np.float32)
    wy = np.empty(4, np.float32)
    for i in range(h):
        for j in range(w):
            x, y = j + u[i, j], i + v[i, j]
            if x >= 1 and y >= 1 and x < w - 2 and y < h - 2:
                x1, y1 = int(x), int(y)
                fx, fy = np.float32(x - x1), np.float32(y - y1)
                wx[0] = half * fx * (fx * (np.float32(2) - fx) - one)
                wx[1] = one + half * fx * fx * (np.float32(3) * fx - np.float32(5))
                wx[2] = half * fx * (one + fx * (np.float32(4) - np.float32(3) * fx))
                wx[3] = half * fx * fx * (fx - one)
                wy[0] = half * fy * (fy * (np.float32(2) - fy) - one)
                wy[1] = one + half * fy * fy * (np.float32(3) * fy - np.float32(5))
                wy[2] = half * fy * (one + fy * (np.float32(4) - np.float32(3) * fy))
                wy[3] = half * fy * fy * (fy - one)
                a = np.float32(0)
                b = np.float32(0)
                c = np.float32(0)
                for k in range(4):
                    for m in range(4):
                        t = wy[k] * wx[m]
                        a += t * second[y1 - 1 + k, x1 - 1 + m, 0]
                        b += t * second[y1 - 1 + k, x1 - 1 + m, 1]
                        c += t * second[y1 - 1 + k, x1 - 1 + m, 2]
                a *= scale
                b *= scale
                c *= scale
                g = b * b + c * c
                gx[i, j] = b
                gy[i, j] = c
                inverse[i, j] = one / g if g >= np.float32(1e-10) else np.float32(0)
                rho[i, j] = a - scale * first[i, j] - b * u[i, j] - c * v[i, j]
            else:
                gx[i, j] = np.float32(0)
                gy[i, j] = np.float32(0)
                inverse[i, j] = np.float32(0)
                rho[i, j] = np.float32(0)


@_jit
def _dual(u, px, py, i, below, step):  # type: ignore[no-untyped-def]
    w = u.shape[1] - 1
    one = np.float32(1)
    for j in range(w):
        dx = u[i, j + 1] - u[i, j]
        dy = u[below, j] - u[i, j]
        shrink = one / (one + step * np.sqrt(dx * dx + dy * dy))
        px[i + 1, j + 1] = (px[i + 1, j + 1] + step * dx) * shrink
        py[i + 1, j + 1] = (py[i + 1, j + 1] + step * dy) * shrink


# Squares wait until a few rows of them are there: each row's sum is one chain of additions, which
# must keep their order, but the chains of several rows run beside each other. Once the rows so far
# are too much for an end, the others need not be added.
_ROWS = 8


# The image has `w` columns. The loops run on to whole vectors; nothing that they find beyond is
# read for a column within.
@_jit
def _sweep(  # type: ignore[no-untyped-def]
    w, u, v, pux, puy, pvx, pvy, gx, gy, inverse, rho, limit, theta, step, tolerance, fi, squares
):
    """Whether the mean squared change of the flow is at most `tolerance`."""
    h, padded = gx.shape
    total = 0.0
    for i in range(h):
        for j in range(padded):
            f = -(rho[i, j] + gx[i, j] * u[i, j] + gy[i, j] * v[i, j]) * inverse[i, j]
            fi[j] = min(max(f, -limit), limit)
        row = i % _ROWS
        for j in range(padded):
            d = fi[j] * gx[i, j] + theta * (
                pux[i + 1, j + 1] - pux[i + 1, j] + puy[i + 1, j + 1] - puy[i, j + 1]
            )
            squares[row, j] = d * d
            u[i, j] += d
        for j in range(padded):
            d = fi[j] * gy[i, j] + theta * (
                pvx[i + 1, j + 1] - pvx[i + 1, j] + pvy[i + 1, j + 1] - pvy[i, j + 1]
            )
            squares[row, padded + j] = d * d
            v[i, j] += d
        u[i, w] = u[i, w - 1]
        v[i, w] = v[i, w - 1]
        if (row == _ROWS - 1 or i == h - 1) and total / (h * w) <= tolerance:
            total = _add_rows(total, squares, w, padded, row + 1)
        if i > 0:
            _dual(u, pux, puy, i - 1, i, step)
            _dual(v, pvx, pvy, i - 1, i, step)
    _dual(u, pux, puy, h - 1, h - 1, step)
    _dual(v, pvx, pvy, h - 1, h - 1, step)
    return total / (h * w) <= tolerance


@_jit
def _add_rows(total, squares, w, padded, n):  # type: ignore[no-untyped-def]
    a = b = c = d = e = f = g = h = np.float32(0)
    for start in (0, padded):
        for j in range(start, start + w):
            a += squares[0, j]
            b += squares[1, j]
            c += squares[2, j]
            d += squares[3, j]
            e += squares[4, j]
            f += squares[5, j]
            g += squares[6, j]
            h += squares[7, j]
    for k, error in enumerate((a, b, c, d, e, f, g, h)):
        if k < n:
            total += error
    return total


@_jit
def _solve(first, second, u, v, stretch, limit, theta, step, warps, tolerance, most):  # type: ignore[no-untyped-def]
    """Refine the flow (u, v) in place, on one scale."""
    h, w = first.shape
    padded = u.shape[1] - 1
    warped = np.zeros((4, h, padded), np.float32)
    gx, gy, inverse, rho = warped[0], warped[1], warped[2], warped[3]
    # The dual variables have a zero row above and a zero column to the left, and (u, v) repeat
    # their last column, so that no loop has a special case at the border.
    dual = np.zeros((4, h + 1, padded + 1), np.float32)
    pux, puy, pvx, pvy = dual[0], dual[1], dual[2], dual[3]
    line = np.empty(padded, np.float32)
    squares = np.zeros((_ROWS, 2 * padded), np.float32)
    for _ in range(warps):
        _warp(first, second, u, v, stretch, gx, gy, inverse, rho)
        for _ in range(most):
            if _sweep(w, u, v, pux, puy, pvx, pvy, gx, gy, inverse, rho, limit, theta, step,
                      tolerance, line, squares):  # fmt: skip
                break
