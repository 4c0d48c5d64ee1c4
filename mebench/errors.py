"""What can go wrong that is not a bug: each message says what was found, expected, and to do."""

import difflib
from collections.abc import Iterable

__all__ = [
    "BadInput",
    "ClusterLost",
    "DataNotFound",
    "FaceNotFound",
    "MebenchError",
    "did_you_mean",
]


class MebenchError(Exception):
    """Base of all errors that a user can act on; the command line prints them as one paragraph."""


class BadInput(MebenchError, ValueError):
    """Input that cannot be used: wrong shape, type, value, file or column."""


class DataNotFound(MebenchError, FileNotFoundError):
    """A database, sheet, folder or frame that is not where it should be."""


class FaceNotFound(MebenchError):
    """No face, or no usable landmarks, in a clip."""


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
