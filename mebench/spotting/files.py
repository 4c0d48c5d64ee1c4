"""What was spotted, written as CSV or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadInput
from ._spot import Spotting
from .spotter import KINDS

__all__ = ["as_json", "check_ending", "save_spotting"]

_MARKS = ("onset", "apex", "offset")


def save_spotting(path: str | os.PathLike[str], spottings: Sequence[Spotting]) -> Path:
    """Write intervals as ``.csv`` or ``.json``, by the ending.

    The CSV is what :func:`read_intervals` reads: a video in which nothing was spotted has one row
    without marks. Of folders of images, ``onset_image, apex_image, offset_image`` are the numbers
    in the names of the images, where the marks are counted from 0.
    """
    path = Path(path)
    check_ending(path)
    if path.suffix == ".csv":
        tables = []
        for one in spottings:
            rows = one.intervals if len(one.intervals) else one.intervals.reindex([0])
            rows = _with_images(rows, one.numbers)
            tables.append(rows.assign(n_frames=one.n_frames, fps=one.fps, method=one.method))
            for kind in KINDS:
                tables[-1][f"looked_at_{kind}"] = round(one.looked_at(kind), 4)
            tables[-1]["looked_at"] = one.what_was_looked_at()
            tables[-1].insert(0, "video", one.name)
        whole = pd.concat(tables, ignore_index=True)
        marks = [m + end for m in _MARKS for end in ("", "_image") if m + end in whole]
        text = whole.astype({m: "Int64" for m in marks}).to_csv(index=False)
    else:
        text = json.dumps([as_json(one) for one in spottings], indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
    return path


def check_ending(path: Path) -> None:
    """That intervals can be written there, before any work is done."""
    if path.suffix not in (".csv", ".json"):
        raise BadInput(f"Intervals are written as .csv or .json, found {path.name!r}.")


def _with_images(rows: pd.DataFrame, numbers: Sequence[int] | None) -> pd.DataFrame:
    """The numbers of the images beside those of the frames, where there are images."""
    if numbers is None:
        return rows
    named = dict(enumerate(numbers))
    return rows.assign(**{f"{m}_image": rows[m].map(named) for m in _MARKS})


def as_json(one: Spotting) -> dict[str, Any]:
    """A spotting as plain values, the curves left out."""
    return {
        "video": one.name,
        "method": one.method,
        "fps": one.fps,
        "n_frames": one.n_frames,
        "frames_without_face": int((~one.curves["face"]).sum()),
        "looked_at": {
            kind: {
                "share": round(one.looked_at(kind), 4),
                "not": {c: round(s, 4) for c, s in one.unseen.get(kind, {}).items()},
            }
            for kind in KINDS
        },
        "notes": list(one.notes),
        "intervals": json.loads(_with_images(one.intervals, one.numbers).to_json(orient="records")),
    }
