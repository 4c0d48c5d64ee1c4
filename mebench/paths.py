"""Folders of the user's that mebench writes to, and what counts as a file to read."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import unicodedata
from pathlib import Path

from .errors import BadInput, DataNotFound

__all__ = ["ending", "file_name", "is_device_name", "regular_file", "user_folder", "whole_path"]


def regular_file(path: str | os.PathLike[str], what: str = "The file") -> Path:
    """The path, if a file lies there that ends: no folder, pipe or device.

    Raises
    ------
    DataNotFound
        Nothing is there, or it may not be looked at.
    BadInput
        It is something else, which would be waited for or read for ever.

    Examples
    --------
    >>> regular_file(os.devnull)
    Traceback (most recent call last):
    mebench.errors.BadInput: The file /dev/null is a device; expected a file.
    """
    kinds = {stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFSOCK: "socket"}
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataNotFound(f"{what} {os.fspath(path)} cannot be read: {reason}.") from error
    if not stat.S_ISREG(mode):
        kind = kinds.get(stat.S_IFMT(mode), "device")
        raise BadInput(f"{what} {os.fspath(path)} is a {kind}; expected a file.")
    return Path(path)


def user_folder(kind: str) -> Path:
    """Where mebench keeps its ``cache``, ``config`` or ``synthetic`` corpus; maybe not there yet.

    Everything lies below the folder that the environment variable ``MEBENCH_HOME`` names;
    without it, in the places that the operating system provides.
    """
    home = os.environ.get("MEBENCH_HOME")
    if home:
        try:
            return Path(home).expanduser() / kind
        except RuntimeError as error:
            raise BadInput(
                f"MEBENCH_HOME is {home!r}, whose home folder is not known ({error}); give the "
                "path of a folder."
            ) from error
    import platformdirs

    if kind == "config":
        return Path(platformdirs.user_config_dir("mebench", appauthor=False))
    return Path(platformdirs.user_cache_dir("mebench", appauthor=False)) / kind


def ending(path: str | os.PathLike[str]) -> Path:
    """The path, unless a pipe or device lies there, which would be waited for or read for ever.

    Whatever else is wrong with it, its reader says.
    """
    with contextlib.suppress(DataNotFound):
        if not os.path.isdir(path):
            regular_file(path)
    return Path(path)


#: Bytes of a name. File systems take 255; endings, numbers and temporary names come on top.
_LONGEST = 180

#: Names that Windows keeps for devices, in any letters and with any ending.
_DEVICES = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\.|:|$)", re.IGNORECASE
)


def is_device_name(name: str) -> bool:
    """Whether Windows takes the name for a device: ``CON``, ``nul.txt``, ``COM1`` and so on.

    Examples
    --------
    >>> is_device_name("con.5class"), is_device_name("con-5class")
    (True, False)
    """
    return _DEVICES.match(name) is not None


def file_name(*words: object) -> str:
    """A name for a file or folder that is legal on Linux, macOS and Windows.

    Parameters
    ----------
    *words : object
        Joined by hyphens; empty ones are left out. Letters and digits of any script, ``_``, ``.``
        and ``+`` stay, what lies between becomes a hyphen. What is longer than file systems
        allow is cut, and ends in a checksum of the whole.

    Examples
    --------
    >>> file_name("casme2", "5 classes: a/b", None, "mdmo.")
    'casme2-5-classes-a-b-mdmo'
    >>> file_name("CON.v2", "3class")
    '_CON.v2-3class'
    """
    plain = (unicodedata.normalize("NFC", str(word)) for word in words if word)
    parts = [re.sub(r"[^\w.+]+", "-", word).strip("-") for word in plain]
    name = "-".join(part for part in parts if part).rstrip(".-") or "_"
    if is_device_name(name):
        name = f"_{name}"
    whole = name.encode()
    if len(whole) <= _LONGEST:
        return name
    begun = whole[: _LONGEST - 9].decode(errors="ignore").rstrip(".-")
    return f"{begun}-{hashlib.sha256(whole).hexdigest()[:8]}"


def whole_path(path: str | os.PathLike[str]) -> Path:
    """The path from the root, without links; one of a circle of links is left as it is.

    :meth:`pathlib.Path.resolve` raises an error there, which depends on the version of Python.
    """
    return Path(os.path.realpath(path))
