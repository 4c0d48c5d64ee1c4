"""Clips to be predicted: videos, folders of frames, or a list of such in a CSV file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from ..clip import Clip, FrameFiles, VideoFile
from ..datasets.frames import Listing, cut, list_frames
from ..errors import BadInput, DataNotFound, MebenchError
from ..spotting import open_source
from ..tables import read_csv

__all__ = ["as_frame", "open_clips"]

_FRAMES = ("frames", "path", "video", "folder", "file")
_IDS = ("clip_id", "clipid", "clip", "id")


def open_clips(
    what: Iterable[str | os.PathLike[str]], *, fps: float | None = None, colour: bool = False
) -> list[Clip]:
    """The clips that paths stand for; frames are read when they are touched.

    Parameters
    ----------
    what : iterable of path
        Video files, folders of numbered images, and CSV files that list such: a column
        ``frames`` (or ``path``, ``video``, ``folder``), and if there ``clip_id``, ``onset``,
        ``apex``, ``offset`` and ``fps``, as in a manifest (:mod:`mebench.datasets.manifest`).
        Other columns, labels too, are not looked at. Paths are relative to the CSV file.
    fps : float, optional
        Frames per second, where neither the file nor the CSV says.
    colour : bool, default False
        RGB frames instead of grey ones.

    Raises
    ------
    DataNotFound, BadInput
        A path, a column or a cell that cannot be used.
    """
    clips: list[Clip] = []
    for path in map(Path, what):
        if path.suffix.lower() == ".csv":
            clips += _listed(path, fps, colour)
        else:
            clips.append(_clip(path, str(path), {}, fps, colour))
    if not clips:
        raise BadInput("There are no clips to predict; give videos, folders of images or a CSV.")
    return clips


def _listed(path: Path, fps: float | None, colour: bool) -> list[Clip]:
    if not path.is_file():
        raise DataNotFound(f"There is no file {path}.")
    table = read_csv(path)
    names = {str(c).strip().lower(): c for c in table.columns}
    frames = next((names[n] for n in _FRAMES if n in names), None)
    if frames is None:
        raise BadInput(
            f"{path}: the column frames is missing; found {', '.join(map(str, table.columns))}."
        )
    ids = next((names[n] for n in _IDS if n in names), frames)
    clips = []
    for i, row in table.iterrows():
        numbers = {}
        for key in ("onset", "apex", "offset", "fps"):
            cell = str(row[names[key]]).strip() if key in names else ""
            if cell in ("", "nan", "None", "<NA>"):
                continue
            try:
                numbers[key] = float(cell)
            except ValueError as error:
                raise BadInput(
                    f"{path}, line {int(str(i)) + 2}: {key} is {cell!r}, which is no number."
                ) from error
        where = path.parent / str(row[frames]).strip().replace("\\", os.sep)
        try:
            clips.append(_clip(where, str(row[ids]).strip(), numbers, fps, colour))
        except MebenchError as error:
            raise BadInput(f"{path}, line {int(str(i)) + 2}: {error}") from error
    return clips


def _clip(
    path: Path, name: str, numbers: dict[str, float], fps: float | None, colour: bool
) -> Clip:
    source = open_source(path, numbers.get("fps"))
    rate = source.fps or fps
    marks = {k: int(numbers[k]) for k in ("onset", "apex", "offset") if k in numbers}
    if path.is_dir():
        listing = list_frames(path)
    else:
        every = range(source.n_frames or 0)
        listing = Listing(str(path), tuple(every), tuple(map(str, every)), (), video=True)
    first = listing.numbers[0] if listing.numbers else 0
    part = cut(listing, marks.get("onset", first), marks.get("apex"), marks.get("offset"))
    if listing.numbers and marks.get("offset", 0) > listing.numbers[-1]:
        raise BadInput(
            f"{path} ends with frame {listing.numbers[-1]}, before the offset {marks['offset']}."
        )
    frames: Any
    if listing.video:
        number = int(os.path.basename(part.paths[0]))
        frames = VideoFile(str(path), number, len(part.paths), colour)
    else:
        frames = FrameFiles(part.paths, colour)
    return Clip(name, frames, fps=rate, apex=part.apex)


def as_frame(predictions: Iterable[Any]) -> pd.DataFrame:
    """One row per prediction: ``clip_id, label, score_<class> …, warnings, problem``."""
    rows = []
    for one in predictions:
        scores = {f"score_{c}": v for c, v in one.scores.items()}
        rows.append({"clip_id": one.clip_id, "label": one.label or "", **scores,
                     "warnings": "; ".join(one.warnings), "problem": one.problem})  # fmt: skip
    columns = ["clip_id", "label"]
    frame = pd.DataFrame(rows)
    scored = [c for c in frame if str(c).startswith("score_")]
    return frame[[*columns, *scored, "warnings", "problem"]]
