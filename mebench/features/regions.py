"""Where on the face a descriptor looks: block grids and landmark regions, as row spans.

Every region, rectangle or polygon, is a set of *spans*: rows ``(region, y, start, stop)``
meaning the pixels ``start <= x < stop`` of row `y`. Kernels walk over spans and need not know
what shape they came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ..errors import BadInput

__all__ = [
    "ACTION_UNIT_PLACES",
    "SQUARE_SIDE",
    "Regions",
    "block_edges",
    "block_ranges",
    "eye_distance",
    "grid_spans",
    "mdmo_rois",
    "n_regions",
    "polygon_spans",
    "region_names",
    "region_spans",
    "region_squares",
    "square_spans",
]

#: A block grid (rows, columns), or the name of a set of landmark regions: ``'mdmo'``,
#: ``'kato'``, or action units such as ``'au9+au10'``.
Regions = tuple[int, int] | str

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

#: Side of a square region in distances of the eyes' centres.
SQUARE_SIDE = 0.45

# A place is the mean of some landmarks. Right and left are the person's.
_Places = tuple[tuple[int, ...], ...]

# The 15 regions; where they lie is our reading (see `region_spans`).
_KATO: dict[str, _Places] = {
    "right_brow_outer": ((17, 18, 19),),
    "right_brow_inner": ((20, 21),),
    "glabella": ((21, 22, 27),),
    "left_brow_inner": ((22, 23),),
    "left_brow_outer": ((24, 25, 26),),
    "right_eye": ((40, 41),),
    "left_eye": ((46, 47),),
    "nose_bridge": ((28, 29),),
    "right_nasolabial": ((31, 48),),
    "left_nasolabial": ((35, 54),),
    "right_mouth_corner": ((48,),),
    "left_mouth_corner": ((54,),),
    "upper_lip": ((33, 51),),
    "lower_lip": ((57,),),
    "chin": ((8, 57),),
}

#: Where each action unit moves the skin most: places, each the mean of some landmarks. Our
#: reading of the Facial Action Coding System's descriptions, not measurements.
ACTION_UNIT_PLACES: dict[int, _Places] = {
    1: ((20, 21), (22, 23)),
    2: ((17, 18), (25, 26)),
    4: ((19, 20), (21,), (21, 22, 27), (22,), (23, 24)),
    5: ((37, 38), (43, 44)),
    6: ((1, 41), (40, 41), (46, 47), (15, 46)),
    7: ((37, 38), (40, 41), (43, 44), (46, 47)),
    9: ((21, 22, 27), (28,), (31,), (35,)),
    10: ((31, 49), (33, 51), (35, 53)),
    12: ((48,), (3, 48), (54,), (13, 54)),
    14: ((48,), (54,)),
    15: ((48,), (5, 48), (54,), (11, 54)),
    16: ((56, 57, 58),),
    17: ((57,), (8, 57)),
    18: ((50, 51, 52), (56, 57, 58)),
    20: ((48,), (59,), (54,), (55,)),
    23: ((49, 59), (51, 57), (53, 55)),
    24: ((50, 51, 52), (56, 57, 58)),
    25: ((51, 57),),
    26: ((51, 57), (8, 57)),
    28: ((51, 57),),
    43: ((36, 39), (42, 45)),
    45: ((36, 39), (42, 45)),
}


def region_names(regions: Regions) -> list[str]:
    """One name per region, in the order of the features.

    Examples
    --------
    >>> region_names((1, 2))
    ['block0,0', 'block0,1']
    >>> region_names("au9+au10"), len(region_names("kato"))
    (['au9', 'au10'], 15)
    """
    if isinstance(regions, str):
        if regions == "mdmo":
            return [f"roi{i}" for i in range(36)]
        return list(_places(regions))
    if len(regions) == 2 and min(regions) >= 1:
        return [f"block{r},{c}" for r in range(regions[0]) for c in range(regions[1])]
    raise _unknown(regions)


def n_regions(regions: Regions) -> int:
    """How many regions there are.

    Examples
    --------
    >>> n_regions((8, 8)), n_regions("kato")
    (64, 15)
    """
    if isinstance(regions, str) or len(regions) != 2 or min(regions) < 1:
        return len(region_names(regions))
    return regions[0] * regions[1]


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
    regions : (rows, columns) or str
        A block grid; ``'mdmo'``, the 36 regions of :func:`mdmo_rois`; ``'kato'``, 15 regions on
        brows, glabella, eyes, nose, folds of the nose, mouth and chin; or action units such as
        ``'au9+au10'``, one region each, where that unit moves the skin
        (:data:`ACTION_UNIT_PLACES`). Regions may overlap.
    shape : (H, W)
    landmarks : ndarray ``(68, 2)`` or None
        Needed by landmark regions only.
    border : int, default 0
        Pixels at each side of the image that belong to no region.
    overlap : float, default 0
        Of the blocks of a grid, see :func:`grid_spans`.

    Returns
    -------
    ndarray of int32 ``(n_spans, 4)``: region, y, start, stop; read-only

    Raises
    ------
    BadInput
        Unknown regions, too many blocks for the frame, or landmarks missing.

    Notes
    -----
    Kato et al. describe features of 15 facial regions; their coordinates are not known to
    us, and those here are our own: squares about named places, with a side of 0.45 × the
    distance of the eyes' centres. So are the regions of action units.

    References
    ----------
    H. Kato, H. Takano, M. Saiko, M. Kubo and H. Imaoka, APSIPA ASC 2021, pp. 1781–1785
    (15 regions).
    """
    if not isinstance(regions, str):
        if len(regions) != 2 or min(regions) < 1:
            raise _unknown(regions)
        return grid_spans(tuple(shape), tuple(regions), border, overlap)
    region_names(regions)
    if landmarks is None:
        raise BadInput(
            f"The {regions!r} regions need 68 facial landmarks, and this clip has none: put "
            "mebench.preprocessing.FindLandmarks() in front, or pass landmarks."
        )
    if regions == "mdmo":
        spans = polygon_spans(mdmo_rois(landmarks), shape, border)
    else:
        points = np.asarray(landmarks, float)
        centres = region_squares(regions, points)
        spans = square_spans(centres, SQUARE_SIDE * eye_distance(points), shape, border)
    spans.flags.writeable = False  # as those of a grid: kernels are compiled for one kind only
    return spans


