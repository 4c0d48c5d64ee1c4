"""STLBP-IP: spatiotemporal local binary patterns of integral projections."""

from __future__ import annotations

import math

import numpy as np

from ..errors import BadInput
from .lbp import neighbour_offsets, normalised_histograms, uniform_labels
from .patterns import PatternExtractor, prepare
from .projections import Projections

__all__ = ["STLBPIP", "stlbp_ip"]

_EQUAL = 5e-5  # the LBP code of the authors' group rounds interpolated values to four digits


def stlbp_ip(
    video: np.ndarray,
    *,
    blocks: tuple[int, int] = (5, 5),
    window: int = 9,
    sampling: str = "bilinear",
    first: bool = False,
) -> np.ndarray:
    """STLBP-IP histograms of one clip.

    The first frame is subtracted from each. In every block, the means along its rows and along
    its columns (integral projections) leave two curves per frame. One-dimensional LBP describes
    the curves, LBP the images into which they stack over time.

    Parameters
    ----------
    video : ndarray ``(T, H, W)`` or ``(T, H, W, 3)``, T ≥ 4
    blocks : (rows, columns), default (5, 5)
        Our choice. The clip is cut first, so nothing reaches over a block's edge.
    window : int, default 9
        W, odd, 3 to 17: a value of a curve is compared with the W − 1 nearest (9 in public code).
    sampling : {'bilinear', 'nearest'}, default 'bilinear'
        Grey levels between the pixels of the images are interpolated, as in the LBP code of the
        authors' group and the public code that uses it for this; or the nearest is taken. An
        interpolated sum counts as equal to the centre's from 5e-5 below it, as there.
    first : bool, default False
        Let the first frame, from which nothing has changed, stand as a row of zeros in the
        images. Public code begins with the second.

    Returns
    -------
    ndarray of float64 ``(n_blocks · 2 · (2**(W−1) + 59),)``
        By block: one-dimensional codes of the curve along x and of the one along y, all frames
        but the first counted together; uniform patterns of eight neighbours at radius 1 in the
        images (x, t) and (y, t). Bit 0 is the leftmost or uppermost neighbour. Each histogram
        sums to 1.

    Raises
    ------
    BadInput
        Fewer than four frames (three with `first`), blocks smaller than the window, or unknown
        options.

    See Also
    --------
    lbp_mop : Projections too, of the frames as they are and over time as well.

    Notes
    -----
    The base descriptor only, without its later variants. That curves are compared with W − 1
    values and codes kept as they are is also how public code has it.

    References
    ----------
    X. Huang, S.-J. Wang, G. Zhao and M. Pietikäinen, "Facial Micro-Expression Recognition Using
    Spatiotemporal Local Binary Pattern with Integral Projection", ICCV Workshops 2015. Public
    code: github.com/yuxinhe/Facial-Micro-Expression-Recognition-using-STLBP-with-Integral-Projecti.

    Examples
    --------
    >>> stlbp_ip(np.full((5, 20, 20), 80, np.uint8), blocks=(1, 1)).nonzero()[0].tolist()
    [255, 511, 569, 628]
    """
    if window not in range(3, 18, 2):
        raise BadInput(f"window must be odd and between 3 and 17, found {window!r}.")
    if sampling not in ("bilinear", "nearest"):
        raise BadInput(f"sampling must be 'bilinear' or 'nearest', found {sampling!r}.")
    video = prepare(video)
    needed = 3 if first else 4
    if len(video) < needed:
        raise BadInput(
            f"The clip has {len(video)} frame(s), at least {needed} are needed: interpolate it in "
            "time first (mebench.preprocessing.TIM)."
        )
    signed = video.astype(np.int16 if video.dtype == np.uint8 else np.float64)
    change = signed - signed[0]
    curves = Projections(change[1:], blocks)
    half = window // 2
    along = np.zeros((window - 1, 3))
    along[:, 2] = [d for d in range(-half, half + 1) if d]
    plain = np.arange(2 ** (window - 1))
    images = Projections(change if first else change[1:], blocks)
    parts = [
        normalised_histograms(curves.counts("y", along, half, 0), plain),
        normalised_histograms(curves.counts("x", along[:, [0, 2, 1]], half, 0), plain),
        normalised_histograms(_image_counts(images, "y", sampling), uniform_labels(8)),
        normalised_histograms(_image_counts(images, "x", sampling), uniform_labels(8)),
    ]
    return np.concatenate(parts, axis=1).ravel()


def _image_counts(projections: Projections, axis: str, sampling: str) -> np.ndarray:
    """Codes of each block's image of time and space, counted, ``(n_blocks, 256)``."""
    _, xt, yt = neighbour_offsets(8, (1, 1, 1))
    sums = projections.sums(axis)
    if axis == "y":
        edges, places = projections.columns, xt[:, [0, 2]]
    else:
        sums, edges, places = sums.swapaxes(1, 2), projections.rows, yt[:, [0, 1]]
    counts = np.empty((sums.shape[1], len(edges) - 1, 256), np.int64)
    for k in range(len(edges) - 1):
        image = sums[:, :, edges[k] : edges[k + 1]]
        codes = np.zeros(image[1:-1, :, 1:-1].shape, np.int64)
        for p, place in enumerate(places):
            at = _shifted(image, *(place if sampling == "bilinear" else np.floor(place + 0.5)))
            codes |= (at >= image[1:-1, :, 1:-1] - _EQUAL).astype(np.int64) << p
        for line in range(len(counts)):
            counts[line, k] = np.bincount(codes[:, line].ravel(), minlength=256)
    return (counts if axis == "y" else counts.swapaxes(0, 1)).reshape(-1, 256)


def _shifted(image: np.ndarray, dt: float, dx: float) -> np.ndarray:
    """The inner pixels of images ``(T, n, X)``, read dt frames and dx pixels away, linearly."""
    for axis, d in ((0, dt), (2, dx)):
        low = math.floor(d)
        n = image.shape[axis] - 2
        a = image.take(range(1 + low, 1 + low + n), axis=axis)
        if d > low:
            a = a + (d - low) * (image.take(range(2 + low, 2 + low + n), axis=axis) - a)
        image = a
    return image


class STLBPIP(PatternExtractor):
    """STLBP-IP as a transformer; see :func:`stlbp_ip` for the parameters and the reference.

    See Also
    --------
    stlbp_ip : The function of one clip.

    Examples
    --------
    >>> STLBPIP().n_features, STLBPIP(window=5).n_features
    (15750, 3750)
    """

    version = 2
    _function = staticmethod(stlbp_ip)

    def __init__(
        self,
        blocks: tuple[int, int] = (5, 5),
        window: int = 9,
        sampling: str = "bilinear",
        first: bool = False,
    ) -> None:
        self.blocks = blocks
        self.window = window
        self.sampling = sampling
        self.first = first

    def _bins(self) -> dict[str, int]:
        codes = 2 ** (self.window - 1)
        return {"X": codes, "Y": codes, "XT": 59, "YT": 59}
