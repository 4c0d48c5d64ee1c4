"""The frames of one video file in the order in which they are decoded, and their pixels.

PyAV, which carries FFmpeg, decodes; GIF and WebP are Pillow's.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .errors import BadInput
from .images import MOST_PIXELS

__all__ = ["Frame", "opened", "unreadable"]

#: Of the brightness, every so many rows make up the mark by which a frame is known again. A frame
#: that lacks what it refers to is wrong in blocks of at least 8 × 8 pixels.
_ROWS = 4
_NONE = np.iinfo(np.int64).min  # stands for a timestamp that is not there
_per_thread = threading.local()


class Frame(NamedTuple):
    """One decoded frame, its pixels converted only where somebody wants them."""

    stamp: int
    time: float
    key: bool
    damaged: bool
    decoded: Any  # an av.VideoFrame, or RGB
    turn: tuple[int, bool] = (0, False)

    def pixels(self, mode: str) -> np.ndarray:
        """``(H, W)`` luminance, or ``(H, W, 3)`` RGB for ``'colour'``; uint8."""
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
        """A checksum by which the frame is known again."""
        if isinstance(self.decoded, np.ndarray):
            return zlib.crc32(np.ascontiguousarray(self.decoded[::_ROWS]).data)
        plane, form = self.decoded.planes[0], self.decoded.format
        rows = np.frombuffer(plane, np.uint8)
        rows = rows[: plane.height * plane.line_size].reshape(plane.height, plane.line_size)
        bits = form.components[0].bits if form.is_planar else form.padded_bits_per_pixel
        # What lies beyond the width is whatever was in that memory before.
        width = plane.width * -(-bits // 8)
        return zlib.crc32(np.ascontiguousarray(rows[::_ROWS, :width]).data)


@contextmanager
def opened(path: str) -> Iterator[Any]:
    """A file that gives its ``frames()``, its codec, rate, length and remarks.

    Raises
    ------
    BadInput
        It is not a video.
    """
    with open(path, "rb") as file:
        head = file.read(12)
    if head[:4] == b"GIF8" or (head[:4] == b"RIFF" and head[8:] == b"WEBP"):
        yield _Animation(path)
        return
    import av

    try:
        container = av.open(path)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable(path, "its beginning or its index is missing, or it is another kind of "
                                "file") from error  # fmt: skip
    with container:
        stream = container.streams.best("video")
        if stream is None:
            raise unreadable(path, "it holds no pictures")
        yield _Video(path, container, stream)


def unreadable(path: str, why: str) -> BadInput:
    """The error of a file that is no video, or of which nothing can be decoded."""
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
            raise unreadable(path, "its codec is unknown" if coder is None else
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

    def frames(self, stamp: int | None = None) -> Iterator[Frame]:
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
            yield Frame(
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
            raise unreadable(path, str(error) or type(error).__name__) from error
        self.fps = 1000 / lasts if lasts else 10.0

    def frames(self, stamp: int | None = None) -> Iterator[Frame]:
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
                    yield Frame(number, at / 1000, number == 0, False, picture)
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
    return np.asarray(_reformatter(frame).reformat(frame, format="rgb24").to_ndarray())


def _luminance(picture: np.ndarray) -> np.ndarray:
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


def _reformatter(frame: Any) -> Any:
    """One per thread and kind of frame: it keeps its tables from frame to frame.

    For frames of another range or colour space PyAV (up to 15 at least) would keep the tables of
    those before.
    """
    from av.video.reformatter import VideoReformatter

    kept = _per_thread.__dict__.setdefault("reformatters", {})
    kind = (frame.format.name, frame.width, frame.height, frame.colorspace, frame.color_range)
    if kind not in kept:
        if len(kept) >= 8:
            kept.clear()
        kept[kind] = VideoReformatter()
    return kept[kind]
