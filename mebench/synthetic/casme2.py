"""The layout of CASME II (Yan et al. 2014, PLoS ONE 9(1):e86041)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, objective_numbers
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

#: Of the real database, and in how many clips each objective class is coded.
_TRUE = {
    **{"happiness": 32, "disgust": 63, "repression": 27, "surprise": 25, "others": 99},
    **{"sadness": 7, "fear": 2},
}
_OBJECTIVE = (25, 15, 99, 26, 20, 1, 69)


def _cast(rng: np.random.Generator) -> list[list[str]]:
    """Subjects 10 and 18 show none of the challenge's classes, and 4 and 5 each a disgust."""
    clips: list[list[str]] = [[] for _ in range(26)]
    rest = [e for e in ("others", "sadness", "fear") for _ in range(_TRUE[e])]
    clips[9], clips[17], rest = rest[:3], rest[3:6], rest[6:]
    shown = [e for e in ("disgust", "happiness", "repression", "surprise") for _ in range(_TRUE[e])]
    others = [i for i in range(26) if i not in (9, 17)]
    for i, emotion in enumerate(shown):
        # The first two are those that the official list leaves out; then one for everybody.
        place = others[3 + i] if i < 2 else others[i - 2] if i < 26 else int(rng.choice(others))
        clips[place].append(emotion)
    for emotion in rest:
        clips[int(rng.choice(others))].append(emotion)
    return clips


#: Clips that the list of the Micro-Expression Grand Challenge 2019 leaves out.
_LEFT_OUT = {4: "EP12_01f", 5: "EP09_05f"}


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    names: dict[int, set[str]] = {}
    whole = len(plans) == sum(_TRUE.values())
    for plan in plans:
        used = names.setdefault(plan.subject, set())
        name = ""
        if whole and plan.emotion == "disgust" and _LEFT_OUT.get(plan.subject, "") not in used:
            name = _LEFT_OUT.get(plan.subject, "")
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
    numbers = objective_numbers(entries, _OBJECTIVE, people=26)
    for i, entry in enumerate(entries):
        plan, filename = entry.plan, entry.name.split("/")[1]
        apex: object = "/" if i in unknown else entry.first + plan.apex
        onset, offset = entry.first + plan.onset, entry.first + plan.offset
        rows.append(
            (plan.subject, filename, None, onset, apex, offset, None, plan.units, plan.emotion)
        )
        objective.append((plan.subject, filename, numbers[i]))
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
    true_counts=_TRUE,
    subjects=26,
    cast=_cast,
)
