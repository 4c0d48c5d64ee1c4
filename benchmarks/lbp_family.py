"""Milliseconds per clip of LBP-TOP and its relatives, beside the plain twins of the tests.

The twins go pixel by pixel, so both are timed on a small clip as well. Everything runs on one
thread. Run with --tiny for one quick repetition.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from mebench import features as f
from mebench.preprocessing import TICS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import naive
import naive_lbp_family as twins

SMALL, R = (2, 2), (3, 3, 3)

#: Name: with defaults; on blocks of 2×2; the twin of that.
CASES: dict[str, tuple[Callable, Callable, Callable | None]] = {
    "lbp_top": (
        f.lbp_top,
        lambda v: f.lbp_top(v, regions=SMALL),
        lambda v: naive.lbp_top(v, SMALL, 1, R, 8),
    ),
    "lbp_top, MEGC 2019": (
        lambda v: f.lbp_top(v, regions=(5, 5), radii=(1, 1, 4), points=4),
        lambda v: f.lbp_top(v, regions=SMALL, radii=(1, 1, 4), points=4),
        lambda v: naive.lbp_top(v, SMALL, 1, (1, 1, 4), 4),
    ),
    "frame_lbp": (
        f.frame_lbp,
        lambda v: f.frame_lbp(v, regions=SMALL),
        lambda v: twins.frame_lbp(v, SMALL, 1, 3),
    ),
    "lbp_sip": (
        f.lbp_sip,
        lambda v: f.lbp_sip(v, regions=SMALL),
        lambda v: twins.lbp_sip(v, SMALL, 1, R),
    ),
    "lbp_mop": (
        f.lbp_mop,
        lambda v: f.lbp_mop(v, blocks=SMALL),
        lambda v: twins.lbp_mop(v, SMALL, 3, 3),
    ),
    "lbp_xyot": (f.lbp_xyot, lambda v: f.lbp_xyot(v, regions=SMALL), None),
    "elbptop": (
        f.elbptop,
        lambda v: f.elbptop(v, regions=SMALL),
        lambda v: twins.elbptop(v, SMALL, 2, R),
    ),
    "cbp_top": (
        f.cbp_top,
        lambda v: f.cbp_top(v, regions=SMALL),
        lambda v: twins.cbp_top(v, SMALL),
    ),
    "completed_patterns": (
        f.completed_patterns,
        lambda v: f.completed_patterns(v, regions=SMALL),
        lambda v: twins.completed(v, SMALL, R),
    ),
    "stlbp_ip": (
        f.stlbp_ip,
        lambda v: f.stlbp_ip(v, blocks=SMALL),
        lambda v: twins.stlbp_ip(v, SMALL, 9),
    ),
}


def best(function: Callable[[], object], repetitions: int) -> float:
    """Shortest of several calls, in milliseconds; the first call, which compiles, is not timed."""
    function()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def once(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return 1e3 * (time.perf_counter() - start)


def main(repetitions: int) -> None:
    rng = np.random.default_rng(0)
    large = rng.integers(0, 256, (10, 170, 140), dtype=np.uint8)
    small = rng.integers(0, 256, (10, 24, 24), dtype=np.uint8)
    print(f"{'ms per clip':20} {'10×170×140':>12} {'values':>8} {'10×24×24':>10} {'twin':>10}")
    for name, (full, quick, twin) in CASES.items():
        slow = "" if twin is None else f"{once(lambda t=twin: t(small)):10.0f}"
        print(
            f"{name:20} {best(lambda g=full: g(large), repetitions):12.3f} {len(full(large)):8} "
            f"{best(lambda g=quick: g(small), repetitions):10.3f} {slow}"
        )
    colour = rng.integers(0, 256, (10, 170, 140, 3), dtype=np.uint8)
    print(f"{'TICS':20} {best(lambda: TICS().transform([colour]), repetitions):12.3f}")
    print(f"{'colour_lbp_top':20} {best(lambda: f.colour_lbp_top(colour), repetitions):12.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="one quick repetition")
    repetitions = 1 if parser.parse_args().tiny else 30
    with threadpool_limits(1):
        main(repetitions)
