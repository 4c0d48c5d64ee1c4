"""Where the time of a command goes: seconds of each kind of work, over all threads."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

__all__ = ["KINDS", "in_words", "since", "spending", "taken"]

#: Kinds of work in the order in which a run does them.
KINDS = ("decode", "faces", "flow", "descriptors", "tuning", "explanation")

_lock = threading.Lock()
_taken: Counter[str] = Counter()
_here = threading.local()


@contextmanager
def spending(kind: str) -> Iterator[None]:
    """Count the time within as of this kind; what is of another kind inside counts there only.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.

    Examples
    --------
    >>> before = taken()
    >>> with spending("descriptors"):
    ...     with spending("flow"):
    ...         time.sleep(0.02)
    >>> found = since(before)
    >>> found["flow"] > found["descriptors"]
    True
    """
    inside: list[float] = getattr(_here, "inside", [])
    _here.inside = [*inside, 0.0]
    started = time.perf_counter()
    try:
        yield
    finally:
        whole = time.perf_counter() - started
        own = whole - _here.inside[-1]
        if inside:
            inside[-1] += whole
        _here.inside = inside
        with _lock:
            _taken[kind] += own


def taken() -> dict[str, float]:
    """Seconds of each kind since the process began; other processes count their own."""
    with _lock:
        return dict(_taken)


def since(before: Mapping[str, float]) -> dict[str, float]:
    """Seconds of each kind since :func:`taken` gave `before`, in the order of :data:`KINDS`."""
    now = taken()
    gone = {kind: now.get(kind, 0.0) - before.get(kind, 0.0) for kind in KINDS}
    return {kind: round(value, 2) for kind, value in gone.items() if value > 0}


def in_words(seconds: Mapping[str, float]) -> str:
    """Kinds and seconds in a line.

    Examples
    --------
    >>> in_words({"decode": 9.94, "flow": 120.3})
    'decode 9.9 s, flow 120 s'
    """
    return ", ".join(
        f"{kind} {value:.0f} s" if value >= 100 else f"{kind} {value:.1f} s"
        for kind, value in seconds.items()
    )
