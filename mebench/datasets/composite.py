"""Several databases as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BadInput
from .composites import COMPOSITES, Composite, expand

if TYPE_CHECKING:
    from .samples import Samples

__all__ = ["COMPOSITES", "Composite", "against_published", "expand", "union"]


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
