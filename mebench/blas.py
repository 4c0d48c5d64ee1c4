"""One thread of linear algebra for each task."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["one_blas_thread"]

_lock = threading.Lock()
_inside = 0
_limit: Any = None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it, in all of this process, the BLAS works in the thread that calls it.

    Where tasks share the processors already, its own threads only wait for each other, which takes
    as much of the processors as work. And what is computed does not depend on how many there are.

    Enter it first from the thread that the program began with: some builds of OpenBLAS do not hear
    others.
    """
    global _inside, _limit
    with _lock:
        if not _inside:
            from threadpoolctl import threadpool_limits

            _limit = threadpool_limits(limits=1, user_api="blas")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside:
                _limit.restore_original_limits()
                _limit = None
