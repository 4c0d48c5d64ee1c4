"""CAS(ME)³ (Li et al. 2023), parts A and C: cards, label sets, sheets, frame folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .cards import Card
from .database import Database, Folders, Sheets
from .labels import OBJECTIVE_CLASSES, LabelSet, emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = ["A", "C", "folders_a", "folders_c", "subject_a", "subject_c"]

EMOTIONS_A = ("disgust", "surprise", "others", "fear", "anger", "sad", "happy")
EMOTIONS_C = ("negative", "surprise", "others", "positive")
_COUNTS_A = dict(zip(EMOTIONS_A, (250, 187, 161, 86, 64, 57, 55), strict=True))
_COUNTS_C = dict(zip(EMOTIONS_C, (99, 30, 20, 16), strict=True))
_OBJECTIVE = (15, 151, 234, 37, 47, 3, 373)

_CARD = Card(
    name="casme3a",
    title="CAS(ME)³ part A",
    citation=(
        "J. Li, Z. Dong, S. Lu, S.-J. Wang, W.-J. Yan, Y. Ma, Y. Liu, C. Huang, X. Fu. CAS(ME)³: A "
        "Third Generation Facial Spontaneous Micro-Expression Database With Depth Information and "
        "High Ecological Validity. IEEE Transactions on Pattern Analysis and Machine Intelligence "
        "45(3), 2782–2800, 2023."
    ),
    bibtex="""@article{li2023casme3,
  author  = {Li, Jingting and Dong, Zizhao and Lu, Shaoyuan and Wang, Su-Jing and
             Yan, Wen-Jing and Ma, Yinhuan and Liu, Ye and Huang, Changbing and Fu, Xiaolan},
  title   = {{CAS(ME)$^3$}: A Third Generation Facial Spontaneous Micro-Expression Database With
             Depth Information and High Ecological Validity},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {45},
  number  = {3},
  pages   = {2782--2800},
  year    = {2023},
  doi     = {10.1109/TPAMI.2022.3174895}
}""",
    licence=(
        "Given out by the Institute of Psychology, Chinese Academy of Sciences, to those who sign "
        "its licence agreement. Not to be passed on: no frames."
    ),
    request_page="http://casme.psych.ac.cn/casme/e4",
    fps=30.0,
    resolution="1280×720, with depth",
    annotated="onset, apex, offset, action units, objective class, emotion",
    clips=860,
    subjects=94,
    counts={
        "JpgIndex_v2": {
            "all": _COUNTS_A,
            "4class": {
                "negative": 250 + 86 + 64 + 57,
                "positive": 55,
                "surprise": 187,
                "others": 161,
            },
            "3class": {"negative": 250 + 86 + 64 + 57, "positive": 55, "surprise": 187},
            "objective": dict(zip(OBJECTIVE_CLASSES, _OBJECTIVE, strict=True)),
            "objective5": dict(zip(OBJECTIVE_CLASSES[:5], _OBJECTIVE[:5], strict=True)),
        }
    },
    remarks=(
        "The paper counts 943 micro-expressions; version 2 of the sheet has 860.",
        "Folders are whole recordings with a letter for a name, in upper or lower case; several "
        "clips lie in one, so their onset is part of the id. Frames are dropped here and there.",
        "The depth images beside the colour images are not read.",
        "The authors' repository (github.com/jingtingEmmaLi/CAS-ME-3) lists damaged images and "
        "bad samples.",
    ),
)

CARD_C = replace(
    _CARD,
    name="casme3c",
    title="CAS(ME)³ part C",
    annotated="onset, offset, action units, emotion; no apex",
    clips=165,
    subjects=None,
    counts={
        "part_C_ME": {
            "all": _COUNTS_C,
            "4class": _COUNTS_C,
            "3class": {c: _COUNTS_C[c] for c in ("negative", "positive", "surprise")},
        }
    },
    remarks=(
        "No apex is annotated: the middle of the clip stands for it (apex_source is estimated).",
        "Folders are whole recordings of a mock crime, one per subject.",
        "The depth images beside the colour images are not read.",
    ),
)

_NEGATIVE = {e: "negative" for e in ("disgust", "fear", "anger", "sad")}
_THREE = {**_NEGATIVE, "happy": "positive", "surprise": "surprise"}

LABELS_A = {
    "4class": LabelSet(
        "4class",
        "disgust, fear, anger and sad are negative, happy positive, surprise, others",
        {**_THREE, "others": "others"},
        ("negative", "positive", "surprise", "others"),
    ),
    "3class": LabelSet(
        "3class",
        "the classes of the Micro-Expression Grand Challenge 2019: disgust, fear, anger and sad "
        "negative, happy positive, surprise; others left out",
        _THREE,
        ("negative", "positive", "surprise"),
    ),
    "all": emotions("all", "the seven emotions as annotated", EMOTIONS_A),
    **objective_sets(official=True),
}
LABELS_C = {
    "4class": emotions("4class", "the four emotions as annotated", EMOTIONS_C),
    "3class": emotions(
        "3class",
        "negative, positive, surprise; others left out",
        ("negative", "positive", "surprise"),
    ),
    "all": emotions("all", "the four emotions as annotated", EMOTIONS_C),
    **objective_sets(official=False),
}


def subject_a(text: str) -> str | None:
    """``spNO.40`` however it is written; None of anything else.

    Examples
    --------
    >>> subject_a("spNO.40"), subject_a("SPno.7"), subject_a("color")
    ('spNO.40', 'spNO.7', None)
    """
    match = re.fullmatch(r"sp\s?no\.?\s?0*(\d{1,3})", text.strip().lower())
    return f"spNO.{int(match[1])}" if match else None


def subject_c(text: str) -> str | None:
    """``01`` of ``1``, ``01``; None of anything else."""
    match = re.fullmatch(r"(?:sp|sub)?0*([1-9]\d{0,2})", text.strip().lower())
    return f"{int(match[1]):02d}" if match else None


def _middle(table: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Part C has no apex: the middle between onset and offset stands for it."""
    table["apex"] = (table["onset"] + table["offset"]) // 2  # missing where either is
    table["apex_source"] = ["none" if v else "estimated" for v in table["apex"].isna()]
    return ["no apex is annotated: the middle between onset and offset, as an estimate"]


