"""The layouts of SMIC (Li et al. 2013): HS, VIS and NIR. The label is the folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout

__all__ = ["LAYOUTS"]

_PEOPLE = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 18, 19, 20)
_CLIPS = (6, 6, 39, 19, 2, 4, 13, 4, 7, 9, 10, 10, 4, 7, 2, 22)
_COUNTS = {"negative": 70, "positive": 51, "surprise": 43}
_FEWER = {"negative": 23, "positive": 28, "surprise": 20}


def _cast(rng: np.random.Generator) -> list[list[str]]:
    """Each person of HS with the real number of clips."""
    emotions = [e for e, n in _COUNTS.items() for _ in range(n)]
    drawn = iter([emotions[i] for i in rng.permutation(len(emotions))])
    return [[next(drawn) for _ in range(n)] for n in _CLIPS]


def _entries(camera: str) -> Callable[[Sequence[Plan], np.random.Generator], list[Entry]]:
    def entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
        found = []
        takes: dict[tuple[int, str], int] = {}
        for plan in plans:
            person = _PEOPLE[plan.subject - 1] if plan.subject <= len(_PEOPLE) else plan.subject + 4
            take = takes[person, plan.emotion] = takes.get((person, plan.emotion), 0) + 1
            clip = f"s{person}_{plan.emotion[:2]}_{take:02}"
            folder = f"{camera}/s{person}/micro/{plan.emotion}/{clip}"
            first = int(rng.integers(100, 9000))
            # The folder is the clip: nothing before the onset and after the offset.
            inside = [
                f"{first + i:06}.bmp" if plan.onset <= i <= plan.offset else ""
                for i in range(plan.n_frames)
            ]
            raw, cropped = f"SMIC_all_raw/{folder}/image", f"SMIC_all_cropped/{folder}/reg_image"
            found.append(
                Entry(
                    plan,
                    f"s{person}/{clip}",
                    raw=tuple(n and raw + n for n in inside),
                    cropped=tuple(n and cropped + n for n in inside),
                    first=first,
                    label=clip,
                )
            )
        return found

    return entries


def _no_sheets(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    """There is none."""


def _layout(camera: str) -> Layout:
    fast = camera == "HS"
    return Layout(
        name=f"smic-{camera.lower()}",
        fps=100.0 if fast else 25.0,
        view=View(size=(640, 480), face_width=190.0, colour=camera != "NIR"),
        cropped_size=(130, 150),
        shares=_COUNTS if fast else _FEWER,
        entries=_entries(camera),
        write_sheets=_no_sheets,
        subjects=16 if fast else 8,
        cast=_cast if fast else None,
    )


LAYOUTS = tuple(_layout(camera) for camera in ("HS", "VIS", "NIR"))
