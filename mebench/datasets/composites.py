"""Composites by name: which databases, which classes, and how many clips there should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["COMPOSITES", "Composite", "expand"]


@dataclass(frozen=True)
class Composite:
    """Several databases under one label set.

    Parameters
    ----------
    parts : tuple of str
        Names of databases.
    labels : str
        The label set, if nobody names another.
    words : str
        What it is and where it comes from.
    counts : mapping of str to (mapping of str to int)
        Database → class → clips, as published; empty where only the total is.
    clips : int
    subjects : mapping of str to int
        Database → subjects who have a clip in the label set, as published.
    """

    parts: tuple[str, ...]
    labels: str
    words: str
    clips: int
    counts: Mapping[str, Mapping[str, int]]
    subjects: Mapping[str, int]


def _three(negative: int, positive: int, surprise: int) -> dict[str, int]:
    return {"negative": negative, "positive": positive, "surprise": surprise}


def _five(*counts: int) -> dict[str, int]:
    return dict(zip(("I", "II", "III", "IV", "V"), counts, strict=True))


COMPOSITES = {
    "megc2019": Composite(
        ("smic-hs", "casme2", "samm"),
        "3class",
        "Micro-Expression Grand Challenge 2019, composite database (See et al. 2019): negative "
        "250, positive 109, surprise 83",
        442,
        {
            "smic-hs": _three(70, 51, 43),
            "casme2": _three(88, 32, 25),
            "samm": _three(92, 26, 15),
        },
        {"smic-hs": 16, "casme2": 24, "samm": 28},
    ),
    "megc2018": Composite(
        ("casme2", "samm"),
        "objective5",
        "Micro-Expression Grand Challenge 2018 (Yap et al. 2018): objective classes I to V",
        253,
        {"casme2": _five(25, 15, 99, 26, 20), "samm": _five(24, 13, 20, 8, 3)},
        {"casme2": 26, "samm": 21},
    ),
    "cd6me": Composite(
        ("casme", "casme2", "samm", "4dme", "mmew", "casme3a"),
        "au12",
        "cross-dataset benchmark of six databases and twelve action units (Varanka et al. 2022), "
        "one label set per unit: au1, au2, au4, au5, au6, au7, au9, au10, au12, au14, au15, au17; "
        "CASME II by the sheet of 256 rows",
        2031,
        {},
        {},
    ),
}


def expand(name: str) -> tuple[list[str], Composite | None]:
    """The databases that a name stands for: a composite's parts, or those joined by ``+``.

    Examples
    --------
    >>> expand("megc2018")[0], expand("casme2+samm")[0], expand("CASME2")[0]
    (['casme2', 'samm'], ['casme2', 'samm'], ['CASME2'])
    """
    composite = COMPOSITES.get(name.strip().lower())
    if composite is not None:
        return list(composite.parts), composite
    from .manifest import is_manifest

    if is_manifest(name) and "+" not in name:
        return [name.strip()], None
    return [part.strip() for part in name.split("+")], None
