"""How much memory the process has needed, how much there is, and giving some back."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

__all__ = ["free_mib", "give_back", "peak_mib"]


def peak_mib() -> float | None:
    """Largest resident memory of this process since it began, in MiB; None where unknown.

    It never falls: what an earlier run in the same process needed is in it, and what workers in
    other processes need is not.
    """
    status = Path("/proc/self/status")
    if status.exists():  # getrusage, on Linux, also counts the process that started this one
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 2**10, 1)
    try:
        import resource
    except ImportError:  # Windows has no such counter in the standard library
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def free_mib() -> float | None:
    """Memory that could be taken without swapping, in MiB; None where unknown (not on Linux)."""
    about = Path("/proc/meminfo")
    if about.exists():
        for line in about.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("MemAvailable:"):
                return round(int(line.split()[1]) / 2**10, 1)
    return None


def give_back() -> None:
    """Let the system have the memory that is free: the C library of Linux keeps it else."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
