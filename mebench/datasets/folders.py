"""Finding the frame folders of a database under whatever folder the user unpacked it in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ..errors import BadInput, DataNotFound
from .database import Folders

__all__ = ["clip_folders", "cropped_or_raw", "find_folders", "raw_and_cropped", "scan", "walk"]

#: Name of a folder → the subject (or emotion) that it stands for, or None.
Subject = Callable[[str], str | None]
#: Subject, its folder → (clip, folder of its frames), and files that are neither.
Clips = Callable[[str, Path], tuple[list[tuple[str, str]], list[str]]]

_DEPTH = 3  # folders of sheets and frames nest at most this deep in the copies around


def find_folders(
    root: Path,
    title: str,
    subject: Subject,
    variants: Sequence[str],
    variant: Callable[[str, Sequence[tuple[str, str]]], str | None],
    clips: Clips | None = None,
    *,
    extent: str = "clip",
    depth: int = _DEPTH,
) -> list[Folders]:
    """The frame folders of each variant, recognised by the subject folders that they hold.

    Parameters
    ----------
    root : Path
    title : str
        Of the database, for messages.
    subject : callable
        Folder name → subject, None where it is none.
    variants : sequence of str
        The kinds of frames, the preferred first.
    variant : callable (path, subjects) -> str or None
        Which kind a folder of subjects holds, from its path below `root` in lower case and its
        (subject, path) pairs. None: not ours.
    clips : callable, optional
        See :func:`clip_folders`, the default.
    extent : str
        As in :class:`mebench.datasets.database.Folders`.
    depth : int, default 3
        How deep the folder of subjects may lie.

    Raises
    ------
    BadInput
        Two folders are the same clip, or `root` holds thousands of other folders.
    """
    found: dict[str, list[tuple[tuple[bool, int, str], Path]]] = {}
    for holder in walk(root, subject, title, depth):
        subjects = _subjects(holder, subject)
        if not subjects:
            continue
        path = str(holder.relative_to(root)).lower()
        kind = variant(path, subjects)
        if kind is None:
            continue
        # The selected frames before the long recordings; then the least nested.
        rank = ("select" not in path, path.count(os.sep), path)
        found.setdefault(kind, []).append((rank, holder))
    out = []
    for kind in variants:
        for _, holder in sorted(found.get(kind, ())):
            folders = _collect(kind, holder, subject, clips or clip_folders, extent)
            if folders.clips:  # folders that are called like subjects may hold something else
                out.append(folders)
                break
        else:
            if kind in found:
                out.append(_collect(kind, min(found[kind])[1], subject, clip_folders, extent))
    return out


def clip_folders(subject: str, path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """The folders in a subject's folder, each one clip, and the files beside them."""
    found, stray = [], []
    for entry in scan(path):
        if entry.is_dir():
            found.append((entry.name.strip(), entry.path))
        else:
            stray.append(entry.path)
    return found, stray


def cropped_or_raw(path: str, subjects: Sequence[tuple[str, str]]) -> str:
    """Kind "cropped" where the path says so or the frames are called ``reg_…``, else "raw"."""
    return "cropped" if "crop" in path or _registered(subjects) else "raw"


def raw_and_cropped(title: str, subject: Subject) -> Callable[[Path], list[Folders]]:
    """The finder of a database of raw and cropped clips; folders of macro-expressions left out."""

    def variant(path: str, subjects: Sequence[tuple[str, str]]) -> str | None:
        return None if "macro" in path else cropped_or_raw(path, subjects)

    return partial(
        find_folders, title=title, subject=subject, variants=("raw", "cropped"), variant=variant
    )


def walk(root: Path, subject: Subject, title: str, depth: int = _DEPTH) -> list[Path]:
    """`root` and the folders in it, nearest first, without subjects' own and hidden ones."""
    found = [root]
    level = [root]
    for _ in range(depth):
        level = [
            Path(entry.path)
            for folder in level
            for entry in sorted(scan(folder), key=lambda e: e.name)
            if entry.is_dir() and subject(entry.name) is None
        ]
        found += level
        if len(found) > 2000:
            raise BadInput(
                f"{root} holds more than 2000 folders that are not subjects: give the folder of "
                f"{title} itself."
            )
    return found


def scan(folder: str | Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, without hidden files and macOS leftovers."""
    try:
        with os.scandir(folder) as entries:
            return [e for e in entries if not e.name.startswith((".", "__MACOSX"))]
    except OSError as error:
        raise DataNotFound(f"The folder {folder} cannot be read: {error.strerror}.") from error


def _subjects(folder: Path, subject: Subject) -> list[tuple[str, str]]:
    return sorted(
        (name, entry.path)
        for entry in scan(folder)
        if (name := subject(entry.name)) and entry.is_dir()
    )


def _collect(variant: str, holder: Path, subject: Subject, clips: Clips, extent: str) -> Folders:
    found: dict[tuple[str, str], str] = {}
    stray: list[str] = []
    for name, path in _subjects(holder, subject):
        mine, others = clips(name, Path(path))
        stray += others
        for key, folder in _keyed(name, mine):
            if key in found:
                raise BadInput(
                    f"{found[key]} and {folder} are both {name}/{os.path.basename(folder)}. "
                    "Remove one."
                )
            found[key] = folder
    return Folders(variant, holder, found, tuple(sorted(stray)), extent)


def _keyed(subject: str, clips: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], str]]:
    for clip, folder in clips:
        yield (subject, clip.lower()), folder


def _registered(subjects: Sequence[tuple[str, str]]) -> bool:
    """Whether the frames are called reg_…, as the cropped ones are."""
    for _, path in subjects:
        for clip in scan(path):
            if clip.is_dir():
                return any(e.name.lower().startswith("reg_") for e in scan(clip.path))
    return False
