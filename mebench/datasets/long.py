"""Databases of long videos, for spotting: whole recordings, and when who showed what in them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from ..clip import Clip, FrameFiles, VideoFile
from ..errors import BadInput, DataNotFound
from .frames import VIDEO_SUFFIXES, list_frames

if TYPE_CHECKING:
    from .sheets import Sheet

__all__ = ["LONG", "LongDatabase", "LongVideos", "load_long"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class LongVideos:
    """Long videos and the expressions in them.

    Attributes
    ----------
    clips : list of Clip
        One per video, read from disk as it is gone through; `id` is the `video` of the tables.
    videos : DataFrame
        Columns ``video, dataset, subject, fps, n_frames``, in the order of `clips`; videos without
        any expression too.
    truth : DataFrame
        One row per expression: ``video, subject, kind`` (micro or macro), ``onset, apex, offset``
        (frames from 0; the apex may be missing), ``emotion, au``.
    notes : list of str
        What was left out or guessed.
    """

    clips: list[Clip]
    videos: pd.DataFrame
    truth: pd.DataFrame
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class LongDatabase:
    """Where and how a database of long videos is read.

    Attributes
    ----------
    name, title : str
    of : str
        The database of short clips that it belongs to, whose card has citation and licence.
    fps : float
    words : str
        What is annotated.
    read : callable
        ``read(root)`` gives the rows of the sheets, with frame numbers as annotated and the key of
        the recording; the recordings by key; and notes.
    """

    name: str
    title: str
    of: str
    fps: float
    words: str
    read: Callable[[Path], tuple[pd.DataFrame, dict[tuple[str, str], str], list[str]]]


def load_long(
    name: str, root: str | os.PathLike[str] | None = None, *, progress: Progress | None = None
) -> LongVideos:
    """The long videos of a database.

    Parameters
    ----------
    name : str
        One of :data:`LONG`: ``synthetic-long``, ``smic-hs-long``, ``casme-sq-long``,
        ``samm-long``, ``casme3a-long``.
    root : path, optional
        Where it lies. Default: the environment variable ``MEBENCH_<NAME>`` (such as
        ``MEBENCH_SAMM_LONG``), else where the database of short clips of the same name lies. The
        corpus ``synthetic-long`` is made on first use.
    progress : callable, optional
        Called as ``progress(done, total)`` while the synthetic corpus is made.

    Returns
    -------
    LongVideos

    Raises
    ------
    BadInput
        Unknown name, or a sheet that cannot be read.
    DataNotFound
        The database, its sheet or its recordings are not there.

    Notes
    -----
    Frame numbers in the sheets are those in the names of the images; frames that are missing are
    passed over, and marks moved to the nearest that is there. In a video file the first frame has
    number 1. Rows whose recording is missing are left out and counted in the notes; recordings
    without a row are videos without an expression.
    """
    if name not in LONG:
        raise BadInput(
            f"No database of long videos is called {name!r}; there is {', '.join(LONG)}."
        )
    database = LONG[name]
    folder = _root(database, root, progress)
    rows, recordings, notes = database.read(folder)
    if not recordings:
        raise DataNotFound(
            f"No recordings of {database.title} were found under {folder}. Give the folder that "
            "holds them."
        )
    clips, videos, numbers = [], [], {}
    for (subject, recording), path in sorted(recordings.items(), key=_natural):
        video = f"{name}/{subject}/{recording}"
        listing = list_frames(path)
        if not listing.numbers:
            notes.append(f"{path} holds no frames and is left out")
            continue
        source: FrameFiles | VideoFile
        if listing.video:
            source = VideoFile(path, 0, len(listing.numbers))
            numbers[subject, recording] = np.asarray(listing.numbers) + 1
        else:
            source = FrameFiles(tuple(os.path.join(path, n) for n in listing.names))
            numbers[subject, recording] = np.asarray(listing.numbers)
        clips.append(Clip(video, source, fps=database.fps))
        videos.append((video, name, subject, database.fps, len(listing.numbers)))
    truth, lost = _placed(rows, numbers, name)
    if lost:
        notes.append(f"{len(lost)} annotated expressions left out: {'; '.join(lost[:5])}")
    columns = ["video", "dataset", "subject", "fps", "n_frames"]
    return LongVideos(clips, pd.DataFrame(videos, columns=columns), truth, notes)


_TRUTH = ["video", "subject", "kind", "onset", "apex", "offset", "emotion", "au"]


def _placed(
    rows: pd.DataFrame, numbers: dict[tuple[str, str], np.ndarray], name: str
) -> tuple[pd.DataFrame, list[str]]:
    """Frame numbers to indices; and, in words, the rows that have no place."""
    found, lost = [], []
    for row in cast(Any, rows.itertuples()):
        key = (str(row.subject), str(row.recording))
        there = numbers.get(key)
        if there is None:
            lost.append(f"{key[0]}/{key[1]} has no recording")
            continue
        onset, offset = int(row.onset), int(row.offset)
        if not there[0] - 1 <= onset <= offset <= there[-1] + 1:
            lost.append(f"{key[0]}/{key[1]}, {onset} to {offset} of {there[0]} to {there[-1]}")
            continue
        apex = pd.NA if pd.isna(row.apex) else _nearest(there, int(row.apex))
        found.append((f"{name}/{key[0]}/{key[1]}", key[0], row.kind, _nearest(there, onset), apex,
                      _nearest(there, offset), row.emotion, row.au))  # fmt: skip
    table = pd.DataFrame(found, columns=_TRUTH)
    return table.astype({"onset": "int64", "apex": "Int64", "offset": "int64"}), lost


def _nearest(numbers: np.ndarray, wanted: int) -> int:
    return int(np.abs(numbers - wanted).argmin())


def _root(
    database: LongDatabase, root: str | os.PathLike[str] | None, progress: Progress | None
) -> Path:
    from .locations import find
    from .registry import database as database_of

    variable = "MEBENCH_" + database.name.replace("-", "_").upper()
    if root is None:
        root = os.environ.get(variable, "").strip() or None
    if root is None and database.name == "synthetic-long":
        from ..synthetic.long import default_long_corpus

        return default_long_corpus(progress)
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


def _natural(item: tuple[tuple[str, str], Any]) -> list[tuple[int, int | str]]:
    text = "/".join(item[0])
    return [(0, int(p)) if p.isdigit() else (1, p) for p in re.split(r"(\d+)", text) if p]


# One reader per database. Each gives rows with subject, recording, kind, onset, apex, offset,
# emotion and au, and the recordings by (subject, recording).

Read = tuple[pd.DataFrame, dict[tuple[str, str], str], list[str]]


def _rows(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    columns = ["subject", "recording", "kind", "onset", "apex", "offset", "emotion", "au"]
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


def _read_smic(root: Path) -> Read:
    """``SMIC_HS_E/s01/s01_ne_01/image######.jpg``; up to three micro-expressions in a row."""
    from .sheets import read_sheet
    from .smic import HS, clip_name

    path = _sheet(root, ("annotation",), "SMIC-HS-E_annotation_2019.xlsx")
    columns = {
        "clip": ("Filename", "File name"),
        **{"onset1": ("OnsetF", "Onset1F"), "offset1": ("OffsetF", "Offset1F")},
        **{f"{mark}{i}": (f"{mark.capitalize()}{i}F",) for i in (2, 3) for mark in _ENDS},
        "emotion": ("Emotion",),
    }
    optional = ["onset2", "offset2", "onset3", "offset3", "emotion"]
    sheet = read_sheet(path, columns, optional=optional)
    clips = [clip_name(str(c)) for c in sheet.text("clip", required=True)]
    emotion = sheet.text("emotion") if "emotion" in sheet.written else [None] * len(clips)
    found = []
    for i in (1, 2, 3):
        if f"onset{i}" not in sheet.written or f"offset{i}" not in sheet.written:
            continue
        onsets = sheet.integers(f"onset{i}", required=False)
        offsets = sheet.integers(f"offset{i}", required=False)
        for clip, onset, offset, word in zip(clips, onsets, offsets, emotion, strict=True):
            if onset and offset:
                found.append((clip.split("_")[0], clip, "micro", onset, None, offset,
                              word and word.lower(), None))  # fmt: skip
    folders = [f for f in HS.folders(root) if f.variant == "long"]
    recordings = dict(folders[0].clips) if folders else {}
    notes = [f"{path.name}: micro-expressions only, without apex"]
    return _rows(found), recordings, notes


