"""Files of intervals as the challenges have them: read strictly, recognised by their columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import BadInput, DataNotFound
from ..exact_numbers import as_numbers
from ..storage.lease import write_whole
from ..tables import read_csv

__all__ = [
    "FORMATS",
    "IntervalFile",
    "check_persons",
    "read_interval_file",
    "read_intervals",
    "write_intervals",
]

#: Names of the formats, and what they look like.
FORMATS = {
    "mebench": "video, onset, offset; if there, dataset, subject, kind, apex, emotion, score",
    "megc2021": "vid, pred_onset, pred_offset, type (me, mae): the challenges of 2021 to 2024",
    "str": "subject, video, onset, offset, emotion: spot-then-recognise, 2024 and 2025",
    "megc2020": "plain text: video, annotated and spotted onset and offset, TP, FP or FN",
}
#: Said of a file without persons; of predictions it matters to nobody.
EACH_A_PERSON = "no column subject: each video counts as a person"
_SHORT = {"me": "micro", "mae": "macro", "micro": "micro", "macro": "macro",
          "micro-expression": "micro", "macro-expression": "macro"}  # fmt: skip
_NUMBERS = ("onset", "apex", "offset", "score", "n_frames")
_STR = ["subject", "video", "onset", "offset", "emotion"]
_LOG = ["video", "gt_onset", "gt_offset", "predicted_onset", "predicted_offset", "result"]
_RESULTS = ("TP", "FP", "FN")
#: How the files of 2020 and 2021 number the databases.
_LOG_DATABASES = {"1": "samm-long", "2": "casme-sq-long"}


@dataclass(frozen=True, eq=False)
class IntervalFile:
    """What a file of intervals holds.

    Attributes
    ----------
    path : Path
    format : str
        Key of :data:`FORMATS`.
    intervals : DataFrame
        ``video, subject, onset, offset``, and what else the file has of ``dataset, kind, apex,
        emotion, score, n_frames``.
    videos : DataFrame
        ``video, subject``, and ``dataset`` and ``n_frames`` where all rows have them; videos
        without any interval too.
    notes : list of str
        What was taken for granted.
    named : bool
        Whether ``dataset`` is taken from names of files (:func:`read_interval_set`).
    """

    path: Path
    format: str
    intervals: pd.DataFrame
    videos: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    named: bool = False


def read_intervals(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Intervals and videos from an external file; see :func:`read_interval_file`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "truth.csv")
    >>> _ = path.write_text("video,kind,onset,offset\\na,micro,10,20\\nb,,,\\n")
    >>> intervals, videos = read_intervals(path)
    >>> len(intervals), videos["video"].tolist()
    (1, ['a', 'b'])
    """
    found = read_interval_file(path)
    return found.intervals, found.videos


def read_interval_file(path: str | os.PathLike[str], *, annotated: bool = False) -> IntervalFile:
    """Read a file of intervals, in any of :data:`FORMATS`.

    Parameters
    ----------
    path : path
        CSV with ``video, onset, offset``; if there, also ``dataset``, ``subject`` (else every
        video is somebody else), ``kind`` (micro or macro), ``apex, emotion, score, n_frames``.
        Frame numbers, both ends counted. A row with neither onset nor offset names a video
        without any expression. Or a file of a challenge, recognised by its columns.
    annotated : bool, default False
        Of the plain text of 2020, which holds both: what is annotated, not what was spotted.

    Returns
    -------
    IntervalFile

    Raises
    ------
    DataNotFound, BadInput
        The file is missing or in no format; a cell is no number or no kind; an interval ends
        before it begins; one video belongs to two persons. Each with its line.

    See Also
    --------
    read_interval_set : Folders and archives of such files.
    write_intervals : The other way.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "cas_pred.csv")
    >>> _ = path.write_text("vid,pred_onset,pred_offset,type\\nv1,10,20,me\\nv1,40,95,mae\\n")
    >>> found = read_interval_file(path)
    >>> found.format, found.intervals[["video", "kind", "onset", "offset"]].values.tolist()
    ('megc2021', [['v1', 'micro', 10, 20], ['v1', 'macro', 40, 95]])
    """
    path = Path(path)
    if _is_log(path):
        return _checked(path, "megc2020", *_read_log(path, annotated))
    table = read_csv(path)
    header = [str(c).strip().lower() for c in table.columns]
    twice = next((c for c in header if header.count(c) > 1), None)
    if twice is not None:
        raise BadInput(f"{path}: the column {twice!r} stands twice. Remove one.")
    table.columns = pd.Index(header)
    for column in table:
        table[column] = table[column].str.strip()
    lines = pd.Series(range(2, len(table) + 2), dtype=int)
    if {"video_id", *_LOG[1:]} <= set(header):
        table = table.rename(columns={"video_id": "video"})
        return _checked(path, "megc2020", *_of_log(table, lines, annotated))
    if "vid" in header and "video" not in header:
        names = {"vid": "video", "pred_onset": "onset", "pred_offset": "offset", "type": "kind"}
        missing = [c for c in names if c not in header]
        if missing:
            raise _no_format(path, header, f"vid is there, and {', '.join(missing)} is missing")
        return _checked(path, "megc2021", table.rename(columns=names), lines, [])
    missing = [c for c in ("video", "onset", "offset") if c not in header]
    if missing:
        raise _no_format(path, header, f"it lacks {', '.join(missing)}")
    return _checked(path, "str" if sorted(header) == sorted(_STR) else "mebench", table, lines, [])


