from pathlib import Path

import naive
import numpy as np
import pytest

from mebench import Clip
from mebench.errors import BadInput
from mebench.preprocessing import TIM, UniformSampling, tim
from mebench.preprocessing.temporal import tim_weights

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "tim.npz")


@pytest.mark.parametrize("n", [5, 12, 20])
def test_equals_the_published_codes(n):
    assert np.abs(tim(GOLDEN["video"], n) - GOLDEN[f"frames_{n}"]).max() < 1e-9


@pytest.mark.parametrize(("n_from", "n_to"), [(2, 5), (7, 4), (7, 7), (12, 30)])
def test_weights_equal_the_definition_by_svd(n_from, n_to):
    np.testing.assert_allclose(
        tim_weights(n_from, n_to), naive.tim_weights(n_from, n_to), atol=1e-9
    )


def test_same_number_of_frames_is_the_identity():
    video = np.random.default_rng(0).uniform(0, 255, (60, 8, 9))
    np.testing.assert_allclose(tim(video, 60), video, atol=1e-9)


def test_repeated_frames_need_no_jitter():
    video = np.random.default_rng(0).uniform(0, 255, (6, 5, 5))[[0, 0, 1, 2, 2, 2, 3, 4, 5]]
    jittered = video + np.random.default_rng(1).normal(0, 1e-6, video.shape)
    columns = naive.tim_columns(jittered.reshape(9, -1).T, 4).T.reshape(4, 5, 5)
    np.testing.assert_allclose(tim(video, 4), columns, atol=1e-3)


def test_one_frame_is_repeated():
    video = np.arange(12.0).reshape(1, 3, 4)
    np.testing.assert_allclose(tim(video, 3), np.repeat(video, 3, axis=0))


def test_step_keeps_dtype_marks_and_landmarks():
    video = np.random.default_rng(0).integers(0, 256, (21, 6, 6), dtype=np.uint8)
    landmarks = np.random.default_rng(0).uniform(0, 5, (21, 68, 2))
    clip = Clip("a", video, fps=200, onset=0, apex=10, offset=20, landmarks=landmarks)
    (out,) = TIM(n_frames=11).transform([clip])
    assert out.frames.dtype == np.uint8
    assert (out.onset, out.apex, out.offset, out.fps) == (0, 5, 10, 100)
    np.testing.assert_array_equal(out.landmarks, landmarks[0])
    np.testing.assert_array_equal(
        out.frames, np.clip(np.round(tim(video, 11)), 0, 255).astype(np.uint8)
    )


@pytest.mark.parametrize("n_from", [1, 2, 5, 10, 19, 68, 333])
@pytest.mark.parametrize("n_to", [3, 10])
def test_bytes_are_the_rounded_interpolation(n_from, n_to):
    # More pixels than are interpolated at a time, and steps as large as bytes allow.
    video = np.random.default_rng(n_from).choice([0, 1, 127, 128, 254, 255], (n_from, 39, 41))
    out = TIM(n_to).transform([video.astype(np.uint8)])[0].frames
    np.testing.assert_array_equal(out, np.clip(np.rint(tim(video, n_to)), 0, 255))
    weights = naive.tim_weights(n_from, n_to) if n_from > 1 else np.ones((n_to, 1))
    plain = (weights @ video.reshape(n_from, -1)).reshape(n_to, 39, 41)
    np.testing.assert_allclose(tim(video, n_to), plain, atol=1e-9)


def test_floats_are_not_rounded():
    video = np.random.default_rng(0).uniform(0, 255, (9, 4, 4))
    np.testing.assert_allclose(TIM(4).transform([video])[0].frames, tim(video, 4))


def test_uniform_sampling_reads_only_what_it_keeps():
    video = np.arange(20 * 4, dtype=np.uint8).reshape(20, 2, 2)
    clip = Clip("a", video, fps=190, onset=0, apex=7, offset=19)
    (out,) = UniformSampling(8).transform([clip])
    assert (out.frames == video[[0, 2, 5, 8, 10, 13, 16, 19]]).all()
    assert (out.apex, out.offset) == (3, 7)
    assert out.fps == pytest.approx(70)


def test_short_clips_repeat_frames():
    (out,) = UniformSampling(8).transform([np.arange(3 * 4, dtype=np.uint8).reshape(3, 2, 2)])
    assert len(out) == 8 and len(np.unique(out.frames[:, 0, 0])) == 3


@pytest.mark.parametrize("step", [TIM(0), UniformSampling(0)])
def test_no_frames_is_an_error(step):
    with pytest.raises(BadInput, match="n_frames"):
        step.transform(np.zeros((1, 5, 4, 4), np.uint8))


def test_no_frames_in_is_an_error():
    with pytest.raises(BadInput, match="TIM expects"):
        tim(np.zeros((0, 4, 4)), 5)
