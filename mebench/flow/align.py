"""Taking the head's own motion out of a flow field."""

from __future__ import annotations

import numpy as np

from ..errors import BadInput

__all__ = ["ALIGNMENT_POINTS", "align_flow", "fit_affine"]

#: Indices of the 13 of 68 points that expressions move least: the upper jaw line on both
#: sides, and the tip of the nose (Liu et al. 2016).
ALIGNMENT_POINTS = (0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 16, 30)


def fit_affine(flow: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The affine map that best brings moved points back to where they were.

    With q_k = p_k + flow(p_k), the map A that minimises Σ‖A[q_k; 1] − p_k‖².

    Parameters
    ----------
    flow : ndarray (H, W, 2)
        (u, v) in pixels, from the frame in which the points lie.
    points : ndarray (k, 2)
        (x, y) of at least three points that are not on one line; for a face
        ``landmarks[list(ALIGNMENT_POINTS)]``. The flow is read there bilinearly; a point
        outside the image takes the flow of the nearest border pixel.

    Returns
    -------
    ndarray (2, 3)
        A, float64.

    Raises
    ------
    BadInput
        Wrong shapes, NaN, fewer than three points, or points (nearly) on one line.

    See Also
    --------
    align_flow : Applies the map.

    References
    ----------
    Y.-J. Liu et al., "A Main Directional Mean Optical Flow Feature for Spontaneous
    Micro-Expression Recognition", IEEE TAFFC 7(4), 2016.

    Examples
    --------
    >>> import numpy as np
    >>> moved = np.full((40, 40, 2), (3.0, -2.0))
    >>> fit_affine(moved, np.array([[5, 5], [30, 6], [12, 33]])).round(6) + 0.0
    array([[ 1.,  0., -3.],
           [ 0.,  1.,  2.]])
    """
    flow = _field(flow)
    points = np.asarray(points, float)
    if points.ndim != 2 or points.shape[1:] != (2,) or not np.isfinite(points).all():
        raise BadInput(f"Found points of shape {points.shape}; expected finite (k, 2) of (x, y).")
    moved = points + _sample(flow, points)
    centre = moved.mean(axis=0)
    spread = np.linalg.svd(moved - centre, compute_uv=False)
    # Solved about the centre: far better conditioned than with absolute coordinates.
    if len(points) < 3 or spread[1] <= 1e-6 * max(spread[0], 1.0):
        raise BadInput(
            f"Found {len(points)} point(s) on one line or in one place; an affine map needs "
            "three that span the plane. Check the landmarks."
        )
    design = np.column_stack([moved - centre, np.ones(len(points))])
    affine = np.linalg.lstsq(design, points, rcond=None)[0].T
    affine[:, 2] -= affine[:, :2] @ centre
    return affine


def align_flow(flow: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """The flow that is left when the second frame is mapped by `affine`.

    At x the new flow is A[x + flow(x); 1] − x. When the whole field is one affine motion, such
    as a translation or rotation of the head, the map fitted by :func:`fit_affine` leaves zero.

    Parameters
    ----------
    flow : ndarray (H, W, 2)
        (u, v) in pixels.
    affine : ndarray (2, 3)
        The map A.

    Returns
    -------
    ndarray (H, W, 2), float32

    Raises
    ------
    BadInput
        Wrong shapes or values that are not finite.

    See Also
    --------
    fit_affine : Where the map comes from.

    Examples
    --------
    >>> import numpy as np
    >>> moved = np.full((40, 40, 2), (3.0, -2.0))
    >>> A = fit_affine(moved, np.array([[5, 5], [30, 6], [12, 33]]))
    >>> bool(np.abs(align_flow(moved, A)).max() < 1e-5)
    True
    """
    flow = _field(flow)
    affine = np.asarray(affine, float)
    if affine.shape != (2, 3) or not np.isfinite(affine).all():
        raise BadInput(f"Found an affine map of shape {affine.shape}; expected finite (2, 3).")
    h, w = flow.shape[:2]
    # A[x + f; 1] − x = (M − I)x + t + Mf: small terms are never the difference of large ones.
    m = affine[:, :2]
    x, y = np.arange(w, dtype=float)[:, None], np.arange(h, dtype=float)[:, None, None]
    change = m - np.eye(2)
    return (flow @ m.T + x * change[:, 0] + y * change[:, 1] + affine[:, 2]).astype(np.float32)


def _field(flow: np.ndarray) -> np.ndarray:
    flow = np.asarray(flow)
    if flow.dtype not in (np.float32, np.float64):  # both are exact: what is computed is float64
        flow = flow.astype(float)
    if flow.ndim != 3 or flow.shape[2] != 2 or 0 in flow.shape or not np.isfinite(flow).all():
        raise BadInput(f"Found a flow of shape {flow.shape}; expected finite (H, W, 2).")
    return flow


def _sample(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Bilinear values of `field` at `points`, which are clamped into the image."""
    h, w = field.shape[:2]
    x = np.clip(points[:, 0], 0, w - 1)
    y = np.clip(points[:, 1], 0, h - 1)
    x0 = np.minimum(x.astype(int), max(w - 2, 0))
    y0 = np.minimum(y.astype(int), max(h - 2, 0))
    x1, y1 = np.minimum(x0 + 1, w - 1), np.minimum(y0 + 1, h - 1)
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    top = field[y0, x0] * (1 - fx) + field[y0, x1] * fx
    low = field[y1, x0] * (1 - fx) + field[y1, x1] * fx
    return top * (1 - fy) + low * fy