def write_intervals(
    path: str | os.PathLike[str], intervals: pd.DataFrame, style: str = "mebench"
) -> Path:
    """Write intervals in one of :data:`FORMATS`, but for the log of 2020.

    Parameters
    ----------
    path : path
    intervals : DataFrame
        ``video, onset, offset``; ``kind`` for `megc2021`; ``subject`` and ``emotion`` for `str`,
        which holds micro-expressions only.
    style : str, default 'mebench'

    Raises
    ------
    BadInput
        A column that the format needs is missing, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> found = pd.DataFrame({"video": ["v"], "kind": ["macro"], "onset": [3], "offset": [30]})
    >>> write_intervals(Path(tempfile.mkdtemp(), "p.csv"), found, "megc2021").read_text()
    'vid,pred_onset,pred_offset,type\\nv,3,30,mae\\n'
    """
    needed = {
        "mebench": ["video", "onset", "offset"],
        "megc2021": ["video", "onset", "offset", "kind"],
        "str": _STR,
    }
    if style not in needed:
        raise BadInput(f"Intervals can be written as {', '.join(needed)}; found {style!r}.")
    missing = [c for c in needed[style] if c not in intervals]
    if missing:
        raise BadInput(f"The format {style} needs {', '.join(missing)}, which the intervals lack.")
    table = intervals
    if style == "str":
        if "kind" in table:
            table = table[table["kind"] == "micro"]
        table = table[_STR]
    elif style == "megc2021":
        short = {"micro": "me", "macro": "mae"}
        table = pd.DataFrame({
            "vid": table["video"], "pred_onset": table["onset"], "pred_offset": table["offset"],
            "type": table["kind"].map(short),
        })  # fmt: skip
    marks = [c for c in table if c.endswith(("onset", "offset"))]
    text = table.astype(dict.fromkeys(marks, "Int64")).to_csv(index=False, lineterminator="\n")
    path = Path(path)
    return write_whole(path, text)


def check_persons(path: Path, videos: pd.DataFrame) -> None:
    """That each video is of one subject; rows are ``video, subject`` and perhaps ``dataset``."""
    keys = [c for c in ("dataset", "video") if c in videos]
    twice = videos["video"][videos.duplicated(keys)]
    if len(twice):
        raise BadInput(f"{path}: the video {twice.iloc[0]!r} belongs to more than one subject.")


def _no_format(path: Path, header: Sequence[str], why: str) -> BadInput:
    known = "; ".join(f"{name}: {words}" for name, words in FORMATS.items())
    return BadInput(
        f"{path} has the columns {', '.join(header)[:500]}, in none of the formats that are read: "
        f"{why}. Formats: {known}."
    )


