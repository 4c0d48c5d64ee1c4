"""Video files: which frames they hold, and each of them exactly as it was decoded.

One reader serves all commands. Frames are numbered in the order in which the decoder gives them,
from 0, by decoding: what a container says of their number is an estimate. Going into the middle of
a file is checked frame by frame against what was seen on the way from the beginning, so that the
shortcut never shows in the result. PyAV, which carries FFmpeg, decodes; GIF and WebP are Pillow's.
"""

from __future__ import annotations

import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from .errors import BadInput, DataNotFound
from .images import MOST_PIXELS

__all__ = ["Contents", "contents", "count_frames", "read_video"]

#: Frames that are rather decoded in passing than gone past by entering the file further on.
_NEAR = 24
#: Of the brightness, every so many rows make up the mark by which a frame is known again. A frame
#: that lacks what it refers to is wrong in blocks of at least 8 × 8 pixels.
_ROWS = 4


@dataclass(frozen=True, eq=False)
class Contents:
    """What a video file holds, all of it decoded once.

    Attributes
    ----------
    path : str
    codec : str
    said_fps : float or None
        Frames per second by the container.
    said_frames : int
        Their number by the container, 0 where it does not count them.
    said_seconds : float
        How long they last by the container, 0 where it does not say.
    times : ndarray of float ``(n_frames,)``
        Seconds, by the timestamps; NaN where there is none.
    stamps : ndarray of int64 ``(n_frames,)``
        The timestamps themselves; the least int64 where there is none.
    keys : ndarray of bool ``(n_frames,)``
        Whether the file can be entered there, by its own account.
    marks : ndarray of uint32 ``(n_frames,)``
        A checksum of each frame.
    turned : int
        Degrees clockwise by which the metadata has the frames turned.
    lost, damaged : int
        Parts of the file that gave no frame, and frames that the decoder calls damaged.
    remarks : tuple of str
        What else is odd.
    """

    path: str
    codec: str
    said_fps: float | None
    said_frames: int
    said_seconds: float
    times: np.ndarray
    stamps: np.ndarray
    keys: np.ndarray
    marks: np.ndarray
    turned: int = 0
    lost: int = 0
    damaged: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def n_frames(self) -> int:
        """Frames that can be decoded."""
        return len(self.stamps)

    @property
    def rising(self) -> bool:
        """Whether every frame has a timestamp, later than the one before."""
        return bool(np.isfinite(self.times).all() and (np.diff(self.times) > 0).all())

    @property
    def breaks_off(self) -> bool:
        """Whether the file promises clearly more than it holds."""
        if self.said_frames:  # containers may be a few frames out
            return self.n_frames < 0.98 * self.said_frames - 2
        lasts = float(self.times[-1] - self.times[0]) if self.rising else 0.0
        return 0 < lasts < 0.98 * self.said_seconds - 0.3

    def notes(self) -> list[str]:
        """What is odd about the file, in words."""
        said = []
        if self.breaks_off:
            of = f"of {self.said_frames} frames" if self.said_frames else "frames"
            lasts = "" if self.said_frames else f" of its {self.said_seconds:.1f} s"
            said.append(f"the file breaks off: {self.n_frames} {of}{lasts} could be decoded, and "
                        "are used")  # fmt: skip
        if self.lost:
            said.append(f"{self.lost} damaged part(s) of the file gave no frame; frames are "
                        "numbered without them")  # fmt: skip
        if self.damaged:
            said.append(f"{self.damaged} frame(s) are damaged, and used as the decoder mends them")
        if self.turned:
            said.append(f"turned by {self.turned}° as its metadata asks for")
        if self.n_frames > 1 and not self.rising:
            said.append("its timestamps are missing or do not rise: frames are taken as even")
        return [*said, *self.remarks]

    def entry(self, first: int) -> int | None:
        """The key frame from which frame `first` is reached soonest; None is the beginning."""
        if not self.rising:
            return None
        keys = np.flatnonzero(self.keys[: first + 1])
        return int(keys[-1]) if len(keys) and keys[-1] >= _NEAR else None


