"""How DFME's persons, clips, parts and sheets are called, and its folders found by that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import BadInput

__all__ = ["DEPTH", "clip_folders", "clip_key", "is_whole", "part_of", "subject_name"]

#: Folders below the root among which a clip's is looked for.
DEPTH = 4
_TEST = (
    r"(?:(?:^|[^a-z]|dfme)test[\W_]*(?:data|set|part)?|(?:dfme|ccac)[\W_]*(?:20\d\d)?)"
    r"[\W_]*([ab])(?![a-z])"
)
#: Names of the challenge's own sheets: CCAC2024.xlsx beside CCAC2024_B.xlsx.
_WHOLE = r"(?:dfme|ccac)[\W_]*(?:20\d\d)?"


def subject_name(text: str) -> str | None:
    """``sub0003`` of ``3``, ``sub3`` or ``sub0003``; None of anything else.

    Examples
    --------
    >>> subject_name("sub0003"), subject_name("12"), subject_name("sub0003_01")
    ('sub0003', 'sub0012', None)
    """
    match = re.fullmatch(r"(?:s|sub|subject)?[\s_-]*0*([1-9]\d{0,3})", text.strip().lower())
    return f"sub{int(match[1]):04d}" if match else None


def clip_key(name: str, subject: str = "") -> str | None:
    """A clip as its folder is called: ``sub0003_01``; None of a folder that is no clip.

    Parameters
    ----------
    name : str
        Of a folder, or the cell Filename.
    subject : str
        Whose it is, where the name does not say.

    Examples
    --------
    >>> clip_key("sub0003_01"), clip_key("01", "sub0003"), clip_key("train_data")
    ('sub0003_01', 'sub0003_01', None)
    """
    word = name.strip().lower()
    if re.match(r"sub\d+[_-]\w", word):
        return word
    return f"{subject}_{word}" if subject and re.fullmatch(r"\d[\w-]*", word) else None


def part_of(path: str) -> str:
    """Which part a sheet or folder belongs to by the words of its path, the last first; or "".

    Examples
    --------
    >>> part_of("annotation/test_A_full_with_AU.xlsx"), part_of("DFME/train_data/coding.xlsx")
    ('test-a', 'train')
    >>> part_of("DFME/labels.xlsx"), part_of("CCAC2024_B.xlsx")
    ('', 'test-b')
    """
    for name in reversed(re.split(r"[/\\]", path.lower())):
        test = re.search(_TEST, name)
        if test:
            return f"test-{test[1]}"
        if re.search(r"(?:^|[^a-z]|dfme)train", name):
            return "train"
    return ""


def is_whole(path: Path) -> bool:
    """Whether a sheet is called like the database or its challenge, and no part of it."""
    return re.fullmatch(_WHOLE, path.stem.lower()) is not None


def clip_folders(root: Path, title: str) -> Iterator[tuple[str, str]]:
    """Each clip's key and folder, wherever it lies below the folder of a database."""
    from .folders import scan

    level = [(str(root), subject_name(root.name) or "")]
    for _ in range(DEPTH + 1):
        below = []
        for folder, subject in level:
            for entry in sorted(scan(folder), key=lambda e: e.name):
                key = clip_key(entry.name, subject)
                if key is not None and entry.is_dir():
                    yield key, entry.path
                elif entry.is_dir():
                    below.append((entry.path, subject_name(entry.name) or ""))
        level = below
        if len(level) > 2000:
            raise BadInput(
                f"{root} holds more than 2000 folders that are no clips: give the folder of "
                f"{title} itself."
            )
