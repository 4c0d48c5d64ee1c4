import pickle

import numpy as np
import pytest

from mebench import Clip, FrameFiles
from mebench.clip import as_clips, grey
from mebench.errors import BadInput, DataNotFound


@pytest.fixture
def files(tmp_path):
    """Four frames as lossless files, and the array they hold."""
    import cv2

    video = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    paths = []
    for i, frame in enumerate(video):
        paths.append(str(tmp_path / f"img{i}.png"))
        cv2.imwrite(paths[-1], frame[:, :, ::-1])
    return tuple(paths), video


def test_frames_are_read_when_touched_and_not_kept(files):
    paths, video = files
    clip = Clip("a", FrameFiles(paths, colour=True))
    np.testing.assert_array_equal(clip.frames, video)
    assert clip.frames is not clip.frames
    np.testing.assert_array_equal(clip.read([2, 0]), video[[2, 0]])
    assert len(pickle.dumps(clip)) < 2000


def test_grey_frames_have_the_weights_of_bt601(files):
    paths, video = files
    found = Clip("a", FrameFiles(paths)).frames.astype(int)
    assert found.shape == (4, 6, 5)
    assert np.abs(found - grey(video)).max() <= 1


def test_missing_truncated_and_odd_frames(files, tmp_path):
    import cv2

    paths, video = files
    with pytest.raises(DataNotFound, match=r"img9.png cannot be read"):
        FrameFiles((*paths, str(tmp_path / "img9.png"))).read()
    odd = str(tmp_path / "odd.png")
    cv2.imwrite(odd, video[0, :3])
    with pytest.raises(BadInput, match=r"odd.png is 5×3, but .*img0.png is 5×6"):
        FrameFiles((*paths, odd)).read()
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(cv2.imencode(".jpg", np.tile(video[0], (30, 30, 1)))[1].tobytes()[:-400])
    with pytest.raises(BadInput, match=r"cut.jpg breaks off"):
        FrameFiles((str(cut),)).read()
    with pytest.raises(BadInput, match="no frames"):
        FrameFiles(()).read()


def test_sixteen_bit_frames_are_scaled(tmp_path):
    import cv2

    path = str(tmp_path / "deep.png")
    cv2.imwrite(path, np.array([[0, 256 * 100, 65535]], np.uint16))
    assert FrameFiles((path,)).read()[0, 0].tolist() == [0, 100, 255]


def test_marks_default_to_the_ends():
    clip = Clip("a", np.zeros((7, 4, 4), np.uint8))
    assert (clip.onset, clip.apex, clip.offset) == (0, None, 6)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": np.zeros((4, 4))}, r"found an array of shape \(4, 4\)"),
        ({"source": np.zeros((2, 4, 4, 4))}, "frames must be"),
        ({"apex": 3}, "apex 3 is outside its 3 frames"),
        ({"onset": -1}, "onset -1"),
        ({"landmarks": np.zeros((67, 2))}, "landmarks must be finite"),
        ({"landmarks": np.full((68, 2), np.nan)}, "landmarks must be finite"),
    ],
)
def test_impossible_clips(fields, message):
    with pytest.raises(BadInput, match=message):
        Clip(**{"id": "a", "source": np.zeros((3, 4, 4), np.uint8), **fields})


def test_first_landmarks():
    points = np.random.default_rng(0).uniform(size=(3, 68, 2))
    video = np.zeros((3, 4, 4), np.uint8)
    assert Clip("a", video).first_landmarks is None
    np.testing.assert_array_equal(Clip("a", video, landmarks=points).first_landmarks, points[0])


def test_digest_is_of_the_content(files):
    paths, video = files
    clip = Clip("a", FrameFiles(paths))
    assert clip.digest() == Clip("another id", FrameFiles(paths)).digest()
    changed = {
        clip.digest(),
        clip.replace(apex=1).digest(),
        clip.replace(fps=200).digest(),
        clip.replace(landmarks=np.ones((68, 2))).digest(),
        clip.replace(source=FrameFiles(paths[:3]), offset=2).digest(),
        clip.replace(source=FrameFiles(paths, colour=True)).digest(),
        clip.replace(source=FrameFiles(paths[::-1])).digest(),
        Clip("a", video).digest(),
        Clip("a", video.astype(float)).digest(),
    }
    assert len(changed) == 9


def test_what_transformers_accept():
    video = np.zeros((2, 5, 4, 4), np.uint8)
    assert [c.id for c in as_clips(video)] == ["0", "1"]
    clip = Clip("a", video[0])
    assert as_clips([clip, video[1]])[0] is clip
    for wrong, message in (
        (clip, r"write \[clip\]"),
        (video[0], "found an array|Found an array"),
        ("clips", "str"),
        (7, "int"),
    ):
        with pytest.raises(BadInput, match=message):
            as_clips(wrong)