def _is_log(path: Path) -> bool:
    """Whether it is the plain text of 2020: a number for the database, or six words in a row."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for line in file:
                if words := line.split():
                    return words in (["1"], ["2"]) or (len(words) == 6 and words[-1] in _RESULTS)
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        return False  # what reads it as CSV says so
    return False


def _read_log(path: Path, annotated: bool) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    rows, lines, database = [], [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        words = line.split()
        if len(words) == 1 and words[0] in _LOG_DATABASES:
            database = _LOG_DATABASES[words[0]]
        elif len(words) == 6 and words[-1] in _RESULTS:
            rows.append([database, *words])
            lines.append(number)
        elif words:
            raise BadInput(
                f"{path}, line {number}: expected the number of a database (1, 2), or a video, "
                f"four frame numbers or -, and TP, FP or FN; found {line.strip()[:80]!r}."
            )
    table = pd.DataFrame(rows, columns=["dataset", *_LOG])
    if not database:
        table = table.drop(columns="dataset")
    return _of_log(table, pd.Series(lines, dtype=int), annotated)


def _of_log(
    table: pd.DataFrame, lines: pd.Series, annotated: bool
) -> tuple[pd.DataFrame, pd.Series, list[str]]:
    """One side of a log: a row for each interval, and the videos of the other side."""
    side = ("gt_onset", "gt_offset") if annotated else ("predicted_onset", "predicted_offset")
    out = table.rename(columns=dict(zip(side, ("onset", "offset"), strict=True)))
    keys = [c for c in ("dataset", "video") if c in out]
    out = out[[*keys, "onset", "offset"]].replace("-", "")
    # An interval stands once for each that it was set beside.
    twice = out.duplicated() & (out["onset"] != "")
    notes = ["the log of 2020 does not tell micro- from macro-expressions"]
    if twice.any():
        notes.append(
            f"{int(twice.sum())} intervals that stand more than once in the log count once"
        )
    out, lines = out[~twice].reset_index(drop=True), lines[~twice].reset_index(drop=True)
    return out, lines, notes


def _checked(
    path: Path, style: str, table: pd.DataFrame, lines: pd.Series, notes: list[str]
) -> IntervalFile:
    def complain(i: Any, problem: str) -> BadInput:
        return BadInput(f"{path}, line {lines[i]}: {problem}")

    for i, video in enumerate(table["video"]):
        if not video:
            raise complain(i, "video is empty; every interval lies in one.")
    for column in (c for c in _NUMBERS if c in table):
        numbers = as_numbers(table[column]).replace([np.inf, -np.inf], np.nan)
        wrong = numbers.isna() & (table[column] != "")
        if wrong.any():
            i = int(wrong.to_numpy().argmax())
            raise complain(i, f"{column} is {table[column][i]!r}, which is no number.")
        table[column] = numbers
    if "subject" not in table:
        table["subject"] = table["video"]
        notes.append(EACH_A_PERSON)
    keys = [c for c in ("dataset", "video") if c in table]
    videos = table[[*keys, "subject"]].drop_duplicates(ignore_index=True)
    check_persons(path, videos)
    if "n_frames" in table:
        lasts = table.groupby(keys, as_index=False)["n_frames"].max()
        videos = videos.merge(lasts, on=keys, how="left")
        if videos["n_frames"].isna().any():
            videos = videos.drop(columns="n_frames")
    blank = table["onset"].isna() & table["offset"].isna()
    if "kind" in table:
        table["kind"] = table["kind"].str.lower()
    for i in cast(Any, table.index[~blank]):
        onset, offset = (cast(Any, table.at[i, mark]) for mark in ("onset", "offset"))
        if pd.isna(onset) or pd.isna(offset):
            raise complain(i, "onset or offset is empty; give both, or neither for a video without "
                              "any expression.")  # fmt: skip
        if onset < 0:
            raise complain(i, f"the onset {onset:g} is negative; frames are counted from 0 or 1.")
        if offset < onset:
            raise complain(i, f"the offset {offset:g} lies before the onset {onset:g}.")
        if "kind" in table:
            kind = cast(str, table.at[i, "kind"])
            if kind not in _SHORT:
                raise complain(i, f"kind is {kind!r}; expected micro or macro (me or mae).")
    if "kind" in table:
        table["kind"] = table["kind"].map(_SHORT)
    return IntervalFile(path, style, table[~blank].reset_index(drop=True), videos, notes)
