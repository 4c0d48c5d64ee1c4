"""MMEW (Ben et al. 2022): card, label sets, annotation sheet, frame folders."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from .cards import Card
from .database import Database, Folders, Sheets
from .folders import raw_and_cropped
from .labels import challenge, emotions, objective_sets

__all__ = ["DATABASE", "emotion_folder", "folders", "subject_name"]

EMOTIONS = ("happiness", "surprise", "disgust", "others", "fear", "sadness", "anger")

CARD = Card(
    name="mmew",
    title="MMEW",
    citation=(
        "X. Ben, Y. Ren, J. Zhang, S.-J. Wang, K. Kpalma, W. Meng, Y.-J. Liu. Video-based Facial "
        "Micro-Expression Analysis: A Survey of Datasets, Features and Algorithms. IEEE "
        "Transactions on Pattern Analysis and Machine Intelligence 44(9), 5826–5846, 2022."
    ),
    bibtex="""@article{ben2022mmew,
  author  = {Ben, Xianye and Ren, Yi and Zhang, Junping and Wang, Su-Jing and Kpalma, Kidiyo and
             Meng, Weixiao and Liu, Yong-Jin},
  title   = {Video-based Facial Micro-Expression Analysis: A Survey of Datasets, Features and
             Algorithms},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  volume  = {44},
  number  = {9},
  pages   = {5826--5846},
  year    = {2022},
  doi     = {10.1109/TPAMI.2021.3067464}
}""",
    licence=(
        "Given out by its authors to those who sign their licence agreement. Not to be passed on."
    ),
    request_page="http://www.dpailab.com/database.html",
    fps=90.0,
    resolution="1920×1080; cropped faces 231×231",
    annotated="onset, apex, offset, action units, emotion",
    clips=300,
    subjects=30,
    remarks=(
        "Clips lie in folders by emotion; the clips that the sheet calls others lie in the folder "
        "repression.",
        "File names are person, emotion and sample, and no two clips have the same.",
        "In the first sheet some apexes and offsets are wrong; a clip whose marks contradict each "
        "other is reported, not guessed.",
    ),
)

LABELS = {
    "4class": emotions(
        "4class",
        "happiness, surprise, disgust, others; fear, sadness and anger left out",
        EMOTIONS[:4],
    ),
    "3class": challenge(
        "the classes of the Micro-Expression Grand Challenge 2019: happiness positive, surprise, "
        "disgust, fear, sadness and anger negative; others left out",
        EMOTIONS,
    ),
    "all": emotions("all", "the estimated emotions as annotated", EMOTIONS),
    **objective_sets(official=False),
}

_FOLDERS = (*EMOTIONS, "repression")


def subject_name(text: str) -> str | None:
    """``S01`` of ``1``, ``01`` or ``S01``; None of anything else."""
    match = re.fullmatch(r"s?0*([1-9]\d{0,2})", text.strip().lower())
    return f"S{int(match[1]):02d}" if match else None


def emotion_folder(name: str) -> str | None:
    """The emotion that a folder is named after, or None."""
    word = name.strip().lower()
    return word if word in _FOLDERS else None


def folders(root: Path) -> list[Folders]:
    """Frame folders by emotion; the name of a clip finds it, whatever emotion it lies under."""
    found = raw_and_cropped(CARD.title, emotion_folder)(root)
    return [
        replace(f, clips={("", clip): path for (_, clip), path in f.clips.items()}) for f in found
    ]


SHEETS = Sheets(
    EMOTIONS,
    "MMEW_Micro_Exp.xlsx",
    subject_name,
    "a subject such as 1, 01 or S01",
    known=("mmew_micro_exp_v2", "mmew_micro_exp", "mmew"),
    skip=("macro",),
    folder=emotion_folder,
)
DATABASE = Database(CARD, LABELS, ("raw", "cropped"), SHEETS, folders)
