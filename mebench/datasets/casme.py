"""CASME (Yan et al. 2013): card, label sets, annotation sheet, frame folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cards import Card
from .casme2 import subject_name
from .database import Database, Sheets
from .folders import raw_and_cropped
from .labels import challenge, emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = ["DATABASE"]

EMOTIONS = (
    *("tense", "disgust", "repression", "surprise"),
    *("happiness", "sadness", "contempt", "fear"),
)
_189 = dict(zip(EMOTIONS, (68, 45, 39, 20, 7, 6, 2, 2), strict=True))
_192 = dict(zip(EMOTIONS, (28, 88, 40, 20, 5, 6, 3, 2), strict=True))


def _sets(counts: dict[str, int]) -> dict[str, dict[str, int]]:
    negative = sum(counts[e] for e in ("disgust", "repression", "sadness", "contempt", "fear"))
    return {
        "all": counts,
        "4class": {e: counts[e] for e in EMOTIONS[:4]},
        "3class": {
            "negative": negative,
            "positive": counts["happiness"],
            "surprise": counts["surprise"],
        },
    }


CARD = Card(
    name="casme",
    title="CASME",
    citation=(
        "W.-J. Yan, Q. Wu, Y.-J. Liu, S.-J. Wang, X. Fu. CASME Database: A Dataset of Spontaneous "
        "Micro-Expressions Collected From Neutralized Faces. IEEE International Conference on "
        "Automatic Face and Gesture Recognition, 2013."
    ),
    bibtex="""@inproceedings{yan2013casme,
  author    = {Yan, Wen-Jing and Wu, Qi and Liu, Yong-Jin and Wang, Su-Jing and Fu, Xiaolan},
  title     = {{CASME} Database: A Dataset of Spontaneous Micro-Expressions Collected From
               Neutralized Faces},
  booktitle = {IEEE International Conference on Automatic Face and Gesture Recognition},
  year      = {2013},
  doi       = {10.1109/FG.2013.6553799}
}""",
    licence=(
        "Given out by the Institute of Psychology, Chinese Academy of Sciences, to those who sign "
        "its licence agreement. Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="http://casme.psych.ac.cn/casme/e1",
    fps=60.0,
    resolution="",
    annotated="onset, one or two apexes, offset, action units, emotion",
    clips=189,
    subjects=18,
    counts={"sheet of 189 rows": _sets(_189), "first release": _sets(_192)},
    remarks=(
        "The paper counts 195 clips of 19 subjects; the sheet in circulation has 189 rows of 18. "
        "Copies differ in how many clips are tense and how many disgust.",
        "Several micro-expressions may lie in one recording, so that subject and file name repeat: "
        "such clips have the onset in their id.",
        "Where two apexes are given, the first is used.",
        "Some copies have marks that contradict the frames; `mebench data check casme` lists "
        "marks out of order.",
    ),
)

LABELS = {
    "4class": emotions(
        "4class", "tense, disgust, repression, surprise; the rest left out", EMOTIONS[:4]
    ),
    "3class": challenge(
        "the classes of the Micro-Expression Grand Challenge 2019: happiness positive, surprise, "
        "disgust, repression, sadness, contempt and fear negative; tense left out",
        EMOTIONS,
    ),
    "all": emotions("all", "the emotions as annotated", EMOTIONS),
    **objective_sets(official=False),
}


def _second_apex(table: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Where the first apex is blank, the second stands for it."""
    import pandas as pd

    if "apex2" in sheet.written:
        second = sheet.integers("apex2", required=False)
        table["apex"] = table["apex"].fillna(pd.Series(second, table.index, dtype="Int64"))
        table["apex_source"] = ["none" if v else "annotated" for v in table["apex"].isna()]
    return []


SHEETS = Sheets(
    EMOTIONS,
    "CASME.xls",
    subject_name,
    "a subject such as 1, 01 or sub01",
    known=("casme",),
    columns={"apex2": ()},
    optional=("apex2",),
    adjust=_second_apex,
)
DATABASE = Database(
    CARD, LABELS, ("raw", "cropped"), SHEETS, raw_and_cropped(CARD.title, subject_name)
)
