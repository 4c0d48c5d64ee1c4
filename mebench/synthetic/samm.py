"""The layout of SAMM (Davison et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files, objective_numbers
from .sheets import write_xlsx

__all__ = ["LAYOUT"]

_HEADER = (
    *("Subject", "Filename", "Inducement Code", "Onset Frame", "Apex Frame", "Offset Frame"),
    *("Duration", "Micro", "Action Units", "Estimated Emotion", "Objective Classes", "Notes"),
)
_PEOPLE = (*range(6, 27), 28, 30, 31, 32, 33, 34, 35, 36)  # 29 numbers, 025 among them
_COUNTS = {
    **{"anger": 57, "other": 26, "happiness": 26, "surprise": 15, "contempt": 12},
    **{"disgust": 9, "fear": 8, "sadness": 6},
}
_OBJECTIVE = (24, 13, 20, 8, 3, 7, 84)


def _cast(rng: np.random.Generator) -> list[list[str]]:
    """Subject 025 shows none of the three classes of the challenge, all others one at least."""
    hidden = _PEOPLE.index(25)
    others = [i for i in range(len(_PEOPLE)) if i != hidden]
    shown = [e for e, n in _COUNTS.items() if e != "other" for _ in range(n)]
    clips: list[list[str]] = [[] for _ in _PEOPLE]
    clips[hidden] = ["other"]
    for i, emotion in enumerate(shown):
        clips[others[i] if i < len(others) else int(rng.choice(others))].append(emotion)
    for _ in range(_COUNTS["other"] - 1):
        clips[int(rng.choice(others))].append("other")
    return clips


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """Frame numbers count through the whole recording, padded to four or five digits."""
    entries = []
    for plan in plans:
        subject = _PEOPLE[plan.subject - 1] if plan.subject <= len(_PEOPLE) else plan.subject + 7
        clip = f"{subject:03}_{1 + plan.take // 3}_{1 + plan.take % 3}"
        first = int(rng.integers(60, 15000))
        number = "{:05}" if rng.random() < 0.5 else "{:04}"
        entries.append(
            Entry(
                plan,
                f"{subject:03}/{clip}",
                raw=files(f"SAMM/{subject:03}/{clip}/{subject:03}_{number}.jpg", first, plan),
                cropped=(),
                first=first,
                label=clip,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    """Thirteen rows of remarks stand above the header; one cell in thirty says `or`."""
    rows: list[Sequence[object]] = [("SAMM Micro-Movements, a synthetic corpus",)]
    rows += [(None,)] * 11 + [("Made up: no recording of any person's expression",)]
    rows.append(_HEADER)
    numbers = objective_numbers(entries, _OBJECTIVE, people=21)
    for i, entry in enumerate(entries):
        plan, first = entry.plan, entry.first
        units = " + ".join(f"AU{u}" if u.isdigit() else u for u in plan.units.split("+"))
        if rng.random() < 1 / 30:
            units += " or 15"
        duration = plan.offset - plan.onset + 1
        rows.append(
            (
                *(entry.label[:3], entry.label, plan.take, first + plan.onset, first + plan.apex),
                *(first + plan.offset, duration, "Micro - 1/2", units, plan.emotion.capitalize()),
                *(numbers[i], None),
            )
        )
    write_xlsx(out / "SAMM_Micro_FACS_Codes_v2.xlsx", "MICRO_ONLY", rows)


LAYOUT = Layout(
    name="samm",
    fps=200.0,
    view=View(size=(960, 650), face_width=330.0, colour=False),
    cropped_size=(280, 340),
    shares=_COUNTS,
    entries=_entries,
    write_sheets=_write_sheets,
    subjects=29,
    cast=_cast,
)
