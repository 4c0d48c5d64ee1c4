"""What made a result: command, versions, machine."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from datetime import datetime, timezone
from importlib import metadata
from typing import Any

from .. import __version__

__all__ = ["provenance"]

_LIBRARIES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "scikit-image",
    "numba",
    "pandas",
    "opencv-python-headless",
    "dlib-bin",
)


def provenance(command: list[str] | None = None) -> dict[str, Any]:
    """Command, time, platform and versions, as plain JSON values.

    Parameters
    ----------
    command : list of str, optional
        Arguments of the program. Default: those of this process.
    """
    versions = {"mebench": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    arguments = sys.argv[1:] if command is None else command
    return {
        "command": shlex.join(["mebench", *arguments]),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": versions,
    }
