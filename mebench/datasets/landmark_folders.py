"""A folder of landmark files beside a database: remembered, checked, and used when it is loaded."""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..errors import BadInput, DataNotFound, MebenchError
from ..paths import user_folder, whole_path
from ..storage.lease import write_whole
from .landmark_files import clip_landmarks, doubts_about, read_landmarks

if TYPE_CHECKING:
    import pandas as pd

    from ..clip import Clip
    from .database import Folders
    from .frames import Listing

__all__ = [
    *("Checked", "LandmarkFolder", "Place", "add_landmarks", "attach_landmarks"),
    *("check_landmarks", "forget_landmarks", "landmark_folder"),
]


class LandmarkFolder:
    """Finds the landmark file of each clip in a folder.

    Files are ``SUBJECT/CLIP.csv``, ``SUBJECT_CLIP.csv``, or ``CLIP.csv`` where no other file is
    called so, in any folder below; instead of a CSV file a ``.pts`` file, or a folder ``CLIP`` of
    such. CLIP is what the folder or video of the frames is called.

    Parameters
    ----------
    folder : path
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.files: dict[str, list[Path]] = {}
        for path in sorted(self.folder.rglob("*")):
            is_table = path.is_file() and path.suffix.lower() in (".csv", ".pts")
            if path.suffix.lower() == ".pts" and path.parent != self.folder:
                self.files.setdefault(path.parent.name.lower(), []).append(path.parent)
            if is_table:
                self.files.setdefault(path.stem.lower(), []).append(path)

    def attach(
        self, clips: Sequence[Clip], places: Sequence[Place]
    ) -> tuple[list[Clip], dict[str, str]]:
        """The clips with their landmarks; and of those that get none, why."""
        out, reasons = [], {}
        for clip, place in zip(clips, places, strict=True):
            path = self.find(place.subject, place.called, place.listing.folder)
            try:
                if path is None:
                    reasons[clip.id] = "no file"
                else:
                    clip = clip.replace(landmarks=_of(place, path))
            except MebenchError as error:
                reasons[clip.id] = str(error)
            out.append(clip)
        return out, reasons

    def note(self, clips: Sequence[Clip], reasons: dict[str, str]) -> str:
        """How many clips have landmarks from here."""
        said = f"landmarks of {len(clips) - len(reasons)} of {len(clips)} clips from {self.folder}"
        bad = [f"{name} ({why})" for name, why in reasons.items() if why != "no file"]
        more = f"; not used: {'; '.join(bad[:3])}" if bad else ""
        return f"{said}; of the others they are looked for{more}" if reasons else said

    def find(self, subject: str, clip: str, frames: str) -> Path | None:
        """The file of a clip, whose frames lie at `frames`; None where there is none."""
        place = Path(frames)
        names = [Path(clip).stem if place.is_file() else clip, place.stem if place.is_file()
                 else place.name]  # fmt: skip
        for name in dict.fromkeys(n.lower() for n in names):
            for who in dict.fromkeys((subject.lower(), place.parent.name.lower())):
                for key in (f"{who}_{name}", f"{who}-{name}"):
                    if key in self.files:
                        return self.files[key][0]
                near = [p for p in self.files.get(name, ()) if p.parent.name.lower() == who]
                if near:
                    return near[0]
            found = sorted(set(self.files.get(name, ())))
            if len(found) == 1:
                return found[0]
        return None


class Place(NamedTuple):
    """Where a clip's frames come from: its folder or video, the first number, how many, whose."""

    listing: Listing
    first: int
    n_frames: int
    subject: str
    called: str

    @property
    def numbers(self) -> list[int]:
        """Of the clip's frames."""
        after = bisect_left(self.listing.numbers, self.first)
        return list(self.listing.numbers[after : after + self.n_frames])


def attach_landmarks(
    name: str, folders: Folders, table: pd.DataFrame, clips: Sequence[Clip], places: Sequence[Place]
) -> tuple[list[Clip], list[str]]:
    """Clips with the landmarks that a manifest or a remembered folder has for them, and notes.

    Raises
    ------
    BadInput, DataNotFound
        A file that a manifest names cannot be used.
    """
    if "landmarks" in table:
        given = table["landmarks"].tolist()
        out = []
        for clip, place, file in zip(clips, places, given, strict=True):
            if isinstance(file, str):
                path = os.path.join(folders.root, file)
                try:
                    clip = clip.replace(landmarks=_of(place, path))
                except MebenchError as error:
                    raise type(error)(f"{clip.id}: {error}") from error
            out.append(clip)
        n = sum(isinstance(file, str) for file in given)
        return out, [f"landmarks of {n} clips from the files that the manifest names"] if n else []
    if other := other_variant(name, folders.variant):
        return list(clips), [f"landmarks are remembered for {other} frames, and not used for these"]
    beside = landmark_folder(name, folders.variant)
    if beside is None:
        return list(clips), []
    out, reasons = beside.attach(clips, places)
    return out, [beside.note(out, reasons)]


