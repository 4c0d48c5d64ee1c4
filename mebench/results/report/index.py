"""A page over many runs, from their headers and score files alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import BadInput, DataNotFound
from .page import shared, template

__all__ = ["index"]

_MEASURES = ("uf1", "uar", "accuracy", "f1_unit_mean")


def index(folders: Sequence[Path], base: Path) -> str:
    """The page, with links seen from the folder `base`."""
    rows = [_row(folder, base) for folder in folders]
    rows.sort(key=lambda r: (r["dataset"], r["labels"], r["protocol"], -(r["sort"] or 0.0)))
    kinds = {k: sorted({r[k] for r in rows} - {""}) for k in ("dataset", "labels", "method",
                                                             "protocol", "tuning")}  # fmt: skip
    return template("index.html").render(
        **shared(), rows=rows, kinds=kinds,
        units=any(r["scores"].get("f1_unit_mean") for r in rows),
    )  # fmt: skip


def _row(folder: Path, base: Path) -> dict[str, Any]:
    try:
        head = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        table = pd.read_csv(folder / "scores.csv") if head.get("complete", True) else None
    except OSError as error:
        raise DataNotFound(f"{folder} is not a run: {error.filename} cannot be read.") from error
    except (ValueError, AttributeError) as error:
        raise BadInput(f"{folder} is not a run that can be read: {error}.") from error
    scores = _scores(table) if table is not None else {}
    main = scores.get("uf1") or scores.get("f1_unit_mean")
    target = folder / "report.html" if (folder / "report.html").is_file() else folder / "table.md"
    return {
        "name": folder.name,
        **{k: str(head.get(k) or "") for k in ("dataset", "labels", "method", "protocol",
                                               "tuning")},
        "scores": scores,
        "sort": main["value"] if main else None,
        "clips": head.get("n_samples") or "",
        "subjects": head.get("n_subjects") or "",
        "day": str(head.get("time") or "")[:10],
        "seconds": sum(v for v in (head.get("seconds") or {}).values()
                       if isinstance(v, (int, float))),
        "flags": _flags(head, main),
        "link": _link(target, base),
    }  # fmt: skip


def _scores(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """The pooled scores of all databases together."""
    out = {}
    whole = table[table["dataset"].isna()] if "dataset" in table else table
    for column in ("class", "unit"):
        if column in whole:
            whole = whole[whole[column].isna()]
    for row in whole.to_dict("records"):
        if row["measure"] in _MEASURES:
            base = row.get("majority", row.get("all_ones", np.nan))
            out[row["measure"]] = {"value": row["value"], "low": row["low"], "high": row["high"],
                                   "base": base}  # fmt: skip
    return out


def _flags(head: dict[str, Any], main: dict[str, float] | None) -> list[tuple[str, bool]]:
    """As :func:`mebench.results.flags.flags`, as far as header and scores tell."""
    out = []
    if not head.get("complete", True):
        out.append(("incomplete", True))
    if head.get("tuning") == "oracle":
        out.append(("oracle tuning", True))
    if head.get("warnings"):
        out.append(("persons overlap", True))
    if head.get("skipped"):
        out.append((f"{len(head['skipped'])} skipped", False))
    if main and main["base"] == main["base"] and not main["low"] > main["base"]:
        out.append(("not above all ones" if "units" in head else "not above majority", False))
    return out


def _link(target: Path, base: Path) -> str:
    """A relative address, with whatever stands in folder names made harmless."""
    from urllib.parse import quote

    return quote(Path(os.path.relpath(target.resolve(), base.resolve())).as_posix())
