"""DFME (Zhao et al. 2024): cards, label sets, sheets and frame folders of its parts."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput, DataNotFound
from .cards import Card
from .database import Annotations, Database, Folders, Sheets
from .dfme_names import DEPTH, clip_folders, clip_key, is_whole, part_of, subject_name
from .labels import challenge, emotions, objective_sets

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = [
    "DATABASE",
    "PARTS",
    "TEST_A",
    "TEST_B",
    "TRAIN",
    "answers",
    "clip_key",
    "emotion_ids",
    "folders",
    "part_of",
    "read",
    "subject_name",
]

EMOTIONS = ("disgust", "surprise", "sadness", "fear", "happiness", "anger", "contempt")
_TRAIN = dict(zip(EMOTIONS, (548, 298, 278, 265, 206, 161, 100), strict=True))

#: Parts of the release of 2024 and their rows.
PARTS = {"train": 1856, "test-a": 474, "test-b": 299}
_TITLES = {"train": "training part", "test-a": "test part A", "test-b": "test part B"}

CARD = Card(
    name="dfme",
    title="DFME",
    citation=(
        "S. Zhao, H. Tang, X. Mao, S. Liu, Y. Zhang, H. Wang, T. Xu, E. Chen. DFME: A New "
        "Benchmark for Dynamic Facial Micro-Expression Recognition. IEEE Transactions on Affective "
        "Computing 15(3), 1371–1386, 2024."
    ),
    bibtex="""@article{zhao2024dfme,
  author  = {Zhao, Sirui and Tang, Huaying and Mao, Xinglong and Liu, Shifeng and
             Zhang, Yiming and Wang, Hao and Xu, Tong and Chen, Enhong},
  title   = {{DFME}: A New Benchmark for Dynamic Facial Micro-Expression Recognition},
  journal = {IEEE Transactions on Affective Computing},
  volume  = {15},
  number  = {3},
  pages   = {1371--1386},
  year    = {2024},
  doi     = {10.1109/TAFFC.2023.3341918}
}""",
    licence=(
        "Given out by the University of Science and Technology of China to those who sign its "
        "licence agreement. Not to be passed on: no frames, no annotation sheets."
    ),
    request_page="https://mea-lab-421.github.io",
    fps=None,
    resolution="",
    annotated="onset, apex, offset, emotion, action units, frame rate (200, 300 or 500)",
    clips=7526,
    subjects=656,
    remarks=(
        "The paper counts 7,526 clips of 656 persons; 671 took part. The release for the challenge "
        "of 2024 has 2,629 in three parts: training 1,856 clips of 176 persons, test A 474, "
        "test B 299.",
        "`dfme` is all parts that lie in the folder, `dfme-train`, `dfme-test-a` and `dfme-test-b` "
        "are one each; persons and clips are called the same in all four.",
        "A part whose sheet has no emotions is a test set: `--test dfme-test-a` predicts it.",
        "The frame rate differs from clip to clip and stands in the sheet.",
        "The official nesting of folders is not known to us: a clip's folder is found by its name, "
        "up to four folders deep. Of one sheet that lists all parts, a part is the clips in its "
        "folder.",
        "The paper evaluates by ten folds of whole persons without naming them: the protocol "
        "dfme-10fold.",
    ),
)

LABELS = {
    "7class": emotions("7class", "the seven emotions", EMOTIONS),
    "3class": challenge(
        "the classes of the Micro-Expression Grand Challenge 2019: happiness positive, surprise, "
        "disgust, sadness, fear, anger and contempt negative",
        EMOTIONS,
    ),
    "all": emotions("all", "the emotions as annotated", EMOTIONS),
    **objective_sets(official=False),
}

_COLUMNS = {"id": ("EmotionId", "Emotion_id"), "fps": ("Fps", "frame rate")}
_NAMES = ("subject", "clip", "onset", "apex", "offset", "au", "emotion")
_OPTIONAL = ("apex", "emotion", "id", "fps", "au")


def read(part: str, root: Path, sheet: str | None = None) -> Annotations:
    """The annotations of a part, or ("") of all parts that lie under a root."""
    found = []
    for which, path, others in _sheets(part, root, sheet):
        found.append((which, path, _read_part(which, path, others, root)))
    if len(found) == 1:
        return found[0][2]
    return _joined([annotations for _, _, annotations in found])


def _sheets(part: str, root: Path, sheet: str | None) -> list[tuple[str, Path, list[Path]]]:
    """Part, its sheet, and the sheets of the same part that are not used."""
    from .folders import walk
    from .reading import named_sheet
    from .workbooks import TEXT, excel_files

    holders = walk(root, _passed, CARD.title, DEPTH)
    books = [p for folder in holders for p in excel_files(folder)]
    texts = [
        p for folder in holders for p in excel_files(folder, TEXT)
        if part_of(p.name) or is_whole(p)
    ]  # fmt: skip
    mine = [p for p in [*books, *texts] if "macro" not in p.name.lower()]
    if sheet is not None:
        path = named_sheet(sheet, root, mine)
        return [(part or part_of(path.name), path, [])]
    there: dict[str, list[Path]] = {}
    for path in mine:
        there.setdefault(part_of(str(path.relative_to(root))), []).append(path)
    if "" in there and len(there) > 1:
        # Beside the sheets of parts, a sheet without a name of one is something else, but for the
        # one of the training part that is called like the whole.
        whole = [p for p in there.pop("") if is_whole(p)]
        if whole and "train" not in there:
            there["train"] = whole
    wanted = {k: v for k, v in there.items() if part in ("", k)}
    if part and not wanted and len(there) == 1:
        wanted = {part: there[""]} if "" in there else {}
    if not wanted:
        seen = ", ".join(p.name for paths in there.values() for p in paths)
        raise DataNotFound(
            f"No annotation sheet of {_CARDS[part].title} was found under {root}: expected a "
            f"file such as {_EXAMPLES[part]}, found {seen or 'none'}. Put it there, or name it "
            "with `sheet=`."
        )

    def rank(path: Path) -> tuple[bool, int, str]:
        # Of a part's sheets the one that says the most, then the least nested.
        return "full" not in path.name.lower(), len(path.parts), path.name

    order = ["", *PARTS]
    return [
        (which, *_first(sorted(paths, key=rank)))
        for which, paths in sorted(wanted.items(), key=lambda item: order.index(item[0]))
    ]


def _first(paths: list[Path]) -> tuple[Path, list[Path]]:
    return paths[0], paths[1:]


def _passed(name: str) -> str | None:
    """Folders that hold no sheets: subjects and clips."""
    return subject_name(name) or clip_key(name)


def _read_part(part: str, path: Path, others: list[Path], root: Path) -> Annotations:
    from .reading import annotated, annotation_table, rows_with_a_clip

    rules = _RULES
    found, said = _cells(path)
    found, notes = rows_with_a_clip(found)
    notes += said
    table = annotation_table(found, rules)
    pairs = list(zip(table["clip"], table["subject"], strict=True))
    for clip, subject in pairs:
        named = re.match(r"sub\d+", clip.lower())
        if named and subject_name(named[0]) != subject:
            raise BadInput(
                f"{path}: the clip {clip} stands beside the subject {subject}. Correct the sheet."
            )
    table["folder"] = [clip_key(clip, subject) or clip for clip, subject in pairs]
    table["fps"] = _rates(found)
    table["part"] = part or None
    table["dataset"] = CARD.name
    if part and not part_of(path.name):
        table, left = _rows_of(part, path, table, root)
        notes += left
    unlabelled: frozenset[int] = frozenset()
    if table["emotion"].isna().all():
        unlabelled = frozenset(table["row_id"])
        notes.append(f"{len(table)} clips without emotions: a test set, for --test")
    if others:
        names = ", ".join(other.name for other in others)
        notes.insert(0, f"other sheets of this part not used: {names} (choose with sheet=)")
    made = annotated(_DATABASES[part], rules, path.name, table, found.places(), notes=notes)
    version, known = made.version, made.recognised
    if part != "train" and not known:
        n, expected = len(table), PARTS.get(part, CARD.clips)
        name = _TITLES.get(part, "whole database")
        known = n == expected
        version = f"{name}, {n} rows" if known else f"unknown sheet of the {name}, {n} rows"
        made = replace(made, counts={})
    said = [
        note.replace(made.version, version)
        for note in made.notes
        if not (unlabelled and note.startswith("Emotions that "))  # said above
    ]
    return replace(made, version=version, recognised=known, notes=said, unlabelled=unlabelled)


def _rows_of(
    part: str, sheet: Path, table: pd.DataFrame, root: Path
) -> tuple[pd.DataFrame, list[str]]:
    """A part's rows of a sheet that does not say whose it is: not those with frames elsewhere."""
    lie: dict[str, set[str]] = {}
    for key, path in clip_folders(root, CARD.title):
        lie.setdefault(key, set()).add(part_of(os.path.dirname(os.path.relpath(path, root))))
    elsewhere = table["folder"].map(lambda key: not lie.get(key, {""}) & {"", part})
    if not elsewhere.any():
        return table, []
    if elsewhere.all():
        raise DataNotFound(
            f"{sheet} lists no clip of {_CARDS[part].title}: the frames of all {len(table)} lie in "
            "folders of other parts. Unpack that part beside them, or name its sheet with `sheet=`."
        )
    left = f"{int(elsewhere.sum())} rows left out: their frames lie in folders of other parts"
    return table[~elsewhere].reset_index(drop=True), [left]


