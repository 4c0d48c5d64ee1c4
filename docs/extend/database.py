"""A database of your own

Clips that only you have need no code: [a manifest](../datasets.md#your-own-clips) is enough. A
`Database` is for one that others have too: a card (what it is, whom to ask, how many clips it
should have), its label sets, how its sheet is read and where its frames lie. Everything after
that, from the check of each row to label sets of action units and notes under the table, comes by
itself.

Here the sheet is a `clips.csv` as a manifest is, read by the same reader under the name of the
database. For sheets of other forms declare a `mebench.datasets.database.Sheets`; the modules in
`mebench/datasets` are all examples of it. Never write what a licence forbids into the card: no
labels of clips.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from mebench.datasets import Card, load
from mebench.datasets.database import Annotations, Database, Folders
from mebench.datasets.labels import LabelSet, same
from mebench.datasets.manifest import manifest
from mebench.datasets.registry import register_dataset

CARD = Card(
    name="corner",
    title="the Corner database",
    citation="this page",
    bibtex="",
    licence="none: everything in it is made up",
    request_page="https://example.org/corner",
    fps=100.0,
    resolution="32×32",
    annotated="emotion",
    clips=6,
    subjects=3,
    counts={"2024": {"2class": {"left": 3, "right": 3}}},
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


def write(root: Path) -> None:
    """Six clips of noise in which one corner grows brighter."""
    rows = ["clip_id,subject,label,frames"]
    for i in range(6):
        side = ("left", "right")[i % 2]
        frames = root / f"clip{i}"
        frames.mkdir()
        for t in range(5):
            image = np.random.default_rng(i).integers(90, 110, (32, 32), dtype=np.uint8)
            image[:8, slice(0, 8) if side == "left" else slice(24, 32)] += np.uint8(20 * t)
            Image.fromarray(image).save(frames / f"img{t}.png")
        rows.append(f"clip{i},person{i // 2},{side},clip{i}")
    (root / "clips.csv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    register_dataset("corner", DATABASE)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        samples = load("corner", root=folder)
        print(samples.table[["clip_id", "subject", "label"]].to_string(index=False))
        print(samples.clips[0].frames.shape, samples.clips[0].frames.dtype)
        print(*samples.notes, sep="\n")
