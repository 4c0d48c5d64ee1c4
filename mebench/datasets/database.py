"""What a database is: its card, label sets, reader of sheets and finder of frame folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from .cards import Card
from .labels import LabelSet, unit_labels
from .locations import find, known

if TYPE_CHECKING:
    import pandas as pd

    from .sheets import Sheet

__all__ = ["Annotations", "Database", "Folders", "Progress", "Sheets"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Annotations:
    """The rows of an annotation sheet, corrected, before any label set is chosen.

    Parameters
    ----------
    table : DataFrame
        The columns of :data:`mebench.datasets.COLUMNS` without ``label``.
    version : str
        Which of the sheets in circulation this is, recognised by its content.
    counts : mapping of str to (mapping of str to int)
        Published clips per class for each label set in this version; empty if unknown.
    notes : list of str
    rows : mapping of int to str
        row_id → the row as the user finds it in the sheet.
    recognised : bool, default True
        Whether this is a version that is known.
    unmarked : bool, default False
        Blank onsets, apexes and offsets are no faults: the folder is the clip.
    warnings : list of str
        Those of the notes that say what may be a mistake.
    unlabelled : collection of int
        row_id of the rows that have no emotion because they are there to be predicted.
    """

    table: pd.DataFrame
    version: str
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notes: Sequence[str] = ()
    rows: Mapping[int, str] = field(default_factory=dict)
    recognised: bool = True
    unmarked: bool = False
    warnings: Sequence[str] = ()
    unlabelled: Collection[int] = ()


@dataclass(frozen=True)
class Folders:
    """The frame folders of one variant (raw, cropped) of a database.

    Parameters
    ----------
    variant : str
    root : Path
    clips : mapping of (subject, clip) to str
        Where the frames of each clip lie, a folder or a video file; the clip in lower case. A
        blank clip stands for all clips of the subject, a blank subject for any.
    stray : sequence of str
        Files beside the clip folders, which are passed over.
    extent : {"clip", "whole", "recording"}, default "clip"
        What a folder holds. "clip": the clip and perhaps a little more, so that a blank onset or
        offset is the first or last frame. "whole": the clip and nothing else, whatever numbers
        the sheet gives. "recording": much more than the clip; where the offset is blank or 0 the
        apex ends the clip.
    depth : int, default 0
        Where clips are found by the names of their folders alone: how many folders deep.
    """

    variant: str
    root: Path
    clips: Mapping[tuple[str, str], str]
    stray: Sequence[str] = ()
    extent: str = "clip"
    depth: int = 0

    def folder(self, subject: str, clip: str) -> str | None:
        """The frame folder of a clip; upper and lower case are the same, as on many disks."""
        for key in ((subject, clip.lower()), (subject, ""), ("", clip.lower())):
            if key in self.clips:
                return self.clips[key]
        return None


@dataclass(frozen=True)
class Sheets:
    """How the annotation sheets of one database are known and read.

    Parameters
    ----------
    emotions : collection of str
        The words that the annotators use, lower case.
    example : str
        Name of the official sheet.
    subject : callable (text) -> str or None
        A cell → the subject as this database writes it.
    expected : str
        What a subject's cell should be, for messages.
    known : sequence of str
        Parts of sheet names in lower case, the preferred version first.
    like : sequence of str
        Other parts of names that make a file likely to be the sheet.
    skip : sequence of str
        Parts of names of files that are something else.
    columns : mapping of str to sequence of str
        Headers of this database that :data:`mebench.datasets.columns.ALIASES` lacks, and columns
        of its own.
    optional : sequence of str
        Columns that a sheet may lack, besides apex, action units and objective class.
    folder : callable (text) -> str or None
        Names of folders in which no sheet lies; default: those of subjects.
    depth : int
        How deep below the root a sheet may lie.
    renamed : mapping of str to str
        The annotators' word → the one of `emotions` that it is.
    objective : str
        Part of the name of a file with the official objective classes, if they have their own.
    agreement : str
        How well classes from action units agree with the official ones in this database.
    adjust : callable (table, sheet) -> list of str
        Changes the typed table in place where this database has a rule of its own; gives notes.
    """

    emotions: Collection[str]
    example: str
    subject: Callable[[str], str | None]
    expected: str
    known: Sequence[str] = ()
    like: Sequence[str] = ()
    skip: Sequence[str] = ()
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    optional: Sequence[str] = ()
    folder: Callable[[str], str | None] | None = None
    depth: int = 3
    renamed: Mapping[str, str] = field(default_factory=dict)
    objective: str = ""
    agreement: str = ""
    adjust: Callable[[pd.DataFrame, Sheet], list[str]] | None = None


@dataclass(frozen=True)
class Database:
    """How one database is read.

    Parameters
    ----------
    card : Card
    labels : mapping of str to LabelSet
        By the name of ``--labels``; the first is the default.
    variants : sequence of str
        Kinds of frames it is distributed in, the preferred first.
    read : Sheets, or callable (root, sheet) -> Annotations
        How its sheets are read: a declaration, or a reader of its own.
    folders : callable (root) -> list of Folders
        Every variant that lies there, in the order of `variants`.
    locate : callable (root, progress) -> Path, optional
        Where it lies; default :func:`mebench.datasets.locations.find`. Where frames of a certain
        variant are asked for, that is a third argument.
    published : bool, default True
        Whether the counts on the card bind what is on disk.
    units : bool, default True
        Whether action units are annotated, so that there are the label sets ``au1``, ``au2``, …
    family : Card, optional
        Of the database that this one is a part of: it lies where that one lies, unless it is
        registered by itself.
    answers : callable (root, rows) -> DataFrame, optional
        Predictions as the organisers want them, from the folder of the training data and rows of
        ``clip_id, subject, clip, prediction`` and scores. Default: those rows.
    """

    card: Card
    labels: Mapping[str, LabelSet]
    variants: Sequence[str]
    read: Sheets | Callable[[Path, str | None], Annotations]
    folders: Callable[[Path], list[Folders]]
    locate: Callable[..., Path] | None = None
    published: bool = True
    units: bool = True
    family: Card | None = None
    answers: Callable[[Path, pd.DataFrame], pd.DataFrame] | None = None

    def root(
        self,
        root: str | os.PathLike[str] | None,
        progress: Progress | None = None,
        variant: str = "auto",
    ) -> Path:
        """The folder of the database on this machine."""
        if self.locate:
            return self.locate(root, progress, *(() if variant == "auto" else (variant,)))
        elsewhere = self.family is not None and root is None and not known([self.card])
        return find(self.family if self.family and elsewhere else self.card, root)

    def label_set(self, name: str | None) -> LabelSet:
        """The label set of that name; None gives the default.

        Raises
        ------
        BadInput
            Unknown name; the message lists those of this database.
        """
        key = name if name is not None else next(iter(self.labels))
        if key in self.labels:
            return self.labels[key]
        if self.units and (single := unit_labels(key)) is not None:
            return single
        more = ", and au1, au2, … for one action unit" if self.units else ""
        raise BadInput(
            f"{self.card.title} has no label set {name!r}. It has: {', '.join(self.labels)}{more}."
        )