def _cells(path: Path) -> tuple[Sheet, list[str]]:
    """A sheet's cells, and what it lacks.

    Test parts go round as lists of clips alone: whose a clip is, its name then says, and without
    onset and offset it is all that lies in its folder. Labelled sheets need all.
    """
    from .columns import columns
    from .sheets import BLANK, cell_text, read_sheet

    wanted, notes = columns(*_NAMES, **_COLUMNS), []
    listed = (*_OPTIONAL, "subject", "onset", "offset")
    try:
        found = read_sheet(path, wanted, optional=_OPTIONAL)
    except BadInput as error:
        try:
            found = read_sheet(path, wanted, optional=listed)
        except BadInput:
            raise error from None
        if "emotion" in found.cells and any(map(cell_text, found.cells["emotion"])):
            raise
    cells, written = found.cells, dict(found.written)
    if "emotion" not in written:
        if "id" in written and len(set(map(cell_text, cells["id"])) - BLANK) > 1:
            raise BadInput(
                f"{path}: there is a column {written['id']}, but no column Emotion. Classes are "
                f"known by their words, such as {', '.join(EMOTIONS[:3])}: add that column."
            )
        cells, written["emotion"] = cells.assign(emotion=""), "Emotion"
    if "subject" not in written:
        people = [_person(cell_text(clip)) for clip in cells["clip"]]
        cells, written["subject"] = cells.assign(subject=people), written["clip"]
    if lacks := [c for c in ("onset", "offset") if c not in written]:
        cells = cells.assign(**dict.fromkeys(lacks, ""))
        names = " and ".join(wanted[c][0] for c in lacks)
        notes.append(f"no {names}: clips begin and end where their folders do")
    return replace(found, cells=cells, written=written), notes


