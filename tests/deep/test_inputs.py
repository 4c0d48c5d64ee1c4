"""Inputs: their shapes, what they hold, and what they refuse."""

import json

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from mebench.clip import Clip
from mebench.deep import (
    INPUTS,
    Beside,
    FlowInput,
    GreyInput,
    SpectrumInput,
    input_shape,
    input_steps,
)
from mebench.errors import BadInput
from mebench.features import HOOF, fft3d
from mebench.flow import flow, strain
from mebench.methods.extract import extract
from mebench.testing import make_clips


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_has_its_stated_shape(name, clips):
    steps = input_steps(name, size=32, n_frames=4, flow="farneback")
    found = extract(steps, clips[:1]).matrix()
    assert found.shape == (1, *input_shape(name, 32, 4))
    assert found.dtype == (np.uint8 if INPUTS[name] == "grey" else np.float32)
    assert np.isfinite(found).all() and found.std() > 0


def test_apex_is_the_apex_and_a_stack_is_in_order():
    video = np.arange(7, dtype=np.uint8)[:, None, None] * np.ones((1, 16, 16), np.uint8)
    clip = Clip("a", video, onset=1, apex=5)
    assert (GreyInput(8, "apex").transform([clip]) == 5).all()
    stack = GreyInput(8, "stack").transform([Clip("a", video[[1, 3, 5]])])
    assert stack[0, 0, 0].tolist() == [1, 3, 5]


def test_flow_is_flow_and_strain_in_pixels_of_the_frames():
    (clip,) = make_clips(1, size=(40, 40))
    out = FlowInput(40, "apex", "farneback").transform([clip])[0]
    expected = flow(clip.frames[0], clip.frames[clip.apex], "farneback")
    assert np.array_equal(out[..., :2], expected)
    assert np.array_equal(out[..., 2], strain(expected))
    small = FlowInput(20, "apex", "farneback").transform([clip])[0]
    assert np.allclose(small[3, 4], out[6:8, 8:10].mean((0, 1)), atol=1e-5)


def test_spectrum_is_the_descriptor_laid_out():
    (clip,) = make_clips(1)
    out = SpectrumInput(28).transform([clip])[0]
    plain = fft3d(clip.frames, scale="none", white=1).reshape(28, 28, 8, 8, 8)
    assert out[3, 10, 12, 8 * 2 + 5] == pytest.approx(plain[10, 12, 3, 2, 5], rel=1e-6)


def test_rois_are_eyes_over_mouth(clips):
    marks = clips[0].landmarks
    frames = np.zeros_like(clips[0].frames)
    eye, mouth = marks[36:48].mean(0).astype(int), marks[48:68].mean(0).astype(int)
    frames[:, eye[1] - 3 : eye[1] + 4, eye[0] - 3 : eye[0] + 4] = 200
    frames[:, mouth[1] - 3 : mouth[1] + 4, mouth[0] - 3 : mouth[0] + 4] = 100
    out = GreyInput(32, rois=True).transform([clips[0].replace(source=frames)])[0, 0, ..., 0]
    assert out[:16].max() > 150 and 50 < out[16:].max() < 120
    with pytest.raises(BadInput, match="landmarks"):
        GreyInput(32, rois=True).transform(np.zeros((1, 3, 32, 32), np.uint8))


def test_beside_puts_features_behind_and_is_cached(tmp_path):
    from mebench.storage.cache import ArrayCache

    clips = make_clips(2, n_frames=5, size=(40, 40))
    extras = [make_pipeline(HOOF(regions=(2, 2)))]
    step = Beside(FlowInput(8, flow="farneback"), extras)
    out = clone(step).transform(clips)
    assert np.array_equal(
        out[:, :192], FlowInput(8, flow="farneback").transform(clips).reshape(2, -1)
    )
    assert np.allclose(out[:, 192:], HOOF(regions=(2, 2)).transform(clips))
    cache = ArrayCache(tmp_path)
    assert extract([step], clips, cache=cache).from_cache == 0
    assert extract([step], clips, cache=cache).from_cache == 2
    other = Beside(FlowInput(8, flow="farneback"), [make_pipeline(HOOF(regions=(2, 3)))])
    assert extract([other], clips, cache=cache).from_cache == 0


def test_messages():
    clip = Clip("nobody", np.zeros((3, 20, 20), np.uint8))
    with pytest.raises(BadInput, match="nobody.*FindApex"):
        FlowInput().transform([clip])
    with pytest.raises(BadInput, match="nobody.*FindApex"):
        GreyInput(what="apex").transform([clip])
    with pytest.raises(BadInput, match="apex-flow"):
        input_steps("video")
    with pytest.raises(BadInput, match="grey inputs"):
        input_steps("flow", rois=True)
    with pytest.raises(BadInput, match="28"):
        SpectrumInput(29).transform([clip])


def test_parameters_are_plain():
    for step in (GreyInput(), FlowInput(), SpectrumInput()):
        json.dumps(step.get_params())
