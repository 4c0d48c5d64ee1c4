"""What a run leaves: its predictions, saved; an oracle's score beside the nested one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..results import optimism_line, save_run
from ..scoring import Predictions, UnitPredictions
from .resume import Work

__all__ = ["Failure", "Outcome", "saved_outcome"]


@dataclass(frozen=True)
class Outcome:
    """One finished run: its predictions, its folder, and a remark where the score needs one."""

    predictions: Predictions | UnitPredictions
    folder: Path
    remark: str = ""

    @property
    def complete(self) -> bool:
        """Whether no fold failed."""
        return self.predictions.complete

    def summary(self) -> dict[str, Any]:
        """Scores, intervals, baseline and header, for a program to read."""
        return {
            **(self.predictions.summary() if self.complete else {}),
            "remark": self.remark,
            "folder": str(self.folder),
            **self.predictions.header,
        }


@dataclass(frozen=True)
class Failure:
    """A run of several that could not be done, and why; nothing of it is kept as a result."""

    what: str
    reason: str
    complete = False

    def summary(self) -> dict[str, Any]:
        """What failed and why, for a program to read."""
        return {"complete": False, "what": self.what, "reason": self.reason}


def saved_outcome(
    predictions: Callable[[str], Predictions | UnitPredictions],
    tuning: str,
    out: str | os.PathLike[str],
    key: str,
    work: Work,
) -> Outcome:
    """Predict and save; an oracle's score is set beside the nested one."""
    found = predictions(tuning)
    remark = ""
    if found.header["tuning"] == "oracle" and found.complete:
        nested = predictions("nested")
        if nested.complete:
            if isinstance(found, Predictions) and isinstance(nested, Predictions):
                remark = optimism_line(found, nested)
            head: dict[str, Any] = {"nested_scores": nested.scores()}
        else:
            # The oracle's score must not stand alone.
            failed = {f"nested, {k}": why for k, why in nested.header["failed"].items()}
            head = {"complete": False, "failed": failed}
        found = replace(found, header={**found.header, **head})
    folder = save_run(found, out)
    if found.complete:
        work.finish(key, folder, remark)
    return Outcome(found, folder, remark)