def _person(clip: str) -> str:
    match = re.match(r"sub\d+(?=[_-])", clip.strip().lower())
    return match[0] if match else ""


def _rates(sheet: Sheet) -> list[float | None]:
    """Frames per second of each row: ``500`` or ``500fps``."""
    if "fps" not in sheet.written:
        return [None] * len(sheet)

    def rate(text: str) -> float | None:
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:fps|hz)?", text.lower())
        return float(match[1]) if match else float("nan") if not text else None

    return [None if r != r else r for r in sheet.convert("fps", rate, "a rate such as 500")]


def _joined(parts: list[Annotations]) -> Annotations:
    """Several parts as one table; rows are numbered through."""
    import pandas as pd

    tables, first = [], 0
    rows: dict[int, str] = {}
    unlabelled: set[int] = set()
    for one in parts:
        shifted = one.table.assign(row_id=one.table["row_id"] + first)
        tables.append(shifted)
        rows |= {row + first: place for row, place in one.rows.items()}
        unlabelled |= {row + first for row in one.unlabelled}
        first = max([first, *(int(r) + 1 for r in shifted["row_id"])])
    return Annotations(
        pd.concat(tables, ignore_index=True),
        "; ".join(one.version for one in parts),
        {},
        [note for one in parts for note in one.notes],
        rows,
        recognised=all(one.recognised for one in parts),
        unlabelled=frozenset(unlabelled),
    )


