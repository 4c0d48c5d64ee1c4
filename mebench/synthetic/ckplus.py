"""The layout of CK+ (Lucey et al. 2010): neutral to peak, a small text file per annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan
from .layout import Entry, Layout

__all__ = ["LAYOUT"]

_NUMBERS = ("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_SHARES = dict(zip(_NUMBERS, (45, 18, 59, 25, 69, 28, 83), strict=True))
#: Sequences without an emotion file; what moves in them is drawn as for others.
_UNLABELLED = "others"
#: Macro-expressions: how much farther the skin moves than in a micro-expression (our choice).
_FARTHER = 3.0


def _entries(plans: Sequence[Plan], rng: np.random.Generator) -> list[Entry]:
    entries = []
    for plan in plans:
        person, sequence = f"S{plan.subject + 4:03}", f"{plan.take:03}"
        expression = [
            replace(m, intensity=m.intensity * _FARTHER) if m.apex == plan.apex else m
            for m in plan.movements
        ]
        first = 1 - plan.onset  # the onset is frame 1, and nothing is kept before it
        entries.append(
            Entry(
                replace(plan, movements=tuple(expression), offset=plan.apex),
                f"{person}/{sequence}",
                raw=tuple(
                    f"cohn-kanade-images/{person}/{sequence}/{person}_{sequence}_{first + i:08}.png"
                    if plan.onset <= i <= plan.apex
                    else ""
                    for i in range(plan.n_frames)
                ),
                cropped=(),
                first=first,
                label=sequence,
            )
        )
    return entries


def _write_files(out: Path, entries: Sequence[Entry], rng: np.random.Generator) -> None:
    for entry in entries:
        person, sequence = entry.name.split("/")
        peak = f"{person}_{sequence}_{entry.first + entry.plan.apex:08}"
        units = [int(unit.strip("LR")) for unit in entry.plan.units.split("+")]
        facs = "".join(f"   {u:.7e}   {int(rng.integers(0, 6)):.7e}\n" for u in units)
        _write(out / "FACS" / person / sequence / f"{peak}_facs.txt", facs)
        folder = out / "Emotion" / person / sequence
        folder.mkdir(parents=True, exist_ok=True)  # empty where there is no label, as released
        if entry.plan.emotion != _UNLABELLED:
            number = _NUMBERS.index(entry.plan.emotion) + 1
            _write(folder / f"{peak}_emotion.txt", f"   {number:.7e}\n")
        truth = out / "truth" / f"{entry.name}.npz"
        if truth.is_file():
            with np.load(truth) as found:
                landmarks = found["landmarks"]
            for name, points in zip(entry.raw, landmarks, strict=True):
                if name:
                    text = "".join(f"   {x:.7e}   {y:.7e}\n" for x, y in points)
                    path = f"{person}/{sequence}/{Path(name).stem}_landmarks.txt"
                    _write(out / "Landmarks" / path, text)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="ascii")


LAYOUT = Layout(
    name="ckplus",
    fps=30.0,
    view=View(size=(640, 490), face_width=240.0, colour=False),
    cropped_size=(231, 231),
    shares={**_SHARES, _UNLABELLED: 266},
    entries=_entries,
    write_sheets=_write_files,
    subjects=123,
)
