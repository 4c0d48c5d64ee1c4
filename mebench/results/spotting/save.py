"""A run of spotting, written into a folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pandas as pd

from ...errors import BadInput
from ...storage.run_folder import put_in_place, writing_folder
from ..store import csv_bytes, plain_value, run_place
from .curves import packed_curves
from .run import KIND, TABLES, SpottingRun
from .tables import spotting_markdown

__all__ = ["save_spotting_run"]


def save_spotting_run(run: SpottingRun, out: str | os.PathLike[str]) -> Path:
    """Write a run into its own folder below `out`, whole or not at all.

    As :func:`mebench.results.save_run` does: an earlier run of the same is replaced, another of
    that name is kept.
    """
    out = Path(out)
    files = {f"{name}.csv": csv_bytes(table) for name in TABLES
             if len((table := getattr(run, name)).columns)}  # fmt: skip
    files["truth.csv"] = csv_bytes(_with_empty_videos(run))
    files |= dict(run.files)
    if run.curves:
        files["curves.npz"] = packed_curves(run.curves)
    table = csv_bytes(run.predictions)
    header = {
        **run.header, "kind": KIND, "complete": True,
        "predictions_sha256": hashlib.sha256(table).hexdigest(),
        "artifacts": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }  # fmt: skip
    text = json.dumps(header, indent=1, default=plain_value, ensure_ascii=False) + "\n"
    try:
        with writing_folder(out) as temporary:
            (temporary / "predictions.csv").write_bytes(table)
            for name, data in files.items():
                (temporary / name).write_bytes(data)
            (temporary / "run.json").write_text(text, encoding="utf-8")
            (temporary / "table.md").write_text(spotting_markdown([run]), encoding="utf-8")
            return put_in_place(temporary, lambda: run_place(out, header))
    except OSError as error:
        raise BadInput(
            f"Cannot write results to {out}: {error.strerror or error}. Make room, or name another "
            "folder with --out; the same command then goes on where it was."
        ) from error


def _with_empty_videos(run: SpottingRun) -> pd.DataFrame:
    """What is annotated, as ``mebench score-spotting`` reads it: empty videos have a row too."""
    videos = run.videos[["dataset", "video", "subject"]].drop_duplicates()
    empty = videos[~videos["video"].isin(set(run.truth.get("video", [])))]
    whole = pd.concat([run.truth, empty], ignore_index=True)
    marks = [m for m in ("onset", "apex", "offset") if m in whole]
    whole[marks] = whole[marks].apply(pd.to_numeric)
    return whole.astype(dict.fromkeys(marks, "Int64"))
