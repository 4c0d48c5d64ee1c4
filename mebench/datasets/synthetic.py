"""The built-in corpus, read through the loader of CASME II, whose layout it has."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from ..errors import DataNotFound
from . import casme2
from .cards import Card
from .database import Progress

__all__ = ["DATABASE", "locate"]

CARD = Card(
    name="synthetic",
    title="the synthetic corpus",
    citation="Made by mebench from skimage.data.astronaut(): a photograph of Eileen Collins by "
    "NASA, in the public domain. Nobody's micro-expressions: for trying, teaching and testing.",
    bibtex="",
    licence="Free of any agreement: made on this machine from a public-domain photograph.",
    request_page="",
    fps=200.0,
    resolution="640×480",
    annotated="onset, apex, offset, action units, emotion; true flow and landmarks beside them",
    remarks=(
        "Scores on it say that a program runs, not that a method works on faces.",
        "Layout, classes and their shares are those of CASME II.",
    ),
)


def locate(
    root: str | os.PathLike[str] | None, progress: Progress | None = None, variant: str = "auto"
) -> Path:
    """The folder of the corpus, made on first use; cropped frames only where they are asked for."""
    if root is not None:
        folder = Path(root).expanduser()
        if not folder.is_dir():
            raise DataNotFound(
                f"There is no folder {folder}. Leave the folder out to use the default corpus, or "
                f"make one there with `mebench data synth --layout casme2 --out {folder}`."
            )
        return folder
    from ..synthetic import default_corpus

    if variant == "cropped":
        return Path(default_corpus(progress=progress, cropped=True))
    return Path(default_corpus(progress=progress))


# The official exclusions name real clips, and a made-up one may have the same name.
LABELS = {
    name: replace(labels, exclude=frozenset()) for name, labels in casme2.DATABASE.labels.items()
}

DATABASE = replace(casme2.DATABASE, card=CARD, labels=LABELS, locate=locate, published=False)
