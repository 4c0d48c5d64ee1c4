"""What a run tells the networks that train inside it: whom to report to, and what to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

__all__ = ["now", "running"]

Progress = Callable[[str, int, int], None]


@dataclass
class _Run:
    progress: Progress | None = None
    keep: bool = True


# Of the process, not of the thread: folds are fitted in threads of their own.
_stack = [_Run()]


@contextmanager
def running(progress: Progress | None = None, *, keep: bool = True) -> Iterator[None]:
    """Networks that train inside call `progress` with (stage, done, total) after each epoch.

    Parameters
    ----------
    progress : callable, optional
    keep : bool, default True
        Keep trained networks and their features in the user's cache, and use those that are there.

    Examples
    --------
    >>> with running(lambda stage, done, total: None, keep=False):
    ...     now().keep
    False
    """
    _stack.append(_Run(progress, keep))
    try:
        yield
    finally:
        _stack.pop()


def now() -> _Run:
    """What the innermost run has said."""
    return _stack[-1]
