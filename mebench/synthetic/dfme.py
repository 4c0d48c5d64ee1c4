"""The layout of DFME (Zhao et al. 2024), as its three parts were released in 2024."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout, files
from .sheets import write_xlsx

__all__ = ["LAYOUT", "rate"]

_TRAIN = {
    **{"disgust": 548, "surprise": 298, "sadness": 278, "fear": 265},
    **{"happiness": 206, "anger": 161, "contempt": 100},
}
_ROWS = {"train": 1856, "test A": 474, "test B": 299}
_PEOPLE = {"train": 176, "test A": 45, "test B": 28}  # of the test parts our guess
_IDS = {e: i for i, e in enumerate(sorted(_TRAIN))}
_HEADER = (
    *("Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame"),
    *("Emotion", "EmotionId", "Fps", "AU"),
)
#: Frame folders and sheet of each part.
_FOLDERS = {"train": "train_data", "test A": "test_data_A", "test B": "test_data_B"}
_SHEETS = {
    "train": "training_full_with_AU.xlsx",
    "test A": "test_A.xlsx",
    "test B": "test_B_full_with_AU.xlsx",
}


def rate(subject: int) -> float:
    """Frames per second of a subject's clips."""
    return (500.0, 300.0, 200.0, 200.0)[subject % 4]


def _shares(rows: int) -> dict[str, int]:
    """Emotions of a test part: nobody published them, so those of training in proportion."""
    exact = {e: rows * n / _ROWS["train"] for e, n in _TRAIN.items()}
    out = {e: int(v) for e, v in exact.items()}
    for emotion in sorted(exact, key=lambda e: out[e] - exact[e])[: rows - sum(out.values())]:
        out[emotion] += 1
    return out


_TRUE = {e: sum(_shares(rows)[e] for rows in _ROWS.values()) for e in _TRAIN}


def _cast(rng: np.random.Generator) -> list[list[str]]:
    """Every part has its own people and its own numbers of each emotion."""
    clips: list[list[str]] = []
    for part, rows in _ROWS.items():
        people: list[list[str]] = [[] for _ in range(_PEOPLE[part])]
        emotions = [e for e, n in _shares(rows).items() for _ in range(n)]
        size = rng.lognormal(0, 0.5, len(people))
        for i, emotion in enumerate(rng.permutation(emotions)):
            who = i if i < len(people) else int(rng.choice(len(people), p=size / size.sum()))
            people[who].append(str(emotion))
        clips += people
    return clips


def _parts(plans: Sequence[Plan]) -> list[str]:
    """The part of each clip: whole persons, about as many as in the release."""
    people = max(plan.subject for plan in plans)
    total = sum(_PEOPLE.values())
    first = max(1, round(people * _PEOPLE["train"] / total))
    second = max(first + 1, round(people * (total - _PEOPLE["test B"]) / total))
    return [
        "train" if p.subject <= first else "test A" if p.subject <= second else "test B"
        for p in plans
    ]


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    """Subjects are numbered with gaps, since not everybody showed something."""
    people = max(plan.subject for plan in plans)
    numbers = np.sort(rng.choice(np.arange(1, 3 * people + 12), people, replace=False))
    entries = []
    for plan, part in zip(plans, _parts(plans), strict=True):
        first = int(rng.integers(0, 40))
        name = f"sub{numbers[plan.subject - 1]:04}_{plan.take:02}"
        folder = _FOLDERS[part]
        entries.append(
            Entry(
                plan,
                f"{part.replace(' ', '_')}/{name}",
                raw=files(f"{folder}/{folder}/{name}/{{:05}}.png", first, plan),
                cropped=(),
                first=first,
                label=name,
            )
        )
    return entries


def _write_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    """Training and test B with labels, test A as it is given to those who are to predict it."""
    parts = _parts([entry.plan for entry in entries])
    (out / "annotation").mkdir(exist_ok=True)
    for part, name in _SHEETS.items():
        rows: list[Sequence[object]] = [_HEADER]
        for entry, mine in zip(entries, parts, strict=True):
            if mine != part:
                continue
            plan, first = entry.plan, entry.first
            marks = (first + plan.onset, first + plan.apex, first + plan.offset)
            rows.append(
                (
                    *(entry.label.split("_")[0], entry.label, *marks),
                    *(plan.emotion, _IDS[plan.emotion], int(plan.fps), plan.units),
                )
            )
        if part == "test A":
            known = [_HEADER.index(c) for c in _HEADER if c not in ("Emotion", "EmotionId", "AU")]
            rows = [[row[i] for i in known] for row in rows]
        if len(rows) > 1:
            write_xlsx(out / "annotation" / name, "Sheet1", rows)


LAYOUT = Layout(
    name="dfme",
    fps=200.0,
    view=View(size=(1280, 720), face_width=330.0, colour=True),
    cropped_size=(256, 256),
    shares=_TRAIN,
    entries=_entries,
    write_sheets=_write_sheets,
    true_counts=_TRUE,
    subjects=sum(_PEOPLE.values()),
    cast=_cast,
    rate=rate,
)
