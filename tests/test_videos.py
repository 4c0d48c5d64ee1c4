"""Frames of videos: of every container and codec that ffmpeg writes, each exactly as decoded."""

import re
import shutil
import subprocess
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mebench import video_decoding, videos
from mebench.errors import BadInput, DataNotFound
from mebench.videos import contents, count_frames, read_video

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

N, SIZE = 70, (64, 48)

CODECS = {
    "h264": ("-c:v", "libx264", "-g", "12", "-bf", "2", "-x264-params", "open-gop=1"),
    "h265": ("-c:v", "libx265", "-x265-params", "keyint=12:bframes=3:open-gop=1:log-level=none"),
    "vp9": ("-c:v", "libvpx-vp9", "-g", "12", "-deadline", "realtime", "-cpu-used", "8"),
    "mjpeg": ("-c:v", "mjpeg", "-q:v", "4"),
    "mpeg4": ("-c:v", "mpeg4", "-g", "12", "-bf", "2", "-q:v", "4"),
    "prores": ("-c:v", "prores_ks"),
    "ffv1": ("-c:v", "ffv1", "-g", "12"),
}
CONTAINERS = {
    "mp4": ("h264", "h265", "vp9", "mjpeg", "mpeg4"),
    "mkv": tuple(CODECS),
    "webm": ("vp9",),
    "avi": ("h264", "mjpeg", "mpeg4", "ffv1"),
    "mov": ("h264", "h265", "mjpeg", "mpeg4", "prores"),
    "ts": ("h264", "h265", "mpeg4"),
}
#: Every third frame of the second half lasts three times as long.
UNEVEN = "setpts='(N+if(gt(N,35),floor((N-35)/3)*2,0))/30/TB'"


def ffmpeg(*arguments, **more):
    return subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True, capture_output=True,
        **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """Frames that differ everywhere, as raw pixels: a texture that moves, under noise."""
    rng = np.random.default_rng(0)
    ground = rng.integers(30, 226, (SIZE[1] + N, SIZE[0] + N, 3))
    ground = np.asarray(Image.fromarray(ground.astype(np.uint8)).resize((SIZE[0] * 3, SIZE[1] * 3)))
    path = tmp_path_factory.mktemp("raw") / "frames.rgb"
    with path.open("wb") as file:
        for i in range(N):
            part = ground[i // 2 : i // 2 + SIZE[1], i : i + SIZE[0]].astype(int)
            noisy = np.clip(part + rng.integers(-6, 7, part.shape), 0, 255).astype(np.uint8)
            file.write(noisy.tobytes())
    return path


def written(raw, path, *options, codec="h264", sound=False, rate=30, before=()):
    source = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIZE[0]}x{SIZE[1]}", "-r", rate)
    more = ("-f", "lavfi", "-i", "sine=d=2.5", "-c:a", "aac") if sound else ()
    if sound and path.suffix in (".avi", ".webm"):
        more = (*more[:-1], "libmp3lame" if path.suffix == ".avi" else "libopus")
    form = "yuv422p10le" if codec == "prores" else "yuvj420p" if codec == "mjpeg" else "yuv420p"
    ffmpeg(*before, *source, "-i", raw, *more, *CODECS[codec], "-pix_fmt", form, *options, path)
    return path


def whole(path, mode="grey"):
    return list(read_video(path, 0, None, mode))


