"""Several databases as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import BadInput

if TYPE_CHECKING:
    from .samples import Samples

__all__ = ["union"]


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
    notes = [f"{part.table['dataset'].iloc[0]}: {n}" for part in parts for n in part.notes]
    clips = [clip for part in parts for clip in part.clips]
    return Samples(clips, table, classes, notes, parts[0].label_set)
