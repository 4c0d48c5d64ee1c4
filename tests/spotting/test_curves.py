import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from mebench.errors import BadInput
from mebench.spotting import curves
from mebench.spotting.blocks import block_map, without_eyes
from mebench.spotting.head_motion import face_depth, without_head
from mebench.spotting.patterns import patterns

MEASURES = [curves.lbp_difference, curves.hoof_difference, curves.mdmd, curves.strain_difference]
SIZE = (78, 66)


@pytest.fixture(scope="module")
def faces():
    """A face of noise whose lower half is squeezed in frames 12 to 16, most in 14."""
    rng = np.random.default_rng(0)
    face = gaussian_filter(rng.standard_normal(SIZE), 2)
    face = 128 + 40 * face / face.std()
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(float)
    bump = np.exp(-((x - 33) ** 2 + (y - 58) ** 2) / 40)
    out = []
    for t in range(30):
        move = 2.5 * max(0, 1 - abs(t - 14) / 3)
        picture = map_coordinates(face, [y - move * bump, x], order=1, mode="nearest")
        out.append(np.clip(picture + rng.normal(0, 1, SIZE), 0, 255).astype(np.uint8))
    return out


@pytest.mark.parametrize("measure", MEASURES)
def test_what_comes_and_goes_is_where_the_curve_is_highest(faces, measure):
    values = list(measure(faces, 5))
    assert len(values) == len(faces)
    assert abs(int(np.argmax(values)) - 14) <= 1
    assert not any(values[:5]) and not any(values[-5:])


@pytest.mark.parametrize("measure", [*MEASURES, curves.frequency])
def test_lost_faces_give_nothing_and_short_videos_zeros(faces, measure):
    broken = [*faces[:20], None, *faces[21:]]
    values = list(measure(broken, 3))
    assert len(values) == 30 and values[20] == 0
    assert list(measure(faces[:4], 3)) == [0.0] * 4
    assert list(measure([], 3)) == []
    with pytest.raises(BadInput, match="k and step"):
        list(measure(faces, 0))


@pytest.mark.parametrize("measure", [*MEASURES, curves.frequency])
@pytest.mark.parametrize("n", [28, 29, 30])
def test_steps_leave_the_length_alone(faces, measure, n):
    assert len(list(measure(faces[:n], 6, step=3))) == n


def test_values_come_before_the_video_ends(faces):
    taken = []

    def stream():
        for i, face in enumerate(faces):
            taken.append(i)
            yield face

    values = curves.strain_difference(stream(), 3)
    for _ in range(10):
        next(values)
    assert max(taken) == 9 + 3


@pytest.mark.parametrize("static", [False, True])
def test_frequency_is_the_sum_of_high_amplitudes(static):
    rng = np.random.default_rng(1)
    video = rng.integers(0, 256, (12, 54, 49)).astype(np.uint8)
    values = list(curves.frequency(iter(video), 4, static=static))
    window = np.stack([np.where(block_map((54, 49)) < 0, 0, patterns(f)) for f in video[3:8]])
    total, middle = 0.0, np.array([2, 4, 4])
    for row in range(6):
        for column in range(6):
            block = window[:, row * 9 : row * 9 + 9, column * 8 : column * 8 + 8]
            amplitude = np.abs(np.fft.fftshift(np.fft.fftn(block)))
            for place in np.ndindex(amplitude.shape):
                moving = static or place[0] != 2
                if moving and np.linalg.norm(place - middle) >= 3:
                    total += amplitude[place]
    assert not any(values[:4]) and not any(values[-4:])
    np.testing.assert_allclose(values[5], total, rtol=1e-4)


def test_the_eyes_belong_to_no_block_and_are_painted_over():
    where = block_map((156, 132))
    assert where[45, 38] == where[45, 93] == -1
    assert 0.05 < (where < 0).mean() < 0.2
    face = np.tile(np.arange(132, dtype=np.uint8), (156, 1))
    assert without_eyes(face)[45, 38] == without_eyes(face)[45, 93]
    assert (without_eyes(face)[100:] == face[100:]).all()


def test_a_turn_goes_and_an_expression_stays():
    y, x = np.mgrid[:156, :132].astype(np.float32)
    depth = face_depth((x - 65.5) / 55, (y - 45) / 55)
    turn = np.stack([3 + 0.01 * x + 4 * depth, 0.01 * y], -1)
    bump = np.exp(-((x - 66) ** 2 + (y - 120) ** 2) / 60)
    field = turn + np.stack([0 * bump, 2 * bump], -1)
    left = without_head(field.astype(np.float32))
    assert np.abs(left[:60]).max() < 0.1
    assert left[120, 66, 1] > 1.8