def folders(part: str, root: Path) -> list[Folders]:
    """Raw and cropped frame folders by clip, wherever they lie up to four folders deep.

    Raises
    ------
    BadInput
        Two folders of frames are the same clip.
    """
    found: dict[str, dict[tuple[str, str], str]] = {}
    for key, path in clip_folders(root, CARD.title):
        where = os.path.relpath(path, root).lower()
        if "macro" in where or part not in ("", part_of(os.path.dirname(where)) or part):
            continue
        clips = found.setdefault("cropped" if "crop" in where else "raw", {})
        before = clips.setdefault(("", key), path)
        if before != path and _has_frames(path):
            if _has_frames(before):
                raise BadInput(f"{before} and {path} are both the clip {key}. Remove one.")
            clips["", key] = path  # the other holds something else, such as features
    return [
        Folders(kind, root, found[kind], depth=DEPTH)
        for kind in ("raw", "cropped")
        if kind in found
    ]


def _has_frames(path: str) -> bool:
    from .frames import list_frames

    return bool(list_frames(path).names)


def emotion_ids(root: Path, sheet: str | None = None) -> dict[str, int]:
    """The number (EmotionId) of each emotion in the sheets under a root; empty where none says.

    Raises
    ------
    BadInput
        One emotion has two numbers.
    """
    known: dict[str, int] = {}
    for _, path, _ in _sheets("", root, sheet):
        cells, _ = _cells(path)
        if not {"emotion", "id"} <= set(cells.written):
            continue
        words, numbers = cells.text("emotion"), cells.integers("id", required=False)
        for word, number in zip(words, numbers, strict=True):
            if word is None or number is None:
                continue
            if known.setdefault(word.lower(), number) != number:
                raise BadInput(
                    f"{path}: {word} has EmotionId {number} and {known[word.lower()]}. Correct "
                    "the sheet."
                )
    return known


def answers(root: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Predictions in the columns of the training sheet: Subject, Filename, Emotion, EmotionId.

    The last is there where the sheet of the training part numbers all emotions predicted. Classes
    that are no emotions of DFME stand under Prediction.
    """
    emotions = set(rows["prediction"]) <= set(EMOTIONS)
    out = rows[["subject", "clip", "prediction"]].set_axis(
        ["Subject", "Filename", "Emotion" if emotions else "Prediction"], axis=1
    )
    if not emotions:
        return out
    numbers = out["Emotion"].map(emotion_ids(root))
    return out if numbers.isna().any() else out.assign(EmotionId=numbers.astype(int))


_EXAMPLES = {
    "": "training_full_with_AU.xlsx",
    "train": "training_full_with_AU.xlsx",
    "test-a": "test_A.xlsx",
    "test-b": "test_B.xlsx",
}


def _card(part: str) -> Card:
    counts = {}
    if part == "train":
        counts = {
            "training part of 2024": {
                "7class": _TRAIN,
                "all": _TRAIN,
                "3class": {
                    "negative": 1856 - 206 - 298,
                    "positive": _TRAIN["happiness"],
                    "surprise": _TRAIN["surprise"],
                },
            }
        }
    return replace(
        CARD,
        name=f"dfme-{part}",
        title=f"DFME, {_TITLES[part]}",
        clips=PARTS[part],
        subjects=176 if part == "train" else None,
        counts=counts,
        remarks=CARD.remarks[:1],
    )


_CARDS = {"": CARD, **{part: _card(part) for part in PARTS}}


def _database(part: str) -> Database:
    return Database(
        _CARDS[part],
        LABELS,
        ("raw", "cropped"),
        partial(read, part),
        partial(folders, part),
        family=CARD if part else None,
        answers=answers,
    )


_RULES = Sheets(EMOTIONS, "training_full_with_AU.xlsx", subject_name, "a subject such as sub0003")
_DATABASES = {part: _database(part) for part in ("", *PARTS)}
DATABASE, TRAIN, TEST_A, TEST_B = _DATABASES.values()
