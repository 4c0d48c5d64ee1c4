"""The 15 regions and those of action units: squares about landmarks."""

import numpy as np
import pytest
from naive_features import members

from mebench.errors import BadInput
from mebench.features.regions import (
    ACTION_UNIT_PLACES,
    mdmo_rois,
    polygon_spans,
    region_names,
    region_spans,
    square_spans,
)

SHAPE = (100, 100)


@pytest.fixture
def side(face):
    return 0.45 * np.linalg.norm(face[36:42].mean(0) - face[42:48].mean(0))


def test_fifteen_regions_lie_where_they_say(face, side):
    names = region_names("kato")
    pixels = dict(zip(names, members(region_spans("kato", SHAPE, face), 15), strict=True))
    assert len(set(names)) == 15
    centres = {name: np.mean(sorted(found), axis=0) for name, found in pixels.items()}
    for name, found in pixels.items():
        assert abs(len(found) - side**2) < 2 * side + 1
        # A person's right is on the left of the picture.
        if name.startswith("right"):
            other = centres[name.replace("right", "left")]
            assert centres[name][0] < 50 < other[0]
            assert abs(centres[name][0] + other[0] - 100) < 3
            assert abs(centres[name][1] - other[1]) < 2
    assert np.abs(centres["right_mouth_corner"] - face[48]).max() < 1
    order = ["glabella", "nose_bridge", "upper_lip", "lower_lip", "chin"]
    assert np.all(np.diff([centres[name][1] for name in order]) > 3)


def test_each_unit_is_where_it_is_alone(face):
    both = members(region_spans("au9+au10", SHAPE, face), 2)
    assert region_names("au9+au10") == ["au9", "au10"]
    for unit, found in zip((9, 10), both, strict=True):
        assert found == members(region_spans(f"au{unit}", SHAPE, face), 1)[0]


@pytest.mark.parametrize("unit", ACTION_UNIT_PLACES)
def test_a_unit_is_the_union_of_its_squares(face, side, unit):
    (found,) = members(region_spans(f"au{unit}", SHAPE, face), 1)
    expected = set()
    for place in ACTION_UNIT_PLACES[unit]:
        cx, cy = face[list(place)].mean(0)
        expected |= {
            (x, y)
            for x in range(100)
            for y in range(100)
            if cx - side / 2 <= x < cx + side / 2 and cy - side / 2 <= y < cy + side / 2
        }
    assert found == expected and found


@pytest.mark.parametrize("regions", ["mdmo", "kato", "au1+au12+au17"])
def test_regions_move_with_the_landmarks(face, regions):
    here = region_spans(regions, (140, 150), face + 5)
    there = region_spans(regions, (140, 150), face + np.array([12, 9]))
    assert (there - here == [0, 4, 7, 7]).all()


def test_squares_are_cut_at_the_border():
    centres = [np.array([[0.0, 0.0], [9.0, 4.0]]), np.array([[50.0, 50.0]])]
    spans = square_spans(centres, 4, (6, 10))
    assert spans.tolist() == [
        *([0, 0, 0, 2], [0, 1, 0, 2]),
        *([0, 2, 7, 10], [0, 3, 7, 10], [0, 4, 7, 10], [0, 5, 7, 10]),
    ]
    assert square_spans(centres, 4, (6, 10), border=1).tolist() == [
        *([0, 1, 1, 2], [0, 2, 7, 9], [0, 3, 7, 9], [0, 4, 7, 9]),
    ]


def test_mdmo_regions_are_untouched(face):
    assert (region_spans("mdmo", SHAPE, face) == polygon_spans(mdmo_rois(face), SHAPE)).all()


@pytest.mark.parametrize(
    "regions", ["cato", "au", "au9+", "au9+10", "au9+au9", "AU9", "9", "", (0, 3), (2,)]
)
def test_unknown_regions(regions):
    with pytest.raises(BadInput, match="regions must be"):
        region_names(regions)


def test_unknown_unit_and_missing_landmarks():
    with pytest.raises(BadInput, match="action unit 3; there are 1, 2, 4"):
        region_names("au3")
    for regions in ("kato", "au12"):
        with pytest.raises(BadInput, match="FindLandmarks"):
            region_spans(regions, SHAPE, None)
