"""MEVIEW (Husák et al. 2017): micro-expressions in television, read through a manifest."""

from __future__ import annotations

from pathlib import Path

from ..errors import DataNotFound
from .cards import Card
from .database import Annotations, Database, Folders, Sheets
from .labels import challenge, emotions, objective_sets

__all__ = ["DATABASE", "folders", "read"]

EMOTIONS = ("surprise", "happiness", "contempt", "fear", "anger")

CARD = Card(
    name="meview",
    title="MEVIEW",
    citation=(
        "P. Husák, J. Čech, J. Matas. Spotting Facial Micro-Expressions “In the Wild”. 22nd "
        "Computer Vision Winter Workshop, 2017."
    ),
    bibtex="""@inproceedings{husak2017meview,
  author    = {Hus{\\'a}k, Petr and {\\v C}ech, Jan and Matas, Ji{\\v r}{\\'i}},
  title     = {Spotting Facial Micro-Expressions ``In the Wild''},
  booktitle = {22nd Computer Vision Winter Workshop},
  year      = {2017}
}""",
    licence="Scenes of television programmes; the authors' page has the terms.",
    request_page="https://cmp.felk.cvut.cz/~cechj/ME/",
    fps=None,
    resolution="1280×720",
    annotated="emotion, and whatever your manifest lists",
    clips=31,
    subjects=16,
    remarks=(
        "No layout of files is fixed: list the clips in a manifest meview.csv (or .parquet) beside "
        "the videos, with the columns clip_id, subject, label, frames (a video or a folder), "
        "onset, apex, offset, fps, au. Frames of a video count from 0.",
        "25 to 30 frames per second, by video: give fps in the manifest.",
    ),
)

LABELS = {
    "5class": emotions("5class", "the five emotions as listed in the manifest", EMOTIONS),
    "3class": challenge(
        "the classes of the Micro-Expression Grand Challenge 2019: happiness positive, surprise, "
        "contempt, fear and anger negative",
        EMOTIONS,
    ),
    "all": emotions("all", "the emotions as listed in the manifest", EMOTIONS),
    **objective_sets(official=False),
}


def _manifest(root: Path, sheet: str | None = None) -> Path:
    """The manifest in a folder of MEVIEW."""
    from .composites import SUFFIXES, is_manifest

    if sheet is not None:
        for path in (root / sheet, Path(sheet).expanduser()):
            if path.is_file():
                return path
        raise DataNotFound(f"There is no manifest {root / sheet}.")
    there = sorted(
        p for p in root.iterdir() if is_manifest(p.name) and not p.name.startswith((".", "~"))
    )
    named = [p for p in there if p.stem.lower() == "meview"]
    if len(named or there) == 1:
        return (named or there)[0]
    raise DataNotFound(
        f"MEVIEW is read through a manifest: expected meview.csv in {root}, found "
        f"{', '.join(p.name for p in there) or f'no file ending in {SUFFIXES[0]}'}. It lists one "
        "clip per line: clip_id, subject, label, frames, onset, apex, offset, fps, au."
    )


def read(root: Path, sheet: str | None = None) -> Annotations:
    """The clips that the manifest lists."""
    from .manifest import read_manifest
    from .reading import annotated

    file = _manifest(root, sheet)
    table, lines, said = read_manifest(file, CARD.name)
    table["emotion"] = [e.lower() for e in table["emotion"]]
    table["dataset"] = CARD.name
    rules = Sheets(EMOTIONS, "meview.csv", str, "a subject")
    return annotated(DATABASE, rules, file.name, table, lines, notes=said)


def folders(root: Path) -> list[Folders]:
    """The videos or frame folders that the manifest names."""
    from .manifest import manifest_folders

    return [manifest_folders(_manifest(root), CARD.name, root)]


DATABASE = Database(CARD, LABELS, ("listed",), read, folders)