def contents(path: str | os.PathLike[str]) -> Contents:
    """Decode a video from end to end and say what it holds; remembered while it stays unchanged.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It is not a video, or no frame of it can be decoded.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise DataNotFound(f"The video {path} does not exist.")
    stamp = os.stat(path)
    return _contents(path, (stamp.st_size, stamp.st_mtime_ns))


def count_frames(path: str | os.PathLike[str]) -> int:
    """Number of frames that can be decoded; raises as :func:`contents` does."""
    return contents(path).n_frames


def read_video(
    path: str | os.PathLike[str], first: int = 0, count: int | None = None, mode: str = "grey"
) -> Iterator[np.ndarray]:
    """Frames of a video file one by one, from `first` on, counted from 0.

    Parameters
    ----------
    path : path
    first : int, default 0
    count : int, optional
        Default: all that follow.
    mode : {'grey', 'colour'}, default 'grey'
        ``(H, W)`` uint8: the luminance that the file holds, on the full scale of 0 to 255; or
        ``(H, W, 3)`` RGB uint8.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It is not a video, or ends too early.

    Notes
    -----
    However a frame is reached, it is the same to the last bit. The file is entered at the last key
    frame before `first`, and every frame compared (by timestamp and checksum) with what
    :func:`contents` has seen; where they differ, as after key frames that are none or in
    containers that cannot be entered exactly, the file is decoded from its beginning instead.
    """
    path = os.fspath(path)
    if not os.path.isfile(path):
        raise DataNotFound(f"The video {path} does not exist.")
    number = first
    for frame in islice(_frames_from(path, first), count):
        yield frame.pixels(mode)
        number += 1
    if number == 0 or (count is not None and number < first + count):
        raise BadInput(
            f"Frame {number} of the video {path} cannot be decoded; the file may be damaged or "
            "shorter than it was. Restore it from the database."
        )


class _Frame(NamedTuple):
    """One decoded frame, its pixels converted only where somebody wants them."""

    stamp: int
    time: float
    key: bool
    damaged: bool
    decoded: Any  # an av.VideoFrame, or RGB
    turn: tuple[int, bool] = (0, False)

    def pixels(self, mode: str) -> np.ndarray:
        if isinstance(self.decoded, np.ndarray):
            picture = self.decoded if mode == "colour" else _luminance(self.decoded)
        elif mode == "colour":
            picture = _rgb(self.decoded)
        else:
            picture = _grey(self.decoded)
        quarters, mirrored = self.turn
        if mirrored:
            picture = picture[:, ::-1]
        return np.ascontiguousarray(np.rot90(picture, -quarters) if quarters else picture)

    @property
    def mark(self) -> int:
        if isinstance(self.decoded, np.ndarray):
            return zlib.crc32(np.ascontiguousarray(self.decoded[::_ROWS]).data)
        plane, form = self.decoded.planes[0], self.decoded.format
        rows = np.frombuffer(plane, np.uint8)
        rows = rows[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
        bits = form.components[0].bits if form.is_planar else form.padded_bits_per_pixel
        # What lies beyond the width is whatever was in that memory before.
        width = plane.width * -(-bits // 8)
        return zlib.crc32(np.ascontiguousarray(rows[::_ROWS, :width]).data)


_NONE = np.iinfo(np.int64).min  # stands for a timestamp that is not there
_per_thread = threading.local()


@lru_cache(maxsize=64)
def _contents(path: str, stamp: tuple[int, int]) -> Contents:
    stamps, times, keys, marks = [], [], [], []
    damaged = 0
    with _opened(path) as video:
        for frame in video.frames():
            stamps.append(frame.stamp)
            times.append(frame.time)
            keys.append(frame.key)
            marks.append(frame.mark)
            damaged += frame.damaged
        if not stamps:
            raise _unreadable(path, f"no frame of it can be decoded (codec {video.codec})")
        quarters, mirrored = video.turn
        remarks = ("mirrored as its metadata asks for",) if mirrored else ()
        return Contents(
            path, video.codec, video.fps, video.said_frames, video.said_seconds, np.array(times),
            np.array(stamps, np.int64), np.array(keys, bool), np.array(marks, np.uint32),
            90 * quarters, video.lost, damaged, (*remarks, *video.remarks),
        )  # fmt: skip


def _frames_from(path: str, first: int) -> Iterator[_Frame]:
    """Frames from number `first` on; by a shortcut as long as that shows nothing else."""
    seen = contents(path) if first >= _NEAR else None
    entry = seen.entry(first) if seen is not None else None
    at = first
    if seen is not None and entry is not None:
        with _opened(path) as video:
            for frame in video.frames(int(seen.stamps[entry])):
                if at == first and frame.stamp != seen.stamps[first]:
                    if frame.stamp > seen.stamps[first]:
                        break  # entered too late
                    continue
                if at >= seen.n_frames or (frame.stamp, frame.mark) != (
                    seen.stamps[at], seen.marks[at],
                ):  # fmt: skip
                    break
                yield frame
                at += 1
        if at == seen.n_frames:
            return
    with _opened(path) as video:
        for number, frame in enumerate(video.frames()):
            if number >= at:
                yield frame


@contextmanager
def _opened(path: str) -> Iterator[Any]:
    with open(path, "rb") as file:
        head = file.read(12)
    if head[:4] == b"GIF8" or (head[:4] == b"RIFF" and head[8:] == b"WEBP"):
        yield _Animation(path)
        return
    import av

    try:
        container = av.open(path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise _unreadable(path, "its beginning or its index is missing, or it is another kind of "
                                "file") from error  # fmt: skip
    with container:
        stream = container.streams.best("video")
        if stream is None:
            raise _unreadable(path, "it holds no pictures")
        yield _Video(path, container, stream)


def _unreadable(path: str, why: str) -> BadInput:
    return BadInput(
        f"{path} is not a video that can be read here: {why}. Restore it, or convert it, for "
        "example with: ffmpeg -i IN -c:v libx264 -crf 12 OUT.mp4"
    )


class _Video:
    """A file that FFmpeg decodes, by one thread, so that damage always looks the same."""

    def __init__(self, path: str, container: Any, stream: Any) -> None:
        self.container, self.stream = container, stream
        coder = stream.codec_context
        if coder is None or coder.width * coder.height > MOST_PIXELS:
            raise _unreadable(path, "its codec is unknown" if coder is None else
                              f"it says that it has {coder.width}×{coder.height} pixels, more than "
                              "any frame")  # fmt: skip
        coder.thread_count = 1
        # A JPEG that the decoder has to mend is not marked as such: a strict decoder looks first.
        self.mender: Any = None
        if coder.name == "mjpeg":
            import av

            coder.options = {"err_detect": "explode"}
            self.mender = av.CodecContext.create(coder.name, "r")
        self.codec, self.said_frames = coder.name, int(stream.frames)
        rate = stream.guessed_rate or stream.average_rate
        self.fps = float(rate) if rate and 1 <= rate <= 2000 else None
        self.said_seconds = _length(stream)
        self.turn, self.lost = (0, False), 0
        ratio = stream.sample_aspect_ratio
        self.remarks: tuple[str, ...] = ()
        if ratio and abs(float(ratio) - 1) > 0.01:
            self.remarks = (f"its pixels are not square ({ratio.numerator}:{ratio.denominator}), "
                            "and are used as if they were",)  # fmt: skip

    def frames(self, stamp: int | None = None) -> Iterator[_Frame]:
        """All frames in decoding order, or those from the key frame of a timestamp on."""
        import av

        if stamp is not None:
            try:
                self.container.seek(stamp, stream=self.stream, backward=True)
            except av.error.FFmpegError:
                return
        for number, (frame, mended) in enumerate(self._decoded()):
            if number == 0:
                self.turn = _orientation(frame)
            known = frame.pts is not None
            yield _Frame(
                frame.pts if known else _NONE, float(frame.time) if known else float("nan"),
                bool(frame.key_frame), mended or bool(frame.is_corrupt), frame, self.turn,
            )  # fmt: skip

    def _decoded(self) -> Iterator[tuple[Any, bool]]:
        """What the decoder gives, past parts of the file that it can make nothing of.

        With each frame, whether another decoder had to mend it.
        """
        import av

        packets = self.container.demux(self.stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except (av.error.FFmpegError, OSError):
                self.lost += 1
                break
            try:
                yield from ((frame, False) for frame in packet.decode())
            except av.error.FFmpegError:
                mended = self._mended(packet)
                self.lost += not mended
                yield from ((frame, True) for frame in mended)
        with suppress(av.error.FFmpegError):
            for frame in self.stream.codec_context.decode(None):  # what it still holds back
                yield frame, False

    def _mended(self, packet: Any) -> list[Any]:
        """What a decoder that is not strict makes of a damaged picture."""
        import av

        if self.mender is None:
            return []
        with suppress(av.error.FFmpegError):
            frames = self.mender.decode(packet)
            for frame in frames:
                frame.time_base = packet.time_base
            return list(frames)
        return []


class _Animation:
    """A GIF or WebP, which Pillow composes from its parts; on white, as pages are."""

    turn, lost, remarks, said_seconds = (0, False), 0, (), 0.0

    def __init__(self, path: str) -> None:
        from PIL import Image

        self.path = path
        try:
            with Image.open(path) as image:
                self.codec = (image.format or "gif").lower()
                self.said_frames = int(getattr(image, "n_frames", 1))
                if image.width * image.height > MOST_PIXELS:
                    raise ValueError(f"{image.width}×{image.height} pixels")
                image.load()  # a WebP says it then
                lasts = float(image.info.get("duration") or 0)
        except Exception as error:  # Pillow's readers raise anything
            raise _unreadable(path, str(error) or type(error).__name__) from error
        self.fps = 1000 / lasts if lasts else 10.0

    def frames(self, stamp: int | None = None) -> Iterator[_Frame]:
        """All frames, from the beginning always."""
        from PIL import Image, ImageSequence

        at = 0.0
        try:
            with Image.open(self.path) as image:
                for number, part in enumerate(ImageSequence.Iterator(image)):
                    whole = part.convert("RGBA")
                    ground = Image.new("RGBA", whole.size, "white")
                    picture = np.asarray(Image.alpha_composite(ground, whole).convert("RGB"))
                    # Browsers show what says 0 for a tenth of a second.
                    lasts = float(part.info.get("duration") or 0) or 100.0
                    yield _Frame(number, at / 1000, number == 0, False, picture)
                    at += lasts
        except (OSError, EOFError, ValueError, SyntaxError):  # breaks off
            self.lost += 1


def _length(stream: Any) -> float:
    """Seconds that the container gives for the pictures; 0 where it does not."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    parts = str(stream.metadata.get("DURATION", "")).split(":")  # Matroska
    try:
        hours, minutes, seconds = map(float, parts)
    except ValueError:
        return 0.0
    return 3600 * hours + 60 * minutes + seconds


