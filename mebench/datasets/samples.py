"""Samples: the clips of a database and the table that holds everything else about them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..clip import Clip
from ..errors import BadInput, MebenchError
from ..scoring.subjects import subject_keys

__all__ = ["COLUMNS", "Samples"]

#: Columns of every table, whatever the database; a fact nobody recorded is a missing value.
COLUMNS = (
    "clip_id",  # unique over databases: dataset/subject/clip, with the onset where that repeats
    "dataset",
    "subject",  # as the database writes it, without the database
    "clip",
    "label",  # under the chosen label set
    "onset",  # frame numbers as the annotators wrote them
    "apex",
    "offset",
    "emotion",  # the annotators' own word
    "objective_class",
    "au",
    "fps",
    "apex_source",  # annotated, corrected, estimated or none
    "row_id",  # row of the annotation sheet, counted from 0 below the header
)


@dataclass(frozen=True, eq=False)
class Samples:
    """Clips and one table row for each.

    Parameters
    ----------
    clips : list of Clip
    table : DataFrame
        One row per clip in the same order, with at least ``clip_id, dataset, subject, label``;
        the loaders write all of :data:`COLUMNS`.
    classes : sequence of str
        The classes of the label set, in the order in which tables print them.
    label_set : str, optional
        Name of the label set.
    notes : sequence of str, optional
        What a reader of any score on these samples must know: the version of the sheet, how
        many cells were corrected, which clips were left out and why.

    Raises
    ------
    BadInput
        Lengths differ, ids repeat, a column is missing, or a label is not one of the classes.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> clips = [Clip(c, np.zeros((3, 4, 4), np.uint8)) for c in "ab"]
    >>> table = pd.DataFrame({"clip_id": ["a", "b"], "dataset": "toy",
    ...                       "subject": ["1", "2"], "label": ["sad", "glad"]})
    >>> samples = Samples(clips, table, classes=["glad", "sad"])
    >>> samples.y.tolist(), samples.groups.tolist()
    (['sad', 'glad'], ['toy/1', 'toy/2'])
    >>> samples
    Samples(2 clips of 2 persons, toy labels: glad 1, sad 1)
    """

    clips: list[Clip]
    table: pd.DataFrame
    classes: Sequence[str]
    notes: Sequence[str] = ()
    label_set: str = ""

    def __post_init__(self) -> None:
        missing = [c for c in ("clip_id", "dataset", "subject", "label") if c not in self.table]
        if missing:
            raise BadInput(f"The table of samples lacks the column(s) {', '.join(missing)}.")
        if len(self.clips) != len(self.table):
            raise BadInput(f"Found {len(self.clips)} clips but {len(self.table)} table rows.")
        ids = self.table["clip_id"].astype(str)
        if ids.duplicated().any():
            raise BadInput(f"The clip id {ids[ids.duplicated()].iloc[0]!r} stands for two clips.")
        for column in ("dataset", "subject", "label"):
            if self.table[column].isna().any():
                row = ids[self.table[column].isna()].iloc[0]
                raise BadInput(f"Clip {row!r} has no {column}; every sample needs one.")
        strange = sorted(set(self.table["label"].astype(str)) - set(map(str, self.classes)))
        if strange:
            raise BadInput(
                f"Label(s) {', '.join(strange)} are not among the classes {list(self.classes)}."
            )
        object.__setattr__(self, "classes", tuple(map(str, self.classes)))
        object.__setattr__(self, "notes", tuple(self.notes))
        object.__setattr__(self, "table", self.table.reset_index(drop=True))

    def __len__(self) -> int:
        return len(self.clips)

    def __repr__(self) -> str:
        """In a line: the paths of all frames would fill a notebook."""
        data = ", ".join(dict.fromkeys(self.table["dataset"].astype(str)))
        counts = self.table["label"].astype(str).value_counts()
        shares = ", ".join(f"{name} {counts.get(name, 0)}" for name in self.classes)
        return (
            f"Samples({len(self)} clips of {len(set(self.groups))} persons, {data} "
            f"{self.label_set or 'labels'}: {shares})"
        )

    @property
    def y(self) -> np.ndarray:
        """Labels, ``(n,)`` of str."""
        return self.table["label"].astype(str).to_numpy(dtype=object)

    @property
    def groups(self) -> np.ndarray:
        """Subject keys, ``(n,)``: see :func:`mebench.scoring.subjects.subject_keys`."""
        return subject_keys(self.table)

    def take(self, index: Sequence[int] | np.ndarray) -> Samples:
        """The samples at `index`, in that order."""
        rows = np.asarray(index)
        if rows.dtype == bool:
            rows = np.flatnonzero(rows)
        return replace(self, clips=[self.clips[i] for i in rows], table=self.table.iloc[rows])

    def pixels(self) -> str | None:
        """Hash of all frames with their marks; None where a frame cannot be read from here."""
        h = hashlib.blake2b(digest_size=10)
        try:
            for clip in self.clips:
                h.update(clip.digest().encode())
        except MebenchError:
            return None
        return h.hexdigest()

    def same_frames(self) -> list[tuple[str, str]]:
        """Pairs of clips of different persons that are the same pictures, which is a mistake.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> clips = [Clip(c, np.zeros((3, 4, 4), np.uint8)) for c in "ab"]
        >>> table = pd.DataFrame({"clip_id": ["a", "b"], "dataset": "toy",
        ...                       "subject": ["1", "2"], "label": "sad"})
        >>> Samples(clips, table, classes=["sad"]).same_frames()
        [('a', 'b')]
        """
        first: dict[str, int] = {}
        found = []
        for i, (clip, person) in enumerate(zip(self.clips, self.groups, strict=True)):
            try:
                other = first.setdefault(clip.pictures(), i)
            except MebenchError:
                continue  # its own error comes when it is used
            if self.groups[other] != person:
                found.append((self.clips[other].id, clip.id))
        return found

    def fingerprint(self) -> str:
        """Hash of what the data says: ids, subjects, labels and marks (not the pixels)."""
        columns = [c for c in COLUMNS if c in self.table and c != "row_id"]
        text = self.table[columns].astype(object).to_csv(index=False, na_rep="")
        return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
