import naive
import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.features.regions import (
    block_edges,
    grid_spans,
    mdmo_rois,
    polygon_spans,
    region_names,
    region_spans,
)


def mask(spans, shape, region):
    out = np.zeros(shape, int)
    for r, y, start, stop in spans:
        if r == region:
            out[y, start:stop] += 1
    return out


def face():
    """68 points on a rough but regular face, 160 px wide."""
    rng = np.random.default_rng(3)
    points = np.zeros((68, 2))
    a = np.linspace(np.pi, 0, 17)
    points[:17] = np.c_[100 + 80 * np.cos(a), 90 + 100 * np.sin(a)]
    points[17:22] = np.c_[np.linspace(45, 85, 5), [72, 66, 64, 66, 70]]
    points[22:27] = np.c_[np.linspace(115, 155, 5), [70, 66, 64, 66, 72]]
    points[27:31] = np.c_[np.full(4, 100), [85, 100, 113, 125]]
    points[31:36] = np.c_[np.linspace(85, 115, 5), [132, 135, 137, 135, 132]]
    for first, centre in ((36, 65), (42, 135)):
        b = np.pi - np.arange(6) * np.pi / 3
        points[first : first + 6] = np.c_[centre + 14 * np.cos(b), 86 - 6 * np.sin(b)]
    c = np.pi - np.arange(12) * np.pi / 6
    points[48:60] = np.c_[100 + 30 * np.cos(c), 155 - 12 * np.sin(c)]
    d = np.pi - np.arange(8) * np.pi / 4
    points[60:68] = np.c_[100 + 20 * np.cos(d), 155 - 4 * np.sin(d)]
    return points + rng.uniform(-0.3, 0.3, points.shape)


@pytest.mark.parametrize(("lo", "hi", "n"), [(0, 10, 3), (3, 137, 8), (2, 5, 3)])
def test_edges_are_floors_of_equal_steps(lo, hi, n):
    assert block_edges(lo, hi, n).tolist() == [int(lo + (hi - lo) * i / n) for i in range(n + 1)]


def test_too_many_blocks():
    with pytest.raises(BadInput, match="2 usable"):
        block_edges(4, 6, 3)


def test_grid_covers_every_pixel_once():
    shape = (31, 23)
    spans = grid_spans(shape, (4, 3), border=2)
    total = sum(mask(spans, shape, r) for r in range(12))
    assert (total[2:-2, 2:-2] == 1).all() and total.sum() == 27 * 19


def test_grid_is_shared_and_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        grid_spans((31, 23), (4, 3))[0] = 0


def test_polygons_equal_the_even_odd_rule():
    rng = np.random.default_rng(0)
    polygons = rng.uniform(-4, 34, (12, 4, 2))
    spans = polygon_spans(polygons, (30, 28))
    for region, polygon in enumerate(polygons):
        expected = [[naive.in_polygon(polygon, x, y) for x in range(28)] for y in range(30)]
        np.testing.assert_array_equal(mask(spans, (30, 28), region), np.array(expected, int))


def test_border_belongs_to_no_polygon():
    square = np.array([[[-5.0, -5.0], [50.0, -5.0], [50.0, 50.0], [-5.0, 50.0]]])
    found = mask(polygon_spans(square, (20, 20), border=3), (20, 20), 0)
    assert found[3:-3, 3:-3].all() and found.sum() == 14 * 14


def test_mdmo_regions_tile_the_face():
    landmarks = face()
    spans = polygon_spans(mdmo_rois(landmarks), (220, 200))
    masks = [mask(spans, (220, 200), r) for r in range(36)]
    assert all(m.sum() > 20 for m in masks)
    assert (sum(masks) <= 1).mean() > 0.99  # neighbours share edges, not pixels


def test_mdmo_regions_move_with_the_face():
    landmarks = face()
    np.testing.assert_allclose(mdmo_rois(landmarks + [7, 9]), mdmo_rois(landmarks) + [7, 9])


def test_mdmo_regions_are_mirrored_by_mirroring_the_face():
    landmarks = face()
    swap = [*range(16, -1, -1), *range(26, 16, -1), *range(27, 31), *range(35, 30, -1)]
    swap += [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    swap += [*range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), *range(67, 64, -1)]
    mirrored = (landmarks * [-1, 1] + [200, 0])[swap]
    a = np.sort(mdmo_rois(landmarks).mean(axis=1), axis=0)
    b = np.sort(mdmo_rois(mirrored).mean(axis=1) * [-1, 1] + [200, 0], axis=0)
    np.testing.assert_allclose(a, b, atol=1e-9)


def test_lift_is_a_fifth_of_the_distance_between_the_eyes():
    landmarks = face()
    lift = 0.2 * np.linalg.norm(landmarks[36:42].mean(0) - landmarks[42:48].mean(0))
    assert mdmo_rois(landmarks)[0, 1, 1] == pytest.approx(landmarks[17, 1] - lift)
    assert mdmo_rois(landmarks, lift=500)[0, 1, 1] == 0  # not above the image


def test_names_and_spans_agree():
    for regions, n in (((2, 3), 6), ("mdmo", 36)):
        assert len(region_names(regions)) == n
        assert set(region_spans(regions, (220, 200), face())[:, 0]) == set(range(n))


@pytest.mark.parametrize("regions", ["ears", (0, 3), (1, 2, 3)])
def test_unknown_regions(regions):
    with pytest.raises(BadInput, match="regions"):
        region_spans(regions, (50, 50), None)
