"""The layout of CASME II (Yan et al. 2014, PLoS ONE 9(1):e86041)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .corpus import Plan
from .layout import Entry, Layout
from .render import View
from .sheets import write_xlsx

__all__ = ["LAYOUT"]

_HEADER = (
    "Subject",
    "Filename",
    None,
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    None,
    "Action Units",
    "Estimated Emotion",
)

# Objective classes after Davison et al. (2018), as far as these combinations go.
_OBJECTIVE = {
    1: ((12,), (6, 12)),
    2: ((25,), (1, 2)),
    3: ((4,), (4, 7)),
    4: ((9,), (10,), (4, 9), (7, 10)),
    5: ((15,), (15, 17)),
}


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    names: dict[int, set[str]] = {}
    for plan in plans:
        used = names.setdefault(plan.subject, set())
        name = ""
        while not name or name in used:
            stimulus, take = rng.integers(1, 20 + len(used)), rng.integers(1, 16)
            name = f"EP{stimulus:02}_{take:02}{rng.choice(['', 'f'])}"
        used.add(name)
        first = int(rng.integers(2, 120))
        folder = f"sub{plan.subject:02}/{name}"
        numbers = range(first, first + plan.n_frames)
        entries.append(
            Entry(
                plan,
                folder,
                raw=tuple(f"CASME2_RAW_selected/{folder}/img{n}.jpg" for n in numbers),
                cropped=tuple(f"Cropped/{folder}/reg_img{n}.jpg" for n in numbers),
                first=first,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    unknown = set(rng.choice(len(entries), max(1, round(0.03 * len(entries))), replace=False))
    rows: list[tuple[object, ...]] = [_HEADER]
    objective: list[tuple[object, ...]] = [("Subject", "Filename", "Objective Class")]
    for i, entry in enumerate(entries):
        plan, filename = entry.plan, entry.name.split("/")[1]
        apex: object = "/" if i in unknown else entry.first + plan.apex
        onset, offset = entry.first + plan.onset, entry.first + plan.offset
        rows.append(
            (plan.subject, filename, None, onset, apex, offset, None, plan.units, plan.emotion)
        )
        aus = tuple(sorted(int(unit.strip("LR")) for unit in plan.units.split("+")))
        number = next((n for n, sets in _OBJECTIVE.items() if aus in sets), 7)
        objective.append((plan.subject, filename, number))
    write_xlsx(out / "CASME2-coding-20140508.xlsx", "Sheet1", rows)
    write_xlsx(out / "CASME2-ObjectiveClasses.xlsx", "Sheet1", objective)


LAYOUT = Layout(
    name="casme2",
    fps=200.0,
    view=View(size=(640, 480), face_width=220.0, colour=True),
    cropped_size=(280, 340),
    shares={"happiness": 32, "disgust": 63, "repression": 27, "surprise": 25, "others": 99},
    entries=_entries,
    write_sheets=_write_sheets,
)
