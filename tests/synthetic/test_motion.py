import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.synthetic.face import LANDMARKS
from mebench.synthetic.motion import ACTION_UNITS, course, displacement, unit_bumps


@pytest.mark.parametrize("au", sorted(ACTION_UNITS))
def test_unit_motion_is_one_pixel_and_local(au):
    bumps = unit_bumps(au, LANDMARKS)
    x, y = np.meshgrid(np.arange(300.0, 660, 3), np.arange(150.0, 480, 3))
    size = np.hypot(*np.moveaxis(displacement(np.stack([x, y], -1), bumps), -1, 0))
    assert 0.97 < size.max() < 1.01
    assert (size > 0.1).mean() < 0.4
    assert size[0].max() < 0.05 and size[:, 0].max() < 0.05 and size[:, -1].max() < 0.05


@pytest.mark.parametrize(
    ("au", "points", "axis", "sign"),
    [
        (1, (20, 21, 22, 23), 1, -1),
        (2, (17, 26), 1, -1),
        (4, (20, 23), 1, 1),
        (5, (37, 44), 1, -1),
        (7, (40, 47), 1, -1),
        (9, (31, 35), 1, -1),
        (10, (50, 52), 1, -1),
        (12, (54,), 0, 1),
        (14, (48,), 0, -1),
        (15, (48, 54), 1, 1),
        (17, (7, 8, 9), 1, -1),
        (20, (54,), 0, 1),
        (24, (57,), 1, -1),
        (25, (57,), 1, 1),
        (45, (37, 44), 1, 1),
    ],
)
def test_directions(au, points, axis, sign):
    moved = displacement(LANDMARKS[list(points)], unit_bumps(au, LANDMARKS))
    assert (sign * moved[:, axis] > 0.3).all()


def test_sides():
    right_only = displacement(LANDMARKS[[48, 54]], unit_bumps(12, LANDMARKS, right=1, left=0))
    assert np.hypot(*right_only[0]) > 0.9
    assert np.hypot(*right_only[1]) < 0.01


def test_displacement_of_one_bump_by_hand():
    bump = np.array([[10.0, 20.0, 2.0, 4.0, 3.0, -1.0]])
    points = np.array([[10.0, 20.0], [12.0, 20.0], [10.0, 24.0]])
    fall = np.exp(-0.5)
    expected = np.outer([1, fall, fall], [3.0, -1.0])
    np.testing.assert_allclose(displacement(points, bump), expected)


def test_course_rises_and_falls_smoothly():
    c = course(100, 10, 35, 90)
    assert (c[:11] == 0).all() and (c[90:] == 0).all()
    assert c.argmax() == 35 and c[35] == 1
    assert (np.diff(c[10:36]) > 0).all() and (np.diff(c[35:91]) < 0).all()
    assert np.abs(np.diff(c)).max() < 0.07


def test_unknown_unit():
    with pytest.raises(BadInput, match="99"):
        unit_bumps(99, LANDMARKS)
