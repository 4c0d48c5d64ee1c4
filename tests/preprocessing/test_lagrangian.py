import cv2
import naive_flow_family as naive
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mebench import Clip
from mebench.errors import BadInput
from mebench.flow import flow
from mebench.preprocessing import GLMM, magnify_globally
from mebench.preprocessing.lagrangian import principal_motion, warp
from mebench.synthetic import make_clip, true_flow
from mebench.testing import make_clips

CLIP = make_clips(1, seed=4)[0]


@pytest.mark.parametrize("components", [1, 2, 5, 6, 9, None])
def test_principal_motion_like_the_slow_twin(components):
    fields = np.random.default_rng(0).normal(0, 1, (6, 8, 9, 2))
    expected = fields if components is None else naive.principal_motion(fields, components)
    assert_allclose(principal_motion(fields, components), expected, atol=1e-5)


def still_numbers(n, shape):
    """Frames whose corner pixel says which they are, for a flow that is known."""
    video = np.random.default_rng(1).uniform(20, 230, (1, *shape)).repeat(n, axis=0)
    video[:, 0, 0] = np.arange(n)
    return video


@pytest.mark.parametrize("alpha", [0, 1, 2, 3])
def test_whole_pixels_move_alpha_times_as_far(alpha):
    video = still_numbers(4, (40, 50))

    def shift(a, b):
        return np.full((40, 50, 2), (b[0, 0], -b[0, 0]))

    out = magnify_globally(video, alpha=alpha, flow=shift)
    for t in range(4):
        moved = np.roll(video[0], (-alpha * t, alpha * t), axis=(0, 1))
        assert_allclose(out[t, 12:-12, 12:-12], moved[12:-12, 12:-12], atol=1e-3)


def test_alpha_zero_holds_the_first_frame():
    for clip in (CLIP, make_clips(1, colour=True)[0]):
        out = magnify_globally(clip.frames, alpha=0)
        assert_array_equal(out, np.repeat(clip.frames[:1], len(clip), axis=0))
        assert out.dtype == np.uint8


def test_alpha_one_redraws_the_clip():
    frames, truth = make_clip(seed=3, aus=(6, 12), size=(240, 180), face_width=130, clean=True)
    kept = frames[truth.onset : truth.apex + 1 : 3]
    out = magnify_globally(kept, alpha=1)
    moved = np.abs(kept[-1].astype(float) - kept[0]).mean()
    assert np.abs(out[-1].astype(float) - kept[-1]).mean() < 0.4 * moved
    assert_array_equal(out[0], kept[0])


@pytest.mark.parametrize(("seed", "aus"), [(3, (6, 12)), (1, (1, 2)), (2, (4,))])
def test_motion_is_about_alpha_times_the_true_motion(seed, aus):
    frames, truth = make_clip(seed=seed, aus=aus, size=(240, 180), face_width=130)
    kept = [*range(truth.onset, truth.apex), truth.apex][::3] + [truth.apex]
    true = true_flow(truth, truth.apex)
    skin = np.hypot(*np.moveaxis(true_flow(truth, truth.apex, head=False), -1, 0))
    where = skin > 0.5 * skin.max()
    for alpha in (2, 4):
        out = magnify_globally(frames[kept], alpha=alpha)
        found = flow(out[0], out[-1])
        share = (found[where] * true[where]).sum() / (true[where] ** 2).sum()
        assert 0.75 * alpha < share < 1.1 * alpha


def test_a_head_held_still_moves_its_skin_alone():
    video = still_numbers(3, (100, 100))
    patch = np.zeros((100, 100, 2))
    patch[60:75, 45:60] = 0.9, 0.3

    def drifting(a, b):
        return b[0, 0] * (patch + (1.0, -0.5))

    seen = {}
    for align in (False, True):
        out = magnify_globally(video, CLIP.landmarks, alpha=2, align=align, flow=drifting)
        seen[align] = np.abs(out[2] - out[0])
    assert seen[False][10:50].mean() > 10  # the forehead moves with the head
    assert seen[True][10:50, 2:].max() < 0.1 and seen[True][62:73, 47:58].mean() > 10


def test_components_take_noise_out():
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:40, :40]
    shape = np.stack([np.sin(x / 9), np.cos(y / 7)], -1)
    course = np.sin(np.linspace(0.2, 3, 20))
    clean = course[:, None, None, None] * shape
    noisy = clean + rng.normal(0, 0.3, clean.shape)
    before, after = (np.abs(f - clean).mean() for f in (noisy, principal_motion(noisy, 1)))
    assert after < 0.3 * before


def test_warp_puts_points_where_they_go():
    y, x = np.mgrid[:60, :60].astype(np.float32)
    displacement = np.stack([3 * np.sin(y / 10), 2 * np.cos(x / 9)], -1).astype(np.float32)
    frame = (100 + 40 * np.sin(x / 6) * np.cos(y / 7)).astype(np.float32)
    out = warp(frame, displacement)
    # frame(p) is found at p + displacement(p)
    there = cv2.remap(out, x + displacement[..., 0], y + displacement[..., 1], cv2.INTER_CUBIC)
    assert_allclose(there[8:-8, 8:-8], frame[8:-8, 8:-8], atol=0.6)
    assert_allclose(warp(frame, 0 * displacement), frame, atol=1e-4)


@pytest.mark.parametrize("factor", [5.0, 50.0])
def test_folds_do_no_harm(factor):
    wild = np.random.default_rng(0).normal(0, factor, (40, 40, 2)).astype(np.float32)
    assert np.isfinite(warp(np.full((40, 40), 90, np.float32), wild)).all()
    assert_allclose(warp(np.full((40, 40), 90, np.float32), wild), 90, atol=1e-3)


def test_colour_moves_as_grey_does():
    colour = make_clips(1, seed=4, colour=True)[0]
    out = magnify_globally(colour.frames)
    assert_array_equal(out[..., 0], magnify_globally(CLIP.frames))


def test_step():
    marked = CLIP.replace(landmarks=np.repeat(CLIP.landmarks[None], 9, axis=0))
    out = GLMM(alpha=2).transform([marked])[0]
    assert_array_equal(out.frames, magnify_globally(CLIP.frames, alpha=2))
    assert_array_equal(out.landmarks, CLIP.landmarks)
    assert (out.apex, out.fps, out.id) == (CLIP.apex, CLIP.fps, CLIP.id)
    one = Clip("one", CLIP.frames[:1])
    assert_array_equal(GLMM().transform([one])[0].frames, one.frames)


@pytest.mark.parametrize(
    ("params", "frames", "message"),
    [
        ({"alpha": -1}, CLIP.frames, "alpha must be"),
        ({"alpha": np.nan}, CLIP.frames, "alpha must be"),
        ({"components": 0}, CLIP.frames, "components must be"),
        ({"align": True}, CLIP.frames, "Clip 'x'.*FindLandmarks"),
        ({"flow": "guess"}, CLIP.frames, "guess"),
        ({}, CLIP.frames[:, :8], "at least"),
        ({}, CLIP.frames * np.nan, "finite"),
    ],
)
def test_refusals(params, frames, message):
    with pytest.raises(BadInput, match=message):
        GLMM(**params).transform([Clip("x", frames)])
