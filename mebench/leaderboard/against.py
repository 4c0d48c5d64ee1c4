"""Where a run would stand on a board that somebody built."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ..bundles import SUFFIX, bundle_run
from ..errors import BadInput, DataNotFound
from ..results._published import published
from .entries import Entry, entry_of
from .ranking import difference_p

__all__ = ["Standing", "standing"]


@dataclass(frozen=True)
class Standing:
    """A run among the verified entries of its task, and beside what was printed.

    Parameters
    ----------
    entry : Entry
    rank, of : int
        Its place if it were added, and of how many; rank 0 where it would not be ranked.
    first : dict or None
        The best entry of the board, and `p_first`, of the difference from it.
    p_first : float
    above, below : list of dict
        Entries of the board that are better or worse, with ``p`` of the difference, nearest
        first; entries that are not ranked are left out.
    printed_above, printed_below : list of dict
        Printed results of the same task with this measure.
    same : bool
        This very bundle is on the board.
    """

    entry: Entry
    rank: int
    of: int
    first: dict[str, Any] | None
    p_first: float
    above: list[dict[str, Any]]
    below: list[dict[str, Any]]
    printed_above: list[dict[str, Any]]
    printed_below: list[dict[str, Any]]
    same: bool

    def sentence(self) -> str:
        """The answer in words."""
        entry = self.entry
        where = " · ".join(w for w in entry.task if w)
        low, high = entry.interval
        score = f"{entry.measure.upper()} {entry.value:.3f} [{low:.3f} to {high:.3f}]"
        if not self.rank:
            why = ", ".join(f.short for f in entry.flags if f.grave) or f"level {entry.level} only"
            return f"{entry.method} ({score}) would not be ranked on {where}: {why}."
        text = f"{entry.method} ({score}) would be number {self.rank} of {self.of} on {where}."
        if self.first is None:
            return text + " Nothing verified is there yet."
        if self.p_first > 0.05:
            word = "not significantly different from"
        else:
            word = "significantly better than" if self.rank == 1 else "significantly worse than"
        return f"{text} It is {word} the best there, {self.first['method']} ({_p(self.p_first)})."

    def summary(self) -> dict[str, Any]:
        """Plain values, for a program to read."""
        out = {k: v for k, v in self.__dict__.items() if k != "entry"}
        out["p_first"] = None if math.isnan(self.p_first) else self.p_first
        entry = self.entry
        return {
            "method": entry.method, "task": list(entry.task), "measure": entry.measure,
            "value": entry.value, "interval": list(entry.interval), "level": entry.level,
            "flags": [f.key for f in entry.flags], "sentence": self.sentence(), **out,
        }  # fmt: skip


def standing(
    run: str | os.PathLike[str], site: str | os.PathLike[str], *, printed: bool = True
) -> Standing:
    """Where a run would stand among the verified entries of its task.

    Parameters
    ----------
    run : path
        A bundle or a run directory.
    site : path
        Folder of :func:`write_site`, or its ``index.json``.
    printed : bool, default True
        Set printed results of the same task beside it.

    Raises
    ------
    DataNotFound, BadInput
        No such run or board; or a run that no board would take.
    """
    entry = _entry(Path(run))
    rows = [r for r in _index(Path(site))["entries"] if tuple(r["task"]) == entry.task]
    others = [
        r for r in rows if r["rank"] and r["key"] != entry.key and r["measure"] == entry.measure
    ]
    compared = [{**_short(r), "p": difference_p(entry, _as_entry(r))} for r in others]
    above = [r for r in compared if r["value"] > entry.value]
    below = [r for r in compared if r["value"] <= entry.value]
    best = max(compared, key=lambda r: r["value"], default=None)
    shown = _printed(entry) if printed else []
    return Standing(
        entry=entry,
        rank=1 + len(above) if entry.ranked else 0,
        of=len(compared) + 1,
        first=best,
        p_first=math.nan if best is None else best["p"],
        above=sorted(above, key=lambda r: r["value"]),
        below=sorted(below, key=lambda r: -r["value"]),
        printed_above=[r for r in shown if r["value"] > entry.value],
        printed_below=[r for r in shown if r["value"] <= entry.value],
        same=any(r["key"] == entry.key for r in rows),
    )


def _entry(run: Path) -> Entry:
    if run.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            made = bundle_run(run, Path(folder) / f"run{SUFFIX}")
            return entry_of(made)
    try:
        return entry_of(run)
    except BadInput as error:
        raise BadInput(f"No board would take {run.name}: {error}") from error


def _index(site: Path) -> dict[str, Any]:
    path = site / "index.json" if site.is_dir() else site
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataNotFound(
            f"There is no board at {site}: {path} cannot be read. `mebench leaderboard` builds one."
        ) from error
    except ValueError as error:
        raise BadInput(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(found, dict) or found.get("format") != "mebench-board":
        raise BadInput(f"{path} is not the index of a board of mebench.")
    return found


def _as_entry(row: Mapping[str, Any]) -> Any:
    """What :func:`difference_p` needs of a row of the index."""
    low, high = row["intervals"][row["measure"]]
    ends = (row["value"], row["value"]) if low is None else (low, high)
    return SimpleNamespace(
        value=row["value"], interval=ends, measure=row["measure"],
        bundle=SimpleNamespace(with_truth=False),
    )  # fmt: skip


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: row[k] for k in ("method", "value", "rank", "group", "level", "tuning", "key")}


def _printed(entry: Entry) -> list[dict[str, Any]]:
    database, labels, protocol = entry.task
    try:
        rows = published(database=database, labels=labels, protocol=protocol)
    except BadInput:
        return []
    rows = (
        rows[(rows["part"] == "") & rows[entry.measure].notna()]
        if entry.measure in rows
        else rows[:0]
    )
    rows = rows.sort_values(entry.measure, ascending=False)
    return [
        {
            "method": r["method"],
            "value": r[entry.measure],
            "flags": r["flags"],
            "source": r["source"],
        }
        for r in rows.to_dict("records")
    ]


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}"
