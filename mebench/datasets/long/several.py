"""Several databases of long videos as one, by names such as ``samm-long+casme-sq-long``."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from ...errors import BadInput
from . import LONG, load_long, load_unseen
from .load import Progress
from .videos import LongVideos

__all__ = ["ALIASES", "join_long", "load_many"]

#: Names for several at once.
ALIASES = {"megc2025": "megc2025-samm+megc2025-cas"}


def load_many(
    name: str,
    root: str | os.PathLike[str] | None = None,
    *,
    fps: float | None = None,
    progress: Progress | None = None,
) -> LongVideos:
    """Long videos by any name: one database, several with ``+``, or a folder of one's own.

    Parameters
    ----------
    name : str
        Keys of :data:`mebench.datasets.long.LONG`, joined by ``+``; or ``megc2025``, the unseen
        videos of that challenge; or the path of a folder of videos without annotation.
    root : path, optional
        Where one database lies, or the unseen videos of a challenge.
    fps : float, optional
        Frames per second of a folder of one's own.
    progress : callable, optional

    Raises
    ------
    BadInput
        An unknown name, a root for several databases, a folder without `fps`.
    """
    parts = ALIASES.get(name, name).split("+")
    if len(parts) == 1 and parts[0] not in LONG and Path(name).is_dir():
        if fps is None:
            raise BadInput(f"Say how many frames per second the videos in {name} have (--fps).")
        return load_unseen(Path(name), fps)
    if fps is not None:
        raise BadInput("The frame rate of a database is known; --fps is for a folder of your own.")
    twice = sorted({p for p in parts if parts.count(p) > 1})
    if twice:
        raise BadInput(f"{', '.join(twice)} stands twice in {name}.")
    if root is not None and len(parts) > 1 and name not in ALIASES:
        raise BadInput(
            "A root belongs to one database; of several, say where each lies in its variable, such "
            "as MEBENCH_SAMM_LONG."
        )
    return join_long([load_long(part, root, progress=progress) for part in parts])


def join_long(parts: list[LongVideos]) -> LongVideos:
    """The videos of several databases, all labelled or none."""
    if len(parts) == 1:
        return parts[0]
    if len({part.labelled for part in parts}) > 1:
        raise BadInput(
            "Videos that somebody has annotated and videos that nobody has cannot be scored "
            "together: name one or the other."
        )
    videos = pd.concat([part.videos for part in parts], ignore_index=True)
    truth = pd.concat([part.truth for part in parts], ignore_index=True)
    events = pd.concat([part.events for part in parts], ignore_index=True)
    return LongVideos(
        [clip for part in parts for clip in part.clips],
        videos,
        truth.astype({"onset": "int64", "apex": "Int64", "offset": "int64"}),
        [note for part in parts for note in part.notes],
        events.astype({"onset": "int64", "offset": "int64"}),
        parts[0].labelled,
    )