_ENDS = ("onset", "offset")


def _read_sq(root: Path) -> Read:
    """``rawpic/s15/15_0101disgustingteeth/img001.jpg``, else the videos of ``rawvideo``."""
    from . import cas_me_2 as sq
    from .sheets import read_without_header

    path = _sheet(root, ("code_final", "cas(me)"), "CAS(ME)^2code_final.xlsx")
    sheet = read_without_header(path, sq.COLUMNS, sq.is_annotation, "CASFEcode_final")
    people, films = sq.naming_rules(path)
    clips = [str(c) for c in sheet.text("clip", required=True)]
    subjects = [str(s) for s in sheet.text("subject", required=True)]
    unknown = sorted({s for s in subjects if s not in people}
                     | {c for c in clips if sq.film_of(c) not in films})  # fmt: skip
    if unknown:
        raise BadInput(
            f"{path}: the worksheets naming rule1 and naming rule2 do not say in which folder "
            f"{', '.join(unknown[:8])} lies. Restore the official sheet."
        )
    found = []
    for subject, clip, onset, apex, offset, au, emotion, kind in zip(
        subjects, clips, sheet.integers("onset"), sheet.integers("apex", required=False),
        sheet.integers("offset", required=False), sheet.text("au"), sheet.text("emotion"),
        sheet.text("type"), strict=True,
    ):  # fmt: skip
        word = (kind or "").lower()
        if which := next((k for k in ("micro", "macro") if k in word), None):
            found.append((people[subject], films[sq.film_of(clip)], which, onset, apex or None,
                          offset or apex or onset, emotion and emotion.lower(), au))  # fmt: skip
    recordings: dict[tuple[str, str], str] = {}
    notes = [f"{path.name}: {sum(r[2] == 'micro' for r in found)} micro-, "
             f"{sum(r[2] == 'macro' for r in found)} macro-expressions"]  # fmt: skip
    for folders in sq.folders(root):
        if folders.variant == "raw":
            recordings = dict(folders.clips)
    if not recordings:
        for file in sorted(root.rglob("*")):
            subject = sq.subject_name(file.parent.name)
            film = sq.code_of(file.stem)
            if file.suffix.lower() in VIDEO_SUFFIXES and subject and film:
                recordings[subject, film] = str(file)
        notes.append("recordings from video files; their first frame has number 1")
    return _rows(found), recordings, notes


