"""Folders that appear whole, in place of older ones, whoever else writes or dies meanwhile."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadInput

__all__ = ["check_place", "put_in_place", "writing_folder"]

_WRITING, _OLD = ".writing-", ".old-"
_ABANDONED = 86_400.0  # seconds after which nobody is at work in a folder
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
        os.rmdir(tempfile.mkdtemp(prefix=_WRITING + _us(), dir=there))
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
    out.mkdir(parents=True, exist_ok=True)
    _clear(out)
    temporary = Path(tempfile.mkdtemp(prefix=_WRITING + _us(), dir=out))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def put_in_place(temporary: Path, choose: Callable[[], Path]) -> Path:
    """Rename a finished folder to the one that `choose` names, replacing what is there.

    Parameters
    ----------
    temporary : path
        Its files are on the disk, beyond a power cut, before it gets its name.
    choose : callable
        Gives the path; asked again if another process takes it in the meantime.
    """
    temporary.chmod(0o755)  # mkdtemp's folders are the owner's alone
    for path in [*temporary.iterdir(), temporary]:
        _sync(path)
    for _ in range(_TRIES):
        target = choose()
        old = target.with_name(_OLD + _us() + target.name)
        # Renaming a folder onto one that holds files fails, so no writer destroys another's.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(old, ignore_errors=True)
            os.rename(target, old)
        try:
            os.rename(temporary, target)
        except OSError:
            if not target.exists():
                _restore(old, target)
                raise
            shutil.rmtree(old, ignore_errors=True)
            continue  # another process was faster
        _sync(target.parent)
        shutil.rmtree(old, ignore_errors=True)
        return target
    raise OSError(f"{target} is replaced all the time by other processes")


def _clear(out: Path) -> None:
    """Remove what dead processes were writing, and bring back what they had moved aside."""
    for path in out.glob(f"{_WRITING}*"):
        if _abandoned(path, _WRITING):
            shutil.rmtree(path, ignore_errors=True)
    for path in out.glob(f"{_OLD}*"):
        if _abandoned(path, _OLD):
            _restore(path, path.with_name(path.name[len(_OLD) :].partition("-")[2]))
            shutil.rmtree(path, ignore_errors=True)


def _restore(old: Path, target: Path) -> None:
    if not target.exists():
        with contextlib.suppress(OSError):
            os.rename(old, target)


def _us() -> str:
    """This process, in names of folders: machine and number."""
    machine = hashlib.blake2b(platform.node().encode(), digest_size=4).hexdigest()
    return f"{machine}.{os.getpid()}-"


def _abandoned(path: Path, prefix: str) -> bool:
    """Whether the process that made it is gone: for sure on this machine, else by age."""
    machine, _, pid = path.name[len(prefix) :].partition("-")[0].partition(".")
    if os.name == "posix" and pid.isdecimal() and _us().startswith(f"{machine}."):
        return not _lives(int(pid))
    return _age(path) > _ABANDONED


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _sync(path: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
