import pickle

import numpy as np
import pytest

from mebench import Clip, FrameFiles
from mebench.clip import VideoFile, as_clips, grey
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


@pytest.fixture(params=["avi", "mp4"])
def film(request, tmp_path):
    """A video of 40 frames whose brightness is 6 times their number, with one corner brighter."""
    import cv2

    path = str(tmp_path / f"film.{request.param}")
    code = {"avi": "MJPG", "mp4": "mp4v"}[request.param]
    out = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*code), 25, (64, 48))
    for i in range(40):
        frame = np.full((48, 64, 3), 6 * i, np.uint8)
        frame[:10, :10] = (0, 0, 255)  # red, as OpenCV orders it
        out.write(frame)
    out.release()
    return path


def test_a_part_of_a_video(film):
    clip = Clip("a", VideoFile(film, 13, 9), fps=25, apex=4)
    assert len(clip) == 9 and clip.offset == 8
    whole = VideoFile(film, 0, 40).read()  # in one go, so that nothing is entered in the middle
    np.testing.assert_array_equal(clip.frames, whole[13:22])
    np.testing.assert_array_equal(clip.read([4, 0, 4, -1]), whole[[17, 13, 17, 21]])
    assert np.abs(whole[:, 30, 40] - 6.0 * np.arange(40)).max() < 6
    colour = VideoFile(film, 13, 9, colour=True).read()
    assert colour.shape == (9, 48, 64, 3)
    assert colour[0, 5, 5, 0] > 180 > colour[0, 5, 5, 2]  # RGB
    again = pickle.loads(pickle.dumps(clip))
    assert again.digest() == clip.digest()


def test_digest_of_a_video(film, tmp_path):
    import shutil

    clip = Clip("a", VideoFile(film, 3, 5))
    moved = shutil.copy(film, tmp_path / "moved")
    assert Clip("b", VideoFile(str(moved), 3, 5)).digest() == clip.digest()
    others = {
        clip.digest(),
        Clip("a", VideoFile(film, 4, 5)).digest(),
        Clip("a", VideoFile(film, 3, 6), offset=4).digest(),
        Clip("a", VideoFile(film, 3, 5, colour=True)).digest(),
    }
    with open(moved, "ab") as file:
        file.write(b"more")
    others.add(Clip("b", VideoFile(str(moved), 3, 5)).digest())
    assert len(others) == 5


def test_videos_that_cannot_be_read(film, tmp_path):
    from mebench.videos import count_frames

    assert count_frames(film) == 40
    with pytest.raises(BadInput, match=r"Frame 40 of the video .* cannot be decoded"):
        VideoFile(film, 38, 5).read()
    with pytest.raises(BadInput, match="no frames"):
        VideoFile(film, 3, 5).read([])
    with pytest.raises(DataNotFound, match="does not exist"):
        VideoFile(str(tmp_path / "gone.avi"), 0, 3).read()
    (tmp_path / "text.avi").write_text("no video")
    for call in (lambda p: VideoFile(p, 0, 3).read(), count_frames):
        with pytest.raises(BadInput, match="is not a video"):
            call(str(tmp_path / "text.avi"))


def test_a_bitmap_that_breaks_off(tmp_path):
    import cv2

    path = tmp_path / "a.bmp"
    cv2.imwrite(str(path), np.zeros((40, 30), np.uint8))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match="the BMP is shorter than it says"):
        FrameFiles((str(path),)).read()


def test_colour_frames_are_rgb(tmp_path):
    import cv2

    for kind, dtype in (("png", np.uint8), ("bmp", np.uint8), ("tif", np.uint16)):
        image = np.zeros((4, 4, 3), dtype)
        image[..., 2] = np.iinfo(dtype).max  # red, as OpenCV orders it
        path = str(tmp_path / f"a.{kind}")
        cv2.imwrite(path, image)
        assert FrameFiles((path,), colour=True).read()[0, 0, 0].tolist() == [255, 0, 0]
