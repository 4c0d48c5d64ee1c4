"""CASME II (Yan et al. 2014): card, label sets, annotation sheets, frame folders."""

from __future__ import annotations

import re
from dataclasses import replace

from .cards import Card
from .database import Database, Sheets
from .folders import raw_and_cropped
from .labels import (
    OBJECTIVE_CLASSES,
    challenge,
    emotions,
    engine_classes,
    objective_sets,
    same,
)

__all__ = ["DATABASE", "subject_name"]

EMOTIONS = ("happiness", "disgust", "repression", "surprise", "others", "sadness", "fear")

_COUNTS_255 = {
    "all": dict(zip(EMOTIONS, (32, 63, 27, 25, 99, 7, 2), strict=True)),
    "5class": dict(zip(EMOTIONS[:5], (32, 63, 27, 25, 99), strict=True)),
    "3class": {"negative": 88, "positive": 32, "surprise": 25},
    "objective": dict(zip(OBJECTIVE_CLASSES, (25, 15, 99, 26, 20, 1, 69), strict=True)),
    "objective5": dict(zip(OBJECTIVE_CLASSES[:5], (25, 15, 99, 26, 20), strict=True)),
}
_COUNTS_256 = {
    "all": {**_COUNTS_255["all"], "disgust": 64},
    "5class": {**_COUNTS_255["5class"], "disgust": 64},
    "3class": _COUNTS_255["3class"],
}

CARD = Card(
    name="casme2",
    title="CASME II",
    citation=(
        "W.-J. Yan, X. Li, S.-J. Wang, G. Zhao, Y.-J. Liu, Y.-H. Chen, X. Fu. CASME II: An "
        "Improved Spontaneous Micro-Expression Database and the Baseline Evaluation. PLoS ONE "
        "9(1), e86041, 2014."
    ),
    bibtex="""@article{yan2014casme2,
  author  = {Yan, Wen-Jing and Li, Xiaobai and Wang, Su-Jing and Zhao, Guoying and
             Liu, Yong-Jin and Chen, Yu-Hsin and Fu, Xiaolan},
  title   = {{CASME II}: An Improved Spontaneous Micro-Expression Database and the
             Baseline Evaluation},
  journal = {PLoS ONE},
  volume  = {9},
  number  = {1},
  pages   = {e86041},
  year    = {2014},
  doi     = {10.1371/journal.pone.0086041}
}""",
    licence=(
        "Given out by the Institute of Psychology, Chinese Academy of Sciences, to those who sign "
        "its licence agreement. Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="http://casme.psych.ac.cn/casme/e2",
    fps=200.0,
    resolution="640×480; cropped faces about 280×340",
    annotated="onset, apex (in some clips not), offset, action units, estimated emotion; "
    "objective classes in a sheet of their own",
    clips=255,
    subjects=26,
    counts={"sheet 20140508": _COUNTS_255, "updated sheet": _COUNTS_256},
    unpublishable=("sub12", "sub22"),
    remarks=(
        "The faces of sub12 and sub22 must not appear in publications.",
        "The paper counts 247 clips, the sheet of 20140508 has 255 rows, of which 246 are in "
        "the five classes; an updated sheet has 256 rows (247).",
        "The cropped frames of sub16/EP01_08 are incomplete.",
        "3class is the Micro-Expression Grand Challenge 2019: 145 clips of 24 subjects; the "
        "official list leaves out sub04/EP12_01f and sub05/EP09_05f.",
    ),
)

LABELS = {
    "5class": emotions(
        "5class",
        "happiness, disgust, repression, surprise, others; sadness and fear left out",
        EMOTIONS[:5],
    ),
    "3class": replace(
        challenge(
            "Micro-Expression Grand Challenge 2019: disgust and repression are negative, happiness "
            "positive, surprise; the rest and the clips missing in the official list left out",
            ("happiness", "disgust", "repression", "surprise"),
        ),
        # The third is the row that the sheet of 20140508, from which the list was made, lacks.
        exclude=frozenset(
            [("sub04", "EP12_01f"), ("sub05", "EP09_05f"), ("sub24", "EP02_07")],
        ),
    ),
    "all": emotions("all", "the estimated emotions as annotated", EMOTIONS),
    "8class": engine_classes({**same(*EMOTIONS[:6]), "fear": "others"}),
    **objective_sets(official=True),
}


def subject_name(text: str) -> str | None:
    """``sub01`` of ``1``, ``01``, ``sub01``, ``Sub 1`` or ``s1``; None of anything else.

    Examples
    --------
    >>> subject_name("1"), subject_name("Sub07"), subject_name("total")
    ('sub01', 'sub07', None)
    """
    match = re.fullmatch(r"(?:s|sub|subject)?[\s_-]*0*([1-9]\d{0,2})", text.strip().lower())
    return f"sub{int(match[1]):02d}" if match else None


SHEETS = Sheets(
    EMOTIONS,
    "CASME2-coding-20140508.xlsx",
    subject_name,
    "a subject such as 1, 01 or sub01",
    known=("20140508", "20190701", "ver_2"),
    like=("casme", "coding"),
    skip=("objective",),
    objective="objective",
    agreement="which give the official class in 241 of 255 clips",
)
DATABASE = Database(
    CARD, LABELS, ("raw", "cropped"), SHEETS, raw_and_cropped(CARD.title, subject_name)
)
