import cv2
import numpy as np
import pytest

from mebench.synthetic import exposure, lens, make_clip
from mebench.synthetic.camera import View, canvas_of, nodes, shot
from mebench.synthetic.exposure import MARGIN

from .. import naive_camera as naive


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def padded(image):
    planes = np.moveaxis(image.reshape(*image.shape[:2], -1), -1, 0).astype(np.float32)
    return np.pad(planes, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)), mode="edge")


def smooth(rng, shape):
    return cv2.GaussianBlur(rng.uniform(0, 255, shape).astype(np.float32), (0, 0), 1.0)


POSES = {
    "still": np.array([[1.0, 0, 0], [0, 1, 0]]),
    "turned": np.array([[1.03, -0.05, 3.2], [0.05, 1.03, 2.1]]),
    "half size": np.array([[2.0, 0.04, -3.0], [-0.04, 2.0, 1.0]]),
    "partly outside": np.array([[0.98, 0.02, -6.4], [-0.02, 0.98, 22.3]]),
}


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("moving", [False, True])
def test_a_frame_is_what_the_slow_twin_draws(rng, pose, moving):
    image, size = smooth(rng, (48, 60)), (32, 28)
    shift = np.zeros((7, 8, 2), np.float32)
    if moving:
        shift[2:5, 3:6] = rng.uniform(-1.5, 1.5, (3, 3, 2))
    noise = rng.standard_normal((1, 40, 40), dtype=np.float32)
    got = exposure.expose(padded(image), POSES[pose], shift, size, 1.1, noise, (3, 5), 2.0)
    window = noise[0, 5 : 5 + 28, 3 : 3 + 32]
    want = naive.expose(padded(image)[0], POSES[pose], shift, size, 1.1, window, 2.0, MARGIN)
    assert got.shape == (28, 32, 1) and got.dtype == np.uint8
    assert np.abs(got[..., 0] - np.clip(want, 0, 255)).max() < 0.51


