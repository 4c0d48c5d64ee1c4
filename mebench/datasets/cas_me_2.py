"""CAS(ME)² (Qu et al. 2018), its micro-expressions: card, label sets, sheets, frame folders."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from .cards import Card
from .database import Annotations, Database, Folders, Sheets
from .labels import emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DATABASE",
    "code_of",
    "film_of",
    "folders",
    "is_annotation",
    "naming_rules",
    "read",
    "subject_name",
]

EMOTIONS = ("negative", "positive", "surprise", "others")
_COUNTS = dict(zip(EMOTIONS, (21, 8, 9, 19), strict=True))

CARD = Card(
    name="casme-sq",
    title="CAS(ME)²",
    citation=(
        "F. Qu, S.-J. Wang, W.-J. Yan, H. Li, S. Wu, X. Fu. CAS(ME)²: A Database for Spontaneous "
        "Macro-Expression and Micro-Expression Spotting and Recognition. IEEE Transactions on "
        "Affective Computing 9(4), 424–436, 2018."
    ),
    bibtex="""@article{qu2018casme,
  author  = {Qu, Fangbing and Wang, Su-Jing and Yan, Wen-Jing and Li, He and Wu, Shuhang and
             Fu, Xiaolan},
  title   = {{CAS(ME)$^2$}: A Database for Spontaneous Macro-Expression and Micro-Expression
             Spotting and Recognition},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {9},
  number  = {4},
  pages   = {424--436},
  year    = {2018},
  doi     = {10.1109/TAFFC.2017.2654440}
}""",
    licence=(
        "Given out by the Institute of Psychology, Chinese Academy of Sciences, to those who sign "
        "its licence agreement. Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="http://casme.psych.ac.cn/casme/e3",
    fps=30.0,
    resolution="640×480",
    annotated="onset, apex, offset, action units, emotion, macro or micro, self-report",
    clips=57,
    subjects=22,
    counts={
        "CASFEcode_final": {
            "all": _COUNTS,
            "4class": _COUNTS,
            "3class": {e: _COUNTS[e] for e in EMOTIONS[:3]},
        }
    },
    remarks=(
        "Of 357 expressions 300 are macro-expressions; only the 57 micro-expressions are read (the "
        "paper counts 53). All 22 subjects show expressions, not all of them micro-expressions.",
        "The sheet has no header; two more worksheets, naming rule1 and naming rule2, say in which "
        "folder a clip lies: subject number → s15 to s40, disgust1 → 0101 or the like.",
        "Folders are whole recordings. An offset of 0 means that the apex ends the clip.",
    ),
)

LABELS = {
    "4class": emotions("4class", "negative, positive, surprise, others", EMOTIONS),
    "3class": emotions("3class", "negative, positive, surprise; others left out", EMOTIONS[:3]),
    "all": emotions("all", "the emotions as annotated", EMOTIONS),
    **objective_sets(official=False),
}

# The sheet has no header: our names, by column.
COLUMNS = ("subject", "clip", "onset", "apex", "offset", "au", "emotion", "type", "report")


def subject_name(text: str) -> str | None:
    """``s15`` of ``s15`` or ``15``; None of anything else."""
    match = re.fullmatch(r"s?0*([1-9]\d?)", text.strip().lower())
    return f"s{int(match[1]):02d}" if match else None


def read(root: Path, sheet: str | None = None) -> Annotations:
    """The micro-expressions in a folder of CAS(ME)²."""
    import pandas as pd

    from .folders import walk
    from .reading import annotated, find_sheet, typed
    from .sheets import read_without_header

    found, notes = find_sheet(
        CARD,
        SHEETS,
        walk(root, subject_name, CARD.title),
        root,
        sheet,
        lambda path: read_without_header(path, COLUMNS, is_annotation, "CASFEcode_final"),
    )
    path = found.path
    people, films = naming_rules(path)
    kinds = [str(t or "").lower() for t in found.text("type")]
    numbers = found.text("subject", required=True)
    clips = [str(c) for c in found.text("clip", required=True)]
    unknown = sorted(
        {f"subject {n}" for n in numbers if n not in people}
        | {c for c in clips if film_of(c) not in films}
    )
    if unknown:
        raise BadInput(
            f"{path}: the worksheets naming rule1 and naming rule2 do not say in which folder "
            f"{', '.join(unknown[:8])} lies. Restore the official sheet."
        )
    apexes = [a or None for a in found.integers("apex", required=False)]
    offsets = found.integers("offset", required=False)
    table = pd.DataFrame(
        {
            "subject": [people[str(n)] for n in numbers],
            "clip": clips,
            "onset": found.integers("onset"),
            "apex": apexes,
            "offset": [o or a for o, a in zip(offsets, apexes, strict=True)],
            "emotion": [t.lower() if t else None for t in found.text("emotion")],
            "au": found.text("au"),
            "row_id": list(found.cells.index),
            "folder": [films[film_of(c)] for c in clips],
        }
    )
    micro = ["micro" in kind for kind in kinds]
    if macro := sum("macro" in kind for kind in kinds):
        notes.append(f"{macro} macro-expressions passed over")
    if odd := len(micro) - sum(micro) - macro:
        notes.append(f"{odd} rows that are neither micro- nor macro-expressions passed over")
    ended = sum(m and not o for m, o in zip(micro, offsets, strict=True))
    if ended:
        notes.append(f"{ended} offsets of 0 or blank: the apex ends the clip")
    table = typed(table[pd.Series(micro, index=table.index)].reset_index(drop=True))
    return annotated(DATABASE, SHEETS, path.name, table, found.places(), notes=notes)


def folders(root: Path) -> list[Folders]:
    """Whole recordings, raw or cropped: ``rawpic/s15/15_0101disgustingteeth/img001.jpg``."""
    from .folders import find_folders

    return find_folders(
        root,
        CARD.title,
        subject_name,
        ("raw", "cropped"),
        lambda path, subjects: (
            None
            if "selected" in path or "video" in path
            else "cropped"
            if "crop" in path
            else "raw"
        ),
        _clips,
        extent="recording",
    )


def _clips(subject: str, path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """``15_0101disgustingteeth`` is film 0101."""
    from .folders import clip_folders

    found, stray = clip_folders(subject, path)
    return [(code_of(name) or name, folder) for name, folder in found], stray


def code_of(name: str) -> str | None:
    match = re.search(r"(?:^|_)(\d{4})(?!\d)", name)
    return match[1] if match else None


def film_of(clip: str) -> str:
    """``disgust1`` of ``disgust1_1``."""
    return clip.rsplit("_", 1)[0].lower()


def is_annotation(cells: pd.DataFrame) -> bool:
    """Whether a worksheet is the one with the expressions."""
    from .sheets import cell_text

    if cells.shape[1] < 8:
        return False
    kinds = [cell_text(v).lower() for v in cells.iloc[:, 7]]
    return any("expression" in kind for kind in kinds)


def naming_rules(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Subject number → folder s15, film → its four digits, from the other two worksheets."""
    from .sheets import cell_text, worksheets

    people: dict[str, str] = {}
    films: dict[str, str] = {}
    for cells in worksheets(path).values():
        if is_annotation(cells):
            continue
        for row in cells.itertuples(index=False):
            texts = [cell_text(v) for v in row]
            folder = next((t for t in texts if re.fullmatch(r"s\d{1,2}", t.lower())), None)
            if folder and len(texts) >= 3 and texts[2]:
                people[texts[2]] = str(subject_name(folder))
            elif len(texts) >= 2 and re.fullmatch(r"\d{3,4}", texts[0]) and texts[1]:
                films[texts[1].lower()] = texts[0].zfill(4)
    if not people or not films:
        lacks = "naming rule1" if not people else "naming rule2"
        raise BadInput(
            f"{path}: the worksheet {lacks}, which says in which folders the clips lie, was not "
            "found. Restore the official sheet."
        )
    return people, films


SHEETS = Sheets(
    EMOTIONS,
    "CAS(ME)^2code_final.xlsx",
    subject_name,
    "a subject",
    known=("code_final", "cas(me)"),
)
DATABASE = Database(CARD, LABELS, ("raw", "cropped"), read, folders)
