"""What a rigid head does, told from what a face does."""

import cv2
import numpy as np
import pytest

from mebench.spotting.blocks import face_places
from mebench.spotting.brightness import look_at
from mebench.spotting.head_motion import (
    block_motion,
    face_depth,
    face_flow,
    fit_head,
    personal_depth,
    robust_slopes,
    without_head,
)
from mebench.synthetic.face import FACE_WIDTH, LANDMARKS
from mebench.synthetic.motion import displacement, unit_bumps

SIZE = (156, 132)
UNIT = 55.0  # pixels between the eyes of a face of that size


def places():
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    return face_places(x, y, SIZE)


def expression(unit, pixels):
    """Flow of an action unit, as strong as so many pixels of a face 220 wide."""
    eyes = LANDMARKS[36:42].mean(0), LANDMARKS[42:48].mean(0)
    apart = np.linalg.norm(eyes[1] - eyes[0])
    right, down = places()
    points = np.stack([right, down], -1) * apart + (eyes[0] + eyes[1]) / 2
    bumps = unit_bumps(unit, LANDMARKS)
    bumps[:, 4:] *= pixels
    return (displacement(points, bumps) * UNIT / apart).astype(np.float32)


def rigid(yaw, nod, roll, grow, shift):
    """Flow of a head with the mean depth under a parallel camera, exactly, not linearised."""
    right, down = places()
    points = np.stack([right, down, face_depth(right, down)], -1)
    a, b, c = np.sin([yaw, nod, roll]), np.cos([yaw, nod, roll]), 1 + grow
    turn = np.array([[b[0], 0, a[0]], [0, 1, 0], [-a[0], 0, b[0]]])
    tilt = np.array([[1, 0, 0], [0, b[1], a[1]], [0, -a[1], b[1]]])
    spin = np.array([[b[2], -a[2], 0], [a[2], b[2], 0], [0, 0, 1]])
    moved = c * points @ (spin @ tilt @ turn).T
    return ((moved - points)[..., :2] * UNIT + shift).astype(np.float32)


@pytest.mark.parametrize("yaw, nod", [(0.1, 0), (-0.2, 0.05), (0, 0.15), (0.3, -0.2)])
def test_a_rigid_head_is_found_and_leaves_nothing(yaw, nod):
    field = rigid(yaw, nod, 0.05, 0.03, (4.0, -2.0))
    found = fit_head(field)
    assert np.abs(found.moved[3] / UNIT - np.sin([yaw, nod])).max() < 0.04
    assert np.nanmax(np.abs(found.blocks)) < 0.1 and found.off < 0.05


@pytest.mark.parametrize("unit, pixels", [(12, 10), (20, 10), (25, 12), (15, 8), (9, 6), (4, 6)])
def test_expressions_do_not_count_as_turns(unit, pixels):
    turn = fit_head(expression(unit, pixels)).moved[3] / UNIT
    # The gate that this model replaced took half of such grimaces for turns.
    assert np.abs(turn).max() < 0.03


def test_an_expression_stays_while_the_head_turns():
    smile, turn = expression(12, 6), rigid(0.2, 0.05, 0.02, 0, (3.0, 1.0))
    left = fit_head(smile + turn).blocks
    alone = fit_head(smile).blocks
    assert np.nanmax(np.abs(left - alone)) < 0.15 * np.nanmax(np.abs(alone))


def test_blocks_are_means_of_what_is_left():
    field = expression(12, 6)
    left, blocks = without_head(field), fit_head(field).blocks
    seen = np.isfinite(blocks[:, 0])
    assert seen[14:16].all() and not seen[[30, 35]].any()  # corners are no face
    mouth = left[104:130, 22:44].mean(axis=(0, 1))  # the block of the mouth's corner
    assert np.abs(mouth - blocks[4 * 6 + 1]).max() < 0.2
    assert FACE_WIDTH == 220


def skin(seed=0, texture=25.0):
    """A picture ``(156, 132)`` float32 with something to see everywhere."""
    noise = cv2.GaussianBlur(
        np.random.default_rng(seed).standard_normal(SIZE).astype(np.float32), (0, 0), 2
    )
    return 128 + texture * noise / noise.std()


def after(image, field):
    """The picture when it has moved by a smooth field, to a tiny error."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    moved = cv2.remap(image, x - field[..., 0], y - field[..., 1], cv2.INTER_CUBIC)
    return np.clip(np.round(moved), 0, 255).astype(np.uint8)


def moved_blocks(image, field, light=0.0):
    then = np.round(image).astype(np.uint8)
    now = np.clip(after(image, field) + light, 0, 255).round().astype(np.uint8)
    return block_motion(look_at(then), look_at(now)), fit_head(face_flow(then, now)).blocks


@pytest.mark.parametrize("unit, pixels", [(12, 0.6), (15, 0.5), (4, 0.6), (1, 0.5)])
def test_of_small_movements_more_is_seen_than_dense_flow_shows(unit, pixels):
    field = expression(unit, pixels)
    wanted = fit_head(field).blocks
    found, dense = moved_blocks(skin(), field)
    seen = np.isfinite(wanted[:, 0])
    share, less = (
        (x[seen] * wanted[seen]).sum() / (wanted[seen] ** 2).sum() for x in (found.blocks, dense)
    )
    assert share > 0.7 and share > less + 0.1
    assert np.isnan(found.blocks[~seen]).all()


def test_a_rigid_head_and_light_move_no_block():
    field = rigid(0.01, 0.004, 0.003, 0.002, (0.3, -0.2))
    found, _ = moved_blocks(skin(), field)
    assert np.nanmax(np.abs(found.blocks)) < 0.05
    slope = np.linspace(-6, 6, SIZE[1])
    found, _ = moved_blocks(skin(), np.zeros((*SIZE, 2), np.float32), light=slope)
    assert np.nanmax(np.abs(found.blocks)) < 0.05


@pytest.mark.parametrize("pixels", [3.0, 6.0])
def test_large_movements_are_no_worse_than_in_the_dense_flow(pixels):
    wanted = fit_head(expression(12, pixels)).blocks
    found, dense = moved_blocks(skin(), expression(12, pixels))
    off, before = (np.nanmean(np.abs(x - wanted)) for x in (found.blocks, dense))
    assert off < before


def test_a_deeper_face_is_learnt_and_a_smile_is_not():
    rng = np.random.default_rng(0)
    turn = 0.1 * np.sin(np.arange(600)[:, None] / [23, 31])
    depth = np.array([0.3, -0.2, 0.0])
    rest = turn[:, None] * depth[:, None] + 1e-4 * rng.standard_normal((600, 3, 2))
    rest[200:260, 2] += 0.2  # a smile, while the head goes on turning
    assert np.abs(personal_depth(rest, turn) - depth).max() < 0.02
    assert np.abs(personal_depth(50 * turn[:, None], turn)).max() <= 0.4


def test_slopes_withstand_a_third_of_outliers():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(300)
    y = x[:, None] * [2.0, -1.0, 0.0] + 0.01 * rng.standard_normal((300, 3))
    y[:60] += rng.uniform(3, 9, (60, 3))
    assert np.abs(robust_slopes(x, y) - [2, -1, 0]).max() < 0.05
    assert not robust_slopes(np.zeros(5), np.ones((5, 2))).any()
