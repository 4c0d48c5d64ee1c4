"""Folders of the user's that mebench writes to."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["user_folder"]


def user_folder(kind: str) -> Path:
    """Where mebench keeps its ``cache``, ``config`` or ``synthetic`` corpus; maybe not there yet.

    Everything lies below the folder that the environment variable ``MEBENCH_HOME`` names;
    without it, in the places that the operating system provides.
    """
    home = os.environ.get("MEBENCH_HOME")
    if home:
        return Path(home).expanduser() / kind
    import platformdirs

    if kind == "config":
        return Path(platformdirs.user_config_dir("mebench", appauthor=False))
    return Path(platformdirs.user_cache_dir("mebench", appauthor=False)) / kind
