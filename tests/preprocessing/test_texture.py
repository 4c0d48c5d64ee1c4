import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skimage.restoration import denoise_tv_chambolle

from mebench import Clip
from mebench.clip import grey
from mebench.errors import BadInput
from mebench.preprocessing._texture import StructureTexture, structure, texture

VIDEO = np.random.default_rng(0).integers(0, 256, (3, 30, 41)).astype(np.uint8)


def naive(image, theta, iterations):
    image = (image - 127.5) / 127.5
    px = py = np.zeros(image.shape)
    for n in range(iterations + 1):
        divergence = np.diff(px, axis=1, prepend=0) + np.diff(py, axis=0, prepend=0)
        smooth = image + theta * divergence
        if n < iterations:
            px = px + np.diff(smooth, axis=1, append=smooth[:, -1:]) / (4 * theta)
            py = py + np.diff(smooth, axis=0, append=smooth[-1:]) / (4 * theta)
            length = np.maximum(1, np.hypot(px, py))
            px, py = px / length, py / length
    return 127.5 * smooth + 127.5


@pytest.mark.parametrize(("theta", "iterations"), [(0.125, 100), (0.5, 30), (0.02, 1)])
def test_slow_twin(theta, iterations):
    expected = naive(VIDEO[0], theta, iterations)
    assert_allclose(structure(VIDEO[0], theta, iterations), expected, atol=0.01)


def test_converges_to_total_variation_denoising():
    found = structure(VIDEO[0], iterations=2000)
    expected = denoise_tv_chambolle(VIDEO[0] / 127.5, 0.125, eps=1e-10, max_num_iter=2000)
    assert_allclose(found, 127.5 * expected, atol=0.1)


def test_texture_is_the_rest():
    video = VIDEO.astype(float)
    expected = video - 0.8 * structure(VIDEO) + 0.8 * 127.5
    assert_allclose(texture(VIDEO, blend=0.8), expected, atol=1e-3)
    assert_array_equal(texture(VIDEO, blend=0), VIDEO)


def test_light_hardly_remains():
    y, x = np.mgrid[:30, :41]
    shade = 60 * x / 40
    fine = 8.0 * ((x + y) % 2)
    left = texture(fine + shade + 50) - texture(fine + 50)
    assert np.ptp(left[3:-3, 3:-3]) < 0.15 * np.ptp(shade)


def test_frames_are_independent_and_types_agree():
    whole = texture(VIDEO)
    assert whole.dtype == np.float32 and whole.shape == VIDEO.shape
    assert_array_equal(whole[1], texture(VIDEO[1]))
    assert_array_equal(texture(VIDEO.astype(float)), whole)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_tiny_frames(shape):
    assert np.isfinite(texture(np.random.default_rng(0).uniform(0, 255, shape))).all()


def test_step():
    rgb = np.random.default_rng(0).integers(0, 256, (2, 20, 30, 3)).astype(np.uint8)
    clips = [Clip("a", VIDEO, apex=1), Clip("b", rgb)]
    a, b = StructureTexture(iterations=20, blend=0.9).transform(clips)
    assert_array_equal(a.frames, texture(VIDEO, iterations=20, blend=0.9))
    assert_array_equal(b.frames, texture(grey(rgb), iterations=20, blend=0.9))
    assert a.apex == 1


def test_what_cannot_be_used_is_refused():
    with pytest.raises(BadInput, match=r"\(\.\.\., H, W\)"):
        texture(np.zeros(5))
    with pytest.raises(BadInput, match="NaN"):
        structure(np.full((5, 5), np.nan))
    for wrong in ({"theta": 0}, {"iterations": 0}, {"blend": 1.2}):
        with pytest.raises(BadInput, match=next(iter(wrong))):
            texture(VIDEO, **wrong)
        with pytest.raises(BadInput, match=next(iter(wrong))):
            StructureTexture(**wrong).fit([])