def check_every_way_in(path, expected=None):
    """Reading from the middle gives what reading from the start gives."""
    frames = whole(path)
    n = len(frames)
    assert n == count_frames(path) and (expected is None or n == expected)
    for first in (1, 11, 12, 13, 25, 36, 47, n // 2, n - 14, n - 3, n - 1):
        if not 0 <= first < n:
            continue
        part = list(read_video(path, first, min(6, n - first)))
        assert len(part) == min(6, n - first)
        for i, frame in enumerate(part):
            assert np.array_equal(frame, frames[first + i]), (path.name, first, i)
    rest = list(read_video(path, 30, None, "colour"))
    colour = whole(path, "colour")
    assert len(rest) == n - 30
    assert all(map(np.array_equal, rest, colour[30:]))
    return frames


CASES = [(c, k) for c, codecs in CONTAINERS.items() for k in codecs]


@needs_ffmpeg
@pytest.mark.parametrize(("container", "codec"), CASES, ids=[f"{c}-{k}" for c, k in CASES])
@pytest.mark.parametrize("kind", ["even", "uneven, with sound"])
def test_every_container_and_codec(raw, tmp_path, container, codec, kind):
    path = tmp_path / f"v.{container}"
    if kind == "even":
        written(raw, path, codec=codec)
    elif container == "avi":  # has one rate, and repeats frames where they last longer
        written(raw, path, codec=codec, sound=True)
    else:
        written(raw, path, "-vf", UNEVEN, "-vsync", "vfr", codec=codec, sound=True)
    frames = check_every_way_in(path, N)
    seen = contents(path)
    if container != "avi" or codec != "h264":
        assert not [n for n in seen.notes() if "timestamps" not in n], seen.notes()
    # The luminance as another FFmpeg decodes it, brought to the full scale.
    form = "yuv422p10le" if codec == "prores" else "yuvj420p" if codec == "mjpeg" else "yuv420p"
    out = ffmpeg("-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo",
                 "-pix_fmt", form, "-").stdout  # fmt: skip
    if codec == "prores":
        luma = np.frombuffer(out, np.uint16).reshape(N, -1)[:, : SIZE[0] * SIZE[1]]
        levels = (luma.astype(float) - 64) * 255 / 876
    else:
        luma = np.frombuffer(out, np.uint8).reshape(N, -1)[:, : SIZE[0] * SIZE[1]]
        levels = luma.astype(float) if codec == "mjpeg" else (luma.astype(float) - 16) * 255 / 219
    expected = np.clip(np.round(levels), 0, 255).reshape(N, SIZE[1], SIZE[0])
    # Inverse transforms of JPEG and MPEG-4 are not fixed to the last bit between versions.
    slack = 3 if codec in ("mjpeg", "mpeg4", "prores") else 0
    assert np.abs(np.stack(frames) - expected).max() <= slack


@needs_ffmpeg
def test_entering_is_used_and_saves_decoding(raw, tmp_path, monkeypatch):
    path = written(raw, tmp_path / "v.mp4")
    assert contents(path).entry(60) >= 48 and contents(path).entry(20) is None
    decoded = []
    real = video_decoding._Video.frames
    monkeypatch.setattr(
        video_decoding._Video, "frames",
        lambda self, stamp=None: (decoded.append(f) or f for f in real(self, stamp)),
    )  # fmt: skip
    list(read_video(path, 60, 3))
    assert 3 <= len(decoded) < 25


@needs_ffmpeg
def test_a_shortcut_that_shows_something_else_is_not_taken(raw, tmp_path, monkeypatch):
    path = written(raw, tmp_path / "v.mp4")
    frames = whole(path)
    seen = contents(path)
    wrong = seen.marks.copy()
    wrong[62] ^= 1  # as if the frame had looked otherwise on the way from the beginning
    monkeypatch.setattr(videos, "contents", lambda _: replace(seen, marks=wrong))
    assert all(map(np.array_equal, read_video(path, 60, 6), frames[60:66]))
    keyless = replace(seen, keys=np.arange(N) % 7 == 5)  # key frames that are none
    monkeypatch.setattr(videos, "contents", lambda _: keyless)
    assert all(map(np.array_equal, read_video(path, 60, 6), frames[60:66]))


@needs_ffmpeg
def test_intra_refresh_has_no_key_frames_to_enter_at(raw, tmp_path):
    for ending in ("ts", "mp4", "mkv"):
        path = written(raw, tmp_path / f"v.{ending}", "-x264-params", "intra-refresh=1:keyint=10")
        check_every_way_in(path, N)


@needs_ffmpeg
def test_an_edit_list_hides_frames(raw, tmp_path):
    written(raw, tmp_path / "v.mp4")
    # Cut without decoding: what lies before the cut back to the key frame is hidden, not gone.
    ffmpeg("-ss", "1.1", "-i", tmp_path / "v.mp4", "-c", "copy", tmp_path / "cut.mp4")
    shown = ffmpeg("-i", tmp_path / "cut.mp4", "-fps_mode", "passthrough", "-f", "rawvideo",
                   "-pix_fmt", "gray", "-").stdout  # fmt: skip
    frames = check_every_way_in(tmp_path / "cut.mp4", len(shown) // (SIZE[0] * SIZE[1]))
    assert np.array_equal(frames[-1], whole(tmp_path / "v.mp4")[-1])


@needs_ffmpeg
@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_turned_video_stands_upright(raw, tmp_path, angle):
    written(raw, tmp_path / "v.mp4")
    ffmpeg("-i", tmp_path / "v.mp4", "-c", "copy", "-metadata:s:v:0", f"rotate={angle}",
           tmp_path / "t.mp4")  # fmt: skip
    seen = contents(tmp_path / "t.mp4")
    if not seen.turned:
        pytest.skip("this ffmpeg writes no orientation from metadata")
    assert f"turned by {seen.turned}°" in seen.notes()[0]
    upright = ffmpeg("-i", tmp_path / "t.mp4", "-frames:v", "1", "-f", "rawvideo",
                     "-pix_fmt", "rgb24", "-").stdout  # fmt: skip
    frame = next(read_video(tmp_path / "t.mp4", mode="colour"))
    shape = (SIZE[0], SIZE[1]) if angle % 180 else (SIZE[1], SIZE[0])
    expected = np.frombuffer(upright, np.uint8).reshape(*shape, 3).astype(int)
    assert frame.shape == expected.shape and np.abs(frame - expected).mean() < 3
    check_every_way_in(tmp_path / "t.mp4", N)


@needs_ffmpeg
@pytest.mark.parametrize("ending", ["avi", "mkv", "ts", "webm", "mp4"])
def test_what_breaks_off_is_read_as_far_as_it_goes(raw, tmp_path, ending):
    codec = {"avi": "mjpeg", "webm": "vp9"}.get(ending, "h264")
    more = ("-movflags", "frag_keyframe+empty_moov") if ending == "mp4" else ()
    whole_file = written(raw, tmp_path / f"v.{ending}", *more, codec=codec)
    data = whole_file.read_bytes()
    path = tmp_path / f"half.{ending}"
    path.write_bytes(data[: len(data) * 6 // 10])
    frames = check_every_way_in(path)
    assert 25 < len(frames) < N
    for mine, theirs in zip(frames[:-4], whole(whole_file), strict=False):
        assert np.array_equal(mine, theirs)
    if ending in ("avi", "mkv", "webm"):
        assert any("breaks off" in note for note in contents(path).notes())


@needs_ffmpeg
def test_damage_in_the_middle_is_said_and_always_looks_the_same(raw, tmp_path):
    path = written(raw, tmp_path / "v.mkv")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    path.write_bytes(data)
    check_every_way_in(path)
    assert contents(path).notes()
    with pytest.raises(BadInput, match=r"Frame \d+ of the video"):
        list(read_video(path, 60, 99))


@needs_ffmpeg
@pytest.mark.parametrize("ending", ["avi", "mov"])
def test_a_damaged_jpeg_in_a_film_is_said_and_keeps_its_place(raw, tmp_path, ending):
    path = written(raw, tmp_path / f"v.{ending}", codec="mjpeg")
    whole = contents(path)
    data = bytearray(path.read_bytes())
    starts = [match.start() for match in re.finditer(rb"\xff\xd8\xff", bytes(data))]
    middle = (starts[7] + starts[8]) // 2
    data[middle : middle + 600] = bytes(600)
    path.write_bytes(data)
    seen = contents(path)
    assert (seen.damaged, seen.lost) == (1, 0)
    assert seen.notes() == ["1 frame(s) are damaged, and used as the decoder mends them"]
    assert np.array_equal(seen.stamps, whole.stamps) and np.array_equal(seen.times, whole.times)
    assert np.flatnonzero(seen.marks != whole.marks).tolist() == [7]
    check_every_way_in(path)


@needs_ffmpeg
def test_colours_and_grey_agree(raw, tmp_path):
    path = written(raw, tmp_path / "v.mkv", codec="ffv1")
    frame, grey = (next(read_video(path, mode=mode)) for mode in ("colour", "grey"))
    original = np.frombuffer(raw.read_bytes(), np.uint8)[: frame.size].reshape(frame.shape)
    assert np.abs((frame.astype(int) - original).mean(axis=(0, 1))).max() < 2
    weighted = original @ [0.299, 0.587, 0.114]
    assert np.abs(grey - weighted).mean() < 2 and np.abs((grey - weighted).mean()) < 0.5


def test_colours_do_not_hang_on_what_was_read_before(raw, tmp_path):
    """Full and limited brightness at one size, each in a thread of its own and after the other."""
    paths = [written(raw, tmp_path / f"{c}.mkv", codec=c) for c in ("mjpeg", "ffv1")]
    seen: list[list[np.ndarray]] = [[], []]

    def read(order):
        for i in order:
            seen[i].append(next(read_video(paths[i], mode="colour")))

    for order in ([0], [1], [0, 1, 0, 1]):  # what a reader keeps, it keeps for a thread
        thread = threading.Thread(target=read, args=(order,))
        thread.start()
        thread.join()
    for frames in seen:
        assert len(frames) == 3 and all(np.array_equal(frames[0], f) for f in frames)


def animation(path, n=9, **options):
    pictures = [Image.new("RGB", (40, 30), (20 * i, 0, 0)) for i in range(n)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40, **options)
    return path


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_animations_are_videos(tmp_path, ending):
    options = {"lossless": True} if ending == "webp" else {}
    path = animation(tmp_path / f"a.{ending}", **options)
    seen = contents(path)
    assert seen.n_frames == 9 and seen.said_fps == pytest.approx(25)
    assert np.allclose(seen.times, np.arange(9) * 0.04)
    reds = [int(f[5, 5, 0]) for f in read_video(path, 2, 4, "colour")]
    assert np.abs(np.array(reds) - [40, 60, 80, 100]).max() <= 2
    assert next(read_video(path)).shape == (30, 40)


def test_what_is_no_video_is_refused_in_words(tmp_path):
    for name, data in (("a.mp4", b"no video"), ("b.gif", b"GIF89a"), ("c.avi", b"")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadInput, match="not a video that can be read here"):
            contents(tmp_path / name)
    with pytest.raises(DataNotFound, match="does not exist"):
        contents(tmp_path / "none.mp4")
    with pytest.raises(DataNotFound, match="does not exist"):
        list(read_video(tmp_path / "none.mp4"))


def test_a_file_that_changes_is_looked_at_again(tmp_path):
    path = animation(tmp_path / "a.gif", 4)
    assert count_frames(path) == 4
    assert count_frames(animation(path, 7)) == 7
