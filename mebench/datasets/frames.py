"""Frames on disk: which files of a folder are frames, in which order, and which lie in a clip."""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import BadInput, DataNotFound
from ..tables import shortened

__all__ = [
    *("IMAGE_SUFFIXES", "VIDEO_SUFFIXES", "Cut", "Listing", "cut", "is_video", "list_frames"),
    "listing_of",
]

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff")
#: Endings by which a file in a folder is taken for a video; one that is named is tried whatever
#: its ending is.
VIDEO_SUFFIXES = (
    *(".avi", ".mp4", ".mov", ".mkv", ".m4v", ".mpg", ".mpeg", ".webm", ".wmv", ".asf", ".flv"),
    *(".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".mxf", ".vob", ".dv", ".y4m", ".gif", ".webp"),
)


@dataclass(frozen=True)
class Listing:
    """What lies in a frame folder, or in a video file.

    Parameters
    ----------
    folder : str
    numbers : tuple of int
        Frame numbers in rising order.
    names : tuple of str
        File names in the same order.
    stray : tuple of str
        Everything else: shortcuts, thumbnails, macOS leftovers, images without a number.
    video : bool
        `folder` is a video file, its frames numbered from 0 and called by their numbers.
    """

    folder: str
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    stray: tuple[str, ...]
    video: bool = False

    def repeats(self) -> list[tuple[str, str]]:
        """Pairs of files that claim the same frame number."""
        pairs = zip(self.numbers, self.numbers[1:], self.names, self.names[1:], strict=False)
        return [(a, b) for m, n, a, b in pairs if m == n]

    def gaps(self) -> str:
        """What is missing between the first and the last number, in words; "" where nothing is.

        Examples
        --------
        >>> Listing("", (1, 2, 5), ("1", "2", "5"), ()).gaps()
        '2 numbers are missing between 1 and 5 (3–4): the images are taken one after the other'
        >>> Listing("", (2, 4, 6), ("2", "4", "6"), ()).gaps()
        'the numbers of the images go up by 2'
        """
        pairs = list(zip(self.numbers, self.numbers[1:], strict=False))
        steps = {n - m for m, n in pairs}
        if steps <= {0, 1}:
            return ""
        if len(steps) == 1:
            return f"the numbers of the images go up by {steps.pop()}"
        holes = [(m + 1, n - 1) for m, n in pairs if n - m > 1]
        shown = ", ".join(f"{a}–{b}" if a < b else f"{a}" for a, b in holes[:4])
        more = f" and {len(holes) - 4} more places" if len(holes) > 4 else ""
        lost = sum(b - a + 1 for a, b in holes)
        return (
            f"{lost} number{'s are' if lost > 1 else ' is'} missing between {self.numbers[0]} and "
            f"{self.numbers[-1]} ({shown}{more}): the images are taken one after the other"
        )


@dataclass(frozen=True)
class Cut:
    """The frames of one clip, and what had to be said on the way.

    Parameters
    ----------
    paths : tuple of str
        Files from onset to offset in time order.
    apex : int or None
        Index into `paths`; the nearest present frame (the earlier of two) where the apex frame
        itself is missing.
    absent : int
        Frames between onset and offset that are not there.
    expected : int
        Frames between onset and offset, both included.
    moved : tuple of str
        Which of onset, apex and offset are missing themselves, so that the nearest present frame
        within the clip stands for them.
    """

    paths: tuple[str, ...]
    apex: int | None
    absent: int
    expected: int
    moved: tuple[str, ...]


def is_video(path: str | os.PathLike[str]) -> bool:
    """Whether a path is one of a video file, by its ending."""
    return os.fspath(path).lower().endswith(VIDEO_SUFFIXES) and not os.path.isdir(path)


def frame_number(name: str) -> int | None:
    """The last number in a file name: 46 of ``reg_img46.jpg``; None where there is none.

    Examples
    --------
    >>> frame_number("reg_img46.jpg"), frame_number("EP01_5-007.jpg"), frame_number("cover.jpg")
    (46, 7, None)
    """
    digits = re.findall(r"\d+", os.path.splitext(name)[0])
    return int(digits[-1]) if digits else None


def list_frames(folder: str | os.PathLike[str]) -> Listing:
    """The frames of a folder, ordered by the number in their names (2 before 10).

    Parameters
    ----------
    folder : path
        A folder of images, or a video file (by its ending, :data:`VIDEO_SUFFIXES`).

    Raises
    ------
    DataNotFound
        No such folder, or it cannot be read.
    BadInput
        A video file that is none.
    """
    folder = os.fspath(folder)
    if is_video(folder):
        from ..videos import count_frames

        numbers = range(count_frames(folder))
        return Listing(folder, tuple(numbers), tuple(map(str, numbers)), (), video=True)
    numbered, stray = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                number = None
                if not name.startswith(".") and name.lower().endswith(IMAGE_SUFFIXES):
                    number = frame_number(name)
                if number is None:
                    stray.append(name)
                else:
                    numbered.append((number, name))
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:  # a NUL is a ValueError
        raise DataNotFound(f"The frame folder {shortened(folder)} does not exist.") from error
    except OSError as error:
        raise DataNotFound(
            f"The frame folder {shortened(folder)} cannot be read: {error.strerror}."
        ) from error
    numbered.sort()
    return Listing(
        folder,
        tuple(number for number, _ in numbered),
        tuple(name for _, name in numbered),
        tuple(sorted(stray)),
    )


def listing_of(paths: Sequence[str]) -> Listing:
    """The listing of images that are given by their paths, in their order."""
    numbered = [(frame_number(os.path.basename(p)), p) for p in paths]
    known = [(n, p) for n, p in numbered if n is not None]
    return Listing("", tuple(n for n, _ in known), tuple(p for _, p in known), ())


def cut(listing: Listing, onset: int, apex: int | None, offset: int | None) -> Cut:
    """The frames from onset to offset.

    Parameters
    ----------
    listing : Listing
    onset, apex, offset : int
        Frame numbers, as in the file names. An offset of None means the last frame there is.

    Raises
    ------
    DataNotFound
        No frame of the clip is there.
    BadInput
        Onset after offset, apex outside, or two files that claim one number.
    """
    if repeats := listing.repeats():
        raise BadInput(
            f"{listing.folder}: {repeats[0][0]} and {repeats[0][1]} claim the same frame number. "
            "Remove one of them."
        )
    if not listing.numbers:
        raise DataNotFound(f"The frame folder {listing.folder} holds no frames.")
    if offset is None:
        offset = listing.numbers[-1]
    if onset > offset:
        raise BadInput(f"The onset {onset} lies after the offset {offset}.")
    if apex is not None and not onset <= apex <= offset:
        raise BadInput(f"The apex {apex} lies outside onset {onset} to offset {offset}.")
    first = bisect_left(listing.numbers, onset)
    last = bisect_right(listing.numbers, offset)
    numbers = listing.numbers[first:last]
    if not numbers:
        raise DataNotFound(
            f"{listing.folder} holds no frame from onset {onset} to offset {offset}, only "
            f"{listing.numbers[0]} to {listing.numbers[-1]}."
        )
    marks = {"onset": onset, "apex": apex, "offset": offset}
    present = set(numbers)
    return Cut(
        paths=tuple(os.path.join(listing.folder, n) for n in listing.names[first:last]),
        apex=None if apex is None else _nearest(numbers, apex),
        absent=offset - onset + 1 - len(numbers),
        expected=offset - onset + 1,
        moved=tuple(k for k, v in marks.items() if v is not None and v not in present),
    )


def _nearest(numbers: tuple[int, ...], wanted: int) -> int:
    return min(range(len(numbers)), key=lambda i: abs(numbers[i] - wanted))
