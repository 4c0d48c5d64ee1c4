"""Workplaces: folders in which something is made that shall appear whole, or not at all.

A workplace lies beside what is made, so that a rename puts it in place, and holds a lease that
says which process works there. What a process left that was killed is removed by the next one
that works in the same folder; what a live one is at is never touched, whatever machine, container
or account it runs on.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import BadInput

__all__ = [
    "PREFIX",
    "check_file",
    "leave",
    "restore",
    "signed_prefix",
    "workplace",
    "write_whole",
]

#: How the names of workplaces begin.
PREFIX = ".writing-"

_LEASE = "lease.json"
_BEAT = 20.0  # seconds between two signs of life
_SILENT = 900.0  # seconds without one, after which nobody is taken to be at work (our choice)
_LONGEST = 255  # bytes of a name, on all file systems in use

_ours: set[Path] = set()


@contextmanager
def workplace(around: Path, *, long: bool = True) -> Iterator[Path]:
    """A new folder within `around` to make things in; gone at the end, with what is still in it.

    What others left in `around` who died over it is cleared away, and what they had moved aside
    is brought back: a workplace keeps such things in a folder ``old``.

    Parameters
    ----------
    around : path
        Made if it is not there. On the file system of what is made.
    long : bool, default True
        Whether the work may take longer than some seconds, and so gives signs of life.

    Raises
    ------
    OSError
        It cannot be written to.
    """
    around.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=signed_prefix(), dir=around))
    _ours.add(place)
    lease, done = place / _LEASE, threading.Event()
    beat = threading.Thread(target=_beat, args=(lease, done), daemon=True, name="lease")
    try:
        lease.write_text(json.dumps({**_machine(), **_process(os.getpid())}))
        _clear(around, lease.stat().st_mtime)  # the file system's clock, not ours
        if long:
            beat.start()
        yield place
    finally:
        done.set()
        if beat.ident is not None:
            beat.join()
        _remove(place)
        _ours.discard(place)


def leave() -> None:
    """Remove this process's workplaces, for one that ends without unwinding."""
    for place in list(_ours):
        _remove(place)


def write_whole(path: str | os.PathLike[str], data: str | bytes) -> Path:
    """Write a file, at once: a reader, or whoever comes after a crash, finds all of it or the old.

    Parameters
    ----------
    path : path
        Its folder is made if it is not there. A link is followed.
    data : str or bytes
        Text becomes UTF-8, with its ends of lines as they are.

    Raises
    ------
    BadInput
        It cannot be written; a file that was there is as it was.

    Examples
    --------
    >>> import tempfile
    >>> path = write_whole(Path(tempfile.mkdtemp(), "a.txt"), "whole")
    >>> path.read_text(), len(list(path.parent.iterdir()))
    ('whole', 1)
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    try:
        with workplace(target.parent, long=False) as place:
            # Opened like any file, so that it gets the rights that files get here.
            with open(place / "new", "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(place / "new", target)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"Cannot write {_short(path)}: {why}.") from error
    return path


def check_file(path: Path) -> None:
    """That a file can be written, before the work is done for it; nothing is left behind.

    What others left there who died over their writing is cleared away, since whoever finds the
    file there already writes nothing.

    Raises
    ------
    BadInput
        Its name is too long, a folder above it is a file, or nothing can be written there.
    """
    try:
        whole = Path(os.path.realpath(path))
        for part in whole.parts:
            if len(os.fsencode(part)) > _LONGEST:
                raise BadInput(
                    f"Cannot write {_short(path)}: a name of {len(os.fsencode(part))} bytes is too "
                    f"long; {_LONGEST} are the most."
                )
        if whole.is_dir():
            raise BadInput(f"{path} is a folder; name a file to write.")
        if whole.exists() and not whole.is_file():
            raise BadInput(f"{path} is a device or a pipe; name a file to write.")
        there = next(p for p in whole.parents if os.path.lexists(p))
        if not there.is_dir():
            raise BadInput(f"Cannot write {_short(path)}: {there} is not a folder.")
        place = Path(tempfile.mkdtemp(prefix=signed_prefix(), dir=there))
        _clear(there, place.stat().st_mtime)
        place.rmdir()
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        why = getattr(error, "strerror", None) or error
        raise BadInput(f"Cannot write {_short(path)}: {why}.") from error


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:100]}…{text[-60:]}"


def _beat(lease: Path, done: threading.Event) -> None:
    while not done.wait(_BEAT):
        with contextlib.suppress(OSError):
            os.utime(lease)


def _clear(around: Path, now: float) -> None:
    """Remove the workplaces of the dead, and bring back what they had moved aside."""
    for place in around.glob(f"{PREFIX}*"):
        if not place.is_dir() or place.is_symlink() or not _abandoned(place, now):
            continue
        _remove(place)


def _remove(place: Path) -> None:
    with contextlib.suppress(OSError):
        for old in place.glob("old/*"):
            restore(old, place.parent / old.name)
    shutil.rmtree(place, ignore_errors=True)


def restore(old: Path, target: Path) -> None:
    """Bring a folder back that was moved aside, if nothing has taken its place."""
    if not target.exists():
        with contextlib.suppress(OSError):
            os.rename(old, target)


def _abandoned(place: Path, now: float) -> bool:
    """Whether nobody works there: known for processes seen from here, else told by silence."""
    lease: Any = None
    with contextlib.suppress(OSError, ValueError):
        lease = json.loads((place / _LEASE).read_text())
    here = _machine()
    if isinstance(lease, dict) and here and {k: lease.get(k) for k in here} == here:
        who = {k: v for k, v in lease.items() if k not in here}
        return not isinstance(who.get("pid"), int) or _process(who["pid"]) != who
    if lease is None and here:  # killed before there was one; the name says by whom it was made
        signed = re.match(rf"{re.escape(PREFIX)}([0-9a-f]{{8}})-(\d+)-(\d*)-", place.name)
        if signed is not None and signed[1] == _sign(here):
            who = _process(int(signed[2]))
            return who != {"pid": int(signed[2]), "started": signed[3]} or not who["started"]
    for path in (place / _LEASE, place):
        with contextlib.suppress(OSError):
            return now - path.stat().st_mtime > _SILENT
    return False


def signed_prefix() -> str:
    """How the name of a workplace of this process begins: what its lease will say, in short."""
    who = _process(os.getpid())
    return f"{PREFIX}{_sign(_machine())}-{who['pid']}-{who['started']}-"


def _sign(machine: dict[str, str]) -> str:
    text = json.dumps(machine, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


@lru_cache
def _machine() -> dict[str, str]:
    """What all processes have in common that see each other's numbers; nothing if not known.

    A machine between two boots, and in it the container. Names of hosts are no such thing: two
    machines may have the same.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return {"boot": boot, "container": os.readlink("/proc/self/ns/pid")}
    except OSError:
        return {}


def _process(pid: int) -> dict[str, Any]:
    """A process by its number and start, since numbers are given anew; only a number if dead."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return {"pid": pid, "started": ""}
    dead = words[0] in "ZX"
    return {"pid": pid, "started": "" if dead else words[19]}
