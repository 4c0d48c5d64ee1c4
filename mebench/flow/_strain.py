"""Optical strain: how much the skin is stretched, compressed or sheared."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..errors import BadInput

__all__ = ["strain"]


def strain(flow: np.ndarray, variant: str = "tensor") -> np.ndarray:
    """Magnitude of the optical strain of a flow field.

    The infinitesimal strain tensor is e = ½(∇w + ∇wᵀ) with w = (u, v), and its magnitude

        |e| = √(u_x² + v_y² + ½(u_y + v_x)²),

    which is zero for a translation and for a small rotation.

    Parameters
    ----------
    flow : ndarray (..., H, W, 2)
        (u, v) in pixels; any leading axes, such as time.
    variant : {"tensor", "meb"}, default "tensor"
        ``"tensor"``: the formula above, by central differences (our choice; one-sided in the
        border rows and columns).
        ``"meb"``: what the ``meb`` library computes, to redo numbers obtained with it:
        √(u_x² + v_y² + ½(u_y² + v_x²)) where x is the *row* axis and the derivatives are
        Sobel sums, eight times the derivative, over a zero-padded field. It does not vanish
        under rotation, and is large along the border.

    Returns
    -------
    ndarray (..., H, W), float32

    Raises
    ------
    BadInput
        Unknown variant, wrong shape, fewer than two rows or columns, values not finite.

    See Also
    --------
    flow : Where the flow comes from.
    mebench.features.osf : Strain as a feature.

    References
    ----------
    M. Shreve et al., "Macro- and micro-expression spotting in long videos using
    spatio-temporal strain", FG 2011.

    Examples
    --------
    >>> import numpy as np
    >>> y, x = np.mgrid[:5, :5]
    >>> print(strain(np.stack([0.1 * x, 0 * y], -1))[2, 2].round(4))  # stretched by 10 %
    0.1
    >>> print(strain(np.stack([0.1 * y, 0 * x], -1))[2, 2].round(4))  # pure shear: 0.1 / √2
    0.0707
    >>> print(strain(np.stack([-0.1 * y, 0.1 * x], -1))[2, 2])  # a rotation
    0.0
    """
    flow = np.asarray(flow)
    if flow.dtype != np.float64:
        flow = flow.astype(np.float32)
    if flow.ndim < 3 or flow.shape[-1] != 2 or min(flow.shape[-3:-1]) < 2:
        raise BadInput(
            f"Found a flow of shape {flow.shape}; expected (..., H, W, 2) with at least two rows "
            "and columns."
        )
    if not np.isfinite(flow).all():
        raise BadInput("Found NaN or infinite flow vectors; strain needs finite ones.")
    u, v = flow[..., 0], flow[..., 1]
    if variant == "tensor":
        uy, ux = np.gradient(u, axis=(-2, -1))
        vy, vx = np.gradient(v, axis=(-2, -1))
        return np.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2).astype(np.float32)
    if variant == "meb":
        ux, vx = (_sobel(f, -2) for f in (u, v))
        uy, vy = (_sobel(f, -1) for f in (u, v))
        return np.sqrt(ux**2 + vy**2 + 0.5 * (uy**2 + vx**2)).astype(np.float32)
    raise BadInput(f"Found strain variant {variant!r}; expected 'tensor' or 'meb'.")


def _sobel(field: np.ndarray, axis: int) -> np.ndarray:
    """Sobel sum along one image axis; ndimage.sobel would also smooth over time."""
    across = -1 if axis == -2 else -2
    slope = ndimage.correlate1d(field, [-1, 0, 1], axis, mode="constant")
    return ndimage.correlate1d(slope, [1, 2, 1], across, mode="constant")
