"""A process beside this one: at most one, which ends with this one, however this one ends."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from ..compiling import compile_quickly

__all__ = ["called", "start", "wait_for_it"]

_other: subprocess.Popen[bytes] | None = None


def start(module: str, function: str, *arguments: str) -> bool:
    """Call a function of mebench in another process; False where there is one or none can be."""
    global _other
    if _other is not None:
        return False
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    code = f"from {__name__} import called; called{(module, function, os.getpid(), *arguments)!r}"
    try:
        _other = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
    except OSError:
        return False
    atexit.register(stop)
    return True


def called(module: str, function: str, parent: int, *arguments: str) -> None:
    """What the other process does: it calls the function, and ends if it becomes an orphan."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    compile_quickly()
    gc.disable()  # it holds next to nothing but what it compiles
    getattr(importlib.import_module(module), function)(*arguments)


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
