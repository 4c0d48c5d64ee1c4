"""Bundle: what was read from one file, before anything of it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Bundle"]


@dataclass(frozen=True)
class Bundle:
    """A bundle as it was read: nothing in it is believed yet.

    Parameters
    ----------
    name : str
        Of the file.
    sha256 : str
        Of the file.
    manifest, header, environment, chosen, confusion, scores : dict
        The JSON files in it.
    folds : dict of str to list of str
        Columns ``clip_id, dataset, subject, fold``, one row per tested clip.
    rows : dict of str to list of str
        Columns of the predictions, ``clip_id, y_pred`` and more.
    """

    name: str
    sha256: str
    manifest: dict[str, Any]
    header: dict[str, Any]
    environment: dict[str, Any]
    chosen: dict[str, Any]
    confusion: dict[str, Any]
    scores: dict[str, Any]
    folds: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, list[str]] = field(default_factory=dict)

    @property
    def hashed(self) -> bool:
        """Whether names of clips and persons are keyed hashes."""
        return bool(self.manifest["ids"] == "hashed")

    @property
    def with_truth(self) -> bool:
        """Whether the truth of each clip is in it."""
        return "y_true" in self.rows

    @property
    def units(self) -> bool:
        """Whether it is about action units."""
        return "units" in self.header

    @property
    def classes(self) -> list[str]:
        """The classes, in print order; none for action units."""
        return list(self.header.get("classes") or [])

    @property
    def task(self) -> tuple[str, str, str]:
        """Database, label set and protocol."""
        head = self.header
        return (
            str(head.get("dataset") or ""),
            str(head.get("labels") or ""),
            str(head.get("protocol") or ""),
        )
