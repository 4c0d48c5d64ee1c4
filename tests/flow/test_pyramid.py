import naive_flow
import numpy as np
import pytest
from numpy.testing import assert_allclose

from mebench.flow.pyramid import gaussian_pyramid, pyramid_sizes, zoom


@pytest.mark.parametrize("shape", [(40, 31), (7, 9), (6, 6)])
def test_smoothing_is_the_slow_twin(shape):
    image = np.random.default_rng(0).uniform(0, 255, shape).astype(np.float32)
    assert_allclose(
        gaussian_pyramid(image, [shape], 0.5)[0], naive_flow.smooth(image, 0.8), rtol=1e-5
    )


def test_a_flat_image_stays_flat_on_every_scale():
    sizes = pyramid_sizes((90, 70), None, 0.5)
    levels = gaussian_pyramid(np.full((90, 70), 50, np.float32), sizes, 0.5)
    assert [level.shape for level in levels] == sizes
    for level in levels:
        assert_allclose(level, 50, rtol=1e-5)


@pytest.mark.parametrize("size", [(20, 30), (13, 7)])
def test_zoom_is_the_slow_twin(size):
    image = np.random.default_rng(0).uniform(0, 255, (15, 12)).astype(np.float32)
    step = 15 / size[0], 12 / size[1]
    assert_allclose(zoom(image, size, step), naive_flow.zoom(image, *size, *step), atol=1e-3)


def test_zoom_reproduces_a_ramp_inside():
    ramp = np.tile(np.arange(20, dtype=np.float32), (10, 1))
    fine = zoom(ramp, (20, 40), (0.5, 0.5))
    assert_allclose(fine[:, 2:36], np.tile(np.arange(2, 36) / 2, (20, 1)), atol=1e-5)
