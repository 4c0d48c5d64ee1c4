import naive_flow
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mebench.errors import BadInput
from mebench.flow import ALIGNMENT_POINTS, align_flow, fit_affine

POINTS = np.random.default_rng(0).uniform(5, 45, (13, 2))


def affine_flow(matrix, shift, height=50, width=60):
    y, x = np.mgrid[:height, :width].astype(float)
    position = np.stack([x, y], axis=-1)
    return position @ (np.asarray(matrix, float) - np.eye(2)).T + shift


def rotation(degrees):
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return [[c, -s], [s, c]]


@pytest.mark.parametrize(
    ("matrix", "shift"),
    [
        (np.eye(2), (3, -2)),
        (rotation(4), (0, 0)),
        (rotation(-2), (1, 2)),
        ([[1.02, 0.01], [-0.03, 0.97]], (0.5, 0.5)),
    ],
    ids=["translation", "rotation", "both", "affine"],
)
def test_motion_of_the_whole_head_leaves_nothing(matrix, shift):
    field = affine_flow(matrix, shift)
    affine = fit_affine(field, POINTS)
    expected = np.linalg.inv(matrix)
    assert_allclose(affine, np.column_stack([expected, -expected @ shift]), atol=1e-9)
    assert np.abs(align_flow(field, affine)).max() < 1e-5


def test_motion_of_the_face_stays():
    head = affine_flow(rotation(3), (2, 1))
    field = head.copy()
    field[48:, 50:] += (0.5, -0.25)  # where no alignment point is
    left = align_flow(field, fit_affine(field, POINTS))
    assert np.abs(left[:48]).max() < 1e-5
    assert_allclose(left[48:, 50:], np.full((2, 10, 2), np.array(rotation(-3)) @ (0.5, -0.25)),
                    atol=1e-5)  # fmt: skip


def test_fit_is_the_least_squares_solution():
    rng = np.random.default_rng(1)
    field = affine_flow(rotation(2), (1, 0)) + rng.normal(0, 0.3, (50, 60, 2))
    whole = POINTS.round()
    moved = whole + [field[int(y), int(x)] for x, y in whole]
    design = np.column_stack([moved, np.ones(len(moved))])
    expected = np.linalg.lstsq(design, whole, rcond=None)[0].T
    affine = fit_affine(field, whole)
    assert_allclose(affine, expected, atol=1e-10)
    assert_allclose(align_flow(field, affine), naive_flow.align(field, affine), atol=1e-5)


def test_flow_is_read_between_pixels_and_clamped_outside():
    field = np.zeros((20, 30, 2))
    field[..., 0] = 0.1 * np.arange(30)  # u = x / 10
    points = np.array([[2.5, 3.25], [10.25, 17.5], [-4.0, 5.0], [40.0, 30.0]])
    moved = points + np.column_stack([[0.25, 1.025, 0, 2.9], np.zeros(4)])
    design = np.column_stack([moved, np.ones(4)])
    expected = np.linalg.lstsq(design, points, rcond=None)[0].T
    assert_allclose(fit_affine(field, points), expected, atol=1e-12)


def test_thirteen_points():
    assert list(ALIGNMENT_POINTS) == [*range(6), *range(11, 17), 30]


def test_inputs_are_left_alone():
    field = affine_flow(rotation(2), (1, 0)).astype(np.float32)
    before = field.copy()
    aligned = align_flow(field, fit_affine(field, POINTS))
    assert aligned.dtype == np.float32
    assert_array_equal(field, before)


@pytest.mark.parametrize(
    "points",
    [
        np.column_stack([np.arange(5), 2 * np.arange(5)]),
        np.full((4, 2), 7.0),
        [[1, 1], [5, 9]],
    ],
    ids=["line", "one place", "two"],
)
def test_degenerate_points_are_refused(points):
    with pytest.raises(BadInput, match="three that span the plane"):
        fit_affine(np.zeros((20, 20, 2)), points)


def test_what_cannot_be_used_is_refused():
    field = np.zeros((20, 20, 2))
    with pytest.raises(BadInput, match=r"\(H, W, 2\)"):
        fit_affine(field[0], POINTS)
    with pytest.raises(BadInput, match=r"\(k, 2\)"):
        fit_affine(field, POINTS * np.nan)
    with pytest.raises(BadInput, match=r"\(2, 3\)"):
        align_flow(field, np.eye(2))
