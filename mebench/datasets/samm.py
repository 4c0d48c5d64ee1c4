"""SAMM (Davison et al. 2018): card, label sets, annotation sheet, frame folders."""

from __future__ import annotations

import re

from .cards import Card
from .database import Database, Sheets
from .folders import raw_and_cropped
from .labels import OBJECTIVE_CLASSES, challenge, emotions, objective_sets

__all__ = ["DATABASE", "subject_name"]

EMOTIONS = ("anger", "happiness", "contempt", "surprise", "other", "disgust", "fear", "sadness")
_COUNTS = dict(zip(EMOTIONS, (57, 26, 12, 15, 26, 9, 8, 6), strict=True))
_OBJECTIVE = (24, 13, 20, 8, 3, 7, 84)

CARD = Card(
    name="samm",
    title="SAMM",
    citation=(
        "A. K. Davison, C. Lansley, N. Costen, K. Tan, M. H. Yap. SAMM: A Spontaneous Micro-Facial "
        "Movement Dataset. IEEE Transactions on Affective Computing 9(1), 116–129, 2018."
    ),
    bibtex="""@article{davison2018samm,
  author  = {Davison, Adrian K. and Lansley, Cliff and Costen, Nicholas and Tan, Kevin and
             Yap, Moi Hoon},
  title   = {{SAMM}: A Spontaneous Micro-Facial Movement Dataset},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {9},
  number  = {1},
  pages   = {116--129},
  year    = {2018},
  doi     = {10.1109/TAFFC.2016.2573832}
}""",
    licence=(
        "Given out by Manchester Metropolitan University to those who sign its licence agreement. "
        "Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="http://www2.docm.mmu.ac.uk/STAFF/M.Yap/dataset.php",
    fps=200.0,
    resolution="2040×1088, delivered as 960×650",
    annotated="onset, apex, offset, action units with sides and intensities, emotion, objective "
    "class",
    clips=159,
    subjects=29,
    counts={
        "SAMM_Micro_FACS_Codes_v2": {
            "all": _COUNTS,
            "5class": {e: _COUNTS[e] for e in EMOTIONS[:5]},
            "3class": {"negative": 92, "positive": 26, "surprise": 15},
            "objective": dict(zip(OBJECTIVE_CLASSES, _OBJECTIVE, strict=True)),
            "objective5": dict(zip(OBJECTIVE_CLASSES[:5], _OBJECTIVE[:5], strict=True)),
        }
    },
    remarks=(
        "32 people were recorded, 29 of them show micro-expressions.",
        "Subjects are three digits; frame numbers count through the whole recording.",
        "3class is the Micro-Expression Grand Challenge 2019: 133 clips of 28 subjects. A list "
        "without 032_3_1 circulates as well.",
        "Five cells of action units say `or`; the unit named first is taken.",
    ),
)

LABELS = {
    "5class": emotions(
        "5class",
        "anger, happiness, contempt, surprise, other; disgust, fear and sadness left out",
        EMOTIONS[:5],
    ),
    "3class": challenge(
        "Micro-Expression Grand Challenge 2019: happiness positive, surprise, anger, contempt, "
        "disgust, fear and sadness negative; other left out",
        EMOTIONS,
    ),
    "all": emotions("all", "the estimated emotions as annotated", EMOTIONS),
    **objective_sets(official=True),
}


def subject_name(text: str) -> str | None:
    """``006`` of ``6``, ``06`` or ``006``; None of anything else.

    Examples
    --------
    >>> subject_name("6"), subject_name("006"), subject_name("006_1_2")
    ('006', '006', None)
    """
    match = re.fullmatch(r"0*([1-9]\d{0,2})", text.strip())
    return f"{int(match[1]):03d}" if match else None


SHEETS = Sheets(
    EMOTIONS,
    "SAMM_Micro_FACS_Codes_v2.xlsx",
    subject_name,
    "a subject such as 006 or 6",
    known=("micro_facs_codes_v2", "micro_facs", "samm"),
    skip=("longvideos", "long_videos"),
    renamed={"others": "other"},
    agreement="which give the official class in 144 of 159 clips",
)
DATABASE = Database(
    CARD, LABELS, ("raw", "cropped"), SHEETS, raw_and_cropped(CARD.title, subject_name)
)
