import cv2
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.preprocessing import EqualiseHistogram, equalise


@pytest.fixture
def video():
    rng = np.random.default_rng(0)
    return np.clip(rng.normal([[[60]], [[75]], [[68]]], 15, (3, 30, 40)), 0, 255).astype(np.uint8)


def test_frames_are_as_opencv_does_them(video):
    expected = np.stack([cv2.equalizeHist(frame) for frame in video])
    assert np.abs(equalise(video, per="frame").astype(int) - expected).max() <= 1
    stacked = cv2.equalizeHist(video.reshape(-1, 40)).reshape(video.shape)
    assert np.abs(equalise(video).astype(int) - stacked).max() <= 1


def test_by_hand():
    # N(≤ 5) = 2, N(≤ 6) = 3, N(≤ 9) = 6: 0, 255 · 1/4 and 255.
    video = np.array([[[5, 5, 6], [9, 9, 9]]], np.uint8)
    assert equalise(video).tolist() == [[[0, 0, 64], [255, 255, 255]]]


def test_one_mapping_keeps_the_light_of_frames_apart(video):
    by_clip = equalise(video).reshape(3, -1).mean(1)
    by_frame = equalise(video, per="frame").reshape(3, -1).mean(1)
    assert np.ptp(by_clip) > 40 > 5 > np.ptp(by_frame)


def test_gain_and_offset_do_not_matter(video):
    np.testing.assert_array_equal(equalise(video), equalise(2 * video + 3))


def test_one_grey_level_stays():
    assert (equalise(np.full((2, 4, 4), 77, np.uint8)) == 77).all()


def test_floats_are_rounded(video):
    rng = np.random.default_rng(1)
    noisy = video + rng.uniform(-0.49, 0.49, video.shape)
    np.testing.assert_array_equal(equalise(noisy), equalise(video))


def test_colour_goes_through_the_mapping_of_grey(video):
    colour = np.repeat(video[..., None], 3, axis=-1)
    np.testing.assert_array_equal(equalise(colour), np.repeat(equalise(video)[..., None], 3, -1))


def test_as_a_step(video):
    (clip,) = EqualiseHistogram().transform([Clip("a", video, fps=25, apex=1)])
    np.testing.assert_array_equal(clip.frames, equalise(video))
    assert (clip.fps, clip.apex) == (25, 1)
    with pytest.raises(BadInput, match="Clip 'b': per must be"):
        EqualiseHistogram(per="face").transform([Clip("b", video)])


@pytest.mark.parametrize("bad", [-3.0, 256.0, np.nan, np.inf])
def test_what_is_no_grey_level(bad):
    with pytest.raises(BadInput, match="between 0 and 255"):
        equalise(np.full((1, 2, 2), bad))
