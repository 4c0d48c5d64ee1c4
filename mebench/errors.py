"""What can go wrong that is not a bug: each message says what was found, expected, and to do."""

import difflib
import re
from collections.abc import Iterable

__all__ = [
    "BadInput",
    "ClusterLost",
    "DataNotFound",
    "FaceNotFound",
    "MebenchError",
    "did_you_mean",
]


#: Characters of a word (a heading of someone's sheet, say), and of a whole message.
_WORD, _MESSAGE = 1_000, 8_000


class MebenchError(Exception):
    """Base of all errors that a user can act on; the command line prints them as one paragraph.

    Whatever a file holds can stand in a message, so what nobody can read is cut out of its middle.

    Examples
    --------
    >>> message = str(BadInput(f"no column {'x' * 5_000} there"))
    >>> len(message), "x[… 4000 characters …]x" in message, message[-7:]
    (1037, True, 'x there')
    """

    def __str__(self) -> str:
        text = re.sub(rf"\S{{{_WORD + 1},}}", lambda word: _cut(word[0], _WORD), super().__str__())
        return _cut(text, _MESSAGE)


def _cut(text: str, most: int) -> str:
    """A text, or its beginning and its end, where what to do mostly stands."""
    if len(text) <= most:
        return text
    head, tail = most * 3 // 4, most // 4
    return f"{text[:head]}[… {len(text) - most} characters …]{text[-tail:]}"


class BadInput(MebenchError, ValueError):
    """Input that cannot be used: wrong shape, type, value, file or column."""


class DataNotFound(MebenchError, FileNotFoundError):
    """A database, sheet, folder or frame that is not where it should be."""


class FaceNotFound(MebenchError):
    """No face, or no usable landmarks, in a clip.

    Attributes
    ----------
    why : str
        What is as true of any other clip with these frames; "" where nothing is said of that.
    """

    def __init__(self, message: str = "", why: str = "") -> None:
        super().__init__(message)
        self.why = why


class ClusterLost(MebenchError):
    """The cluster that computes is gone. What was finished before is kept, where it is kept."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`` Did you mean 'nested'?``, or nothing where no known name is near.

    Examples
    --------
    >>> did_you_mean("nestd", ["nested", "oracle"]), did_you_mean("x", ["nested"])
    (" Did you mean 'nested'?", '')
    """
    near = difflib.get_close_matches(str(name).lower(), list(known), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