def _orientation(frame: Any) -> tuple[int, bool]:
    """Quarter turns clockwise, after mirroring left and right, that the metadata asks for."""
    from av.sidedata.sidedata import Type

    found = frame.side_data.get(Type.DISPLAYMATRIX)
    if found is None:
        return 0, False
    a, b, _, c, d, *_ = np.frombuffer(bytes(found), np.int32, 9).astype(float)
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    return round(float(np.degrees(np.arctan2(b, a))) / 90) % 4, bool(mirrored)


def _grey(frame: Any) -> np.ndarray:
    """The luminance ``(H, W)`` uint8 on the full scale; from RGB where there is none."""
    form = frame.format
    bits = form.components[0].bits
    direct = form.name.startswith(("yuv4", "yuvj4", "yuva4", "gray", "nv12", "nv21"))
    if not direct or form.is_big_endian or bits > 16 or form.name in ("yuv4mpeg", "grayf32le"):
        return _luminance(_rgb(frame))
    plane = frame.planes[0]
    kind = np.uint8 if bits == 8 else np.uint16
    rows = np.frombuffer(plane, kind)[: plane.height * plane.line_size // kind().itemsize]
    luma = rows.reshape(plane.height, -1)[:, : frame.width]
    full = form.name.startswith(("yuvj", "gray")) or frame.color_range == 2
    if full and bits == 8:
        return luma
    import cv2

    table = _scale(bits, full)
    return np.asarray(cv2.LUT(luma, table)) if bits == 8 else table[luma]


@lru_cache(maxsize=16)
def _scale(bits: int, full: bool) -> np.ndarray:
    """Luminance of so many bits as 8 bits on the full scale."""
    low, high = (0, 2**bits - 1) if full else (16 << bits - 8, 235 << bits - 8)
    levels = (np.arange(2**bits) - low) * (255 / (high - low))
    return np.clip(np.round(levels), 0, 255).astype(np.uint8)


def _rgb(frame: Any) -> np.ndarray:
    return np.asarray(_reformatter().reformat(frame, format="rgb24").to_ndarray())


def _luminance(picture: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def _reformatter() -> Any:
    """One per thread: it keeps its tables from frame to frame."""
    if not hasattr(_per_thread, "reformatter"):
        from av.video.reformatter import VideoReformatter

        _per_thread.reformatter = VideoReformatter()
    return _per_thread.reformatter
