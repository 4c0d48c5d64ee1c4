"""Long videos with what is annotated in them, and how a database says it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ...clip import Clip

__all__ = ["CAUSES", "LongDatabase", "LongVideos", "Reading", "expressions", "marks"]

#: What may look like an expression and is none.
CAUSES = ("blink", "talk", "turn", "light")

TRUTH = ("dataset", "video", "subject", "kind", "onset", "apex", "offset", "emotion", "au")
EVENTS = ("video", "cause", "onset", "offset")

Key = tuple[str, str]


def _no_events() -> pd.DataFrame:
    return pd.DataFrame(columns=list(EVENTS)).astype({"onset": "int64", "offset": "int64"})


@dataclass(frozen=True, eq=False)
class LongVideos:
    """Long videos and the expressions in them.

    Attributes
    ----------
    clips : list of Clip
        One per video, read from disk as it is gone through; `id` is the `video` of the tables.
    videos : DataFrame
        Columns ``video, dataset, subject, fps, n_frames``, in the order of `clips`; videos without
        any expression too.
    truth : DataFrame
        One row per expression: ``dataset, video, subject, kind`` (micro or macro), ``onset, apex,
        offset`` (frames from 0; the apex may be missing), ``emotion, au``.
    notes : list of str
        What was left out or guessed.
    events : DataFrame
        What else is marked: ``video, cause`` (of :data:`CAUSES`), ``onset, offset``. No expression,
        but what a spotter may take for one.
    labelled : bool, default True
        Whether anybody has annotated the videos; if not, that `truth` is empty says nothing.
    """

    clips: list[Clip]
    videos: pd.DataFrame
    truth: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    events: pd.DataFrame = field(default_factory=_no_events)
    labelled: bool = True


@dataclass(frozen=True)
class Reading:
    """What the sheets and folders of a database say, in its own frame numbers.

    Attributes
    ----------
    rows : DataFrame
        Of :func:`expressions`: ``subject, recording, kind, onset, apex, offset, emotion, au``.
    recordings : mapping of (subject, recording) to path
        Folders of frames, or video files.
    notes : list of str
    events : DataFrame
        Of :func:`marks`: ``subject, recording, cause, onset, offset``.
    first : mapping of (subject, recording) to int
        Number that the sheet gives to the first frame, where it says so.
    damaged : mapping of (subject, recording) to set of int
        Numbers of pictures that are known to be unusable; they are passed over.
    """

    rows: pd.DataFrame
    recordings: Mapping[Key, str]
    notes: list[str]
    events: pd.DataFrame = field(default_factory=lambda: marks(()))
    first: Mapping[Key, int] = field(default_factory=dict)
    damaged: Mapping[Key, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class LongDatabase:
    """Where and how a database of long videos is read.

    Attributes
    ----------
    name, title : str
    of : str
        The database of short clips that it belongs to, whose card has citation and licence.
    fps : float
    words : str
        What is annotated.
    read : callable
        ``read(root)`` gives a :class:`Reading`.
    labelled : bool, default True
        False of test videos whose annotation the organisers keep.
    """

    name: str
    title: str
    of: str
    fps: float
    words: str
    read: Callable[[Path], Reading]
    labelled: bool = True


def expressions(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of a sheet as a table."""
    columns = ["subject", "recording", "kind", "onset", "apex", "offset", "emotion", "au"]
    return pd.DataFrame(list(rows), columns=columns, dtype=object)


def marks(rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Rows of other marks as a table."""
    columns = ["subject", "recording", "cause", "onset", "offset"]
    return pd.DataFrame(list(rows), columns=columns, dtype=object)
