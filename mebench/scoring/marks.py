"""What must be known of a score wherever its predictions go: the marks that travel with a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["INNER_FOLDS", "MARKS", "header_beside", "is_whole", "marked_header", "marks_of"]

#: The column of a predictions or scores file that holds them, where there are any.
MARKS = "marks"

#: How the warning about a search on folds that share persons begins, by which tables know it.
INNER_FOLDS = "INNER FOLDS SHARE PERSONS"

_ORACLE, _OVERLAP, _INCOMPLETE = "oracle tuning", "persons overlap", "incomplete"
_SAID = {
    _OVERLAP: "PERSONS OVERLAP: persons were trained and tested on, as the file's own marks say. "
    "This is no estimate of performance on new persons.",
}
#: Of a run's header, what a score of its predictions is read by.
_KEPT = (
    *("classes", "complete", "failed", "tuning", "n_candidates", "scoring", "protocol", "labels"),
    *("n_folds", "nested_scores", "warnings", "n_samples", "inner", "search", "split"),
)


def is_whole(header: Mapping[str, Any]) -> bool:
    """Whether a header says that no fold is missing; anything but true or nothing says one is.

    Examples
    --------
    >>> is_whole({}), is_whole({"complete": True}), is_whole({"complete": "false"})
    (True, True, False)
    """
    return header.get("complete", True) is True


def marks_of(header: Mapping[str, Any]) -> str:
    """The marks of a run in a cell; empty for most.

    Examples
    --------
    >>> marks_of({"tuning": "oracle", "complete": False})
    'oracle tuning; incomplete'
    """
    overlap = any(str(w).startswith("PERSONS OVERLAP") for w in header.get("warnings") or [])
    found = {
        _ORACLE: header.get("tuning") == "oracle",
        _OVERLAP: overlap,
        _INCOMPLETE: not is_whole(header),
    }
    return "; ".join(mark for mark, there in found.items() if there)


def marked_header(cell: str) -> dict[str, Any]:
    """What marks say, as a header says it.

    Examples
    --------
    >>> marked_header("oracle tuning")
    {'tuning': 'oracle'}
    """
    marks = {mark.strip() for mark in cell.split(";")}
    found: dict[str, Any] = {}
    if _ORACLE in marks:
        found["tuning"] = "oracle"
    if _INCOMPLETE in marks:
        found["complete"] = False
    if _OVERLAP in marks:
        found["warnings"] = [_SAID[_OVERLAP]]
    return found


def header_beside(path: Path) -> dict[str, Any]:
    """What the run says whose folder the file lies in; empty if none does, or of other predictions.

    A run's ``run.json`` holds the checksum of its predictions, so a file that was changed, or that
    lies beside another run's, takes nothing from it.
    """
    try:
        header = json.loads((path.parent / "run.json").read_text(encoding="utf-8"))
        same = hashlib.sha256(path.read_bytes()).hexdigest() == header["predictions_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not same or not isinstance(header.get("classes"), list):
        return {}
    return {key: header[key] for key in _KEPT if key in header}
