"""What stands on a leaderboard: bundles as they were verified here, and why others do not."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..bundles import SUFFIX, Bundle, read_bundle, read_certificate
from ..bundles.verification import verify_read
from ..errors import BadInput, DataNotFound, MebenchError
from ..results._published import place_of
from ..results.flags import Flag, Scored, flags_of

__all__ = ["NEEDED", "Entry", "Rejected", "entry_of", "read_entries"]

#: The level that a bundle needs to be ranked.
NEEDED = 3


@dataclass(frozen=True)
class Entry:
    """A bundle that was verified here.

    Parameters
    ----------
    key : str
        The first 12 digits of its SHA-256.
    bundle : Bundle
    level : int
        That was reached here, without the data.
    certificate : dict or None
        A certificate of this very file that lies beside it: another's word for more.
    flags : list of Flag
    file : str
        Where the bundle lies, seen from the folder that was read.
    """

    key: str
    bundle: Bundle
    level: int
    certificate: Mapping[str, Any] | None
    flags: list[Flag] = field(default_factory=list)
    file: str = ""

    @property
    def task(self) -> tuple[str, str, str]:
        """Database, label set and protocol, by the names under which results are published."""
        dataset, labels, protocol = self.bundle.task
        database, how = place_of(dataset, labels, protocol)
        return database, labels, how

    @property
    def method(self) -> str:
        """The name of the method."""
        return str(self.bundle.header.get("method") or "?")

    @property
    def measure(self) -> str:
        """By which it is ranked."""
        return "f1_unit_mean" if self.bundle.units else "uf1"

    @property
    def scores(self) -> Mapping[str, float]:
        """The pooled scores."""
        return dict(self.bundle.scores["scores"])

    @property
    def intervals(self) -> Mapping[str, Any]:
        """Their intervals."""
        return dict(self.bundle.scores["intervals"])

    @property
    def value(self) -> float:
        """The score by which it is ranked."""
        return float(self.scores[self.measure])

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval; the score itself where there is none."""
        low, high = self.intervals[self.measure]
        return (self.value, self.value) if low is None else (float(low), float(high))

    @property
    def ranked(self) -> bool:
        """Whether the score may stand for persons never seen, and was verified far enough."""
        return self.level >= NEEDED and not any(flag.grave for flag in self.flags)

    @property
    def seconds(self) -> float:
        """Wall time of features and folds."""
        found = self.bundle.header.get("seconds") or {}
        return float(sum(v for v in found.values() if isinstance(v, (int, float))))


@dataclass(frozen=True)
class Rejected:
    """A file that does not stand on the board, and why."""

    file: str
    reason: str


def read_entries(
    folder: str | os.PathLike[str], *, certificates: str | os.PathLike[str] | None = None
) -> tuple[list[Entry], list[Rejected]]:
    """All bundles in a folder and below it, each verified to level 3.

    Parameters
    ----------
    folder : path
    certificates : path, optional
        Folder of certificates. Default: those beside the bundles, in files ``*.json``.

    Raises
    ------
    DataNotFound
        There is no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataNotFound(f"There is no folder {folder} of bundles.")
    vouched = _certificates(Path(certificates) if certificates is not None else folder)
    entries: dict[str, Entry] = {}
    rejected: list[Rejected] = []
    for path in sorted(folder.rglob(f"*{SUFFIX}")):
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        name = path.relative_to(folder).as_posix()
        try:
            entry = entry_of(path, vouched)
        except MebenchError as error:
            rejected.append(Rejected(name, str(error)))
            continue
        if entry.key in entries:
            rejected.append(Rejected(name, f"the same file as {entries[entry.key].file}"))
            continue
        entries[entry.key] = Entry(**{**entry.__dict__, "file": name})
    return list(entries.values()), rejected


def entry_of(
    path: str | os.PathLike[str], certificates: Mapping[str, Mapping[str, Any]] | None = None
) -> Entry:
    """A bundle, verified without the data.

    Raises
    ------
    BadInput
        Something in it is disproved, or it does not reach level 3.
    """
    bundle = read_bundle(path)
    found = verify_read(bundle)
    if found.disproved:
        raise BadInput(found.disproved[0].text)
    if found.level < NEEDED - 1:
        raise BadInput(f"it reaches level {found.level} only")
    vouched = (certificates or {}).get(bundle.sha256)
    return Entry(bundle.sha256[:12], bundle, found.level, vouched, _flags(bundle))


def _flags(bundle: Bundle) -> list[Flag]:
    scores = bundle.scores
    ends = {k: _ends(v, scores["scores"].get(k)) for k, v in scores["intervals"].items()}
    base = scores.get("all_ones" if bundle.units else "majority") or {}
    met = 0
    if not bundle.units:
        met = sum(sum(row) > 0 for row in bundle.confusion["all"])
    return flags_of(bundle.header, Scored(scores["scores"], ends, base, met))


def _ends(ends: Any, value: Any) -> tuple[float, float]:
    low, high = ends
    return (value, value) if low is None else (low, high)


def _certificates(folder: Path) -> dict[str, dict[str, Any]]:
    """By the checksum of the file that they are about, the highest level of each."""
    out: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            found = read_certificate(path)
        except (BadInput, DataNotFound, json.JSONDecodeError):
            continue
        known = out.get(found["sha256"])
        if known is None or found["level"] > known["level"]:
            out[found["sha256"]] = found
    return out
