"""What the commands share: consoles, progress bars, and errors as one paragraph."""

from __future__ import annotations

import errno
import math
import os
import sys
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadInput, MebenchError

__all__ = [
    "Stages",
    "advise",
    "be_quiet",
    "errors",
    "in_words",
    "neutral",
    "out",
    "print_json",
    "say",
    "split_names",
    "verbose",
]


def out(stderr: bool = False) -> Any:
    """Console for results; as wide as a table needs where output is not a terminal.

    External labels, names and messages are text to it and nothing else: no markup, no emoji,
    no control characters.
    """
    from rich.console import Console
    from rich.text import Text

    class Neutral(Console):
        def render_str(self, text: str, **settings: Any) -> Text:
            return super().render_str(neutral(text), **settings)

    file = sys.stderr if stderr else sys.stdout
    wide = None if file.isatty() else 120
    return Neutral(stderr=stderr, width=wide, markup=False, emoji=False)


def neutral(text: str) -> str:
    """Text that moves no cursor and colours nothing: control characters become visible signs.

    Examples
    --------
    >>> neutral("a" + chr(27) + "[31mb")
    'a␛[31mb'
    """
    return "".join(_sign(c) for c in text)


def _sign(c: str) -> str:
    code = ord(c)
    if code < 32:
        return c if c in "\n\t" else chr(0x2400 + code)
    if code == 127:
        return "␡"
    return "�" if 128 <= code < 160 or 0xD800 <= code < 0xE000 else c


def say(*words: object, end: str = "\n", file: Any = None, flush: bool = False) -> None:
    """:func:`print`, for text that may hold external labels, names or paths."""
    print(neutral(" ".join(map(str, words))), end=end, file=file, flush=flush)


_quiet = False


def be_quiet() -> None:
    """From now on, no progress bars and no advice: results, warnings and errors alone."""
    global _quiet
    _quiet = True


def advise(text: str) -> None:
    """:func:`say` what one could do next, unless the user wants quiet."""
    if not _quiet:
        say(text)


def split_names(text: str | None, option: str) -> list[str] | None:
    """Names between commas.

    Raises
    ------
    BadInput
        One is empty, or stands twice.
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if "" in names or len(set(names)) < len(names):
        wrong = "an empty name" if "" in names else "a name twice"
        raise BadInput(f"{option} {text!r} has {wrong}; expected names between commas, as in a,b.")
    return names


def print_json(value: Any) -> None:
    """Print a value for a program to read; what is no number there is null."""
    import json

    print(json.dumps(_finite(json.loads(json.dumps(value, default=_plain))), indent=1))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def verbose() -> None:
    """Write mebench's log to standard error, wherever that leads when something is written."""
    import logging

    class ToStandardError(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(self.format(record), file=sys.stderr)

    log = logging.getLogger("mebench")
    log.setLevel(logging.DEBUG)
    if not any(handler.name == "verbose" for handler in log.handlers):
        handler = ToStandardError()
        handler.set_name("verbose")
        handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
        log.addHandler(handler)


def in_words(seconds: float) -> str:
    """A time as people say it.

    Examples
    --------
    >>> in_words(12.3), in_words(1800), in_words(40_000)
    ('12 s', '30 min', '11.1 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


class Stages:
    """Progress bars, one per stage of the work, on standard error; silent if that is no terminal.

    Call it with (stage, done, total); :meth:`of` gives the (done, total) form for one stage.

    Parameters
    ----------
    quiet : bool, default False
        No bars, for where a log is written to the same place.
    """

    def __init__(self, quiet: bool = False) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = out(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or _quiet or not console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Stages:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._progress.disable:  # older rich ends even bars that are off with a line
            self._progress.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(neutral(stage), total=total)
        self._progress.update(self._tasks[stage], completed=done, total=total)

    def of(self, stage: str) -> Any:
        """The callback (done, total) of one stage."""
        return lambda done, total: self(stage, done, total)


@contextmanager
def errors(debug: bool) -> Iterator[None]:
    """Turn exceptions into a paragraph on standard error and exit status 1."""
    try:
        yield
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
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
        if (known := _known_trouble(error) or _in_other_code(error)) is not None:
            _paragraph(known)
        _paragraph(
            f"mebench failed in a way it should not: {type(error).__name__}: {error}. "
            "Run the command with --debug to see where, and please report it."
        )


def _known_trouble(error: Exception) -> str | None:
    """A sentence for what the machine refuses, whatever part of the program met it."""
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Use fewer workers (--n-jobs 1) or fewer clips."
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}. Name another file or folder, or its rights."
    if isinstance(error, UnicodeEncodeError):
        return (
            f"The output cannot hold the sign {error.object[error.start]!r} in {error.encoding}: "
            "set PYTHONIOENCODING=utf-8."
        )
    return None


def _in_other_code(error: Exception) -> str | None:
    """A sentence for what the user's own code raised: where, and at which clip."""
    from ..clip import Clip

    libraries = (sysconfig.get_path("stdlib"), "site-packages", "dist-packages", "<")
    ours = f"{Path(__file__).parents[1]}{os.sep}"
    where, clip = None, None
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if file.startswith(ours):
            where = None
            clip = frame.f_locals.get("clip", clip)
        elif not any(name in file for name in libraries):
            where = f"{file}, line {line} ({frame.f_code.co_name})"
    if where is None:
        return None
    at = f" at clip {clip.id!r}" if isinstance(clip, Clip) else ""
    return (
        f"{type(error).__name__}: {error}{at}, raised in {where}, which is no part of mebench. "
        "Run the command with --debug for the whole traceback."
    )


def _paragraph(text: str) -> None:
    say(f"Error: {text}", file=sys.stderr)
    sys.exit(1)


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
