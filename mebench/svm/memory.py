"""How much memory a search may take: as many kernels at a time as fit, and never one per point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import joblib

from ..errors import BadInput

__all__ = ["has_room", "memory_limit", "parse_size", "threads_within"]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_limits: list[int] = []


def parse_size(size: str | int) -> int:
    """Bytes of ``4GB``, ``512 MiB`` or a number.

    Raises
    ------
    BadInput
        It is no size, or not above 0.

    Examples
    --------
    >>> parse_size("4GB"), parse_size("1.5 gib"), parse_size(10**6)
    (4000000000, 1610612736, 1000000)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", str(size).lower())
    units = {**_UNITS, **_BINARY}
    if match is None or match[2] not in units or not float(match[1]) > 0:
        raise BadInput(f"A size of memory is written such as 4GB or 800MiB; found {size!r}.")
    return int(float(match[1]) * units[match[2]])


@contextmanager
def memory_limit(size: str | int | None) -> Iterator[None]:
    """Let every search within take at most so much memory, the Gram matrix included.

    Parameters
    ----------
    size : str, int or None
        See :func:`parse_size`. None: no limit but one kernel per processor.

    Notes
    -----
    What is bounded is the search itself: the matrix of products, and for each thread the kernel
    of one pair of classes with what belongs to it. Results do not depend on it.

    See Also
    --------
    search_grid, nested_search

    Examples
    --------
    >>> with memory_limit("4GB"):
    ...     pass
    """
    if size is None:
        yield
        return
    _limits.append(parse_size(size))
    try:
        yield
    finally:
        _limits.pop()


def threads_within(n_jobs: int, gram: int, task: int) -> int:
    """How many threads may work: one per processor, and as many as the limit lets.

    Parameters
    ----------
    n_jobs : int
        As joblib counts.
    gram, task : int
        Bytes of the matrix of products, and of what one thread holds.

    Raises
    ------
    BadInput
        The limit is below what one thread needs.

    Examples
    --------
    >>> with memory_limit("100MB"):
    ...     threads_within(1, 60_000_000, 30_000_000)
    1
    """
    threads = min(joblib.effective_n_jobs(n_jobs), max(joblib.cpu_count(), 1))
    if not _limits:
        return threads
    room = min(_limits) - gram
    if room < task:
        raise BadInput(
            f"This search needs {(gram + task) / 1e6:.0f} MB: {gram / 1e6:.0f} for the products of "
            f"all clips and {task / 1e6:.0f} for the kernel of the largest pair of classes; the "
            f"limit is {min(_limits) / 1e6:.0f} MB. Give more, or fewer clips."
        )
    return max(1, min(threads, room // task))


def has_room(size: int) -> bool:
    """Whether so many bytes are within the limit; always where there is none.

    Examples
    --------
    >>> with memory_limit("100MB"):
    ...     has_room(10**8), has_room(10**8 + 1)
    (True, False)
    """
    return not _limits or size <= min(_limits)
