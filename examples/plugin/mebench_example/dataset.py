"""A database: a folder with a table ``clips.csv`` and a folder of frames for each clip."""

from dataclasses import replace
from pathlib import Path

from mebench.datasets import Card
from mebench.datasets.database import Annotations, Database, Folders
from mebench.datasets.labels import LabelSet, same
from mebench.datasets.manifest import manifest

CARD = Card(
    name="corner",
    title="the Corner database",
    citation="an example of docs/plugins.md",
    bibtex="",
    licence="",
    request_page="https://example.org/corner",
    fps=100.0,
    resolution="32×32",
    annotated="emotion",
    clips=24,
    subjects=6,
    counts={"2024": {"2class": {"left": 12, "right": 12}}},
)
LABELS = {"2class": LabelSet("2class", "left or right", same("left", "right"), ("left", "right"))}


def read(root: Path, sheet: str | None) -> Annotations:
    """The table, under the name of the database."""
    found = manifest(root / "clips.csv").read(root, sheet)
    table = found.table.assign(dataset=CARD.name)
    return replace(found, table=table, version="2024", counts=CARD.counts["2024"])


def folders(root: Path) -> list[Folders]:
    """Where the table says that the frames are."""
    return manifest(root / "clips.csv").folders(root)


DATABASE = Database(CARD, LABELS, ("listed",), read, folders, units=False)
