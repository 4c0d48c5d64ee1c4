"""The layout of CAS(ME)² (Qu et al. 2018): whole recordings, and a sheet without a header."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files
from .sheets import write_workbook

__all__ = ["LAYOUT"]

#: Films by which expressions were elicited: what the sheet and what the folders call them.
_FILMS = {
    "disgust1": "0101disgustingteeth",
    "disgust2": "0102eatingworms",
    "anger1": "0401girlcrashing",
    "happy1": "0502funnyerrors",
    "happy2": "0503unluckyday",
}


def _person(subject: int) -> int:
    return subject + 14  # s15 and on


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """The clips of a person and film lie in one recording, one after the other."""
    entries = []
    ends: dict[tuple[int, str], int] = {}
    takes: dict[tuple[int, str], int] = {}
    for plan in plans:
        film = list(_FILMS)[int(rng.integers(0, len(_FILMS)))]
        key = (plan.subject, film)
        takes[key] = takes.get(key, 0) + 1
        first = ends.get(key, int(rng.integers(1, 90)))
        ends[key] = first + plan.n_frames
        person = _person(plan.subject)
        folder = f"s{person}/{person}_{_FILMS[film]}"
        clip = f"{film}_{takes[key]}"
        entries.append(
            Entry(
                plan,
                f"s{person}/{clip}",
                raw=files(f"rawpic/{folder}/img{{:03}}.jpg", first, plan),
                cropped=files(f"cropped/{folder}/img{{:03}}.jpg", first, plan),
                first=first,
                label=clip,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    rows: list[Sequence[object]] = []
    for i, entry in enumerate(entries):
        plan, first = entry.plan, entry.first
        marks = [first + plan.onset, first + plan.apex, first + plan.offset]
        if i % 25 == 24:
            marks[2] = 0  # the apex ends the clip
        report = "helpless"
        micro = (plan.emotion, "micro-expression", report)
        rows.append((plan.subject, entry.label, *marks, plan.units, *micro))
        if i % 3 == 0:  # somebody's broad smile over the same frames
            macro = ("positive", "macro-expression", report)
            name = f"{entry.label.split('_')[0]}_{90 + i}"
            rows.append((plan.subject, name, *marks, "12", *macro))
    people = sorted({entry.plan.subject for entry in entries})
    write_workbook(
        out / "CAS(ME)^2code_final.xlsx",
        {
            "CASFEcode_final": rows,
            "naming rule1": [(_person(n), f"s{_person(n)}", n) for n in people],
            "naming rule2": [(folder[:4], film) for film, folder in _FILMS.items()],
        },
    )


LAYOUT = Layout(
    name="casme-sq",
    fps=30.0,
    view=View(size=(640, 480), face_width=220.0, colour=True),
    cropped_size=(250, 300),
    shares={"negative": 21, "positive": 8, "surprise": 9, "others": 19},
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=22,
)
