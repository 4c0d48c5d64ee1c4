"""4DME (Li et al. 2023), its grey videos: card, label sets, annotation sheet, frame folders."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from .cards import Card
from .database import Database, Sheets
from .folders import raw_and_cropped
from .labels import emotions, engine_classes, objective_sets, same

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = ["DATABASE", "subject_name"]

EMOTIONS = ("negative", "positive", "surprise", "repression", "others")

CARD = Card(
    name="4dme",
    title="4DME",
    citation=(
        "X. Li, S. Cheng, Y. Li, M. Behzad, J. Shen, S. Zafeiriou, M. Pantic, G. Zhao. 4DME: A "
        "Spontaneous 4D Micro-Expression Dataset With Multimodalities. IEEE Transactions on "
        "Affective Computing 14(4), 3031–3047, 2023."
    ),
    bibtex="""@article{li2023fourdme,
  author  = {Li, Xiaobai and Cheng, Shiyang and Li, Yante and Behzad, Muzammil and Shen, Jie and
             Zafeiriou, Stefanos and Pantic, Maja and Zhao, Guoying},
  title   = {{4DME}: A Spontaneous {4D} Micro-Expression Dataset With Multimodalities},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {14},
  number  = {4},
  pages   = {3031--3047},
  year    = {2023},
  doi     = {10.1109/TAFFC.2022.3182342}
}""",
    licence=(
        "Given out by the University of Oulu to those who sign its licence agreement. Not to be "
        "passed on."
    ),
    request_page="https://doi.org/10.1109/TAFFC.2022.3182342",
    fps=60.0,
    resolution="",
    annotated="onset, apex, offset, action units with held ones marked (k), one or more emotions",
    clips=267,
    remarks=(
        "A clip may show several emotions. Label sets of one emotion take the clips with exactly "
        "one and leave the others out, counted.",
        "Units marked (k) are held through the clip and count as absent.",
        "In release v1 the action units of two rows that follow each other are swapped; which, is "
        "known by row number only, so they are left as they are.",
        "The grey video is read, of the several modalities.",
    ),
)

LABELS = {
    "5class": emotions(
        "5class", "the five emotions, clips with exactly one; several left out", EMOTIONS
    ),
    "3class": emotions(
        "3class",
        "the classes of the Micro-Expression Grand Challenge 2019: positive, surprise, negative "
        "and repression negative; others and clips with several emotions left out",
        EMOTIONS[:3],
        {"repression": "negative"},
    ),
    "all": emotions("all", "clips with exactly one emotion, as annotated", EMOTIONS),
    "8class": engine_classes(
        {
            **same(*EMOTIONS),
            **{
                word: one
                for pair, one in {
                    ("surprise", "positive"): "positive",
                    ("surprise", "negative"): "surprise",
                    ("surprise", "repression"): "repression",
                    ("positive", "repression"): "repression",
                    ("negative", "repression"): "repression",
                }.items()
                for word in ("+".join(pair), "+".join(reversed(pair)))
            },
        }
    ),
    **objective_sets(official=False),
}


def subject_name(text: str) -> str | None:
    """A number with or without letters before it, however it is padded.

    Examples
    --------
    >>> subject_name("007"), subject_name("s07"), subject_name("gray_micro")
    ('7', 'S7', None)
    """
    match = re.fullmatch(r"([A-Za-z]{0,3})[\s_-]?(\d{1,4})", text.strip())
    return f"{match[1].upper()}{int(match[2])}" if match else None


def _shown(table: pd.DataFrame, sheet: Sheet) -> list[str]:
    """Emotions joined by ``+``: by the columns, one per emotion, or else by the one word."""
    from .sheets import cell_text

    if all(e in sheet.written for e in EMOTIONS):  # 1 where it is shown
        shown = [
            [e for e in EMOTIONS if cell_text(row[e]) in ("1", "True")]
            for _, row in sheet.cells.iterrows()
        ]
        table["emotion"] = ["+".join(s) or w for s, w in zip(shown, table["emotion"], strict=True)]
    else:
        table["emotion"] = [None if e is None else _joined(str(e)) for e in table["emotion"]]
    several = sum("+" in e for e in table["emotion"] if e)
    if not several:
        return []
    return [f"{several} clips with more than one emotion, in no label set of one"]


def _joined(text: str) -> str:
    return "+".join(sorted(re.split(r"\s*[+,，/&;]\s*", text), key=_place))


def _place(word: str) -> tuple[int, str]:
    return (EMOTIONS.index(word) if word in EMOTIONS else len(EMOTIONS)), word


_SEVERAL = {"+".join(c) for n in range(2, 6) for c in itertools.combinations(EMOTIONS, n)}
SHEETS = Sheets(
    {*EMOTIONS, *_SEVERAL},
    "4DME_Labelling_Micro_release v1.xlsx",
    subject_name,
    "a subject such as 7 or S07",
    known=("4dme_labelling_micro", "4dme", "micro"),
    skip=("macro",),
    columns={"clip": ("fold_name",), **{e: (e.capitalize(),) for e in EMOTIONS}},
    optional=EMOTIONS,
    adjust=_shown,
)
DATABASE = Database(
    CARD, LABELS, ("raw", "cropped"), SHEETS, raw_and_cropped(CARD.title, subject_name)
)
