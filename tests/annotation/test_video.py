"""Odd videos: uneven, turned, breaking off, undecodable; and codecs that are not there."""

import shutil
import subprocess

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mebench.annotation.video import VideoWriter
from mebench.errors import BadInput, DataNotFound
from mebench.spotting.video_timing import even_places, frames_of, look

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def bars(n, size=(64, 48)):
    """Frames that say their number: a bar that grows."""
    found = np.zeros((n, size[1], size[0], 3), np.uint8)
    for i, frame in enumerate(found):
        frame[:, : 2 * i + 2] = 255
    return list(found)


def number_of(frame):
    return round((frame[frame.shape[0] // 2] > 128).sum() / 2 - 1)


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def test_an_even_video_is_taken_frame_by_frame(write, tmp_path):
    seen = look(write(tmp_path / "a.mp4", bars(20)))
    assert seen.fps == 30 and seen.places.tolist() == list(range(20)) and not seen.notes
    assert [number_of(f) for f in frames_of(seen)] == list(range(20))
    assert next(frames_of(seen, "colour")).shape == (48, 64, 3)


@given(st.integers(4, 40), st.sampled_from([23.976, 25, 29.97, 30, 60, 200]), st.data())
def test_even_places_are_the_nearest_frames(n, fps, data):
    assert even_places(np.round(np.arange(n) / fps, 3), fps) is None
    waits = data.draw(st.lists(st.integers(1, 5), min_size=n, max_size=n))
    times = np.cumsum(waits) / fps
    found = even_places(times, fps)
    if found is None:
        return
    rate, places = found
    moments = times[0] + np.arange(len(places)) / rate
    assert abs(moments[-1] - times[-1]) <= 0.5 / rate + 1e-9
    off = np.abs(times[places] - moments)
    assert (off <= np.abs(times[:, None] - moments).min(0) + 1e-6).all()
    assert (np.diff(places) >= 0).all()


def test_timestamps_that_make_no_sense_are_not_believed():
    assert even_places(np.zeros(9), 30) is None
    assert even_places(np.array([0, 1, 0.5, 2]), 30) is None
    with pytest.raises(BadInput, match="gaps"):
        even_places(np.array([0, 0.03, 0.06, 600, 1200]), 30)


@needs_ffmpeg
def test_a_variable_rate_is_read_by_its_timestamps(write, tmp_path):
    write(tmp_path / "a.mp4", bars(20))
    # From the tenth frame on, three times as slow.
    ffmpeg("-i", tmp_path / "a.mp4", "-vf", "setpts='if(lt(N,10),N,10+(N-10)*3)/30/TB'",
           "-vsync", "vfr", "-c:v", "mpeg4", "-q:v", "2", tmp_path / "v.mp4")  # fmt: skip
    seen = look(tmp_path / "v.mp4")
    assert seen.fps == pytest.approx(30, rel=0.02)
    assert any("varies" in note for note in seen.notes)
    shown = [number_of(f) for f in frames_of(seen)]
    assert shown[:10] == list(range(10))
    assert [shown.count(i) for i in range(11, 19)] == [3] * 8
    # A rate that is given is believed instead.
    assert look(tmp_path / "v.mp4", 30).places.tolist() == list(range(20))


@needs_ffmpeg
def test_a_turned_video_stands_upright(write, tmp_path):
    write(tmp_path / "a.mp4", bars(5))
    ffmpeg("-i", tmp_path / "a.mp4", "-c", "copy", "-metadata:s:v:0", "rotate=90",
           tmp_path / "t.mp4")  # fmt: skip
    seen = look(tmp_path / "t.mp4")
    if not any("turned" in note for note in seen.notes):
        pytest.skip("this ffmpeg writes no orientation from metadata")
    frame = next(frames_of(seen))
    assert frame.shape == (64, 48)
    assert "90°" in seen.notes[0] or "270°" in seen.notes[0]
    ffmpeg("-i", tmp_path / "t.mp4", "-frames:v", "1", tmp_path / "upright.png")
    upright = cv2.imread(str(tmp_path / "upright.png"), cv2.IMREAD_GRAYSCALE)
    assert np.abs(frame.astype(int) - upright).mean() < 3
    dark = frame < 128
    assert dark.any(axis=0).all() and not dark.any(axis=1).all()  # the bar lies now


def test_what_breaks_off_is_used_as_far_as_it_goes(write, tmp_path):
    data = write(tmp_path / "a.avi", bars(60), codec="MJPG").read_bytes()
    (tmp_path / "half.avi").write_bytes(data[: len(data) // 2])
    seen = look(tmp_path / "half.avi")
    shown = [number_of(f) for f in frames_of(seen)]
    assert 10 < len(shown) < 60 and shown == list(range(len(shown)))
    if seen.source.n_frames == 60:  # some containers forget how long they were
        assert "breaks off" in seen.notes[0]


def test_what_cannot_be_decoded_is_refused(write, tmp_path):
    with pytest.raises(DataNotFound):
        look(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(BadInput, match="ffmpeg"):
        look(tmp_path / "text.mp4")
    whole = write(tmp_path / "a.mp4", bars(20)).read_bytes()
    (tmp_path / "head.mp4").write_bytes(whole[: len(whole) // 2])  # the index is at the end
    with pytest.raises(BadInput, match="ffmpeg"):
        look(tmp_path / "head.mp4")


def test_a_folder_of_images_needs_a_rate(tmp_path):
    for i, frame in enumerate(bars(4)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), frame)
    with pytest.raises(BadInput, match="--fps"):
        look(tmp_path)
    assert [number_of(f) for f in frames_of(look(tmp_path, 25.0))] == [0, 1, 2, 3]


def test_writing_is_whole_or_not_at_all(tmp_path):
    with VideoWriter(tmp_path / "o.mp4", 25.0) as writer:
        for frame in bars(6, (63, 47)):  # odd sizes are padded
            writer.write(frame)
        assert not (tmp_path / "o.mp4").exists()
    assert [number_of(f) for f in frames_of(look(tmp_path / "o.mp4"))] == list(range(6))
    with pytest.raises(RuntimeError), VideoWriter(tmp_path / "p.mp4", 25.0) as writer:
        writer.write(bars(1)[0])
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["o.mp4"]


def test_another_codec_where_one_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("mebench.annotation.video._CODECS", {".mp4": ("XXX0",), ".avi": ("MJPG",)})
    with VideoWriter(tmp_path / "o.mp4", 25.0) as writer:
        monkeypatch.setattr("mebench.annotation.video._code", missing_but("MJPG"))
        for frame in bars(6):
            writer.write(frame)
    assert writer.codec == "MJPG" and writer.path == tmp_path / "o.avi"
    assert [number_of(f) for f in frames_of(look(tmp_path / "o.avi"))] == list(range(6))
    assert [p.name for p in tmp_path.iterdir()] == ["o.avi"]


def missing_but(codec):
    # H.264 needs a licensed encoder, which the builds of OpenCV on PyPI lack.
    return lambda name: cv2.VideoWriter_fourcc(*("MJPG" if name == codec else "VP9X"))


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    with pytest.raises(BadInput, match=r"\.gif"):
        VideoWriter(tmp_path / "o.gif", 25.0)
    with pytest.raises(BadInput, match="no folder"):
        VideoWriter(tmp_path / "no" / "o.mp4", 25.0)
