"""Logs of training scripts, read for the predictions and the scores that they print.

The field's public code prints, for each person left out, a list of predictions and one of true
labels, then the scores so far; many scripts end with all lists in one dictionary of Python. Both
are read, whatever stands around them, and nothing is executed.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import Any

from ..errors import BadInput, DataNotFound
from ..paths import ending

__all__ = ["Log", "read_log"]

_MOST = 256 * 2**20
_LIST = r"(?:(?:np|numpy|torch)\.)?(?:array|tensor)?\s*\(?\s*\[\s*([^\[\](){}]*?)\s*\]"
_LINE = re.compile(
    r"(?P<best>best\W{0,3})?\b(?P<what>predicted|predictions?|preds?|y_?pred|ground\W?truth|"
    r"truth|y_?true|gt|targets?|true\W?labels?|labels?)\b[^\S\n]*(?:labels?|classes)?[^\S\n]*[:=]"
    rf"[^\S\n]*{_LIST}",
    re.I,
)
_PERSON = re.compile(
    r"^[\W_]*(?:(?:test(?:ing)?|held.?out|left.?out|loso)\W+)?"
    r"(?:subject|sub(?:_?name)?|person|participant|fold)\W{0,3}(?:id|name|no\.?)?[\s:=#]+"
    r"(?P<name>[\w.-]+)",
    re.I | re.M,
)
_SCORE = re.compile(
    r"(?P<best>best\W{0,3})?\b(?P<name>uf1|uar|war|weighted\W?f1|accuracy|acc|macro\W?f1)\b"
    r"[^\S\n]*(?:score)?[^\S\n]*[:=][^\S\n]*(?P<value>\d*\.?\d+[^\S\n]?%?)",
    re.I,
)
#: What stands before the scores of an epoch, which nobody claims.
_TRAINING = re.compile(r"(?:train|val|epoch|batch)\w*\W*$", re.I)
_NAMES = {"acc": "accuracy", "macrof1": "uf1", "weightedf1": "weighted_f1"}


@dataclass(frozen=True)
class Log:
    """What a log says.

    Parameters
    ----------
    persons : list of str
        Of each prediction.
    y_true, y_pred : list of str
    claims : dict of str to str
        The last score printed under each name, as printed.
    best : bool
        The log calls the predictions the best of each person: an epoch was chosen on them.
    twice : list of str
        Persons that have predictions more than once.
    """

    persons: list[str]
    y_true: list[str]
    y_pred: list[str]
    claims: dict[str, str]
    best: bool
    twice: list[str]


def read_log(path: str | os.PathLike[str]) -> Log:
    """The predictions and claims of a training log.

    Where both the predictions of the last epoch and the "best" ones are printed, the best ones
    are taken, as they are what is published.

    Raises
    ------
    DataNotFound
        It cannot be read.
    BadInput
        There are no two lists of the same length, of predictions and of true labels.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), "train.log")
    >>> _ = path.write_text("Subject: s1\\nPredicted : [0, 1]\\nGround Truth : [0, 0]\\n"
    ...                     "Subject: s2\\nPredicted : [1]\\nGround Truth : [1]\\nUF1: 0.6667\\n")
    >>> log = read_log(path)
    >>> log.persons, log.y_pred, log.claims
    (['s1', 's1', 's2'], ['0', '1', '1'], {'uf1': '0.6667'})
    """
    path = ending(path)
    try:
        if path.stat().st_size > _MOST:
            raise BadInput(f"{path} is larger than {_MOST:,} bytes; cut the log to its evaluation.")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    found, best = _from_dictionary(text), bool(re.search(r"best\W{0,3}predicted", text, re.I))
    twice: list[str] = []
    if not found:
        found, best, twice = _from_lists(text)
    if not found:
        raise BadInput(
            f"{path} has no predictions: a log needs, for each person, a list of predictions and "
            "one of true labels of the same length, such as `Predicted: [0, 1]` and "
            "`Ground Truth: [0, 0]`; or a table of predictions (.csv)."
        )
    claims: dict[str, str] = {}
    printed = [m for m in _SCORE.finditer(text) if not _TRAINING.search(text[: m.start()][-16:])]
    for match in [m for m in printed if bool(m["best"]) == best] or printed:
        name = re.sub(r"\W", "", match["name"].lower())
        claims[_NAMES.get(name, name)] = match["value"].replace(" ", "")
    persons = [name for name, truth, _ in found for _ in truth]
    return Log(
        persons,
        [t for _, truth, _ in found for t in truth],
        [g for _, _, guess in found for g in guess],
        claims,
        best,
        twice,
    )


def _from_dictionary(text: str) -> list[tuple[str, list[str], list[str]]]:
    """The last ``{'s1': {'pred': [...], 'truth': [...]}, ...}`` of the text."""
    for match in reversed(list(re.finditer(r"^\s*(\{.*['\"](?:pred|truth)\w*['\"].*\})\s*$",
                                           text, re.M))):  # fmt: skip
        try:
            value = ast.literal_eval(match[1])
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        if isinstance(value, dict) and value and all(isinstance(v, dict) for v in value.values()):
            out = [_entry(str(name), one) for name, one in value.items()]
            if all(out):
                return [entry for entry in out if entry]
    return []


def _entry(name: str, one: dict[Any, Any]) -> tuple[str, list[str], list[str]] | None:
    lists = {str(k).lower(): v for k, v in one.items() if isinstance(v, (list, tuple))}
    guess = next((v for k, v in lists.items() if "pred" in k), None)
    truth = next((v for k, v in lists.items() if "tru" in k or k in ("gt", "label")), None)
    if guess is None or truth is None or len(guess) != len(truth) or not truth:
        return None
    return name, [str(v) for v in truth], [str(v) for v in guess]


def _from_lists(text: str) -> tuple[list[tuple[str, list[str], list[str]]], bool, list[str]]:
    """Pairs of lists in the order of the text, under the person named last before them."""
    lines = list(_LINE.finditer(text))
    best = any(m["best"] and m["what"].lower().startswith("pred") for m in lines)
    people = [(m.start(), m["name"]) for m in _PERSON.finditer(text)]
    found: list[tuple[str, list[str], list[str]]] = []
    twice: list[str] = []
    waiting: dict[bool, list[str]] = {}
    for number, match in enumerate(lines):
        guess = "pred" in match["what"].lower()
        if guess and best and not match["best"]:
            continue
        waiting[guess] = re.findall(r"[^\s,;'\"]+", match[match.re.groups])
        if len(waiting) < 2:
            continue
        name = next((n for at, n in reversed(people) if at < match.start()), f"part {number}")
        if len(waiting[True]) == len(waiting[False]) > 0:
            if any(name == other for other, _, _ in found):
                twice.append(name)
                name = f"{name} ({number})"
            found.append((name, waiting[False], waiting[True]))
        waiting = {}
    return found, best, twice
