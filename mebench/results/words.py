"""How a page writes numbers, names and the answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BadInput
from ..scoring.metrics import Measure, get_measure
from ..scoring.unit_predictions import UNIT_MEASURES
from ..timing import KINDS, in_words

__all__ = [
    "INTERVAL_AND_P",
    "counted",
    "data_of",
    "interval",
    "is_twin",
    "joined",
    "measure_of",
    "number",
    "p_value",
    "p_words",
    "place_of_run",
    "search_words",
    "task_words",
    "time_line",
    "title_of",
]

#: Where an interval of a difference and a corrected p stand side by side.
INTERVAL_AND_P = (
    "The interval of a difference and p may disagree: the interval is of that pair alone, not "
    "corrected, and asks how the difference would vary with other persons; p is corrected for the "
    "number of pairs, and asks whether exchanging the two methods within persons makes a "
    "difference as large. What may be claimed goes by p."
)


def measure_of(key: str) -> Measure:
    """The measure of classes or of action units that has this key or alias.

    A stored run may name one that is not known here; its key is then its title.
    """
    if key in UNIT_MEASURES:
        return UNIT_MEASURES[key]
    try:
        return get_measure(key)
    except BadInput:
        return Measure(key, key, lambda confusion: np.full(confusion.shape[:-2], np.nan))


def title_of(key: str) -> str:
    """What tables and figures call a measure.

    Examples
    --------
    >>> title_of("uf1"), title_of("f1_unit_mean")
    ('UF1', 'F1, mean over units')
    """
    return measure_of(key).title


def number(value: Any, digits: int = 3) -> str:
    """A share as papers print it.

    Examples
    --------
    >>> number(0.5), number(1.0), number(-0.25), number(float("nan"))
    ('.500', '1.000', '−.250', '?')
    """
    if value is None or math.isnan(value):
        return "?"
    text = f"{abs(value):.{digits}f}"
    text = text[1:] if text.startswith("0.") else text
    return ("−" if value < 0 and text.strip(".0") else "") + text


def p_value(value: Any) -> str:
    """A p-value, which is never zero.

    Examples
    --------
    >>> p_value(0.135), p_value(0.0004), p_value(1.0), p_value(float("nan"))
    ('.135', '<.001', '1.000', '?')
    """
    return "<.001" if value is not None and value < 0.001 else number(value)


def p_words(value: Any) -> str:
    """A p-value in a sentence.

    Examples
    --------
    >>> p_words(0.135), p_words(0.0)
    ('p = .135', 'p < .001')
    """
    text = p_value(value)
    return f"p < {text[1:]}" if text.startswith("<") else f"p = {text}"


def interval(ends: Sequence[float]) -> str:
    """The two ends of an interval.

    Examples
    --------
    >>> interval((0.5, 0.75))
    '.500–.750'
    """
    return "–".join(number(v) for v in ends)


def counted(n: int, word: str, many: str | None = None) -> str:
    """A number and its noun.

    Examples
    --------
    >>> counted(1, "clip"), counted(3, "class", "classes")
    ('1 clip', '3 classes')
    """
    return f"{n:,} {word if n == 1 else many or word + 's'}"


def joined(words: Sequence[str]) -> str:
    """A list as a sentence has it.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def time_line(head: Mapping[str, Any]) -> str:
    """Where the time of a run went, from its header; empty where nothing is known of it.

    Examples
    --------
    >>> time_line({"work": {"pass": {"seconds": {"descriptors": 9.0}, "runs": 2}}})
    'Time, over all threads: descriptors 9.0 s (one pass over the clips for 2 runs).'
    >>> time_line({"work": {"seconds": {"decode": 0.02, "descriptors": 0.01, "tuning": 1.5}}})
    'Time, over all threads: features from the cache; tuning 1.5 s.'
    """
    work = head.get("work")
    if not isinstance(work, Mapping):
        return ""
    own = dict(work.get("seconds") or {})
    shared = work.get("pass") or {}
    clips, runs = dict(shared.get("seconds") or {}), int(shared.get("runs") or 0)
    parts = []
    # What came from the cache takes a moment too, to be read.
    clips, own = ({k: v for k, v in one.items() if v >= 0.05} for one in (clips, own))
    if "descriptors" not in clips and "descriptors" not in own:
        waited = float((head.get("seconds") or {}).get("features", 0.0))
        elsewhere = head.get("features_from_cache") == 0 and waited >= 0.05
        parts.append(
            f"features {waited:.1f} s of waiting for the cluster's workers"
            if elsewhere else "features from the cache"
        )  # fmt: skip
    if clips and runs > 1:
        parts.append(f"{in_words(clips)} (one pass over the clips for {runs} runs)")
    else:
        own = {k: clips.get(k, 0.0) + own.get(k, 0.0) for k in KINDS if k in {*clips, *own}}
    parts += [in_words(own)] if own else []
    return f"Time, over all threads: {'; '.join(parts)}."


def search_words(head: Mapping[str, Any]) -> str:
    """How a grid was searched, where not exhaustively; empty elsewhere.

    Examples
    --------
    >>> search_words({"search": {"how": "halving", "rungs": [{"persons": 6, "points": 640}]}})
    'Asked for halving; so few are not halved: all 640 points were tried on all 6 persons.'
    """
    search = head.get("search") or {}
    if not search.get("how"):
        return ""
    steps = [(s["points"], s["persons"]) for s in search.get("rungs") or []]
    if steps and steps[0][0] == steps[-1][0]:
        return (
            f"Asked for {search['how']}; so few are not halved: all {steps[0][0]} points were "
            f"tried on all {steps[-1][1]} persons."
        )
    told = " → ".join(f"{points} on {persons} persons" for points, persons in steps)
    return (
        f"The grid was not searched exhaustively but by {search['how']} ({told}): a point that an "
        "exhaustive search would choose may have been dropped early."
    )


def is_twin(head: Mapping[str, Any]) -> bool:
    """Whether a run says that its clips are synthetic, in the layout of a database."""
    return any("synthetic corpus in the layout" in str(n) for n in head.get("notes") or [])


def data_of(head: Mapping[str, Any]) -> str:
    """The database of a run, as a reader has to know it.

    Examples
    --------
    >>> note = "A synthetic corpus in the layout of CASME II, no recordings"
    >>> data_of({"dataset": "casme2"}), data_of({"dataset": "casme2", "notes": [note]})
    ('casme2', 'casme2 (synthetic twin)')
    """
    return f"{head.get('dataset') or ''}{' (synthetic twin)' if is_twin(head) else ''}"


def place_of_run(head: Mapping[str, Any]) -> tuple[str, str, str]:
    """Database, labels and protocol: runs that agree in them may be compared."""
    return data_of(head), str(head.get("labels") or ""), str(head.get("protocol") or "")


def task_words(dataset: str, labels: str, protocol: str) -> str:
    """Database, labels and protocol in one line."""
    return " · ".join(w for w in (dataset, labels, protocol) if w)
