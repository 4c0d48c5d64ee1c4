"""Where on the face a descriptor looks: block grids and landmark regions, as row spans.

Every region, rectangle or polygon, is a set of *spans*: rows ``(region, y, start, stop)``
meaning the pixels ``start <= x < stop`` of row `y`. Kernels walk over spans and need not know
what shape they came from.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Union

import numpy as np
from numba import njit

from ..errors import BadInput

__all__ = [
    "Regions",
    "block_edges",
    "block_ranges",
    "grid_spans",
    "mdmo_rois",
    "polygon_spans",
    "region_names",
    "region_spans",
]

#: A block grid (rows, columns), or the name of a set of landmark regions.
Regions = Union[tuple[int, int], str]

# Vertices of the 36 MDMO regions. Numbers are 0-based iBUG points; b0..b6 lie above the brows,
# m7..m21 between landmarks (see `mdmo_rois`). Liu et al. 2016, as in the authors' table.
_MDMO_ROIS = """
17 b0 b1 19|19 b1 b2 21|21 b2 b3 27|27 b3 b4 22|22 b4 b5 24|24 b5 b6 26
1 0 17 36|36 17 19 38|38 19 21 39|39 21 27 28|28 27 22 42|42 22 24 43
43 24 26 45|45 26 16 15|3 2 m15 m7|m7 m15 41 39|m7 39 28 29|29 28 42 m8
m8 42 46 m16|m8 m16 14 13|m11 m7 29 33|33 29 m8 m12|m13 m9 33 59|55 33 m10 m14
m18 m17 59 58|m19 m18 58 57|m20 m19 57 56|m21 m20 56 55|4 3 m7 m11|m12 m8 13 12
5 4 m9 m13|m14 m10 12 11|6 5 m17 m18|8 6 m18 m19|10 8 m19 m20|11 10 m20 m21
"""
_ROI_VERTICES = [roi.split() for roi in _MDMO_ROIS.replace("\n", "|").strip("|").split("|")]

_LIFTED = {"b0": 17, "b1": 19, "b2": 21, "b4": 22, "b5": 24, "b6": 26}
_MIDPOINTS = {
    **{"m7": (3, 29), "m8": (13, 29), "m9": (4, 33), "m11": (4, 33)},
    **{"m10": (12, 33), "m12": (12, 33), "m13": (5, 59), "m17": (5, 59)},
    **{"m14": (11, 55), "m21": (11, 55), "m15": (2, 41), "m16": (14, 46)},
    **{"m18": (6, 58), "m19": (8, 57), "m20": (10, 56)},
}


def region_names(regions: Regions) -> list[str]:
    """One name per region, in the order of the features.

    Examples
    --------
    >>> region_names((1, 2))
    ['block0,0', 'block0,1']
    """
    if isinstance(regions, str):
        if regions == "mdmo":
            return [f"roi{i}" for i in range(36)]
    elif len(regions) == 2 and min(regions) >= 1:
        return [f"block{r},{c}" for r in range(regions[0]) for c in range(regions[1])]
    raise BadInput(f"regions must be (rows, columns) of a block grid or 'mdmo', found {regions!r}.")


def region_spans(
    regions: Regions,
    shape: tuple[int, int],
    landmarks: np.ndarray | None,
    border: int = 0,
    overlap: float = 0.0,
) -> np.ndarray:
    """Spans of the named regions on a frame.

    Parameters
    ----------
    regions : (rows, columns) or 'mdmo'
        A block grid, or the 36 regions of :func:`mdmo_rois`.
    shape : (H, W)
    landmarks : ndarray ``(68, 2)`` or None
        Needed by landmark regions only.
    border : int, default 0
        Pixels at each side of the image that belong to no region.
    overlap : float, default 0
        Of the blocks of a grid, see :func:`grid_spans`.

    Raises
    ------
    BadInput
        Unknown regions, too many blocks for the frame, or landmarks missing.
    """
    region_names(regions)
    if not isinstance(regions, str):
        return grid_spans(tuple(shape), tuple(regions), border, overlap)
    if landmarks is None:
        raise BadInput(
            f"The {regions!r} regions need 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or pass landmarks."
        )
    return polygon_spans(mdmo_rois(landmarks), shape, border)


def block_edges(lo: int, hi: int, n: int) -> np.ndarray:
    """``n + 1`` edges of `n` disjoint blocks over ``lo <= x < hi``: floor of equal steps.

    Raises
    ------
    BadInput
        There are fewer pixels (or frames) than blocks.

    Examples
    --------
    >>> block_edges(1, 11, 4).tolist()
    [1, 3, 6, 8, 11]
    """
    if hi - lo < n:
        raise BadInput(
            f"Cannot cut {max(hi - lo, 0)} usable pixels or frames into {n} blocks: "
            "use fewer blocks, smaller radii or larger frames."
        )
    return np.floor(np.linspace(lo, hi, n + 1)).astype(np.int64)


@lru_cache(maxsize=64)
def grid_spans(
    shape: tuple[int, int], blocks: tuple[int, int], border: int = 0, overlap: float = 0.0
) -> np.ndarray:
    """Spans of a block grid; region number = row of the block × columns + its column.

    Parameters
    ----------
    shape : (H, W)
    blocks : (rows, columns)
    border : int, default 0
        Pixels left out at each side of the image.
    overlap : float in [0, 1), default 0
        Share of a block's side by which it grows into its neighbours, half at each end.

    Returns
    -------
    ndarray of int32 ``(n_spans, 4)``: region, y, start, stop
    """
    rows, cols = blocks
    ys = block_ranges(border, shape[0] - border, rows, overlap)
    xs = block_ranges(border, shape[1] - border, cols, overlap)
    spans = [
        (r * cols + c, y, x0, x1)
        for r, (y0, y1) in enumerate(ys)
        for y in range(y0, y1)
        for c, (x0, x1) in enumerate(xs)
    ]
    out = np.array(spans, np.int32).reshape(-1, 4)
    out.flags.writeable = False  # it is shared through the cache
    return out


def block_ranges(lo: int, hi: int, n: int, overlap: float = 0.0) -> np.ndarray:
    """``(n, 2)`` start and stop of each block, grown by `overlap` of its length."""
    if not 0 <= overlap < 1:
        raise BadInput(f"overlap must be at least 0 and below 1, found {overlap}.")
    edges = block_edges(lo, hi, n)
    grow = np.floor(np.diff(edges) * overlap / 2).astype(np.int64)
    return np.c_[np.maximum(edges[:-1] - grow, lo), np.minimum(edges[1:] + grow, hi)]


def mdmo_rois(landmarks: np.ndarray, lift: float | None = None) -> np.ndarray:
    """The 36 facial regions of MDMO as quadrilaterals.

    Parameters
    ----------
    landmarks : ndarray ``(68, 2)``
        (x, y) in pixels, iBUG order.
    lift : float, optional
        How far the forehead regions reach above the brows, in pixels. Default: 0.2 × the
        distance of the eyes' centres (our choice; 20 px on faces about 250 px wide is seen
        in ports of the authors' code).

    Returns
    -------
    ndarray ``(36, 4, 2)`` of (x, y) vertices; y is not above the image's first row.

    References
    ----------
    Y.-J. Liu et al., "A Main Directional Mean Optical Flow Feature for Spontaneous
    Micro-Expression Recognition", IEEE Trans. Affective Computing 7(4), 2016.
    """
    p = np.asarray(landmarks, float)
    if lift is None:
        lift = 0.2 * float(np.linalg.norm(p[36:42].mean(0) - p[42:48].mean(0)))
    points = {str(i): p[i] for i in range(68)}
    for name, i in _LIFTED.items():
        points[name] = np.array([p[i, 0], max(p[i, 1] - lift, 0.0)])
    points["b3"] = (points["b2"] + points["b4"]) / 2
    for name, (i, j) in _MIDPOINTS.items():
        points[name] = (p[i] + p[j]) / 2
    return np.array([[points[v] for v in roi] for roi in _ROI_VERTICES])


def polygon_spans(polygons: np.ndarray, shape: tuple[int, int], border: int = 0) -> np.ndarray:
    """Spans of polygons, cut at the image's border; region number = place in `polygons`.

    A pixel belongs to a polygon if its centre lies inside by the even–odd rule; centres on
    a shared edge belong to one side only.

    Parameters
    ----------
    polygons : ndarray ``(n, n_vertices, 2)`` of (x, y)
    shape : (H, W)

    Returns
    -------
    ndarray of int32 ``(n_spans, 4)``: region, y, start, stop

    Examples
    --------
    >>> square = np.array([[[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]])
    >>> polygon_spans(square, (5, 5)).tolist()
    [[0, 1, 1, 3], [0, 2, 1, 3]]
    """
    return _scan(np.ascontiguousarray(polygons, np.float64), shape[0], shape[1], border)


@njit(cache=True, nogil=True)
def _scan(polygons, height, width, border):  # type: ignore[no-untyped-def]
    n, n_vertices, _ = polygons.shape
    spans = np.empty((n * height * (n_vertices // 2 + 1), 4), np.int32)
    found = 0
    for region in range(n):
        polygon = polygons[region]
        first = max(math.ceil(polygon[:, 1].min()), border)
        last = min(math.ceil(polygon[:, 1].max()), height - border)
        for y in range(first, last):
            crossings = np.empty(n_vertices)
            k = 0
            for i in range(n_vertices):
                ax, ay = polygon[i - 1]
                bx, by = polygon[i]
                if (ay <= y) != (by <= y):
                    crossings[k] = ax + (y - ay) * (bx - ax) / (by - ay)
                    k += 1
            xs = np.sort(crossings[:k])
            for i in range(0, k - 1, 2):
                start = min(max(math.ceil(xs[i]), border), width - border)
                stop = min(max(math.ceil(xs[i + 1]), border), width - border)
                if stop > start:
                    spans[found] = (region, y, start, stop)
                    found += 1
    return spans[:found].copy()
