"""SAMM (Davison et al. 2018): card, label sets, annotation sheet, frame folders."""

from __future__ import annotations

import re
from pathlib import Path

from .cards import Card
from .database import Annotations, Database, Folders
from .labels import OBJECTIVE_CLASSES, challenge, emotions, objective_sets

__all__ = ["DATABASE"]

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

_COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename", "File name"),
    "onset": ("Onset Frame", "Onset"),
    "apex": ("Apex Frame", "Apex"),
    "offset": ("Offset Frame", "Offset"),
    "au": ("Action Units", "Action Unit", "AU"),
    "emotion": ("Estimated Emotion", "Emotion"),
    "class": ("Objective Classes", "Objective Class"),
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


def read(root: Path, sheet: str | None = None) -> Annotations:
    """The annotations in a folder of SAMM; the header stands in row 14 of the sheet."""
    from .folders import walk
    from .reading import (
        Rules,
        annotated,
        annotation_table,
        choose_sheet,
        roman,
        rows_with_a_clip,
    )
    from .sheets import read_sheet

    rules = Rules(
        CARD,
        LABELS,
        EMOTIONS,
        "SAMM_Micro_FACS_Codes_v2.xlsx",
        _COLUMNS,
        subject_name,
        "a subject such as 006 or 6",
        known=("micro_facs_codes_v2", "micro_facs", "samm"),
        skip=("longvideos", "long_videos"),
        optional=("apex", "au", "class"),
    )
    path, others = choose_sheet(rules, walk(root, subject_name, CARD.title), root, sheet)
    found, notes = rows_with_a_clip(read_sheet(path, _COLUMNS, optional=rules.optional))
    table = annotation_table(found, rules)
    table["emotion"] = table["emotion"].replace({"others": "other"})
    official: dict[int, str] = {}
    if "class" in found.written:
        read_class = found.convert(
            "class", lambda t: roman(t) or ("" if not t else None), "an objective class, 1 to 7"
        )
        pairs = zip(table["row_id"], read_class, strict=True)
        official = {row: value for row, value in pairs if value}
        notes.append(f"objective classes from {path.name}")
    return annotated(
        rules,
        path.name,
        table,
        found.places(),
        others=others,
        official=official,
        notes=notes,
        agreement="which give the official class in 144 of 159 clips",
    )


def folders(root: Path) -> list[Folders]:
    """Raw frames, and cropped ones where somebody made them."""
    from .folders import cropped_or_raw, find_folders

    return find_folders(root, CARD.title, subject_name, ("raw", "cropped"), cropped_or_raw)


DATABASE = Database(CARD, LABELS, ("raw", "cropped"), read, folders)
