"""Loading long videos: frame numbers of the sheets become indices of frames."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ...clip import Clip, FrameFiles, VideoFile
from ...errors import BadInput, DataNotFound
from ..frames import list_frames
from .videos import EVENTS, TRUTH, Key, LongDatabase, LongVideos, Reading

__all__ = [
    "Progress",
    "bad_sheet",
    "folders_below",
    "load_reading",
    "root_of",
    "sheet_of",
    "sheets_of",
    "video_name",
]

Progress = Callable[[int, int], None]


def load_reading(name: str, fps: float, reading: Reading, labelled: bool = True) -> LongVideos:
    """The videos of a reading, its marks at the frames that are there."""
    notes = list(reading.notes)
    clips, videos = [], []
    numbers: dict[Key, np.ndarray] = {}
    dropped = 0
    for key, path in sorted(reading.recordings.items(), key=_natural):
        listing = list_frames(path)
        bad = reading.damaged.get(key, frozenset())
        kept = [i for i, n in enumerate(listing.numbers) if n not in bad]
        dropped += len(listing.numbers) - len(kept)
        if not kept:
            notes.append(f"{path} holds no frames and is left out")
            continue
        source: FrameFiles | VideoFile
        if listing.video:
            source = VideoFile(path, 0, len(listing.numbers))
            numbers[key] = np.asarray(listing.numbers) + 1
        else:
            source = FrameFiles(tuple(os.path.join(path, listing.names[i]) for i in kept))
            numbers[key] = np.asarray(listing.numbers)[kept]
        video = video_name(name, key)
        clips.append(Clip(video, source, fps=fps))
        videos.append((video, name, key[0], fps, len(numbers[key])))
    if dropped:
        notes.append(f"{dropped} pictures that a list beside the data calls damaged are left out")
    rows, shifted = _shifted(reading.rows, numbers, reading.first)
    notes += shifted
    truth, lost = _placed(rows, numbers, name)
    if lost:
        notes.append(f"{len(lost)} annotated expressions left out: {'; '.join(lost[:5])}")
    events, gone = _events(reading.events, numbers, name)
    if gone:
        notes.append(f"{gone} of {len(reading.events)} other marks lie in no recording")
    columns = ["video", "dataset", "subject", "fps", "n_frames"]
    table = pd.DataFrame(videos, columns=columns)
    return LongVideos(clips, table, truth, notes, events, labelled)


def video_name(name: str, key: Key) -> str:
    """``database/subject/recording``; of one recording per person, ``database/subject``."""
    return "/".join(part for part in (name, *key) if part)


def root_of(
    database: LongDatabase, root: str | os.PathLike[str] | None, progress: Progress | None
) -> Path:
    """Where a database of long videos lies."""
    from ..locations import find
    from ..registry import database as database_of

    variable = "MEBENCH_" + database.name.replace("-", "_").upper()
    if root is None:
        root = os.environ.get(variable, "").strip() or None
    if root is None and database.name == "synthetic-long":
        from ...synthetic.long import default_long_corpus

        return default_long_corpus(progress)
    if root is None and not database.labelled:
        raise DataNotFound(
            f"{database.title}: say where the unseen videos lie, with --data-root or in {variable}."
        )
    if root is None:
        try:
            return find(database_of(database.of).card)
        except DataNotFound as error:
            raise DataNotFound(
                f"{database.title} is not registered on this machine. Set {variable} to its "
                f"folder, give --data-root, or register the folder of {database.of} that it lies "
                f"in, by `mebench data add {database.of} PATH`; or use the built-in videos: "
                "`--dataset synthetic-long`."
            ) from error
    folder = Path(root).expanduser()
    if not folder.is_dir():
        raise DataNotFound(f"{database.title}: there is no folder {folder}.")
    return folder


def _shifted(
    rows: pd.DataFrame, numbers: Mapping[Key, np.ndarray], first: Mapping[Key, int]
) -> tuple[pd.DataFrame, list[str]]:
    """Marks counted from the first frame, where the names of the frames begin anew."""
    moved: set[Key] = set()
    rows = rows.copy()
    for i, row in zip(rows.index, cast(Any, rows.itertuples()), strict=True):
        key = (str(row.subject), str(row.recording))
        there = numbers.get(key)
        if there is None or key not in first or there[0] == first[key]:
            continue
        if there[0] - 1 <= row.onset <= row.offset <= there[-1] + 1:
            continue
        for mark in ("onset", "apex", "offset"):
            if not pd.isna(rows.at[i, mark]):
                rows.at[i, mark] += int(there[0]) - first[key]
        moved.add(key)
    note = f"the frames of {len(moved)} recordings are numbered anew: marks from the first frame on"
    return rows, [note] if moved else []


def _placed(
    rows: pd.DataFrame, numbers: Mapping[Key, np.ndarray], name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Frame numbers to indices; and, in words, the rows that have no place."""
    found, lost = [], []
    for row in cast(Any, rows.itertuples()):
        key = (str(row.subject), str(row.recording))
        where = video_name("", key)
        there = numbers.get(key)
        if there is None:
            lost.append(f"{where} has no recording")
            continue
        onset, offset = int(row.onset), int(row.offset)
        if not there[0] - 1 <= onset <= offset <= there[-1] + 1:
            lost.append(f"{where}, {onset} to {offset} of {there[0]} to {there[-1]}")
            continue
        apex = pd.NA if pd.isna(row.apex) else _nearest(there, int(row.apex))
        found.append((name, video_name(name, key), key[0], row.kind, _nearest(there, onset), apex,
                      _nearest(there, offset), row.emotion, row.au))  # fmt: skip
    table = pd.DataFrame(found, columns=list(TRUTH))
    return table.astype({"onset": "int64", "apex": "Int64", "offset": "int64"}), lost


