import cv2
import numpy as np
import pytest

from mebench.errors import BadInput, DataNotFound
from mebench.synthetic import load_truth, make_clip, true_flow
from mebench.synthetic.camera import View
from mebench.synthetic.corpus import plan_corpus
from mebench.synthetic.lens import look_up
from mebench.synthetic.render import register, render_clip

SMALL = {"size": (320, 240)}


def warped_error(frames, truth, frame, **options):
    """Mean error of the later frame brought back by the true flow, and without it."""
    flow = true_flow(truth, frame, **options)
    height, width = flow.shape[:2]
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1).astype(np.float32)
    inside = np.s_[height // 8 : -height // 8, width // 5 : -width // 5]
    rest = frames[truth.onset].astype(float)
    back = look_up(frames[frame], grid + flow).astype(float)
    return (
        np.abs(back - rest)[inside].mean(),
        np.abs(frames[frame].astype(float) - rest)[inside].mean(),
    )


@pytest.mark.parametrize("aus", [(12,), (4, 7), (9,), (15, 17)])
def test_true_flow_brings_the_apex_back(aus):
    frames, truth = make_clip(3, aus, intensity=2.5, clean=True)
    error, still = warped_error(frames, truth, truth.apex)
    assert error < 0.5
    assert error < 0.5 * still


def test_true_flow_of_a_clip_with_blink_and_twitch():
    plans = plan_corpus((0, 3), 5, {"others": 60}, 200.0)
    plan = next(p for p in plans if len(p.movements) >= 3 and p.movements[-1].au == 45)
    frames, truth = render_clip(plan, View((320, 240), 110.0, colour=False), clean=True)
    stack = np.stack(list(frames))
    closed = min(round(plan.movements[-1].apex), plan.n_frames - 1)
    error, still = warped_error(stack, truth, closed)
    assert error < 0.7
    assert error < 0.6 * still


def test_still_before_onset_and_where_nothing_moves():
    _, truth = make_clip(2, (1,), intensity=2.0, clean=True)
    skin = true_flow(truth, truth.apex, head=False)
    chin = truth.landmarks[truth.onset, 8].round().astype(int)
    assert np.abs(skin[chin[1], chin[0]]).max() < 0.01
    assert np.hypot(*np.moveaxis(skin, -1, 0)).max() == pytest.approx(2.0, rel=0.08)
    assert np.abs(true_flow(truth, truth.onset)).max() < 1e-4
    assert np.abs(true_flow(truth, 0, head=False)).max() < 1e-4


def test_landmarks_follow_the_flow():
    _, truth = make_clip(5, (12,), intensity=2.5)
    corner = truth.landmarks[truth.onset, 54]
    x, y = corner.round().astype(int)
    flow = true_flow(truth, truth.apex)[y, x]
    np.testing.assert_allclose(truth.landmarks[truth.apex, 54] - corner, flow, atol=0.05)


def test_farneback_sees_the_motion():
    frames, truth = make_clip(1, (4,), intensity=2.5)
    a, b = frames[truth.onset], frames[truth.apex]
    flow = cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 21, 3, 5, 1.1, 0)  # type: ignore
    x, y = truth.landmarks[truth.onset, 20].round().astype(int)
    true = true_flow(truth, truth.apex)[y - 4 : y + 5, x - 4 : x + 5].mean((0, 1))
    seen = flow[y - 4 : y + 5, x - 4 : x + 5].mean((0, 1))
    assert np.hypot(*(seen - true)) < 0.5 * np.hypot(*true)


def test_noise_is_what_tells_clean_from_real():
    clean, _ = make_clip(1, (), clean=True, **SMALL)
    real, truth = make_clip(1, (), **SMALL)
    noise = (real.astype(float) - clean)[:, 20:60, 20:60]
    sigma = truth.plan["nuisance"]["noise"]
    assert 0.8 * sigma < noise.std(axis=(1, 2)).mean() < 1.1 * sigma
    assert np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1] < 0.1


def test_size_and_colour():
    frames, truth = make_clip(0, (12,), size=(150, 110), face_width=70, colour=True)
    assert frames.shape[1:] == (110, 150, 3) and truth.size == (150, 110)
    width = np.ptp(truth.landmarks[0, :17, 0])
    assert 60 < width < 85
    face = frames[0, 50:80, 60:90].astype(float)
    assert face[..., 0].mean() > face[..., 2].mean()  # RGB: skin is redder than blue


def test_truth_file_round_trip(tmp_path):
    _, truth = make_clip(0, (12,), **SMALL)
    truth.save(tmp_path / "t.npz")
    again = load_truth(tmp_path / "t.npz")
    assert again.plan["movements"][0]["au"] == 12
    np.testing.assert_array_equal(again.landmarks, truth.landmarks)
    np.testing.assert_array_equal(
        true_flow(tmp_path / "t.npz", again.apex), true_flow(truth, truth.apex)
    )
    coarse = np.load(tmp_path / "t.npz")["apex_flow"].astype(float)
    fine = true_flow(truth, truth.apex)
    middle = (fine[3::8, 3::8] + fine[4::8, 4::8]) / 2
    np.testing.assert_allclose(coarse, middle, atol=0.02)


def test_register_puts_every_face_in_the_same_place():
    places = []
    for seed in range(3):
        _, truth = make_clip(seed, ())
        matrix = register(truth.landmarks[0].astype(float), (280, 340))
        points = truth.landmarks[0] @ matrix[:, :2].T + matrix[:, 2]
        assert points.min() > 0 and points[:, 0].max() < 280 and points[:, 1].max() < 340
        places.append(points.mean(0))
        assert matrix[0, 0] == matrix[1, 1] and matrix[0, 1] == -matrix[1, 0]
    assert np.ptp(places, axis=0).max() < 1e-3


def test_bad_input(tmp_path):
    with pytest.raises(BadInput, match="Action unit 3"):
        make_clip(0, (3,))
    with pytest.raises(BadInput, match="positive"):
        make_clip(0, size=(0, 10))
    _, truth = make_clip(0, (), size=(64, 48))
    with pytest.raises(BadInput, match="outside"):
        true_flow(truth, len(truth.pose))
    with pytest.raises(DataNotFound):
        load_truth(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_text("no")
    with pytest.raises(BadInput, match=r"bad\.npz"):
        load_truth(tmp_path / "bad.npz")
