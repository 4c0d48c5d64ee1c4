"""One bad run does not stop a report of many: it is left out, and that is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from ...errors import BadInput, MebenchError

__all__ = ["LeftOut", "drawn", "each"]

#: Told of each run that is left out, and why.
LeftOut = Callable[[Path, str], None]

T = TypeVar("T")
U = TypeVar("U")


def each(
    folders: Iterable[Path], read: Callable[[Path], T], left_out: LeftOut | None = None
) -> list[T]:
    """What is read of each run, without those that cannot be read if `left_out` is told of them.

    Raises
    ------
    MebenchError
        A run cannot be read and nobody is told, or none can be.
    """
    found, first = [], None
    for folder in folders:
        try:
            found.append(read(folder))
        except MebenchError as error:
            if left_out is None:
                raise
            first = first or error
            left_out(folder, str(error))
    if first is not None and not found:
        raise first
    return found


def drawn(
    folders: Iterable[Path],
    read: Callable[[Path], T],
    draw: Callable[[list[T]], U],
    left_out: LeftOut | None = None,
) -> U:
    """What is drawn of the runs together, without those that cannot be read or drawn alone."""
    folders = list(folders)

    def alone(folder: Path) -> T:
        try:
            draw([read(folder)])
        except MebenchError:
            raise
        except Exception as error:
            raise BadInput(
                f"{folder} is not as a run leaves it: {type(error).__name__}: {error}. Run again, "
                "or leave it out."
            ) from error
        return read(folder)

    try:
        return draw(each(folders, read, left_out))
    except MebenchError:
        raise
    except Exception:
        # One is odd in a way that shows only when it is drawn: find out which.
        return draw(each(folders, alone, left_out))