def region_squares(regions: str, landmarks: np.ndarray) -> list[np.ndarray]:
    """Centres (x, y) of the squares of each region, ``(n_squares, 2)`` each; not for 'mdmo'."""
    points = np.asarray(landmarks, float)
    return [
        np.array([points[list(place)].mean(0) for place in places])
        for places in _places(regions).values()
    ]


@lru_cache(maxsize=256)
def block_edges(lo: int, hi: int, n: int) -> np.ndarray:
    """``n + 1`` edges of `n` disjoint blocks over ``lo <= x < hi``: floor of equal steps.

    The array is read-only.

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
    edges = np.floor(np.linspace(lo, hi, n + 1)).astype(np.int64)
    edges.flags.writeable = False  # it is shared through the cache
    return edges


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


@lru_cache(maxsize=256)
def block_ranges(lo: int, hi: int, n: int, overlap: float = 0.0) -> np.ndarray:
    """``(n, 2)`` start and stop of each block, grown by `overlap` of its length; read-only."""
    if not 0 <= overlap < 1:
        raise BadInput(f"overlap must be at least 0 and below 1, found {overlap}.")
    edges = block_edges(lo, hi, n)
    starts, stops = edges[:-1], edges[1:]
    if overlap:
        grow = np.floor((stops - starts) * overlap / 2).astype(np.int64)
        starts, stops = np.maximum(starts - grow, lo), np.minimum(stops + grow, hi)
    out = np.stack([starts, stops], axis=1)
    out.flags.writeable = False  # it is shared through the cache
    return out


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
        lift = 0.2 * eye_distance(p)
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
    polygons = np.asarray(polygons, np.float64)
    height, width = shape
    (bx, by), (ax, ay) = (
        np.moveaxis(p, 2, 0)[:, :, None] for p in (polygons, np.roll(polygons, 1, 1))
    )
    y = np.arange(border, height - border)[:, None]
    crosses = (ay <= y) != (by <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossings = np.where(crosses, ax + (y - ay) * (bx - ax) / (by - ay), np.inf)
    # Each line enters and leaves a polygon in turn; what it never crosses comes last.
    edges = np.sort(crossings, axis=2)[:, :, : polygons.shape[1] // 2 * 2]
    edges = np.ceil(edges).clip(border, width - border).astype(np.int32)
    start, stop = edges[:, :, ::2], edges[:, :, 1::2]
    region, row, pair = np.nonzero(stop > start)
    spans = (region, y[row, 0], start[region, row, pair], stop[region, row, pair])
    return np.stack(spans, axis=1).astype(np.int32)


def square_spans(
    centres: Sequence[np.ndarray], side: float, shape: tuple[int, int], border: int = 0
) -> np.ndarray:
    """Spans of regions that are unions of equal squares, cut at the image's border.

    Parameters
    ----------
    centres : sequence of ndarray ``(n_squares, 2)``
        Per region, the (x, y) centres of its squares.
    side : float
        In pixels.
    shape : (H, W)

    Returns
    -------
    ndarray of int32 ``(n_spans, 4)``: region, y, start, stop; no pixel twice in a region

    Examples
    --------
    >>> square_spans([np.array([[1.0, 1.0], [2.0, 1.0]])], 2, (4, 5)).tolist()
    [[0, 0, 0, 3], [0, 1, 0, 3]]
    """
    height, width = shape
    spans = [np.empty((0, 4), np.int32)]
    for region, places in enumerate(centres):
        inside = np.zeros((height, width + 1), bool)  # the last column stays empty
        for x, y in places:
            rows, columns = _extent(y, side, height, border), _extent(x, side, width, border)
            inside[rows, columns] = True
        edges = np.diff(inside.astype(np.int8), axis=1, prepend=0)
        y, start = np.nonzero(edges == 1)
        stop = np.nonzero(edges == -1)[1]
        spans.append(np.c_[np.full(len(y), region), y, start, stop].astype(np.int32))
    return np.concatenate(spans)


def _extent(centre: float, side: float, n: int, border: int) -> slice:
    first, last = np.ceil([centre - side / 2, centre + side / 2])
    return slice(int(max(first, border)), int(max(min(last, n - border), 0)))


def _places(regions: str) -> dict[str, _Places]:
    """The places of each region of a set that is made of squares."""
    if regions == "kato":
        return _KATO
    numbers = [int(n) if n.isdigit() else 0 for n in regions.replace("au", "").split("+")]
    if regions != "+".join(f"au{n}" for n in numbers) or len(set(numbers)) < len(numbers):
        raise _unknown(regions)
    unknown = [n for n in numbers if n not in ACTION_UNIT_PLACES]
    if unknown:
        raise BadInput(
            f"No region is known for action unit {unknown[0]}; there are "
            f"{', '.join(map(str, ACTION_UNIT_PLACES))}."
        )
    return {f"au{n}": ACTION_UNIT_PLACES[n] for n in numbers}


def _unknown(regions: object) -> BadInput:
    return BadInput(
        "regions must be (rows, columns) of a block grid, 'mdmo', 'kato', or different action "
        f"units such as 'au9+au10', found {regions!r}."
    )


def eye_distance(landmarks: np.ndarray) -> float:
    """Between the centres of the eyes, in the landmarks' unit."""
    return float(np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0)))
