"""Folders that appear whole, in place of older ones, whoever else writes or dies meanwhile."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadInput
from .lease import restore, signed_prefix, workplace

__all__ = ["check_place", "put_in_place", "writing_folder"]

_TRIES = 100
_LONGEST = 200  # bytes of a name; the folders of runs need some more


def check_place(out: str | os.PathLike[str]) -> None:
    """Make sure that a folder can be written to, or be made, before hours of work are done for it.

    Nothing is left there.

    Raises
    ------
    BadInput
    """
    place = Path(out).absolute()
    there = next(path for path in (place, *place.parents) if os.path.lexists(path))
    if not there.is_dir():
        what = "it is" if there == place else f"{there} is"
        raise BadInput(
            f"Results cannot be written to {out}: {what} not a folder. Name another with --out."
        )
    for part in place.relative_to(there).parts:
        if len(os.fsencode(part)) > _LONGEST:
            raise BadInput(
                f"Results cannot be written to {str(out)[:40]}…: a name of {len(part)} characters "
                f"is too long; {_LONGEST} are the most. Name another folder with --out."
            )
    try:
        os.rmdir(tempfile.mkdtemp(prefix=signed_prefix(), dir=there))
    except OSError as error:
        raise BadInput(
            f"Results cannot be written to {out}: {error.strerror or error}. Name a folder of "
            "yours with --out."
        ) from error


@contextmanager
def writing_folder(out: Path) -> Iterator[Path]:
    """A new folder below `out` to write into; gone at the end unless it was put in place.

    What others have left there who died over it is cleared away first.
    """
    with workplace(out) as place:
        (place / "new").mkdir()
        yield place / "new"


def put_in_place(temporary: Path, choose: Callable[[], Path]) -> Path:
    """Rename a finished folder to the one that `choose` names, replacing what is there.

    Parameters
    ----------
    temporary : path
        Of :func:`writing_folder`. Its files are on the disk, beyond a power cut, before it gets
        its name.
    choose : callable
        Gives the path, in the folder around; asked again if another process takes it meanwhile.
    """
    for path in [*temporary.iterdir(), temporary]:
        _sync(path)
    aside = temporary.with_name("old")
    aside.mkdir(exist_ok=True)
    for _ in range(_TRIES):
        target = choose()
        old = aside / target.name
        # Renaming a folder onto one that holds files fails, so no writer destroys another's.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(old, ignore_errors=True)
            os.rename(target, old)
        try:
            os.rename(temporary, target)
        except OSError:
            if not target.exists():
                restore(old, target)
                raise
            shutil.rmtree(old, ignore_errors=True)
            continue  # another process was faster
        _sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)
        return target
    raise OSError(f"{target} is replaced all the time by other processes")


def _sync(path: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
