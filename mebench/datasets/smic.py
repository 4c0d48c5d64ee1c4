"""SMIC (Li et al. 2013), three cameras: HS at 100 fps, VIS and NIR at 25 fps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..errors import BadInput, DataNotFound
from .cards import Card
from .database import Annotations, Database, Folders, Sheets
from .labels import emotions

__all__ = ["HS", "NIR", "VIS", "clip_name", "subject_name"]

EMOTIONS = ("negative", "positive", "surprise")
_TITLES = {"HS": "SMIC-HS", "VIS": "SMIC-VIS", "NIR": "SMIC-NIR"}
_COUNTS = {"HS": (70, 51, 43), "VIS": (23, 28, 20), "NIR": (23, 28, 20)}
_VARIANTS = ("raw", "cropped", "long")


def _card(camera: str) -> Card:
    counts = dict(zip(EMOTIONS, _COUNTS[camera], strict=True))
    remarks = [
        "No annotation sheet is needed: the emotion is the folder, and the folder is the clip. "
        "Apex and action units are not annotated.",
        "Frames are BMP in some releases and JPEG in others; numbers have gaps.",
    ]
    if camera == "HS":
        remarks += [
            "Missing in known copies: the cropped s18_sur_03; single frames of s3_po_08, "
            "s3_sur_01, s3_sur_05 and s3_ne_16; in the long recordings s3_ne_03, s3_ne_20, "
            "s4_ne_05, s4_ne_06 and s9_sur_02.",
            "The long recordings (SMIC-E) are the variant `long`: its clips are cut by the first "
            "onset and offset of SMIC-HS-E_annotation.xlsx.",
        ]
    return Card(
        name=f"smic-{camera.lower()}",
        title=_TITLES[camera],
        citation=(
            "X. Li, T. Pfister, X. Huang, G. Zhao, M. Pietikäinen. A Spontaneous Micro-expression "
            "Database: Inducement, Collection and Baseline. IEEE International Conference on "
            "Automatic Face and Gesture Recognition, 2013."
        ),
        bibtex="""@inproceedings{li2013smic,
  author    = {Li, Xiaobai and Pfister, Tomas and Huang, Xiaohua and Zhao, Guoying and
               Pietik{\\"a}inen, Matti},
  title     = {A Spontaneous Micro-expression Database: Inducement, Collection and Baseline},
  booktitle = {IEEE International Conference on Automatic Face and Gesture Recognition},
  year      = {2013},
  doi       = {10.1109/FG.2013.6553717}
}""",
        licence=(
            "Given out by the University of Oulu to those who sign its licence agreement. Not to "
            "be passed on."
        ),
        request_page="https://www.oulu.fi/cmvs/node/41319",
        fps=100.0 if camera == "HS" else 25.0,
        resolution="640×480",
        annotated="emotion (negative, positive, surprise); onset and offset by the cut of the clip",
        clips=sum(_COUNTS[camera]),
        subjects=16 if camera == "HS" else 8,
        counts={"as released": {"all": counts, "3class": counts}},
        remarks=tuple(remarks),
    )


LABELS = {
    "3class": emotions("3class", "the three annotated emotions", EMOTIONS),
    "all": emotions("all", "the three annotated emotions", EMOTIONS),
}


def subject_name(text: str) -> str | None:
    """``s1`` of ``s1``, ``s01``, ``S01`` or ``1``, as the release folders write it.

    Examples
    --------
    >>> subject_name("s01"), subject_name("20"), subject_name("micro")
    ('s1', 's20', None)
    """
    match = re.fullmatch(r"(?:s|sub)?0*([1-9]\d?)", text.strip().lower())
    return f"s{int(match[1])}" if match else None


def clip_name(text: str) -> str:
    """``s1_ne_01`` of ``s01_ne_01``: the long recordings pad the subject, the clips do not."""
    return re.sub(r"^s0*(\d)", r"s\1", text.strip().lower())


def _read(camera: str, root: Path, sheet: str | None = None) -> Annotations:
    import pandas as pd

    from .reading import annotated, typed

    database = _DATABASES[camera]
    found = {f.variant: f for f in _folders(camera, root)}
    clips = found.get("raw") or found.get("cropped") or found.get("long")
    if clips is None or not clips.clips:
        raise DataNotFound(
            f"No clip folders of {database.card.title} were found under {root}: expected folders "
            f"such as SMIC_all_raw/{camera}/s1/micro/negative/s1_ne_01. Give the folder that holds "
            "them."
        )
    marks, said = _marks(camera, root, sheet)
    notes = ["emotions from the names of the folders; each folder is one clip", *said]
    rows = sorted(clips.clips, key=_natural)
    table = pd.DataFrame(
        {
            "subject": [s for s, _ in rows],
            "clip": [c for _, c in rows],
            "onset": [marks.get(key, (None, None))[0] for key in rows],
            "apex": None,
            "offset": [marks.get(key, (None, None))[1] for key in rows],
            "emotion": [_emotion(c) for _, c in rows],
            "au": None,
            "row_id": range(len(rows)),
        }
    )
    named = {i: clips.clips[key] for i, key in enumerate(rows)}
    rules = _sheets(camera)
    made = annotated(database, rules, "the folders", typed(table), named, notes=notes)
    return replace(made, unmarked=True)


def _sheets(camera: str) -> Sheets:
    return Sheets(
        EMOTIONS,
        f"SMIC-{camera}-E_annotation.xlsx",
        subject_name,
        "a subject such as s01 or 1",
        known=("annotation_2019", "annotation"),
        skip=[f"smic-{c.lower()}" for c in _TITLES if c != camera],
    )


def _marks(
    camera: str, root: Path, sheet: str | None
) -> tuple[dict[tuple[str, str], tuple[int, int | None]], list[str]]:
    """Onset and offset by (subject, clip), where a sheet of the long recordings lies there.

    The clips need none, so whatever else lies there stops nothing.
    """
    from .columns import columns
    from .folders import walk
    from .reading import find_sheet
    from .sheets import read_sheet

    wanted = columns("clip", "onset", "offset")
    holders = walk(root, subject_name, _TITLES[camera], _DEPTH)
    marks: dict[tuple[str, str], tuple[int, int | None]] = {}
    try:
        cells, _ = find_sheet(
            _CARDS[camera],
            _sheets(camera),
            holders,
            root,
            sheet,
            lambda path: read_sheet(path, wanted),
            known_only=True,
        )
        rows = zip(
            cells.text("clip", required=True),
            cells.integers("onset", required=False),
            cells.integers("offset", required=False),
            strict=True,
        )
        for name, onset, offset in rows:
            clip = clip_name(str(name))
            if onset is not None:
                marks.setdefault((clip.split("_")[0], clip), (onset, offset))
    except DataNotFound:
        if sheet is not None:
            raise
        return {}, []
    except BadInput as error:
        if sheet is not None:
            raise
        return {}, [f"no marks of the long recordings: {error}"]
    return marks, [f"onsets and offsets of the long recordings from {cells.path.name}"]


def _natural(key: tuple[str, str]) -> tuple[int, str]:
    return int(key[0][1:]), key[1]


def _emotion(clip: str) -> str | None:
    letters = re.search(r"_(ne|po|su)", clip)
    return {"ne": "negative", "po": "positive", "su": "surprise"}[letters[1]] if letters else None


_DEPTH = 4


def _folders(camera: str, root: Path) -> list[Folders]:
    """Raw, cropped and long clips of one camera under a root."""
    from .folders import find_folders

    found = find_folders(
        root,
        _TITLES[camera],
        subject_name,
        _VARIANTS,
        partial(_variant, camera, root),
        _clips,
        extent="whole",
        depth=_DEPTH,
    )
    # The long recordings hold much more than the clip, so their sheet's marks count.
    return [
        Folders(f.variant, f.root, f.clips, f.stray, "recording") if f.variant == "long" else f
        for f in found
    ]


def _variant(camera: str, root: Path, path: str, subjects: Sequence[tuple[str, str]]) -> str | None:
    words = re.split(r"[^a-z]+", f"{root.name.lower()}/{path}")
    named = {c for c in _TITLES if c.lower() in words}
    if named and camera not in named:
        return None
    if "long" in words or "e" in words:
        return "long"
    return "cropped" if "crop" in path else "raw"


def _clips(subject: str, path: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """``micro/negative/s1_ne_01`` below a subject, or ``s01_ne_01`` right there."""
    from .folders import scan

    found: list[tuple[str, str]] = []
    stray: list[str] = []
    level = [str(path)]
    for _ in range(3):
        below: list[str] = []
        for folder in level:
            for entry in sorted(scan(folder), key=lambda e: e.name):
                if not entry.is_dir():
                    stray.append(entry.path)
                elif re.match(r"s\d+_(ne|po|su)", entry.name.lower()):
                    found.append((clip_name(entry.name), entry.path))
                elif entry.name.lower() in ("micro", *EMOTIONS):
                    below.append(entry.path)
        level = below
    return found, stray


_CARDS = {camera: _card(camera) for camera in _TITLES}


def _database(camera: str) -> Database:
    variants = _VARIANTS if camera == "HS" else _VARIANTS[:2]
    return Database(
        _CARDS[camera],
        LABELS,
        variants,
        partial(_read, camera),
        partial(_folders, camera),
        units=False,
    )


_DATABASES = {camera: _database(camera) for camera in _TITLES}
HS, VIS, NIR = _DATABASES.values()
