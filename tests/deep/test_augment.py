"""Augmentation: what each change does, and that chance is seeded."""

import numpy as np
import pytest

from mebench.deep._augment import AUGMENTATIONS, augment, mirrored, repaced, turned
from mebench.errors import BadInput
from mebench.features import fft3d
from mebench.flow import strain


def rng(seed=0):
    return np.random.default_rng(seed)


def test_same_seed_same_batch_and_another_seed_another():
    batch = rng().integers(0, 256, (3, 5, 12, 12, 1)).astype(np.uint8)
    first, again, other = (augment(batch, "grey", rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert first.dtype == np.float32 and first.min() >= 0 and first.max() <= 255


def test_nothing_is_done_where_nothing_is_asked():
    batch = rng().normal(size=(2, 6, 6, 3)).astype(np.float32)
    assert np.array_equal(augment(batch, "flow", rng(), {}), batch)


def test_one_strength_does_not_change_the_draws_of_another():
    batch = rng().integers(0, 256, (8, 9, 9, 1)).astype(np.uint8)
    flips = augment(batch, "grey", rng(3), {"flip": 0.5})
    both = augment(batch, "grey", rng(3), {"flip": 0.5, "brightness": 5.0})
    flipped = (flips == batch[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 0 < flipped.sum() < 8
    shift = (both - flips)[:, 4, 4, 0]
    assert (np.abs(shift) <= 5).all() and shift.std() > 0


def test_mirrored_flow_is_the_flow_of_the_mirrored_face():
    y, x = np.mgrid[:9, :9].astype(np.float32)
    field = np.stack([0.1 * x + 0.2 * y, 0.3 * x], -1)
    both = np.concatenate([field, strain(field)[..., None]], -1)
    out = mirrored(both, "flow")
    assert np.allclose(out[..., 0], -field[:, ::-1, 0])
    assert np.allclose(out[..., 1], field[:, ::-1, 1])
    assert np.allclose(out[..., 2], strain(out[..., :2]), atol=1e-6)


def test_mirrored_spectrum_is_the_spectrum_of_the_mirrored_clip():
    clip = rng().integers(0, 256, (8, 224, 224)).astype(np.uint8)

    def laid_out(video):
        found = fft3d(video, scale="none", white=1).reshape(28, 28, 8, 64)
        return np.moveaxis(found[:, :, :5], 2, 0)

    expected, out = laid_out(clip[:, :, ::-1]), mirrored(laid_out(clip), "spectrum")
    assert np.allclose(out, expected)


def test_turned_flow_turns_its_vectors():
    right = np.zeros((11, 11, 3), np.float32)
    right[..., 0] = 1
    out = turned(right, 90, "flow")
    assert np.allclose(out[5, 5], [0, -1, 0], atol=1e-6)  # counter-clockwise: up, y points down


def test_turned_image_and_flow_turn_the_same_way():
    dot = np.zeros((11, 11, 1), np.float32)
    dot[5, 8] = 1  # right of the centre
    assert turned(dot, 90, "grey")[2, 5, 0] == pytest.approx(1, abs=1e-5)  # now above it


def test_repaced_keeps_the_middle_and_the_length():
    ramp = np.arange(11, dtype=np.float32)[:, None, None, None]
    out = repaced(ramp, 0.5, 0.0).ravel()
    assert out[5] == 5 and out[6] == 6.5 and out[0] == 0 and out[-1] == 10
    assert np.array_equal(repaced(ramp, 0.0, 1.0), ramp)


def test_unknown_names_are_told():
    with pytest.raises(BadInput, match="zoom.*flip"):
        augment(np.zeros((1, 4, 4, 1)), "grey", rng(), {"zoom": 1.0})
    assert set(AUGMENTATIONS) == {"flip", "brightness", "contrast", "rotation", "jitter"}