def test_a_frame_is_cubic_interpolation_as_others_know_it(rng):
    image, size = smooth(rng, (120, 160)), (140, 100)
    unpose = POSES["turned"]
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    where = np.stack([x, y], -1) @ unpose[:, :2].T + unpose[:, 2]
    got = exposure.expose(padded(image), unpose, np.zeros((25, 35, 2), np.float32), size)[..., 0]
    known = cv2.remap(
        image, where.astype(np.float32), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    # Along a slanting line instead of upright: a difference of the second order.
    error = np.abs(got - np.clip(known, 0, 255))
    assert error.mean() < 0.4 and error.max() < 2.5


def test_colours_do_not_mix(rng):
    image, size = smooth(rng, (40, 50, 3)), (30, 20)
    shift = rng.uniform(-1, 1, (5, 8, 2)).astype(np.float32)
    noise = rng.standard_normal((3, 20, 30), dtype=np.float32)
    whole = exposure.expose(padded(image), POSES["turned"], shift, size, 0.9, noise, (0, 0), 1.5)
    for i in range(3):
        one = exposure.expose(
            padded(image[..., i]), POSES["turned"], shift, size, 0.9, noise[i : i + 1], (0, 0), 1.5
        )
        np.testing.assert_array_equal(whole[..., i], one[..., 0])


def test_long_and_short_stretches_give_the_same_pixels(rng):
    # A row is drawn in stretches where pixels lie side by side, and one by one where they do not.
    image = smooth(rng, (40, 200))
    unpose = np.array([[1.001, 0.0, 1.5], [0.0, 1.0, 2.25]])
    shift, size = np.zeros((5, 20, 2), np.float32), (80, 20)
    want = naive.expose(padded(image)[0], unpose, shift, size, 1.0, 0.0, 0.0, MARGIN)
    got = exposure.expose(padded(image), unpose, shift, size)[..., 0]
    assert np.abs(got - np.clip(want, 0, 255)).max() < 0.51
    unpose[0, 0] = 1.5
    want = naive.expose(padded(image)[0], unpose, shift, size, 1.0, 0.0, 0.0, MARGIN)
    got = exposure.expose(padded(image), unpose, shift, size)[..., 0]
    assert np.abs(got - np.clip(want, 0, 255)).max() < 0.51


def test_far_movements_stay_on_the_canvas(rng):
    shift = np.full((5, 8, 2), 500, np.float32)
    image = smooth(rng, (40, 50))
    frame = exposure.expose(padded(image), POSES["still"], shift, (30, 20))
    assert np.isfinite(frame.astype(float)).all()


def test_looking_up(rng):
    image = smooth(rng, (12, 15))
    where = rng.uniform(0, 11, (6, 7, 2))
    np.testing.assert_allclose(lens.look_up(image, where), naive.look_up(image, where), atol=2e-3)
    outside = np.array([[(-9.0, 3.0), (99.0, 3.0)]])
    np.testing.assert_allclose(lens.look_up(image, outside)[0], image[3, [0, -1]], rtol=1e-6)


def test_blurring(rng):
    image = rng.uniform(0, 255, (14, 17)).astype(np.float32)
    for sigma in (0.6, 1.3):
        got = lens.blurred(image, sigma)
        np.testing.assert_allclose(got, naive.blurred(image, sigma), atol=1e-3)
    colour = np.dstack([image, image * 0.5, image * 0.2])
    np.testing.assert_allclose(lens.blurred(colour, 0.6)[..., 1], lens.blurred(image, 0.6) / 2)


def test_undoing_a_movement(rng):
    moved = cv2.GaussianBlur(rng.normal(0, 30, (20, 24, 2)).astype(np.float32), (0, 0), 3)
    moved[:4] = moved[-4:] = moved[:, :4] = moved[:, -4:] = 0
    to_nodes = np.array([[0.9, 0.1, 1.0], [-0.1, 0.9, 2.0]])
    back = lens.undo(moved, to_nodes, 4, (18, 20))
    assert np.abs(back).max() > 1
    for r, q in np.ndindex(back.shape[:2]):
        x, y = to_nodes @ (q, r, 1)
        if back[r, q].any():
            # Skin that was at x + back goes to x.
            goes = naive.moved_at(moved, x + back[r, q, 0] / 4, y + back[r, q, 1] / 4)
            np.testing.assert_allclose(goes, -back[r, q], atol=0.01)


def test_cropping(rng):
    frame = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    for matrix in ([[1.1, -0.1, -3.0], [0.1, 1.1, -5.0]], [[0.5, 0.0, 4.0], [0.0, 0.5, 6.0]]):
        got = lens.crop(frame, np.array(matrix), (28, 25))
        assert np.abs(got - naive.crop(frame, matrix, (28, 25))).max() < 0.8
    colour = np.dstack([frame, frame // 2, frame // 3])
    whole = lens.crop(colour, np.array(matrix), (28, 25))
    np.testing.assert_array_equal(whole[..., 0], got)


def test_inverted_takes_back(rng):
    matrix = rng.normal(size=(2, 3)) + np.array([[3, 0, 0], [0, 3, 0]])
    back = np.vstack([lens.inverted(matrix), (0, 0, 1)]) @ np.vstack([matrix, (0, 0, 1)])
    np.testing.assert_allclose(back, np.eye(3), atol=1e-12)


def test_grey_is_the_colour_frame_in_grey():
    person, view = np.full((720, 960, 3), (200, 100, 50), np.float32), View((64, 48), 22.0)
    pose = np.array([[0.1, 0, -16], [0, 0.1, -12]])
    rest = np.zeros(nodes().shape)
    colour = shot(canvas_of(person, view, pose), rest, pose, view)
    dull = View((64, 48), 22.0, colour=False)
    grey = shot(canvas_of(person, dull, pose), rest, pose, dull)
    assert colour.shape == (48, 64, 3) and grey.shape == (48, 64)
    assert (colour == (200, 100, 50)).all() and (grey == round(0.299 * 200 + 58.7 + 5.7)).all()


def test_the_same_bytes_as_ever():
    # What these sums were drawn with: OpenCV 4.8 and 5, NumPy 1.24 and 2. Another sum means that
    # corpora of the same seed differ: raise VERSION in synthetic/write.py and LONG_VERSION.
    frames, _ = make_clip(2, (4, 7), size=(160, 120), colour=True)
    sums = frames.astype(np.int64).sum((1, 2, 3))
    assert np.abs(sums[[0, 10, 20]] - [6695295, 6694006, 6692539]).max() <= 3
