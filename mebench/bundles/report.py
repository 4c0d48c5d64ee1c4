"""What a verification found: single checks, the level that they reach, and how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["LEVELS", "STATUS", "Check", "Verification"]

#: What each level is about.
LEVELS = {
    1: ("whole", "format and checksums are right, and nothing foreign is in it"),
    2: ("arithmetic", "every score follows from the counts, and the counts are possible"),
    3: ("protocol", "clips, persons, folds and parameters are as the protocol says"),
    4: ("data", "with the truth of the database at hand, every figure comes out again"),
    5: ("refit", "folds computed anew give the same predictions"),
}
#: proved and disproved speak for themselves; open: cannot be told from what is there, and the
#: level is not reached without it; stated: the run's own word, on which no level depends.
STATUS = ("proved", "disproved", "open", "stated")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Parameters
    ----------
    level : int
    key : str
        One or two words.
    status : {'proved', 'disproved', 'open', 'stated'}
    text : str
        What was found, as a sentence.
    """

    level: int
    key: str
    status: str
    text: str


@dataclass(frozen=True)
class Verification:
    """All checks of one bundle, file of predictions, or log.

    Parameters
    ----------
    name : str
        Of the file.
    kind : {'bundle', 'predictions', 'log'}
    sha256 : str
        Of the file; empty where it could not be read.
    checks : list of Check
    about : dict
        ``dataset, labels, protocol, method`` and the scores, as far as they are known.
    refitted : list of str
        Folds that were computed anew.
    """

    name: str
    kind: str
    sha256: str
    checks: Sequence[Check]
    about: dict[str, Any] = field(default_factory=dict)
    refitted: Sequence[str] = ()

    @property
    def level(self) -> int:
        """The highest level of which, and of all below it, everything is proved; 0 for none."""
        reached = 0
        for level in LEVELS:
            found = [c.status for c in self.checks if c.level == level and c.status != "stated"]
            if not found or set(found) != {"proved"}:
                break
            reached = level
        return reached

    @property
    def disproved(self) -> list[Check]:
        """What is wrong."""
        return [check for check in self.checks if check.status == "disproved"]

    @property
    def unproved(self) -> list[str]:
        """What nobody who reads only this may take as proved, in sentences."""
        level = self.level
        settled = ("fold means", "baseline", "class counts") if level >= 4 else ()
        out = [
            c.text
            for c in self.checks
            if c.status == "open" or (c.status == "stated" and c.key not in settled)
        ]
        if level < 4 and not self.disproved:
            out.append(
                "That the predictions were compared with the true labels: that takes the database "
                "(level 4)."
            )
        if level < 5 and not self.disproved:
            out.append(
                "That the method gives these predictions, and that its parameters were chosen "
                "without the tested clips: that takes computing folds anew (level 5)."
            )
        return out

    def summary(self) -> dict[str, Any]:
        """Plain values, for a program to read."""
        return {
            "name": self.name,
            "kind": self.kind,
            "sha256": self.sha256,
            "level": self.level,
            "disproved": [c.text for c in self.disproved],
            "unproved": self.unproved,
            "checks": [asdict(check) for check in self.checks],
            "about": dict(self.about),
            "refitted": list(self.refitted),
        }
