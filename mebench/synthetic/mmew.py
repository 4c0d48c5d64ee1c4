"""The layout of MMEW (Ben et al. 2022): folders by emotion, the others in repression."""

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
    *("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "Action Units"),
    *("Estimated Emotion", "remarks"),
)
# The shares are ours: they only make classes as uneven as they are in such databases.
_SHARES = {
    **{"surprise": 80, "disgust": 70, "others": 70, "happiness": 40},
    **{"fear": 15, "sadness": 15, "anger": 10},
}


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    order = list(_SHARES)
    for plan in plans:
        clip = f"S{plan.subject:02}-{order.index(plan.emotion) + 1:02}-{plan.take:03}"
        holder = "repression" if plan.emotion == "others" else plan.emotion
        first = int(rng.integers(1, 30))
        entries.append(
            Entry(
                plan,
                clip,
                raw=files(f"Micro_Expression/{holder}/{clip}/{{}}.jpg", first, plan),
                cropped=(),
                first=first,
                label=clip,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    rows: list[Sequence[object]] = [_HEADER]
    for entry in entries:
        plan, first = entry.plan, entry.first
        marks = (first + plan.onset, first + plan.apex, first + plan.offset)
        rows.append((plan.subject, entry.label, *marks, plan.units, plan.emotion, None))
    write_xlsx(out / "MMEW_Micro_Exp.xlsx", "Sheet1", rows)


LAYOUT = Layout(
    name="mmew",
    fps=90.0,
    view=View(size=(1920, 1080), face_width=500.0, colour=True),
    cropped_size=(231, 231),
    shares=_SHARES,
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=30,
)
