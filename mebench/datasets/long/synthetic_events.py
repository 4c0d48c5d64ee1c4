"""What else happens in the videos of our own corpora, which nobody would annotate."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd

from .videos import CAUSES, Reading, marks

__all__ = ["with_synthetic_events"]


def with_synthetic_events(reading: Reading, root: Path) -> Reading:
    """The same, with the blinks, talk and turns of ``truth/events.json``, if the file is there.

    Where the sheets have such marks too, they are the same blinks, and those of the file count.
    """
    path = root / "truth" / "events.json"
    try:
        films = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return reading
    keys = {os.path.realpath(where): key for key, where in reading.recordings.items()}
    found = []
    for film in films:
        key = keys.get(os.path.realpath(root / film["folder"]))
        if key is not None:
            found += [
                (*key, e["kind"], film["first"] + e["onset"], film["first"] + e["offset"])
                for e in film["events"]
                if e["kind"] in CAUSES
            ]
    if not found:
        return reading
    kept = reading.events[~reading.events["cause"].isin({row[2] for row in found})]
    return replace(reading, events=pd.concat([kept, marks(found)], ignore_index=True))
