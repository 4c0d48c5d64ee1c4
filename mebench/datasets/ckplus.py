"""CK+ (Lucey et al. 2010): posed and spontaneous macro-expressions, neutral to peak."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import BadInput, DataNotFound
from .cards import Card
from .database import Annotations, Database, Folders
from .labels import challenge, emotions, objective_sets

__all__ = ["DATABASE", "folders", "read", "subject_name"]

#: In the order of their numbers, from 1.
EMOTIONS = ("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_COUNTS = dict(zip(EMOTIONS, (45, 18, 59, 25, 69, 28, 83), strict=True))
_THREE = {"negative": 45 + 18 + 59 + 25 + 28, "positive": 69, "surprise": 83}

CARD = Card(
    name="ckplus",
    title="CK+",
    citation=(
        "P. Lucey, J. F. Cohn, T. Kanade, J. Saragih, Z. Ambadar, I. Matthews. The Extended "
        "Cohn-Kanade Dataset (CK+): A complete dataset for action unit and emotion-specified "
        "expression. IEEE Conference on Computer Vision and Pattern Recognition Workshops, 2010."
    ),
    bibtex="""@inproceedings{lucey2010ckplus,
  author    = {Lucey, Patrick and Cohn, Jeffrey F. and Kanade, Takeo and Saragih, Jason and
               Ambadar, Zara and Matthews, Iain},
  title     = {The Extended {Cohn-Kanade} Dataset ({CK+}): A complete dataset for action unit and
               emotion-specified expression},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition Workshops},
  pages     = {94--101},
  year      = {2010},
  doi       = {10.1109/CVPRW.2010.5543262}
}""",
    licence=(
        "Given out by its authors to those who sign their agreement. Not to be passed on; only "
        "some persons' faces may be shown, as the agreement lists them."
    ),
    request_page="http://www.jeffcohn.net/Resources/",
    fps=30.0,
    resolution="640×490 or 640×480, grey or colour",
    annotated="action units and their intensity at the peak; emotion of 327 of 593 sequences",
    clips=593,
    subjects=123,
    counts={"as released": {"all": _COUNTS, "3class": _THREE}},
    remarks=(
        "Macro-expressions: it is here to train on first (`--pretrain ck+`, `--also-train ck+`), "
        "and comparing micro-expression methods on it says little.",
        "593 sequences of 123 persons; the 266 without an emotion file take part in label sets of "
        "action units only.",
        "A sequence begins neutral and ends at the peak, so the last frame is apex and offset.",
        "On the command line ck+ means ckplus, also in joined names such as casme2+ck+.",
    ),
)

LABELS = {
    "7class": emotions("7class", "the seven emotions of the 327 sequences that have one", EMOTIONS),
    "3class": challenge(
        "the classes of the Micro-Expression Grand Challenge 2019: happiness positive, surprise, "
        "anger, contempt, disgust, fear and sadness negative",
        EMOTIONS,
    ),
    "all": emotions("all", "the emotions as annotated", EMOTIONS),
    **objective_sets(official=False),
}


_DEPTH = 4


def subject_name(text: str) -> str | None:
    """``S005`` of ``S005``, ``s5`` or ``5``; None of anything else.

    Examples
    --------
    >>> subject_name("s5"), subject_name("S132"), subject_name("FACS")
    ('S005', 'S132', None)
    """
    match = re.fullmatch(r"s?0*([1-9]\d{0,2})", text.strip().lower())
    return f"S{int(match[1]):03d}" if match else None


def read(root: Path, sheet: str | None = None) -> Annotations:
    """The annotations in a folder of CK+: one small file per sequence, no sheet."""
    import pandas as pd

    from .frames import list_frames
    from .reading import objective_classes, typed

    if sheet is not None:
        raise BadInput(
            f"CK+ has no annotation sheet, but a file for each sequence: leave out {sheet!r}."
        )
    there = folders(root)
    if not there or not there[0].clips:
        raise DataNotFound(
            f"No sequences of CK+ were found under {root}: expected frames such as "
            "cohn-kanade-images/S005/001/S005_001_00000011.png. Give the folder that holds them."
        )
    files = _files(root)
    rows, names = [], {}
    for i, (subject, clip) in enumerate(sorted(there[0].clips)):
        numbers = list_frames(there[0].clips[subject, clip]).numbers
        ends = (numbers[0], numbers[-1]) if numbers else (None, None)
        told = [files.get((kind, subject, clip)) for kind in ("emotion", "facs")]
        rows.append((subject, clip, ends[0], ends[1], ends[1], _emotion(told[0]), _units(told[1])))
        names[i] = f"{subject}/{clip}"
    columns = ["subject", "clip", "onset", "apex", "offset", "emotion", "au"]
    table = typed(pd.DataFrame(rows, columns=columns).assign(row_id=range(len(rows))))
    classes, more = objective_classes(table, {})
    table["objective_class"] = pd.Series(classes, index=table.index, dtype=object)
    counted = table["emotion"].value_counts().to_dict()
    known = counted == _COUNTS
    version = f"{'as released' if known else 'unknown release'}, {len(rows)} sequences"
    notes = [f"one file per sequence: {version}, {sum(counted.values())} with an emotion", *more]
    return Annotations(
        table, version, CARD.counts["as released"], notes, names, recognised=known, unmarked=True
    )


def folders(root: Path) -> list[Folders]:
    """The sequences: folders of frames called 001, 002, … below the persons."""
    from .folders import clip_folders, find_folders

    return [
        replace(found, clips={k: v for k, v in found.clips.items() if re.fullmatch(r"\d+", k[1])})
        for found in find_folders(
            root, CARD.title, subject_name, ("raw",), lambda path, _: _kind(path, root),
            clip_folders, depth=_DEPTH,
        )
    ]  # fmt: skip


def _kind(path: str, root: Path) -> str | None:
    words = re.split(r"[^a-z]+", f"{root.name.lower()}/{path}")
    return None if {"emotion", "facs", "landmarks"} & set(words) else "raw"


def _files(root: Path) -> dict[tuple[str, str, str], str]:
    """Emotion and FACS files by kind, person and sequence, as their names say."""
    from .folders import scan, walk

    found = {}
    for holder in walk(root, subject_name, CARD.title, _DEPTH):
        level = [entry.path for entry in scan(holder) if subject_name(entry.name)]
        for _ in range(2):  # persons, then sequences
            level = [
                entry.path
                for folder in level
                if os.path.isdir(folder)
                for entry in scan(folder)
                if re.search(r"(?i)^\d+$|_(emotion|facs)\.txt$", entry.name)
            ]
            for path in level:
                name = os.path.basename(path).lower()
                match = re.fullmatch(r"(s\d+)_(\d+)_\d+_(emotion|facs)\.txt", name)
                subject = subject_name(match[1]) if match else None
                if match and subject:
                    found[match[3], subject, match[2]] = path
    return found


def _numbers(path: str) -> Sequence[float]:
    try:
        text = Path(path).read_text(encoding="ascii")
        return [float(word) for word in text.split()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} should hold numbers only: {error}.") from error


def _emotion(path: str | None) -> str | None:
    if path is None:
        return None
    numbers = _numbers(path)
    if not numbers or numbers[0] == 0:  # a blank file, or neutral
        return None
    if len(numbers) > 1 or numbers[0] not in range(1, 8):
        raise BadInput(f"{path} should hold one number from 1 to 7, found {numbers}.")
    return EMOTIONS[int(numbers[0]) - 1]


def _units(path: str | None) -> str | None:
    """``1C+2D`` of lines of unit and intensity; 0 is an intensity that nobody gave."""
    if path is None:
        return None
    numbers = _numbers(path)
    if len(numbers) % 2:
        raise BadInput(f"{path} should hold a unit and an intensity in each line.")
    units = []
    for unit, grade in zip(numbers[::2], numbers[1::2], strict=True):
        if unit != int(unit) or unit < 1 or grade not in range(6):
            raise BadInput(f"{path}: unit {unit:g} with intensity {grade:g}; expected 1–5, or 0.")
        units.append(f"{int(unit)}{' ABCDE'[int(grade)].strip()}")
    return "+".join(units) or None


DATABASE = Database(CARD, LABELS, ("raw",), read, folders)
