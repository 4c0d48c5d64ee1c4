"""A page over many runs, from their headers and score files alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from ...errors import BadInput, DataNotFound
from ...exact_numbers import as_written
from ...scoring.marks import is_whole
from ..flags import Scored, flags_of
from ..header import read_header
from ..words import data_of
from .left_out import LeftOut, each
from .page import shared, template

__all__ = ["index"]

_NUMBERS = ("value", "low", "high", "majority", "all_ones")


def index(folders: Sequence[Path], base: Path, left_out: LeftOut | None = None) -> str:
    """The page, with links seen from the folder `base`."""
    rows = each(folders, lambda folder: _row(folder, base), left_out)
    rows.sort(key=lambda r: (r["dataset"], r["labels"], r["protocol"], -(r["sort"] or 0.0)))
    kinds = {k: sorted({r[k] for r in rows} - {""}) for k in ("dataset", "labels", "method",
                                                             "protocol", "tuning")}  # fmt: skip
    return template("index.html").render(
        **shared(), rows=rows, kinds=kinds,
        units=any("f1_unit_mean" in r["scores"] for r in rows),
        spotted=any("spotting_f1" in r["scores"] for r in rows),
    )  # fmt: skip


def _row(folder: Path, base: Path) -> dict[str, Any]:
    try:
        head = read_header(folder)
        if head.get("kind") == "spotting":
            return _spotted_row(folder, base, head)
        found = _scored(folder / "scores.csv") if is_whole(head) else None
        there = "?" if found else _folds(folder / "predictions.csv")
    except OSError as error:
        raise DataNotFound(f"{folder} is not a run: {error.filename} cannot be read.") from error
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise BadInput(f"{folder} is not a run that can be read: {error}.") from error
    scores = found.scores if found else {}
    target = folder / "report.html" if (folder / "report.html").is_file() else folder / "table.md"
    return {
        "name": folder.name,
        "dataset": data_of(head),
        **{k: str(head.get(k) or "") for k in ("labels", "method", "protocol", "tuning")},
        "scores": scores,
        "intervals": found.intervals if found else {},
        "sort": scores.get("uf1", scores.get("f1_unit_mean")),
        "clips": head.get("n_samples") or "",
        "subjects": head.get("n_subjects") or "",
        "day": str(head.get("time") or "")[:10],
        "seconds": sum(v for v in (head.get("seconds") or {}).values()
                       if isinstance(v, (int, float))),
        "flags": flags_of(head, found, n_folds=there),
        "link": _link(target, base),
    }  # fmt: skip


def _spotted_row(folder: Path, base: Path, head: dict[str, Any]) -> dict[str, Any]:
    """A run of spotting: F1 of micro-expressions over all databases; nothing of unseen videos."""
    scores, ends = {}, {}
    if (folder / "scores.csv").is_file():
        table = pd.read_csv(folder / "scores.csv", dtype={"dataset": str}, **as_written())
        micro = table[table["kind"] == "micro"]
        if len(micro):
            last = micro.iloc[-1]  # Overall, where there are several
            scores = {"spotting_f1": float(last["f1"])}
            ends = {"spotting_f1": (float(last["f1_low"]), float(last["f1_high"]))}
    words = ("dataset", "labels", "method", "protocol", "tuning")
    target = folder / "report.html" if (folder / "report.html").is_file() else folder / "table.md"
    return {
        "name": folder.name,
        **{k: str(head.get(k) or "") for k in words},
        "scores": scores,
        "intervals": ends,
        "sort": scores.get("spotting_f1"),
        "clips": head.get("n_videos") or "",
        "subjects": head.get("n_subjects") or "",
        "day": str(head.get("time") or "")[:10],
        "seconds": 0,
        "flags": [],
        "link": _link(target, base),
    }


def _scored(path: Path) -> Scored:
    """The pooled scores of all databases together, as the run wrote them."""
    # A class may be called NA: only in columns of numbers does an empty cell mean nothing.
    table = pd.read_csv(path, keep_default_na=False, na_values={k: [""] for k in _NUMBERS},
                        dtype={"class": str, "unit": str, "dataset": str},
                        **as_written())  # fmt: skip
    if "dataset" in table:
        table = table[table["dataset"] == ""]
    part = "unit" if "unit" in table else "class"
    whole = table[(table[part] == "") & ~table["measure"].str.startswith("fold_mean_")]
    whole = whole.set_index("measure")
    base = "all_ones" if part == "unit" else "majority"
    each = table[(table[part] != "") & (table["measure"] == "n")]
    return Scored(
        whole["value"].to_dict(),
        {m: (row["low"], row["high"]) for m, row in whole.iterrows()},
        whole[base].dropna().to_dict() if base in whole else {},
        int((each["value"] > 0).sum()),
    )


def _folds(path: Path) -> int:
    return int(pd.read_csv(path, usecols=["fold"], dtype=str)["fold"].nunique())


def _link(target: Path, base: Path) -> str:
    """A relative address, with whatever stands in folder names made harmless."""
    from urllib.parse import quote

    return quote(Path(os.path.relpath(os.path.realpath(target), os.path.realpath(base))).as_posix())
