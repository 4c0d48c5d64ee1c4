"""Videos that nobody has annotated: test sets of the challenges, and folders of one's own."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from ...errors import DataNotFound
from ..frames import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from .load import load_reading
from .videos import LongVideos, Reading, expressions

__all__ = ["READERS", "load_unseen", "recordings_below"]


def load_unseen(folder: Path, fps: float, name: str | None = None) -> LongVideos:
    """A folder of videos, or of folders of frames, as a database without truth.

    Parameters
    ----------
    folder : path
    fps : float
        Frames per second of all of them.
    name : str, optional
        Default: that of the folder.

    Raises
    ------
    DataNotFound
        There is no such folder, or no video in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataNotFound(f"There is no folder {folder}.")
    recordings = recordings_below(folder)
    if not recordings:
        raise DataNotFound(f"{folder} holds no videos and no folders of pictures.")
    reading = Reading(expressions(()), recordings, ["nothing is annotated"])
    return load_reading(name or folder.resolve().name, fps, reading, labelled=False)


def recordings_below(folder: Path, depth: int = 3) -> dict[tuple[str, str], str]:
    """Videos and folders of pictures, keyed by person and name.

    The person is read from names such as ``006_1`` (SAMM) and ``spNO.12`` (CAS(ME)³), else each
    video counts as one.
    """
    from ..folders import scan

    found: dict[tuple[str, str], str] = {}
    level = [folder]
    for _ in range(depth + 1):
        below = []
        for place in level:
            entries = sorted(scan(place), key=lambda e: e.name)
            if place != folder and any(
                e.name.lower().endswith(IMAGE_SUFFIXES) for e in entries if e.is_file()
            ):
                name = "_".join(p for p in place.relative_to(folder).parts
                                if p.lower() not in ("color", "colour"))  # fmt: skip
                found[_person(name), name] = str(place)
                continue
            for entry in entries:
                if entry.is_dir():
                    below.append(Path(entry.path))
                elif entry.name.lower().endswith(VIDEO_SUFFIXES):
                    path = Path(entry.path).relative_to(folder)
                    name = "_".join([*path.parent.parts, path.stem])
                    found[_person(name), name] = entry.path
        level = below
    return found


def _person(name: str) -> str:
    match = re.match(r"(\d{3})_\d", name) or re.match(r"(sp\s?no\.?\s?\d+)", name, re.IGNORECASE)
    return match[1] if match else name


def _read(words: tuple[str, ...], root: Path) -> Reading:
    """The part of a test set that lies in a folder whose name holds one of the words."""
    from ..folders import scan

    inside = sorted(Path(e.path) for e in scan(root) if e.is_dir())
    named = [p for p in inside if any(w in p.name.lower() for w in words)]
    folder = named[0] if named else root
    recordings = recordings_below(folder)
    notes = [f"{len(recordings)} videos in {folder.name}; nothing is annotated"]
    return Reading(expressions(()), recordings, notes)


READERS = {
    "samm": partial(_read, ("samm",)),
    "cas": partial(_read, ("cas",)),
}
