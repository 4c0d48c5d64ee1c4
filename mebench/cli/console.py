"""What the commands share: consoles, progress bars, and errors as one paragraph."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import MebenchError

__all__ = ["Stages", "errors", "out", "print_json", "verbose"]


def out() -> Any:
    """Console for results; as wide as a table needs where output is not a terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=120)


def print_json(value: Any) -> None:
    """Print a value for a program to read."""
    import json

    print(json.dumps(value, indent=1, default=_plain))


def verbose() -> None:
    """Write mebench's log to standard error."""
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    log = logging.getLogger("mebench")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)


class Stages:
    """Progress bars, one per stage of the work, on standard error; silent if that is no terminal.

    Call it with (stage, done, total); :meth:`of` gives the (done, total) form for one stage.

    Parameters
    ----------
    quiet : bool, default False
        No bars, for where a log is written to the same place.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Stages:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def of(self, stage: str) -> Any:
        """The callback (done, total) of one stage."""
        return lambda done, total: self(stage, done, total)


@contextmanager
def errors(debug: bool) -> Iterator[None]:
    """Turn exceptions into a paragraph on standard error and exit status 1."""
    try:
        yield
    except MebenchError as error:
        if debug:
            raise
        _paragraph(str(error))
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            _paragraph(
                f"The disk is full ({error.filename or 'a temporary file'}). What is finished is "
                "kept: make room, and give the same command again."
            )
        _paragraph(
            f"mebench failed in a way it should not: {type(error).__name__}: {error}. "
            "Run the command with --debug to see where, and please report it."
        )


def _paragraph(text: str) -> None:
    from rich.console import Console

    Console(stderr=True, soft_wrap=True).print(f"Error: {text}", highlight=False, markup=False)
    sys.exit(1)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