def _read_samm(root: Path) -> Read:
    """``SAMM_longvideos/006_1/006_1_0001.jpg``; micro and macro in one sheet."""
    from .samm import subject_name
    from .sheets import read_sheet

    path = _sheet(root, ("longvideos", "long_videos"), "SAMM_LongVideos_V3_Release.xlsx")
    columns = {
        "subject": ("Subject",),
        "clip": ("Filename", "File name"),
        "onset": ("Onset", "Onset Frame"),
        "apex": ("Apex", "Apex Frame"),
        "offset": ("Offset", "Offset Frame"),
        "type": ("Type", "Micro", "Micro/Macro"),
        "au": ("Action Units", "AUs"),
        "emotion": ("Estimated Emotion", "Emotion"),
    }
    sheet = read_sheet(path, columns, optional=["apex", "au", "emotion"])
    n = len(sheet)
    found = []
    for clip, onset, apex, offset, kind, au, emotion in zip(
        sheet.text("clip", required=True), sheet.integers("onset"),
        sheet.integers("apex", required=False) if "apex" in sheet.written else [None] * n,
        sheet.integers("offset", required=False), sheet.text("type"),
        sheet.text("au") if "au" in sheet.written else [None] * n,
        sheet.text("emotion") if "emotion" in sheet.written else [None] * n, strict=True,
    ):  # fmt: skip
        which = "macro" if "macro" in (kind or "").lower() else "micro"
        video = re.match(r"(\d{3}_\d+)", str(clip))
        recording = video[1] if video else str(clip)
        # A mark of 0 or less says that the expression goes on beyond the video.
        ends = offset if offset and offset > 0 else apex or onset
        found.append((recording[:3], recording, which, onset, apex if apex and apex > 0 else None,
                      ends, emotion and emotion.lower(), au))  # fmt: skip
    recordings = {}
    for folder in sorted(p for p in root.rglob("*") if p.is_dir()):
        match = re.fullmatch(r"(\d{3})_(\d+)", folder.name)
        if match and subject_name(match[1]):
            recordings[match[1], folder.name] = str(folder)
    return _rows(found), recordings, [f"{path.name}: {len(found)} expressions"]


