"""Farnebäck's flow against OpenCV's, which is the slow twin, and against known motion."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.flow import clip_flow, flow
from mebench.flow.polynomials import farneback, farneback_clip

SETS = [
    {},
    {"poly_n": 7, "poly_sigma": 1.5},
    {"winsize": 9, "levels": 1, "iterations": 2},
    {"winsize": 10, "pyr_scale": 0.7, "levels": 5},
    {"poly_sigma": 0.0, "levels": 4, "iterations": 4},
    {"flags": 256},
]
USUAL = {"pyr_scale": 0.5, "levels": 3, "winsize": 15, "iterations": 3, "poly_n": 5,
         "poly_sigma": 1.2, "flags": 0}  # fmt: skip


def moved(shape: tuple[int, int], by: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two noisy frames of a textured surface that moves, turns a little and grows."""
    rng = np.random.default_rng(seed)
    noise = rng.random((shape[0] + 60, shape[1] + 60), dtype=np.float32)
    wide = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 20, 230, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    matrix = np.array([[1.001, 0.002, by], [-0.002, 1, 0.7 * by]])
    seen = cv2.warpAffine(wide, matrix, wide.shape[::-1], borderMode=cv2.BORDER_REFLECT)
    both = [image[30:-30, 30:-30] + rng.normal(0, 1.5, shape) for image in (wide, seen)]
    a, b = (np.clip(np.rint(image), 0, 255).astype(np.uint8) for image in both)
    return a, b


@pytest.mark.parametrize("settings", SETS, ids=str)
@pytest.mark.parametrize("shape", [(280, 230), (33, 50), (16, 16), (17, 120)], ids=str)
def test_the_numbers_are_opencvs(shape, settings):
    for by in (0.3, 2.5):
        a, b = moved(shape, by)
        theirs = cv2.calcOpticalFlowFarneback(a, b, None, *{**USUAL, **settings}.values())  # type: ignore[call-overload]
        gap = np.abs(farneback(a, b, **settings) - theirs)
        assert gap.max() < 1e-3
        assert gap.mean() < 1e-5


def test_floats_are_read_as_they_are():
    a, b = (image + np.float32(0.25) for image in moved((64, 80), 1.0))
    theirs = cv2.calcOpticalFlowFarneback(a, b, None, *USUAL.values())  # type: ignore[call-overload]
    np.testing.assert_allclose(farneback(a, b), theirs, atol=1e-3)
    assert np.array_equal(farneback(a.astype(float), b), farneback(a, b))


@pytest.mark.parametrize("neighbours", [False, True])
def test_a_clip_is_its_pairs(neighbours):
    frames = [moved((70, 60), by)[1] for by in (0.0, 0.5, 0.5, 1.2, 0.1)]
    frames[2] = frames[1]  # nothing moves between neighbours
    clip = np.stack(frames)
    for found in (farneback_clip(clip, neighbours),
                  clip_flow(clip, reference="previous" if neighbours else 0)):  # fmt: skip
        for i in range(1, len(clip)):
            pair = farneback(clip[i - 1 if neighbours else 0], clip[i])
            assert np.array_equal(found[i - 1], pair)
    assert neighbours == (not found[1].any())


def test_a_frame_mirrored_moves_the_other_way():
    a, b = moved((90, 110), 0.8)
    mirrored = farneback(a[:, ::-1], b[:, ::-1])[:, ::-1] * np.array([-1, 1], np.float32)
    inner = (slice(20, -20), slice(20, -20))
    # Halved frames have an even number of columns, so that their grids mirror exactly.
    np.testing.assert_allclose(mirrored[inner], farneback(a, b)[inner], atol=2e-3)


def test_one_pixel_to_the_right():
    a, _ = moved((128, 128), 0.0)
    found = flow(a[:, 1:], a[:, :-1])
    assert np.abs(np.median(found[20:-20, 20:-20], axis=(0, 1)) - (1, 0)).max() < 0.02


@pytest.mark.parametrize(
    "wrong",
    [{"pyr_scale": 1.0}, {"levels": -1}, {"winsize": 0}, {"iterations": 0}, {"poly_n": 0},
     {"poly_sigma": -1.0}, {"levels": 1.5}],
    ids=str,
)  # fmt: skip
def test_parameters_that_mean_nothing(wrong):
    a, b = moved((32, 32), 0.5)
    with pytest.raises(BadInput, match=next(iter(wrong))):
        farneback(a, b, **wrong)


def test_frames_narrower_than_eight_pixels_are_left_to_opencv():
    a, b = moved((40, 7), 0.5)
    theirs = cv2.calcOpticalFlowFarneback(a, b, None, *USUAL.values())  # type: ignore[call-overload]
    assert np.array_equal(farneback(a, b), theirs)


def test_a_movement_out_of_the_frame_has_a_flow():
    a, b = moved((64, 72), 0.0)
    far, settings = np.roll(b, 30, axis=1), {**USUAL, "iterations": 6}
    theirs = cv2.calcOpticalFlowFarneback(a, far, None, *settings.values())  # type: ignore[call-overload]
    found = farneback(a, far, iterations=6)
    assert np.abs(found - theirs).max() < 1e-2
    assert np.abs(found).max() > 5  # beyond the border for many pixels
