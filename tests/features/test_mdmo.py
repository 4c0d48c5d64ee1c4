import naive
import numpy as np
import pytest
from scipy import ndimage

from mebench import MDMO, Clip
from mebench.errors import BadInput
from mebench.features import mdmo
from mebench.features._mdmo import _main_directions, main_directions, weigh
from mebench.features.regions import grid_spans
from mebench.preprocessing import texture
from mebench.synthetic import make_clip


@pytest.fixture(scope="module")
def smile():
    """Eight frames of a synthetic face that smiles, cropped around it, with its landmarks."""
    frames, truth = make_clip(seed=3, aus=(12,))
    landmarks = truth.landmarks[0]
    low = np.maximum(landmarks.min(0).astype(int) - [30, 50], 0)
    high = landmarks.max(0).astype(int) + [30, 30]
    frames = frames[np.linspace(truth.onset, truth.apex, 8).astype(int)]
    return frames[:, low[1] : high[1], low[0] : high[0]], landmarks - low


def by_name(region, smile, **params):
    """ρ and θ of one region."""
    found = mdmo(*smile, **params)
    return found[region] / 0.9, found[36 + region] / 0.1


@pytest.mark.parametrize("bins", ["centred", "from-zero"])
@pytest.mark.parametrize("seed", range(4))
def test_kernel_equals_the_slow_twin(seed, bins):
    rng = np.random.default_rng(seed)
    flow = rng.normal(size=(20, 24, 2)).astype(np.float32)
    flow[rng.random((20, 24)) < 0.2] = 0
    flow[rng.random((20, 24)) < 0.2] *= [1, 0]  # exactly along the axes, both ways
    affine = np.eye(2, 3) if seed % 2 else np.eye(2, 3) + rng.normal(0, 0.01, (2, 3))
    flow[rng.random((20, 24)) < 0.1] = [[1, 1]]  # exactly on the edge of one kind of bins
    found = _main_directions(flow, affine, grid_spans((20, 24), (2, 3)), 6, bins == "centred")
    y, x = np.mgrid[:20, :24]
    moved = np.stack([x + flow[..., 0], y + flow[..., 1], np.ones((20, 24))], -1) @ affine.T
    left = moved - np.stack([x, y], -1)
    if seed % 2:
        left = flow.astype(float)
    for r in range(6):
        rows, cols = slice(10 * (r // 3), 10 * (r // 3) + 10), slice(8 * (r % 3), 8 * (r % 3) + 8)
        expected = naive.main_direction(left[rows, cols].reshape(-1, 2), bins)
        np.testing.assert_allclose(found[r], expected, atol=1e-12)


@pytest.mark.parametrize("k", range(8))
def test_the_eight_bins_are_centred_on_multiples_of_45_degrees(k):
    # 60 vectors within ±22° of k·45° against 59 beyond: only a centred bin keeps all 60.
    angles = np.deg2rad(k * 45 + np.r_[np.linspace(-22, 22, 60), np.linspace(23, 67, 59)])
    flow = np.zeros((1, 119, 2), np.float32)
    flow[0, :, 0], flow[0, :, 1] = np.cos(angles), np.sin(angles)
    found = _main_directions(flow, np.eye(2, 3), np.array([[0, 0, 0, 119]], np.int32), 1, True)
    expected = flow[0, :60].mean(axis=0)
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_the_two_readings_of_the_bins_differ():
    """60 vectors between 1° and 44° and 59 around 60°: one bin or the other is the fullest."""
    angles = np.deg2rad(np.r_[np.linspace(1, 44, 60), np.linspace(50, 66, 31)])
    flow = np.stack([np.cos(angles), np.sin(angles)], -1)[None].astype(np.float32)
    spans = np.array([[0, 0, 0, 91]], np.int32)
    edge = _main_directions(flow, np.eye(2, 3), spans, 1, False)[0]
    centred = _main_directions(flow, np.eye(2, 3), spans, 1, True)[0]
    np.testing.assert_allclose(edge, flow[0, :60].mean(axis=0), atol=1e-6)
    assert np.rad2deg(np.arctan2(centred[1], centred[0])) > 40  # 23° to 66°


def test_texture_is_measured_between_textures(smile):
    frames, landmarks = smile
    brighter = np.clip(frames * np.linspace(1, 1.15, len(frames))[:, None, None], 0, 255)
    np.testing.assert_array_equal(
        mdmo(frames, landmarks, texture=True), mdmo(texture(frames), landmarks)
    )
    plain = np.abs(mdmo(brighter, landmarks) - mdmo(frames, landmarks))[:36].mean()
    less = np.abs(mdmo(brighter, landmarks, texture=True) - mdmo(frames, landmarks, texture=True))[
        :36
    ].mean()
    assert less < 0.6 * plain  # light matters less
    row = MDMO(texture=True, bins="from-zero").transform([Clip("a", frames, landmarks=landmarks)])
    np.testing.assert_array_equal(row[0], mdmo(frames, landmarks, texture=True, bins="from-zero"))


def test_flow_from_onset_to_apex(smile):
    frames, landmarks = smile
    clip = Clip("a", frames, landmarks=landmarks, onset=1, apex=5)
    np.testing.assert_array_equal(
        MDMO(pairs="onset-apex").transform([clip])[0], mdmo(frames[[1, 5]], landmarks)
    )
    np.testing.assert_array_equal(
        mdmo(frames, landmarks, pairs=(1, 5)), mdmo(frames[[1, 5]], landmarks)
    )


def test_lip_corners_go_up_and_out(smile):
    # Region 25..27 hold the lower lip, 22 and 23 the mouth's sides: left of the picture goes
    # up-left (θ < −π/2), right goes up-right.
    _, left = by_name(22, smile)
    _, right = by_name(23, smile)
    assert -np.pi < left < -np.pi / 2 and -np.pi / 2 < right < 0


@pytest.mark.parametrize("flow", ["farneback", "dis", "tvl1"])
@pytest.mark.parametrize("align", [True, False])
def test_still_clip_is_zero(smile, flow, align):
    frames, landmarks = smile
    found = mdmo(np.repeat(frames[:1], 3, axis=0), landmarks, flow=flow, align=align)
    assert (found == 0).all()


def test_zero_motion_has_no_angle():
    assert (weigh(np.zeros((36, 2))) == 0).all()
    assert (weigh(np.full((36, 2), -0.0)) == 0).all()
    assert weigh(np.array([[-1.0, -0.0]]))[1] == pytest.approx(0.1 * np.pi)


def test_longer_motion_in_the_same_directions_is_the_same():
    vectors = np.random.default_rng(0).normal(size=(36, 2))
    np.testing.assert_allclose(weigh(vectors), weigh(3.7 * vectors))


def test_weighting():
    vectors = np.random.default_rng(0).normal(size=(36, 2))
    one, two = weigh(vectors, weight=0.8), weigh(vectors, weight=0.8, weighting="kernel")
    np.testing.assert_allclose(one[:36] / two[:36], np.sqrt(0.8))
    np.testing.assert_allclose(one[36:] / two[36:], np.sqrt(0.2))
    assert np.abs(one[:36]).max() == pytest.approx(0.8)


def test_whole_pixel_translation_of_everything_changes_nothing(smile):
    frames, landmarks = smile
    canvas = np.pad(frames, ((0, 0), (40, 40), (40, 40)), mode="edge")
    a = mdmo(canvas, landmarks + 40)
    b = mdmo(np.roll(canvas, (4, -7), axis=(1, 2)), landmarks + 40 + [-7, 4])
    np.testing.assert_allclose(a, b, atol=2e-3)


def test_alignment_takes_out_rigid_head_motion(smile):
    frames, landmarks = smile
    moved = []
    centre = np.array(frames.shape[1:]) / 2
    for t, frame in enumerate(frames):
        angle, shift = np.deg2rad(0.12 * t), np.array([0.3, 0.25]) * t
        R = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        # Cubic: coarser interpolation would add a motion of its own.
        moved.append(
            ndimage.affine_transform(
                frame.astype(float), R, centre - R @ centre - shift, order=3, mode="nearest"
            )
        )
    shaken = np.array(moved)

    def change(align):
        a = main_directions(frames, landmarks, align=align).mean(axis=0)
        b = main_directions(shaken, landmarks, align=align).mean(axis=0)
        return np.linalg.norm(a - b, axis=1).mean()

    assert change(align=True) < 0.1 * change(align=False)


def test_regions_without_pixels_are_motionless_and_warned_about():
    landmarks = np.random.default_rng(1).uniform(5, 55, (68, 2)) + [60, 0]
    video = np.random.default_rng(0).integers(0, 256, (3, 60, 60), dtype=np.uint8)
    with pytest.warns(RuntimeWarning, match="of 36 regions hold no pixel"):
        found = mdmo(video, landmarks)
    assert np.isfinite(found).all() and (found == 0).any()


def test_colour_is_turned_to_grey(smile):
    frames, landmarks = smile
    np.testing.assert_array_equal(
        mdmo(np.repeat(frames[..., None], 3, axis=3), landmarks), mdmo(frames, landmarks)
    )


def test_clear_errors(smile):
    frames, landmarks = smile
    with pytest.raises(BadInput, match="FindLandmarks"):
        mdmo(frames, None)
    with pytest.raises(BadInput, match="at least two"):
        mdmo(frames[:1], landmarks)
    with pytest.raises(BadInput, match="weight"):
        mdmo(frames, landmarks, weight=1.5)
    with pytest.raises(BadInput, match="weighting"):
        mdmo(frames, landmarks, weighting="inner")
    with pytest.raises(BadInput, match="'clip 7'.*at least two"):
        MDMO().transform([Clip("clip 7", frames[:1], landmarks=landmarks)])


def test_transformer_equals_the_function(smile):
    frames, landmarks = smile
    rows = MDMO(weight=0.7).transform([Clip("a", frames, landmarks=landmarks)])
    np.testing.assert_array_equal(rows[0], mdmo(frames, landmarks, weight=0.7))
