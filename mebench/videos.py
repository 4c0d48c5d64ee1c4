"""Video files: which frames they hold, and each of them exactly as it was decoded.

One reader serves all commands. Frames are numbered in the order in which the decoder gives them,
from 0, by decoding: what a container says of their number is an estimate. Going into the middle of
a file is checked frame by frame against what was seen on the way from the beginning, so that the
shortcut never shows in the result. :mod:`mebench.video_decoding` decodes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np

from .errors import BadInput, DataNotFound
from .video_decoding import Frame, opened, unreadable

__all__ = ["Contents", "contents", "count_frames", "read_video"]

#: Frames that are rather decoded in passing than gone past by entering the file further on.
_NEAR = 24


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


@lru_cache(maxsize=64)
def _contents(path: str, stamp: tuple[int, int]) -> Contents:
    stamps, times, keys, marks = [], [], [], []
    damaged = 0
    with opened(path) as video:
        for frame in video.frames():
            stamps.append(frame.stamp)
            times.append(frame.time)
            keys.append(frame.key)
            marks.append(frame.mark)
            damaged += frame.damaged
        if not stamps:
            raise unreadable(path, f"no frame of it can be decoded (codec {video.codec})")
        quarters, mirrored = video.turn
        remarks = ("mirrored as its metadata asks for",) if mirrored else ()
        return Contents(
            path, video.codec, video.fps, video.said_frames, video.said_seconds, np.array(times),
            np.array(stamps, np.int64), np.array(keys, bool), np.array(marks, np.uint32),
            90 * quarters, video.lost, damaged, (*remarks, *video.remarks),
        )  # fmt: skip


def _frames_from(path: str, first: int) -> Iterator[Frame]:
    """Frames from number `first` on; by a shortcut as long as that shows nothing else."""
    seen = contents(path) if first >= _NEAR else None
    entry = seen.entry(first) if seen is not None else None
    at = first
    if seen is not None and entry is not None:
        with opened(path) as video:
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
    with opened(path) as video:
        for number, frame in enumerate(video.frames()):
            if number >= at:
                yield frame
