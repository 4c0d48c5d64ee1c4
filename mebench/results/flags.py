"""What a reader must know before believing a score."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..scoring import Predictions, UnitPredictions
from ..scoring.marks import INNER_FOLDS, is_whole
from ..scoring.subjects import about_spelling
from .words import is_twin, number, search_words

__all__ = ["Flag", "Scored", "flags", "flags_of", "is_complete", "is_honest", "overlapping"]


@dataclass(frozen=True)
class Flag:
    """One warning.

    Parameters
    ----------
    key : str
        ``twin, oracle, overlap, inner, incomplete, skipped, apex, majority, accuracy`` or
        ``chance``.
    short : str
        For a table.
    text : str
        Whole sentences, with the numbers of this run.
    general : str
        The same without numbers, true of every run with this flag; empty where only `text` will do.
    grave : bool
        Whether the score is no estimate of performance on new persons.
    """

    key: str
    short: str
    text: str
    grave: bool = False
    general: str = ""


@dataclass(frozen=True)
class Scored:
    """What the warnings look at in the scores of a complete run.

    Parameters
    ----------
    scores : mapping of str to float
    intervals : mapping of str to (float, float)
    baseline : mapping of str to float
        Scores of the majority class, or of calling every action unit everywhere; empty where the
        run does not have them.
    n_classes : int
        Classes that some clip has; 0 for action units.
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    baseline: Mapping[str, float] = field(default_factory=dict)
    n_classes: int = 0


_APEX = re.compile(r"apex: annotated in (\d+) clip\(s\), (.+) in (\d+)")
_LEFT_OUT = re.compile(r"(\d+) clips? left out because")
_MOVED_APEX = re.compile(r"(\d+) clips? whose apex lies outside")


def flags(run: Predictions | UnitPredictions) -> list[Flag]:
    """The warnings of a run, the gravest first.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"clip_id": list("wxyz"), "dataset": "toy", "subject": list("1122"),
    ...     "fold": list("1122"), "y_true": list("abab"), "y_pred": list("abab")})
    >>> head = {"classes": ["a", "b"], "tuning": "oracle", "n_candidates": 640}
    >>> [flag.key for flag in flags(Predictions(table, head))]
    ['oracle']
    """
    if not is_complete(run):
        return flags_of(run.header, None, n_folds=run.table["fold"].nunique())
    if isinstance(run, UnitPredictions):
        found = Scored(run.scores(), run.intervals(), run.scores("all_ones"))
    else:
        base = run.scores("y_majority") if "y_majority" in run.table else {}
        found = Scored(run.scores(), run.intervals(), base, run.table["y_true"].nunique())
    return flags_of(run.header, found)


def flags_of(
    head: Mapping[str, Any], found: Scored | None, *, n_folds: int | str = "?"
) -> list[Flag]:
    """The warnings from a run's header and its scores alone, as a list of many runs needs them.

    Parameters
    ----------
    head : mapping
        The header of the run.
    found : Scored or None
        None where folds are missing.
    n_folds : int, optional
        How many folds are there, of a run that lacks some.
    """
    out = []
    if is_twin(head):
        text = (
            "The clips are synthetic, in the layout of the database: the score says nothing about "
            "recordings of persons."
        )
        out.append(Flag("twin", "synthetic twin", text, general=text))
    if found is None:
        out.append(Flag("incomplete", "incomplete", _incomplete(head, n_folds), True))
    if head.get("tuning") == "oracle":
        text = (
            f"Of {head.get('n_candidates', '?')} settings the one was taken that "
            "scores best on the test clips themselves. This is no estimate of performance on new "
            "persons."
        )
        nested = (head.get("nested_scores") or {}).get("uf1")
        if nested is not None and found is not None and "uf1" in found.scores:
            own = found.scores["uf1"]
            text += (
                f" Nested tuning gives UF1 {number(nested)} instead of {number(own)}: the "
                f"difference, {own - nested:+.3f}, is optimism."
            )
        out.append(Flag("oracle", "oracle tuning", text, True))
    how = (head.get("search") or {}).get("how")
    if how is not None:
        text = search_words(head)
        out.append(Flag("search", f"{how} search", text))
    for warning in map(str, head.get("warnings") or []):
        if warning.startswith(INNER_FOLDS):
            out.append(Flag("inner", "inner folds share persons", warning))
        elif about_spelling(warning):
            out.append(Flag("spelling", "persons written several ways", warning, True))
        else:
            out.append(Flag("overlap", "persons overlap", warning, True))
    skipped = head.get("skipped") or {}
    if skipped:
        text = (
            f"{len(skipped)} clip{'s' if len(skipped) > 1 else ''} left out because no face was "
            f"found: {', '.join(list(skipped)[:5])}{' …' if len(skipped) > 5 else ''}."
        )
        out.append(Flag("skipped", f"{len(skipped)} skipped", text))
    out += _from_notes([str(n) for n in head.get("notes") or []])
    if found is not None:
        units = "f1_unit_mean" in found.scores
        out += _against_all_ones(found) if units else _against_baselines(found)
    return out


