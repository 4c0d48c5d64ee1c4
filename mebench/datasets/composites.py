"""Composites by name: which databases, which classes, and how many clips there should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import BadInput

if TYPE_CHECKING:
    from .samples import Samples

__all__ = [
    "COMPOSITES",
    "SUFFIXES",
    "Composite",
    "against_published",
    "expand",
    "is_manifest",
    "union",
]

#: Endings of the files that list clips of one's own.
SUFFIXES = (".csv", ".parquet", ".pq")


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
    "emotion-engine": Composite(
        ("casme2", "4dme"),
        "8class",
        "CASME II (the sheet of 256 rows) and 4DME as in Emotion Engine (Davidov et al.): others "
        "132, negative 127, disgust 64, surprise 62, repression 51, positive 48, happiness 32, "
        "sadness 7",
        523,
        {},
        {},
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
    >>> expand("ck+")[0], expand("casme2+CK+")[0], expand("ck++casme2")[0]
    (['ck'], ['casme2', 'CK'], ['ck', 'casme2'])
    """
    composite = COMPOSITES.get(name.strip().lower())
    if composite is not None:
        return list(composite.parts), composite
    from .composites import is_manifest

    if is_manifest(name) and "+" not in name:
        return [name.strip()], None
    parts = [part.strip() for part in name.split("+")]
    # ck+ is the one name with a plus in it.
    plus = [i for i in range(1, len(parts)) if parts[i - 1].lower() == "ck" and not parts[i]]
    return [part for i, part in enumerate(parts) if i not in plus], None


def is_manifest(name: str) -> bool:
    """Whether a name on the command line is a manifest rather than a database.

    Examples
    --------
    >>> is_manifest("my/clips.csv"), is_manifest("casme2")
    (True, False)
    """
    return str(name).strip().lower().endswith(SUFFIXES)


def union(parts: Sequence[Samples]) -> Samples:
    """One :class:`Samples` of several; subjects stay apart by their database.

    Raises
    ------
    BadInput
        The classes differ.
    """
    import pandas as pd

    from .samples import Samples

    classes = parts[0].classes
    for part in parts[1:]:
        if set(part.classes) != set(classes):
            raise BadInput(
                "Databases can be joined under one label set only: found the classes "
                f"{list(classes)} and {list(part.classes)}. Name a label set that all have, "
                "such as 3class."
            )
    table = pd.concat([part.table for part in parts], ignore_index=True)
    notes = [
        f"{' and '.join(dict.fromkeys(part.table['dataset']))}: {n}"
        for part in parts
        for n in part.notes
    ]
    clips = [clip for part in parts for clip in part.clips]
    return Samples(clips, table, classes, notes, parts[0].label_set)


def against_published(name: str, composite: Composite, samples: Samples) -> list[str]:
    """What differs from the published numbers of a composite; one note that says so if nothing."""
    table = samples.table
    subjects = int(table[["dataset", "subject"]].drop_duplicates().shape[0])
    wrong = []
    for part in composite.parts:
        mine = table[table["dataset"] == part]
        found = Counter(mine["label"])
        wrong += [
            f"{part} {label} {found[label]} ({n})"
            for label, n in composite.counts.get(part, {}).items()
            if found[label] != n
        ]
        people = composite.subjects.get(part)
        if people is not None and mine["subject"].nunique() != people:
            wrong.append(f"{part} {mine['subject'].nunique()} subjects ({people})")
    if len(table) != composite.clips:
        wrong.insert(0, f"{len(table)} clips ({composite.clips})")
    if wrong:
        return [f"{name}: differs from the published numbers (in brackets): {', '.join(wrong)}"]
    return [f"{name}: {len(table)} clips of {subjects} subjects, as published"]