def _events(
    rows: pd.DataFrame, numbers: Mapping[Key, np.ndarray], name: str
) -> tuple[pd.DataFrame, int]:
    """Other marks as indices, cut to the video, and how many lie in none."""
    found = []
    for row in cast(Any, rows.itertuples()):
        key = (str(row.subject), str(row.recording))
        there = numbers.get(key)
        if there is not None and row.onset <= there[-1] and row.offset >= there[0]:
            found.append((video_name(name, key), row.cause, _nearest(there, row.onset),
                          _nearest(there, row.offset)))  # fmt: skip
    table = pd.DataFrame(found, columns=list(EVENTS))
    return table.astype({"onset": "int64", "offset": "int64"}), len(rows) - len(found)


def _nearest(numbers: np.ndarray, wanted: int) -> int:
    return int(np.abs(numbers - wanted).argmin())


def _natural(item: tuple[Key, Any]) -> list[tuple[int, int | str]]:
    text = "/".join(item[0])
    return [(0, int(p)) if p.isdigit() else (1, p) for p in re.split(r"(\d+)", text) if p]


def sheet_of(root: Path, known: Iterable[str], example: str, skip: Iterable[str] = ()) -> Path:
    """The Excel file of that kind nearest to the root."""
    found = sheets_of(root, known, skip)
    if not found:
        raise DataNotFound(
            f"No annotation sheet was found under {root}: expected an Excel file such as {example}."
        )
    return found[0]


def sheets_of(root: Path, known: Iterable[str], skip: Iterable[str] = ()) -> list[Path]:
    """The Excel files whose names hold any of some words, nearest first."""
    from ..sheets import excel_files

    known, skip = tuple(known), tuple(skip)
    return [
        path
        for folder in [root, *sorted(folders_below(root, 3), key=lambda p: (len(p.parts), p))]
        for path in excel_files(folder)
        if any(word in path.name.lower() for word in known)
        and not any(word in path.name.lower() for word in skip)
    ]


def folders_below(root: Path, depth: int) -> list[Path]:
    """Folders below, of a crowd of them (persons, recordings) only the crowd itself."""
    from ..folders import scan

    level, found = [root], []
    for _ in range(depth):
        entries = [[Path(e.path) for e in scan(f) if e.is_dir()] for f in level]
        found += [path for below in entries for path in below]
        level = [path for below in entries if len(below) <= _CROWD for path in below]
    return found


_CROWD = 40  # folders side by side; more are persons or recordings, and hold no sheet


def bad_sheet(path: Path, what: str) -> BadInput:
    """An error that ends with the remedy."""
    return BadInput(f"{path}: {what}. Restore the official sheet.")
