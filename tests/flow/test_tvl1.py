from pathlib import Path

import naive_flow
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

from mebench.errors import BadInput
from mebench.flow.pyramid import pyramid_sizes
from mebench.flow.tvl1 import tvl1, tvl1_clip

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "tvl1.npz")


def end_point_error(flow, truth):
    return np.linalg.norm(flow - truth, axis=-1).mean()


def moving(height, width, amplitude, seed=0):
    """Two float frames; everything in the first moves by up to `amplitude` pixels."""
    rng = np.random.default_rng(seed)
    first = sum(
        sigma * ndimage.gaussian_filter(rng.standard_normal((height, width)), sigma)
        for sigma in (1.5, 4)
    )
    first = np.interp(first, (first.min(), first.max()), (0, 255))
    y, x = np.mgrid[:height, :width].astype(float)
    u = amplitude * np.sin(5 * x / width) * np.cos(4 * y / height)
    v = amplitude * np.cos(4 * x / width + 1) * np.sin(5 * y / height)
    second = ndimage.map_coordinates(first, [y - v, x - u], order=3, mode="nearest")
    return first, second


def test_reference_implementation():
    flow = tvl1(GOLDEN["frame0"], GOLDEN["frame1"])
    assert end_point_error(flow, GOLDEN["flow"]) < 1e-4
    reference = end_point_error(GOLDEN["flow"], GOLDEN["true_flow"])
    assert end_point_error(flow, GOLDEN["true_flow"]) < reference + 1e-5
    assert_allclose(reference, 0.029303, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "amplitude", "options"),
    [
        ((37, 51), 1.5, {}),
        ((64, 48), 4, {}),
        ((16, 16), 0.8, {}),
        ((48, 60), 2, {"zfactor": 0.7}),
        ((48, 61), 2, {"zfactor": 0.3}),
        ((50, 40), 2, {"nscales": 1, "warps": 2}),
        ((50, 40), 2, {"lambda_": 0.05, "theta": 0.5, "tau": 0.125, "epsilon": 0.02}),
    ],
)
def test_slow_twin(shape, amplitude, options):
    a, b = moving(*shape, amplitude)
    assert_allclose(tvl1(a, b, **options), naive_flow.tvl1(a, b, **options), atol=5e-3)
    assert end_point_error(tvl1(a, b, **options), naive_flow.tvl1(a, b, **options)) < 1e-4


def test_contrast_and_brightness_do_not_matter():
    a, b = moving(48, 64, 2)
    assert_allclose(tvl1(0.1 * a + 40, 0.1 * b + 40), tvl1(a, b), atol=2e-3)
    assert_allclose(tvl1(a / 255, b / 255), tvl1(a, b), atol=2e-3)


def test_flat_frames_do_not_move():
    flat = np.full((30, 40), 7.0)
    assert_array_equal(tvl1(flat, flat), 0)
    assert_array_equal(tvl1(flat, flat + 3), 0)


def test_iterations_are_bounded():
    a, b = moving(48, 64, 2)
    few, many = (tvl1(a, b, epsilon=0, max_iterations=n) for n in (3, 4))
    assert np.abs(few - many).max() > 0
    full = tvl1(a, b, epsilon=0, warps=1, max_iterations=50)
    assert_allclose(full, tvl1(a, b, epsilon=1e-9, warps=1, max_iterations=50), atol=1e-6)


def test_scales_follow_the_article():
    assert pyramid_sizes((140, 170), None, 0.5) == [(140, 170), (70, 85), (35, 43), (18, 22)]
    assert len(pyramid_sizes((340, 280), None, 0.5)) == 5
    assert pyramid_sizes((140, 170), 2, 0.5) == [(140, 170), (70, 85)]
    assert pyramid_sizes((16, 16), None, 0.5) == [(16, 16)]
    # A narrow strip stops before the smoothing window no longer fits.
    assert pyramid_sizes((16, 640), None, 0.5) == [(16, 640), (8, 320)]


def test_warm_start_changes_little_and_only_later_frames():
    video = [moving(48, 64, amplitude)[1] for amplitude in (0, 0.5, 1, 1.5)]
    cold, warm = tvl1_clip(video), tvl1_clip(video, warm_start=True)
    assert_array_equal(warm[0], cold[0])
    assert 0 < end_point_error(warm[1:], cold[1:]) < 0.05


def test_frames_are_left_alone():
    a, b = (f.astype(np.float32) for f in moving(32, 32, 1))
    before = a.copy(), b.copy()
    tvl1(a, b)
    assert_array_equal(before, (a, b))


def test_what_cannot_be_used_is_refused():
    a, b = moving(32, 32, 1)
    for wrong in ({"tau": 0.3}, {"lambda_": 0}, {"theta": -1}, {"zfactor": 1}, {"warps": 0}):
        with pytest.raises(BadInput, match=next(iter(wrong))):
            tvl1(a, b, **wrong)
    with pytest.raises(BadInput, match=r"nscales=0.*epsilon=-1"):
        tvl1(a, b, nscales=0, epsilon=-1)
    with pytest.raises(BadInput, match="one size"):
        tvl1(a, b[:, 1:])
    with pytest.raises(BadInput, match="at least two"):
        tvl1_clip([a])
    with pytest.raises(BadInput, match="at least 6"):
        tvl1(a[:5], b[:5])
    with pytest.raises(BadInput, match="NaN"):
        tvl1(a, b * np.nan)
