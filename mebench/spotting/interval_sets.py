"""An entry to a challenge as it was sent in: a folder or an archive of files of intervals."""

from __future__ import annotations

import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from ..errors import BadInput
from .interval_files import IntervalFile, check_persons, read_interval_file

__all__ = ["read_interval_set"]

_ENDINGS = (".csv", ".txt")
#: First words of files that tell kinds apart, and not databases.
_KIND_WORDS = {"me", "mae", "micro", "macro"}
#: A file above this is no list of intervals; an archive must not fill the disk.
_LARGEST = 64 << 20


def read_interval_set(path: str | os.PathLike[str], *, annotated: bool = False) -> IntervalFile:
    """Read one file of intervals, or all of a folder or a ``.zip`` archive as one.

    The challenges take a file for each unseen database (``samm_pred.csv``, ``cas_pred.csv``), and
    some write micro- and macro-expressions apart (``cas_pred_me.csv``, ``cas_pred_mae.csv``).
    Where the files have no column ``dataset`` and begin with different words, the first word of a
    file's name is its database (but ``me``, ``mae``, ``micro`` and ``macro``).

    Parameters
    ----------
    path : path
        A file as for :func:`read_interval_file`; or a folder or archive whose ``.csv`` and
        ``.txt`` files all are such, of one format.
    annotated : bool, default False
        As for :func:`read_interval_file`.

    Returns
    -------
    IntervalFile
        Its `named` is True where databases are called after files.

    Raises
    ------
    DataNotFound, BadInput
        As :func:`read_interval_file`; nothing to read there; formats or columns that differ.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("samm_pred.csv", "cas_pred.csv"):
    ...     _ = (folder / name).write_text("vid,pred_onset,pred_offset,type\\n1,10,20,me\\n")
    >>> read_interval_set(folder).intervals[["dataset", "video", "onset"]].values.tolist()
    [['cas', '1', 10], ['samm', '1', 10]]
    """
    path = Path(path)
    if not path.is_dir() and not zipfile.is_zipfile(path):
        return read_interval_file(path, annotated=annotated)
    with _files(path) as files:
        if not files:
            raise BadInput(f"{path} holds no {' or '.join(_ENDINGS)} file; intervals are read from "
                           "such.")  # fmt: skip
        found = [read_interval_file(file, annotated=annotated) for file in files]
        if len(found) == 1:
            return replace(found[0], path=path)
        return _pooled(path, found)


@contextmanager
def _files(path: Path) -> Iterator[list[Path]]:
    """The files of a folder or an archive, of the latter as copies that last as long as this."""
    if path.is_dir():
        yield sorted(f for f in path.iterdir() if f.suffix.lower() in _ENDINGS and f.is_file()
                     and not f.name.startswith("."))  # fmt: skip
        return
    with zipfile.ZipFile(path) as packed, tempfile.TemporaryDirectory() as folder:
        files = []
        for entry in sorted(packed.infolist(), key=lambda e: e.filename):
            inside = Path(entry.filename)
            hidden = any(p.startswith((".", "__MACOSX")) for p in inside.parts)
            if entry.is_dir() or hidden or inside.suffix.lower() not in _ENDINGS:
                continue
            if entry.file_size > _LARGEST:
                raise BadInput(f"{path}: {entry.filename} has {entry.file_size:,} bytes; a file of "
                               f"intervals has at most {_LARGEST:,}.")  # fmt: skip
            file = Path(folder, inside.name)
            if file.exists():
                raise BadInput(f"{path} holds {inside.name} more than once. Keep one.")
            try:
                file.write_bytes(packed.read(entry))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
                raise BadInput(f"{path}: {entry.filename} cannot be unpacked: {error}.") from error
            files.append(file)
        yield files


def _pooled(path: Path, found: Sequence[IntervalFile]) -> IntervalFile:
    """The rows of all files below one another."""
    formats = {one.format: one.path.name for one in found}
    if len(formats) > 1:
        which = ", ".join(f"{file} is {style}" for style, file in formats.items())
        raise BadInput(f"{path} mixes formats: {which}. Give files of one format.")
    for column in ("dataset", "kind", "emotion", "score"):
        lacking = [one.path.name for one in found if column not in one.intervals]
        if 0 < len(lacking) < len(found):
            raise BadInput(f"{path}: {lacking[0]} has no column {column}, and others have. Write "
                           "it in all files or in none.")  # fmt: skip
    words = [re.split(r"[^0-9A-Za-z()²³]", one.path.stem)[0].lower() for one in found]
    apart = set(words)
    named = "dataset" not in found[0].intervals and len(apart) > 1 and not apart <= _KIND_WORDS
    if named:
        found = [
            replace(one, intervals=one.intervals.assign(dataset=word),
                    videos=one.videos.assign(dataset=word))
            for one, word in zip(found, words, strict=True)
        ]  # fmt: skip
    notes = [*dict.fromkeys(note for one in found for note in one.notes)]
    notes.append(
        f"{len(found)} files of {path.name} read as one"
        + (f", databases called after them: {', '.join(dict.fromkeys(words))}" if named else "")
    )
    intervals = pd.concat([one.intervals for one in found], ignore_index=True)
    videos = pd.concat([one.videos for one in found], ignore_index=True)
    keys = [c for c in ("dataset", "video") if c in videos]
    videos = videos.drop_duplicates([*keys, "subject"], ignore_index=True)
    check_persons(path, videos)
    return IntervalFile(path, found[0].format, intervals, videos, notes, named)
