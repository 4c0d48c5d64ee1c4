"""The layouts of CAS(ME)³ parts A and C (Li et al. 2023), without the depth images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files, objective_numbers
from .sheets import write_xlsx

__all__ = ["LAYOUTS"]

_COUNTS_A = {
    **{"disgust": 250, "surprise": 187, "others": 161, "fear": 86, "anger": 64},
    **{"sad": 57, "happy": 55},
}
_COUNTS_C = {"negative": 99, "surprise": 30, "others": 20, "positive": 16}
_OBJECTIVE = (15, 151, 234, 37, 47, 3, 373)
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def _entries_a(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """Recordings are letters; the sheet and the folders differ in their case now and then."""
    entries = []
    ends: dict[tuple[int, str], int] = {}
    for plan in plans:
        letter = "abcdefghijklm"[int(rng.integers(0, 13))]
        first = ends.get((plan.subject, letter), int(rng.integers(1, 1500)))
        ends[plan.subject, letter] = first + plan.n_frames
        folder = letter.upper() if plan.subject % 5 == 4 else letter
        subject = f"spNO.{plan.subject}"
        entries.append(
            Entry(
                plan,
                f"{subject}/{letter}_{first}",
                raw=files(f"part_A/{subject}/{folder}/color/{{}}.jpg", first, plan),
                cropped=(),
                first=first,
                label=letter,
            )
        )
    return entries


def _write_a(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    header = ("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion")
    rows: list[Sequence[object]] = [header]
    numbers = objective_numbers(entries, _OBJECTIVE, people=94)
    for i, entry in enumerate(entries):
        plan, first = entry.plan, entry.first
        emotion = plan.emotion.capitalize() if i % 30 == 29 else plan.emotion
        marks = (first + plan.onset, first + plan.apex, first + plan.offset)
        row = (f"spNO.{plan.subject}", entry.label, *marks, plan.units, _ROMAN[numbers[i] - 1])
        rows.append((*row, emotion))
    write_xlsx(out / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", "label", rows)


def _entries_c(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """One recording per subject."""
    entries = []
    ends: dict[int, int] = {}
    for plan in plans:
        first = ends.get(plan.subject, int(rng.integers(1, 3000)))
        ends[plan.subject] = first + plan.n_frames
        entries.append(
            Entry(
                plan,
                f"{plan.subject:02}/{plan.take}",
                raw=files(f"part_C/{plan.subject:02}/a/color/{{}}.jpg", first, plan),
                cropped=(),
                first=first,
                label=str(plan.take),
            )
        )
    return entries


def _write_c(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    rows: list[Sequence[object]] = [("sub", "count", "onset", "offset", "au", "emotion")]
    for i, entry in enumerate(entries):
        plan, first = entry.plan, entry.first
        # Units are separated by commas, in one row by the full-width one.
        units = plan.units.replace("+", "，" if i == min(16, len(entries) - 1) else ",")
        marks = (first + plan.onset, first + plan.offset)
        rows.append((plan.subject, plan.take, *marks, units, plan.emotion))
    write_xlsx(out / "CAS(ME)3_part_C_ME.xlsx", "Sheet1", rows)


_VIEW = View(size=(1280, 720), face_width=330.0, colour=True)

LAYOUTS = (
    Layout(
        name="casme3a",
        fps=30.0,
        view=_VIEW,
        cropped_size=(250, 300),
        shares=_COUNTS_A,
        entries=_entries_a,
        write_sheets=_write_a,
        subjects=94,
    ),
    Layout(
        name="casme3c",
        fps=30.0,
        view=_VIEW,
        cropped_size=(250, 300),
        shares=_COUNTS_C,
        entries=_entries_c,
        write_sheets=_write_c,
        subjects=30,
    ),
)
