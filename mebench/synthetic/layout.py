"""What a layout has to say: how its clips are filmed, and how its files and sheets are named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .corpus import Plan
from .render import View

__all__ = ["Entry", "Layout"]


@dataclass(frozen=True)
class Entry:
    """One clip of a corpus on disk; paths are relative to its folder, one per frame.

    Attributes
    ----------
    plan : Plan
    name : str
        Path of the truth file below ``truth/``, without ending.
    raw, cropped : tuple of str
        Image files; the ending chooses the format.
    first : int
        Number that the layout gives to the first frame, so that marks are ``first + index``.
    """

    plan: Plan
    name: str
    raw: tuple[str, ...]
    cropped: tuple[str, ...]
    first: int


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
    """

    name: str
    fps: float
    view: View
    cropped_size: tuple[int, int]
    shares: Mapping[str, int]
    entries: Callable[[Sequence[Plan], np.random.Generator], list[Entry]]
    write_sheets: Callable[[Path, Sequence[Entry], np.random.Generator], None]
