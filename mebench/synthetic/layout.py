"""What a layout has to say: how its clips are filmed, and how its files and sheets are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .camera import View
from .corpus import Plan

__all__ = ["Entry", "Layout", "files", "objective_numbers"]


@dataclass(frozen=True)
class Entry:
    """One clip of a corpus on disk; paths are relative to its folder, one per frame.

    Attributes
    ----------
    plan : Plan
    name : str
        Path of the truth file below ``truth/``, without ending.
    raw, cropped : tuple of str
        Image files; the ending chooses the format. A blank name leaves the frame out; no names at
        all leave out the kind.
    first : int
        Number that the layout gives to the first frame, so that marks are ``first + index``.
    video : str
        A video file instead of `raw`.
    label : str
        What the sheet calls the clip.
    """

    plan: Plan
    name: str
    raw: tuple[str, ...]
    cropped: tuple[str, ...]
    first: int
    video: str = ""
    label: str = ""


@dataclass(frozen=True)
class Layout:
    """One database, as far as writing a corpus in its layout goes.

    Attributes
    ----------
    name : str
    fps : float
    view : View
        Of the raw frames.
    cropped_size : tuple of int
        Width and height of the registered, cropped frames.
    shares : mapping
        Clips per emotion in the real database; a corpus keeps the proportions.
    entries : callable
        ``entries(plans, rng)`` names the files of each clip.
    write_sheets : callable
        ``write_sheets(out, entries, rng)`` writes the annotation.
    true_counts : mapping, optional
        Clips per emotion of the real database, rare ones included; default `shares`.
    subjects : int
        People in the real database, or our guess where nobody says.
    cast : callable, optional
        ``cast(rng)`` gives the emotions of each subject's clips with the true counts, where more
        is known of the real database than its totals.
    rate : callable, optional
        ``rate(subject)`` gives the frames per second of a subject's clips, where they differ.
    """

    name: str
    fps: float
    view: View
    cropped_size: tuple[int, int]
    shares: Mapping[str, int]
    entries: Callable[[Sequence[Plan], np.random.Generator], list[Entry]]
    write_sheets: Callable[[Path, Sequence[Entry], np.random.Generator], None]
    true_counts: Mapping[str, int] = field(default_factory=dict)
    subjects: int = 13
    cast: Callable[[np.random.Generator], list[list[str]]] | None = None
    rate: Callable[[int], float] | None = None


# Objective classes after Davison et al. (2018), as far as these combinations go.
_OBJECTIVE = {
    1: ((12,), (6, 12)),
    2: ((25,), (1, 2), (5,)),
    3: ((4,), (4, 7), (4, 5), (17, 24)),
    4: ((9,), (10,), (4, 9), (7, 10)),
    5: ((1,), (15,), (1, 4), (15, 17)),
    6: ((20,), (1, 2, 4)),
}


def files(pattern: str, first: int, plan: Plan) -> tuple[str, ...]:
    """One name per frame of a plan: `pattern` with ``{}`` for the frame number."""
    return tuple(pattern.format(n) for n in range(first, first + plan.n_frames))


def objective_numbers(
    entries: Sequence[Entry], true: Sequence[int] = (), people: int = 0
) -> list[int]:
    """Objective class of each clip, 1 to 7, from its action units.

    In a corpus of as many clips as the real database has, the classes have the real numbers
    (`true`), and those of I to V belong to exactly `people` subjects.
    """
    subjects = Counter(e.plan.subject for e in entries)
    if sum(true) != len(entries) or len(subjects) < people:
        return [_objective(e.plan.units) for e in entries]
    chosen = [subject for subject, _ in subjects.most_common(people)]
    wanted = [i + 1 for i, n in enumerate(true[:5]) for _ in range(n)]
    given: dict[int, int] = {}
    # One for each of them first, then wherever there is room.
    for subject in chosen:
        row = next(i for i, e in enumerate(entries) if e.plan.subject == subject)
        given[row] = wanted.pop()
    rows = [i for i, e in enumerate(entries) if e.plan.subject in chosen and i not in given]
    if len(rows) < len(wanted):  # the chosen subjects have too few clips
        return [_objective(e.plan.units) for e in entries]
    given.update(zip(rows, wanted, strict=False))
    rest = iter([6] * true[5] + [7] * true[6])
    return [given[i] if i in given else next(rest) for i in range(len(entries))]


def _objective(units: str) -> int:
    aus = tuple(sorted(int(unit.strip("LR")) for unit in units.split("+")))
    return next((n for n, sets in _OBJECTIVE.items() if aus in sets), 7)