def folders_a(root: Path) -> list[Folders]:
    """Colour frames of each recording: ``spNO.1/a/color/1.jpg``."""
    from .folders import find_folders

    return find_folders(
        root,
        _CARD.title,
        subject_a,
        ("colour",),
        lambda path, subjects: "colour",
        _colour,
        extent="recording",
    )


def folders_c(root: Path) -> list[Folders]:
    """Colour frames of each subject's one recording: ``01/a/color/1.jpg``."""
    from .folders import find_folders

    found = find_folders(
        root,
        CARD_C.title,
        subject_c,
        ("colour",),
        lambda path, subjects: None if "color" in path or "depth" in path else "colour",
        _colour,
        extent="recording",
    )
    return [replace(f, clips=_one_each(f.clips)) for f in found]


def _one_each(clips: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """A blank clip for each subject: all of a subject's clips lie in the one recording."""
    out: dict[tuple[str, str], str] = {}
    for (subject, _), path in sorted(clips.items()):
        out.setdefault((subject, ""), path)
    return out


def _colour(subject: str, path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """``a/color`` in a subject's folder is the recording a; ``a/depth`` is passed over."""
    from .folders import clip_folders, scan

    letters, stray = clip_folders(subject, path)
    found = []
    for letter, folder in letters:
        entries = sorted(scan(folder), key=lambda e: e.name)
        stray += [e.path for e in entries if not e.is_dir()]
        found += [
            (letter, e.path)
            for e in entries
            if e.is_dir() and e.name.lower() in ("color", "colour")
        ]
    return found, stray


_OTHERS = ("part_b", "wrongly", "error_list", "self_report")
SHEETS_A = Sheets(
    EMOTIONS_A,
    "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
    subject_a,
    "a subject such as spNO.1",
    known=("jpgindex_v2", "jpgindex", "part_a_me", "part_a"),
    skip=("part_c", "part_a_mae", *_OTHERS),
    agreement="which give the official class in 860 of 860 clips",
)
SHEETS_C = Sheets(
    EMOTIONS_C,
    "CAS(ME)3_part_C_ME.xlsx",
    subject_c,
    "a subject such as 1 or 01",
    known=("part_c_me", "part_c"),
    skip=("part_a", *_OTHERS),
    columns={"clip": ("count",)},
    adjust=_middle,
)
A = Database(_CARD, LABELS_A, ("colour",), SHEETS_A, folders_a)
C = Database(CARD_C, LABELS_C, ("colour",), SHEETS_C, folders_c)
