"""The layout of CASME (Yan et al. 2013)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files
from .sheets import write_xlsx

__all__ = ["LAYOUT"]

_HEADER = (
    *("Subject", "Filename", None, "OnsetF", "ApexF1", "ApexF2", "OffsetF", None),
    *("AU", "Emotion"),
)


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """Now and then two clips lie in one recording, one after the other."""
    entries = []
    recording = after = 0
    previous: tuple[int, str] = (0, "")
    for plan in plans:
        if plan.subject != previous[0] or rng.random() > 0.1 or not after:
            recording += 1
            name = f"EP{recording // 12 + 1:02}_{recording % 12 + 1}"
            previous, after = (plan.subject, name), int(rng.integers(1, 60))
        subject, name = previous
        first = after
        after = first + plan.n_frames
        # Class B (here: even subjects) pads frame numbers to three digits.
        number = "{:03}" if subject % 2 == 0 else "{}"
        folder = f"sub{subject:02}/{name}"
        entries.append(
            Entry(
                plan,
                f"{folder}_{first}",
                raw=files(f"CASME_raw_selected/{folder}/{name}-{number}.jpg", first, plan),
                cropped=files(f"Cropped/{folder}/reg_{name}-{number}.jpg", first, plan),
                first=first,
                label=name,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    rows: list[Sequence[object]] = [_HEADER]
    for entry in entries:
        plan, first = entry.plan, entry.first
        second = first + plan.apex + 1 if rng.random() < 0.1 else None
        rows.append(
            (
                *(plan.subject, entry.label, None, first + plan.onset, first + plan.apex, second),
                *(first + plan.offset, None, plan.units, plan.emotion),
            )
        )
    write_xlsx(out / "CASME.xlsx", "Sheet1", rows)


LAYOUT = Layout(
    name="casme",
    fps=60.0,
    view=View(size=(640, 480), face_width=200.0, colour=True),
    cropped_size=(150, 190),
    shares={
        **{"tense": 68, "disgust": 45, "repression": 39, "surprise": 20},
        **{"happiness": 7, "sadness": 6, "contempt": 2, "fear": 2},
    },
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=18,
)