def _of(place: Place, path: str | Path) -> np.ndarray:
    return clip_landmarks(read_landmarks(path), place.listing.numbers, place.numbers, str(path))


class Entry(NamedTuple):
    """Where landmarks lie, and of which kind of frames they are."""

    folder: Path
    variant: str


class Checked(NamedTuple):
    """What :func:`check_landmarks` saw.

    Attributes
    ----------
    clips, found : int
    problems : list of str
    offset : ndarray ``(2,)`` or None
        Median distance from dlib's points of eyes and nose, (x, y) in pixels.
    apart : float or None
        The same, its length in distances between the eyes.
    compared : int
        Clips in whose first frame dlib found a face.
    """

    clips: int
    found: int
    problems: list[str]
    offset: np.ndarray | None
    apart: float | None
    compared: int


def landmark_folder(name: str, variant: str) -> LandmarkFolder | None:
    """The folder remembered for that database and kind of frames."""
    entry = _entries().get(name)
    if entry is None or entry[1] != variant or not os.path.isdir(entry[0]):
        return None
    return LandmarkFolder(entry[0])


def other_variant(name: str, variant: str) -> str:
    """The kind of frames that landmarks are remembered for, if it is another one, else ""."""
    entry = _entries().get(name)
    return entry[1] if entry is not None and entry[1] != variant else ""


def add_landmarks(name: str, folder: str | os.PathLike[str], variant: str) -> Entry:
    """Remember a folder of landmark files for a database.

    Raises
    ------
    DataNotFound
        There is no such folder.
    BadInput
        The config file cannot be written.
    """
    place = whole_path(Path(folder).expanduser())
    if not place.is_dir():
        raise DataNotFound(f"There is no folder {place}.")
    _write({**_entries(), name: (str(place), variant)})
    return Entry(place, variant)


def forget_landmarks(name: str) -> bool:
    """Forget the folder of a database; whether there was one."""
    entries = _entries()
    if name not in entries:
        return False
    del entries[name]
    _write(entries)
    return True


def check_landmarks(
    clips: Iterable[Clip],
    reasons: dict[str, str],
    detect: Callable[[np.ndarray], np.ndarray],
    looks: int = 12,
) -> Checked:
    """Whether clips' landmarks can be theirs; `reasons` says why some have none.

    The size of the picture is compared with the coordinates in every clip; in some, the landmarks
    that `detect` finds are (:func:`mebench.preprocessing.detect_landmarks`).
    """
    from ..clip import grey
    from ..errors import FaceNotFound

    every = list(clips)
    with_points = [clip for clip in every if clip.landmarks is not None]
    problems = [f"{name}: {why}" for name, why in reasons.items() if why != "no file"]
    chosen = {id(with_points[i]) for i in np.linspace(0, len(with_points) - 1, looks).astype(int)
              } if with_points else set()  # fmt: skip
    offsets, lengths = [], []
    for clip in with_points:
        points = clip.first_landmarks
        assert points is not None
        try:
            picture = grey(clip.read([0]))[0]
        except MebenchError as error:
            problems.append(f"{clip.id}: {error}")
            continue
        problems += [f"{clip.id}: {doubt}" for doubt in doubts_about(points, picture.shape)]
        if id(clip) not in chosen:
            continue
        try:
            mine = detect(picture)
        except FaceNotFound:
            continue
        off = (points - mine)[27:48].mean(0)
        offsets.append(off)
        apart = np.linalg.norm(mine[36:42].mean(0) - mine[42:48].mean(0))
        lengths.append(float(np.linalg.norm(off) / apart))
    return Checked(
        len(every), len(with_points), problems,
        np.median(offsets, axis=0) if offsets else None,
        float(np.median(lengths)) if lengths else None, len(offsets),
    )  # fmt: skip


def _file() -> Path:
    return user_folder("config") / "landmarks.json"


def _entries() -> dict[str, tuple[str, str]]:
    try:
        raw = json.loads(_file().read_text(encoding="utf-8"))
        return {str(k): (str(v[0]), str(v[1])) for k, v in raw.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, IndexError, KeyError, TypeError) as error:
        raise BadInput(f"The config file {_file()} cannot be read ({error}). Remove it.") from error


def _write(entries: dict[str, tuple[str, str]]) -> None:
    write_whole(_file(), json.dumps(entries, indent=2, sort_keys=True) + "\n")
