"""A process beside this one: at most one, and none is left behind."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["start", "wait_for_it"]

_other: subprocess.Popen[bytes] | None = None


def start(module: str, function: str) -> bool:
    """Call a function of mebench in another process; False where there is one or none can be."""
    global _other
    if _other is not None:
        return False
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    try:
        _other = subprocess.Popen(
            [sys.executable, "-c", f"from {module} import {function} as go; go()"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
    except OSError:
        return False
    atexit.register(stop)
    return True


def wait_for_it() -> None:
    """Until the other process is done; at once where there is none."""
    global _other
    if _other is not None:
        _other.wait()
        _other = None


def stop() -> None:
    """End the other process, whatever it does."""
    if _other is not None and _other.poll() is None:
        _other.kill()
        _other.wait()