def _read_cas3(root: Path) -> Read:
    """``spNO.1/a/color/1.jpg``; micro-expressions in one file, macro-expressions in another."""
    from . import cas_me_3 as cas3
    from .sheets import cell_text, excel_files, read_sheet, worksheets

    table = cas3.read_a(root).table
    found = [
        (row.subject, str(row.clip).lower(), "micro", row.onset, row.apex,
         row.offset if not pd.isna(row.offset) and row.offset else row.apex, row.emotion, row.au)
        for row in cast(Any, table.itertuples()) if not pd.isna(row.onset)
    ]  # fmt: skip
    notes = []
    marks = {k: cas3.COLUMNS_A[k] for k in ("subject", "clip", "onset", "apex", "offset")}
    for path in (p for folder in [root, *sorted(_folders(root, 2))] for p in excel_files(folder)):
        name = path.name.lower()
        if "part_a" not in name or re.search(r"_me_|_me\.", name):
            continue
        for worksheet, cells in worksheets(path).items():
            if not re.search(r"mae|macro", f"{worksheet} {name}".lower()) or "blink" in worksheet:
                continue
            sheet = _worksheet(path, worksheet, cells, marks, read_sheet)
            for row in cast(Any, sheet.cells.itertuples()):
                subject = cas3.subject_a(cell_text(row.subject))
                numbers = [_number(v) for v in (row.onset, row.apex, row.offset)]
                if subject and numbers[0]:
                    found.append((subject, cell_text(row.clip).lower(), "macro", numbers[0],
                                  numbers[1], numbers[2] or numbers[1] or numbers[0], None,
                                  None))  # fmt: skip
            notes.append(f"macro-expressions from {path.name}, worksheet {worksheet}")
    if not notes:
        notes.append("no sheet with macro-expressions was found: micro-expressions only")
    recordings = {}
    for folders in cas3.folders_a(root):
        recordings = {(s, c.lower()): p for (s, c), p in folders.clips.items()}
    return _rows(found), recordings, notes


def _worksheet(
    path: Path, worksheet: str, cells: pd.DataFrame, columns: Any, read_sheet: Any
) -> Sheet:
    """One worksheet of several that have the same columns."""
    from . import sheets

    top = next(
        (i for i in range(min(len(cells), 40)) if len(sheets._match(list(cells.iloc[i]), columns))
         == len(columns)), None,
    )  # fmt: skip
    if top is None:
        raise BadInput(
            f"{path}: the worksheet {worksheet} lacks one of the columns "
            f"{', '.join(c[0] for c in columns.values())}. Restore the official sheet."
        )
    header = list(cells.iloc[top])
    places = sheets._match(header, columns)
    body = cells.iloc[top + 1 :, list(places.values())].set_axis(list(places), axis=1)
    written = {k: sheets.cell_text(header[i]) for k, i in places.items()}
    return sheets.Sheet(path, worksheet, body.reset_index(drop=True), written, top + 2)


def _number(value: object) -> int | None:
    number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
    return None if pd.isna(number) else int(number)


def _sheet(root: Path, known: tuple[str, ...], example: str) -> Path:
    """The Excel file of that kind nearest to the root."""
    from .sheets import excel_files

    for folder in [root, *sorted(_folders(root, 2))]:
        for path in excel_files(folder):
            if any(part in path.name.lower() for part in known):
                return path
    raise DataNotFound(
        f"No annotation sheet was found under {root}: expected an Excel file such as {example}."
    )


def _folders(root: Path, depth: int) -> list[Path]:
    """Folders below, without those that hold frames by the thousand."""
    from .folders import scan

    level, found = [root], []
    for _ in range(depth):
        level = [Path(e.path) for f in level for e in scan(f) if e.is_dir()]
        found += level
    return found


LONG: dict[str, LongDatabase] = {
    d.name: d
    for d in (
        LongDatabase("synthetic-long", "the synthetic corpus of long videos", "synthetic", 30.0,
                     "micro- and macro-expressions; made on first use", _read_sq),
        LongDatabase("smic-hs-long", "SMIC-E-HS", "smic-hs", 100.0,
                     "onset and offset of up to three micro-expressions", _read_smic),
        LongDatabase("casme-sq-long", "CAS(ME)², whole recordings", "casme-sq", 30.0,
                     "micro- and macro-expressions, onset, apex, offset", _read_sq),
        LongDatabase("samm-long", "SAMM Long Videos", "samm", 200.0,
                     "micro- and macro-expressions, onset, apex, offset", _read_samm),
        LongDatabase("casme3a-long", "CAS(ME)³ part A, whole recordings", "casme3a", 30.0,
                     "micro- and macro-expressions, onset, apex, offset", _read_cas3),
    )
}  # fmt: skip
