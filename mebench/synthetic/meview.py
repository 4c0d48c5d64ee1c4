"""MEVIEW (Husák et al. 2017) as mebench reads it: videos, and a manifest that lists the clips."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout

__all__ = ["LAYOUT"]


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    for i, plan in enumerate(plans, start=1):
        clip = f"{i:02}_{plan.emotion}"
        entries.append(
            Entry(plan, clip, raw=(), cropped=(), first=0, video=f"videos/{clip}.avi", label=clip)
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    header = ("clip_id", "subject", "label", "frames", "onset", "apex", "offset", "fps", "au")
    with (out / "meview.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(header)
        for entry in entries:
            plan = entry.plan
            marks = (plan.onset, plan.apex, plan.offset, f"{plan.fps:g}")
            about = (entry.label, f"p{plan.subject}", plan.emotion, entry.video)
            rows.writerow((*about, *marks, plan.units))


LAYOUT = Layout(
    name="meview",
    fps=25.0,
    view=View(size=(1280, 720), face_width=300.0, colour=True),
    cropped_size=(250, 300),
    shares={"surprise": 9, "happiness": 8, "contempt": 6, "fear": 6, "anger": 1},
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=16,
)
