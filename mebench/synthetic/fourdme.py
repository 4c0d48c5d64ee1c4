"""The layout of the grey videos of 4DME (Li et al. 2023), some clips with two emotions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files
from .sheets import write_xlsx

__all__ = ["LAYOUT"]

_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25)
_EMOTIONS = ("Positive", "Negative", "Surprise", "Repression", "Others")
_HEADER = (
    *("fold", "sub_ID", "fold_name", "Emotion", "Onset", "Apex", "Offset", "AUs"),
    *(f"AU{n}" for n in _UNITS),
    *_EMOTIONS,
    "eye blink",
)
# The shares are ours: the published total is 267.
_SHARES = {"negative": 120, "positive": 40, "surprise": 35, "repression": 22, "others": 50}


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    for plan in plans:
        clip = f"{plan.subject:02}_{plan.take:02}"
        first = int(rng.integers(1, 900))
        folder = f"{plan.subject}/{clip}"
        entries.append(
            Entry(
                plan,
                f"{plan.subject}/{clip}",
                raw=files(f"gray_micro/{folder}/{{:04}}.jpg", first, plan),
                cropped=files(f"gray_micro_crop/{folder}/{{:04}}.jpg", first, plan),
                first=first,
                label=clip,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    rows: list[Sequence[object]] = [_HEADER]
    for i, entry in enumerate(entries):
        plan, first = entry.plan, entry.first
        shown = {plan.emotion.capitalize()}
        if i % 20 == 19:  # one clip in twenty shows something else as well
            shown.add("Others" if plan.emotion != "others" else "Negative")
        units = [f"AU{u}" for u in plan.units.split("+")]
        if i % 10 == 9:
            units.append("AU43(k)")
        coded = {int(u.strip("LR")) for u in plan.units.split("+")}
        rows.append(
            (
                *(i % 5 + 1, plan.subject, entry.label, "+".join(sorted(shown))),
                *(first + plan.onset, first + plan.apex, first + plan.offset, "+".join(units)),
                *(int(n in coded) for n in _UNITS),
                *(int(e in shown) for e in _EMOTIONS),
                int(any(m.au == 45 for m in plan.movements)),
            )
        )
    write_xlsx(out / "4DME_Labelling_Micro_release v1.xlsx", "Sheet1", rows)


LAYOUT = Layout(
    name="4dme",
    fps=60.0,
    view=View(size=(640, 480), face_width=220.0, colour=False),
    cropped_size=(200, 240),
    shares=_SHARES,
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=40,
)
