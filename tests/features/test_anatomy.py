"""Regions and the columns, places and action units that they stand for."""

import numpy as np
import pytest

from mebench.features import FFT3D, HOOF, LBPTOP, MDMO, BiWOOF
from mebench.features.anatomy import (
    UNIT_NAMES,
    ZONES,
    face_points,
    feature_regions,
    region_polygons,
    region_units,
    region_zones,
)
from mebench.features.regions import ACTION_UNIT_PLACES, region_names, region_spans
from mebench.features.sparse_mdmo import FrameMDMO
from mebench.preprocessing import AlignFace
from mebench.preprocessing.face import face_transform

EXTRACTORS = [LBPTOP, HOOF, BiWOOF, MDMO, FrameMDMO, FFT3D]


@pytest.mark.parametrize("regions", [(2, 3), (11, 12), "mdmo", "kato", "au1+au12"])
@pytest.mark.parametrize("extractor", EXTRACTORS)
def test_each_column_has_the_region_of_its_name(extractor, regions):
    made = extractor(regions=regions)
    found = feature_regions(made)
    names = made.get_feature_names_out()
    assert len(found) == len(names)
    assert list(dict.fromkeys(sorted(found))) == sorted(region_names(regions))
    assert all(f"_{r}_" in f"_{name}_" for r, name in zip(found[::7], names[::7], strict=True))


class Own:
    """An extractor of anybody's that says itself what its columns are."""

    def feature_regions(self):
        return ["left", "", "right"]


def test_own_regions_and_columns_of_none():
    assert feature_regions(Own()).tolist() == ["left", "", "right"]


@pytest.mark.parametrize("size", [(170, 140), (280, 230)])
def test_the_mean_face_is_aligned_already(size):
    pixels = face_points(size) * [size[1], size[0]] - 0.5
    np.testing.assert_allclose(face_transform(pixels, size), np.eye(2, 3), atol=0.5)
    assert AlignFace().eye_row == 0.29 and AlignFace().width == 2.4  # the defaults here, too


@pytest.mark.parametrize("regions", ["mdmo", "kato", "au4+au12", (4, 5)])
def test_outlines_are_where_pixels_are(regions):
    """Boxes of the outlines against the spans that kernels walk over."""
    size = (280, 230)
    points = face_points(size) * [size[1], size[0]] - 0.5
    spans = region_spans(regions, size, points)
    polygons = region_polygons(regions, size)
    assert list(polygons) == region_names(regions)
    for place, polygon in enumerate(polygons.values()):
        own = spans[spans[:, 0] == place]
        low = np.array([own[:, 2].min() / size[1], own[:, 1].min() / size[0]])
        high = np.array([own[:, 3].max() / size[1], (own[:, 1].max() + 1) / size[0]])
        np.testing.assert_allclose(polygon.min(0), low, atol=0.012)
        np.testing.assert_allclose(polygon.max(0), high, atol=0.012)


def test_units_of_regions():
    kato = region_units(region_polygons("kato"))
    assert kato["right_brow_outer"] == kato["left_brow_outer"] == [2]
    assert 12 in kato["left_mouth_corner"] and 17 in kato["chin"] and 9 in kato["nose_bridge"]
    assert region_units(region_polygons("au4+au12")) == {"au4": [4], "au12": [12]}
    assert set(UNIT_NAMES) == set(ACTION_UNIT_PLACES)
    # Every unit is seen by some block of a full grid.
    seen = region_units(region_polygons((8, 8)))
    assert {unit for units in seen.values() for unit in units} == set(UNIT_NAMES)


def test_zones():
    zones = region_zones(region_polygons("mdmo"))
    assert set(zones.values()) == set(ZONES)
    assert zones["roi1"] == "brows" and zones["roi28"] == "mouth" and zones["roi33"] == "chin"
    grid = region_zones(region_polygons((8, 8)))
    assert grid["block0,0"] == "brows" and grid["block7,4"] == "chin"
    assert grid["block3,3"] == "nose" and grid["block3,0"] == "cheeks"
