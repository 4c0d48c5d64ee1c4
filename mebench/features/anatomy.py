"""What the regions of a descriptor stand for: their columns, their place on the face, their units.

All places are on one mean face in the crop that :class:`mebench.preprocessing.AlignFace` makes,
as shares of its width and height: 0, 0 is its upper left corner and 1, 1 the lower right one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import BadInput
from .regions import (
    ACTION_UNIT_PLACES,
    SQUARE_SIDE,
    Regions,
    eye_distance,
    mdmo_rois,
    region_names,
    region_squares,
)

__all__ = [
    "UNIT_NAMES",
    "ZONES",
    "face_points",
    "feature_regions",
    "region_polygons",
    "region_units",
    "region_zones",
]

#: Parts of the face into which :func:`region_zones` sorts regions, from above.
ZONES = ("brows", "eyes", "nose", "cheeks", "mouth", "chin")

#: Names of the action units in the Facial Action Coding System (Ekman and Friesen 1978).
UNIT_NAMES: dict[int, str] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    16: "lower lip depressor",
    17: "chin raiser",
    18: "lip pucker",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    28: "lip suck",
    43: "eyes closed",
    45: "blink",
}

_NEAR = 0.03  # distances of the eyes' centres by which a unit's place may lie outside a region
_TOKEN = re.compile(r"(?:^|_)(block\d+,\d+|roi\d+|au\d+)(?=_|$)")


def feature_regions(extractor: Any) -> np.ndarray:
    """The region of the face that each column of an extractor describes.

    Parameters
    ----------
    extractor : transformer
        With a method ``feature_regions()`` of its own; or with ``get_feature_names_out`` whose
        names hold the names of its regions between underscores, as all of mebench's do
        (``t0_block3,4_XY_17``); or a ``FeatureUnion`` of such.

    Returns
    -------
    ndarray of str ``(n_features,)``
        '' where a column belongs to no region, or to all. The regions of a union's members are
        prefixed: ``member:region``.

    Examples
    --------
    >>> from mebench.features import MDMO
    >>> feature_regions(MDMO())[[0, 1, 36]].tolist()
    ['roi0', 'roi1', 'roi0']
    """
    members = getattr(extractor, "transformer_list", None)
    if members is not None:
        parts = [(name, feature_regions(member)) for name, member in members]
        return np.array(
            [f"{name}:{r}" if r else "" for name, found in parts for r in found], object
        )
    own = getattr(extractor, "feature_regions", None)
    if own is not None:
        return np.asarray(own(), object)
    names = [str(name) for name in extractor.get_feature_names_out()]
    pattern = _TOKEN
    regions = getattr(extractor, "regions", None)
    if regions is not None:
        # The longest first, so that no name is taken for the beginning of another.
        known = sorted(region_names(regions), key=len, reverse=True)
        pattern = re.compile(rf"(?:^|_)({'|'.join(map(re.escape, known))})(?=_|$)")
        if len(known) > 100:  # so many alternatives are slow to try one by one
            pattern = _TOKEN
    found = (pattern.search(name) for name in names)
    return np.array([match[1] if match else "" for match in found], object)


def face_points(
    size: tuple[int, int] = (170, 140), width: float = 2.4, eye_row: float = 0.29
) -> np.ndarray:
    """The mean face's 68 points on an aligned crop, ``(68, 2)`` as (x, y) in shares of its sides.

    Parameters
    ----------
    size, width, eye_row
        Of :class:`mebench.preprocessing.AlignFace`, whose defaults these are.

    Notes
    -----
    The face is the mean of a public-domain photograph and its mirror image, the shape to which
    clips are registered. People differ from it by several hundredths of the crop.

    Examples
    --------
    >>> points = face_points()
    >>> points[[36, 45, 8]].round(2).tolist()  # outer corners of the eyes, chin
    [[0.21, 0.29], [0.79, 0.29], [0.5, 0.89]]
    """
    height, across = size
    pixels = _mean_shape() * (across / width) + [(across - 1) / 2, eye_row * (height - 1)]
    return (pixels + 0.5) / [across, height]


def region_polygons(
    regions: Regions,
    size: tuple[int, int] = (170, 140),
    width: float = 2.4,
    eye_row: float = 0.29,
) -> dict[str, np.ndarray]:
    """The outline of each region on the aligned mean face.

    Parameters
    ----------
    regions : (rows, columns) or str
        As in :func:`mebench.features.regions.region_spans`.
    size, width, eye_row
        As in :func:`face_points`; the blocks of a grid need none of them.

    Returns
    -------
    dict of str to ndarray ``(n_vertices, 2)``
        (x, y) in shares of the crop's sides. A region of several squares is one closed path
        through all of them. Pixels that a descriptor leaves out at the border are not taken off.

    Examples
    --------
    >>> region_polygons((2, 2))["block0,1"].tolist()
    [[0.5, 0.0], [1.0, 0.0], [1.0, 0.5], [0.5, 0.5]]
    """
    if not isinstance(regions, str):
        rows, columns = regions
        return {
            name: _rectangle(c / columns, r / rows, (c + 1) / columns, (r + 1) / rows)
            for name, (r, c) in zip(region_names(regions), np.ndindex(rows, columns), strict=True)
        }
    across = np.array([size[1], size[0]])
    points = face_points(size, width, eye_row) * across
    if regions == "mdmo":
        found = list(mdmo_rois(points))
    else:
        half = SQUARE_SIDE * eye_distance(points) / 2
        found = [
            _path([_rectangle(x - half, y - half, x + half, y + half) for x, y in centres])
            for centres in region_squares(regions, points)
        ]
    return {
        name: np.clip(polygon / across, 0, 1)
        for name, polygon in zip(region_names(regions), found, strict=True)
    }


def region_units(
    polygons: dict[str, np.ndarray],
    size: tuple[int, int] = (170, 140),
    width: float = 2.4,
    eye_row: float = 0.29,
) -> dict[str, list[int]]:
    """The action units that move the skin of each region most.

    Parameters
    ----------
    polygons : dict
        Of :func:`region_polygons`, on the same crop.
    size, width, eye_row
        As in :func:`face_points`.

    Returns
    -------
    dict of str to list of int
        A unit is listed where one of its places (:data:`~.regions.ACTION_UNIT_PLACES`) lies in
        the region or closer to it than 0.03 of the eyes' distance. That is our reading of
        the coding system's descriptions: a hint at what a region may have seen, no measurement.

    Examples
    --------
    >>> region_units(region_polygons("kato"))["right_mouth_corner"]
    [10, 12, 14, 15, 20, 23]
    """
    import cv2

    across = np.array([size[1], size[0]])
    points = face_points(size, width, eye_row) * across
    near = _NEAR * eye_distance(points)
    out: dict[str, list[int]] = {}
    for name, polygon in polygons.items():
        own = re.fullmatch(r"au(\d+)", name)
        if own:
            out[name] = [int(own[1])]
            continue
        outline = (polygon * across).astype(np.float32)
        out[name] = [
            unit
            for unit, places in ACTION_UNIT_PLACES.items()
            if any(
                cv2.pointPolygonTest(outline, tuple(points[list(place)].mean(0)), True) >= -near
                for place in places
            )
        ]
    return out


def region_zones(
    polygons: dict[str, np.ndarray],
    size: tuple[int, int] = (170, 140),
    width: float = 2.4,
    eye_row: float = 0.29,
) -> dict[str, str]:
    """The part of the face that each region belongs to, one of :data:`ZONES`.

    Regions beside each other, and left and right, see much the same movement; taken together
    they show what none of them shows alone.

    Parameters
    ----------
    polygons, size, width, eye_row
        As in :func:`region_units`.

    Returns
    -------
    dict of str to str
        By the middle of the region's box on the mean face (our division): above the upper lids
        are the brows and the forehead, down to the middle of the nose's bridge the eyes, down
        to the nose's base the nose and beside it the cheeks, down to the lower lip the mouth.

    Examples
    --------
    >>> zones = region_zones(region_polygons("kato"))
    >>> zones["glabella"], zones["left_mouth_corner"], zones["chin"]
    ('brows', 'mouth', 'chin')
    """
    points = face_points(size, width, eye_row)
    lids, bridge = points[[37, 38, 43, 44], 1].mean(), points[29, 1]
    nose, lip, aside = points[33, 1], points[57, 1], points[42, 0] - points[39, 0]
    out = {}
    for name, polygon in polygons.items():
        x, y = (polygon.min(0) + polygon.max(0)) / 2
        middle = "nose" if abs(x - points[30, 0]) < aside / 2 else "cheeks"
        rows = ((lids, "brows"), (bridge, "eyes"), (nose, middle), (lip, "mouth"))
        out[name] = next((zone for below, zone in rows if y < below), "chin")
    return out


@lru_cache(maxsize=1)
def _mean_shape() -> np.ndarray:
    """(68, 2): origin between the eyes, unit = distance of the eyes' centres, y down."""
    from ..synthetic.face import LANDMARKS, MIRROR

    eyes = LANDMARKS[36:42].mean(0), LANDMARKS[42:48].mean(0)
    along = (eyes[1] - eyes[0]) / np.linalg.norm(eyes[1] - eyes[0]) ** 2
    upright = (LANDMARKS - (eyes[0] + eyes[1]) / 2) @ np.array([along, [-along[1], along[0]]]).T
    mean = (upright + upright[MIRROR] * [-1, 1]) / 2
    mean.flags.writeable = False
    return mean


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _path(rectangles: list[np.ndarray]) -> np.ndarray:
    """One closed path around all rectangles, going from each to the next and back again."""
    if not rectangles:
        raise BadInput("A region without a place has no outline.")
    if len(rectangles) == 1:
        return rectangles[0]
    closed = [np.concatenate([r, r[:1]]) for r in rectangles]
    back = [r[:1] for r in rectangles[-2:0:-1]]
    return np.concatenate([*closed, *back])