def overlapping(head: Mapping[str, Any]) -> bool:
    """Whether persons are trained and tested on."""
    found = map(str, head.get("warnings") or [])
    return any(not (w.startswith(INNER_FOLDS) or about_spelling(w)) for w in found)


def is_complete(run: Predictions | UnitPredictions) -> bool:
    """Whether every fold is there."""
    return is_whole(run.header)


def is_honest(run: Predictions | UnitPredictions) -> bool:
    """Whether the score may stand for performance on persons never seen."""
    return not any(flag.grave for flag in flags(run))


def _incomplete(head: Mapping[str, Any], n_folds: int | str) -> str:
    return (
        f"{n_folds} of {head.get('n_folds', '?')} folds are there, so there is no score. Run "
        "the same command again to finish it."
    )


def _from_notes(notes: list[str]) -> list[Flag]:
    out = []
    for note in notes:
        found = _LEFT_OUT.search(note)
        if found:
            out.append(Flag("skipped", f"{found[1]} left out", f"{note.rstrip('.')}."))
        found = _APEX.search(note)
        if found and int(found[3]):
            text = (
                f"In {found[3]} of {int(found[1]) + int(found[3])} clips the "
                f"apex is not annotated, and {found[2]} stands for it."
            )
            out.append(Flag("apex", "apex estimated", text))
        elif _MOVED_APEX.search(note):
            out.append(Flag("apex", "apex not annotated", f"{note.rstrip('.')}."))
    return out


def _against_baselines(found: Scored) -> list[Flag]:
    scores, intervals, base = found.scores, found.intervals, found.baseline
    out = []
    if base:
        if not intervals["uf1"][0] > base["uf1"]:
            text = (
                f"The interval of UF1 begins at "
                f"{number(intervals['uf1'][0])}, and always answering the most frequent class "
                f"gives {number(base['uf1'])}."
            )
            general = (
                "The interval of UF1 reaches down to what always answering the most frequent "
                "class gives."
            )
            out.append(Flag("majority", "not above majority", text, general=general))
        elif scores["accuracy"] <= base["accuracy"]:
            text = (
                f"Accuracy {number(scores['accuracy'])} is not above that of always answering the "
                f"most frequent class, {number(base['accuracy'])}."
            )
            general = "Accuracy is not above that of always answering the most frequent class."
            out.append(Flag("accuracy", "accuracy not above majority", text, general=general))
    met = found.n_classes
    if met and not intervals["uar"][0] > 1 / met:
        text = (
            f"The interval of UAR begins at {number(intervals['uar'][0])}, and "
            f"guessing among {met} classes gives {number(1 / met)}."
        )
        general = "The interval of UAR reaches down to what guessing among the classes gives."
        out.append(Flag("chance", "not above chance", text, general=general))
    return out


def _against_all_ones(found: Scored) -> list[Flag]:
    low, ones = found.intervals["f1_unit_mean"][0], found.baseline["f1_unit_mean"]
    if low > ones:
        return []
    text = (
        f"The interval of mean F1 begins at {number(low)}, and calling every action unit "
        f"everywhere gives {number(ones)}."
    )
    return [Flag("majority", "not above all ones", text)]
