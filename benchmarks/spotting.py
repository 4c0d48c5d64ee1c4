"""Spotting in one long video: seconds and peak memory.

    python benchmarks/spotting.py [--tiny] [--minutes 10] [--method trajectory]

Renders 20 s of a synthetic face at 640 × 480, repeats it forth and back into a video file, then
spots in it in a process of its own, whose peak memory is printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

from mebench.synthetic.camera import View
from mebench.synthetic.long_plan import plan_script
from mebench.synthetic.long_render import render_script

SPOT = """
import sys, time
from mebench.storage.memory import peak_mib
from mebench.spotting import spot
start, busy = time.perf_counter(), time.process_time()
found = spot(sys.argv[1], sys.argv[2])
seconds, busy = time.perf_counter() - start, time.process_time() - busy
print(f"{found.n_frames} frames in {seconds:.1f} s ({found.n_frames / seconds:.0f} per second), "
      f"{busy:.1f} s of processors, peak {peak_mib()} MiB, {len(found.intervals)} intervals")
"""


def write_video(path: Path, n_frames: int, size: tuple[int, int], seconds: float) -> None:
    """A face that does all that faces do, and then the same backwards, until it is long enough."""
    script = plan_script((0, 5), 1, 1, seconds, 30.0)
    view = View(size, 220 * size[0] / 640, False)
    frames = [cv2.cvtColor(f, cv2.COLOR_GRAY2BGR) for f in render_script(script, view)]
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30.0, size)
    for i in range(n_frames):
        turn, at = divmod(i, len(frames))
        film.write(frames[at if turn % 2 == 0 else len(frames) - 1 - at])
    film.release()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--method", default="trajectory")
    options = parser.parse_args()
    n = 150 if options.tiny else round(options.minutes * 60 * 30)
    size = (320, 240) if options.tiny else (640, 480)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.mp4"
        start = time.perf_counter()
        write_video(path, n, size, 10 if options.tiny else 20)
        print(f"written in {time.perf_counter() - start:.0f} s: {n} frames of {size[0]}×{size[1]}")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-c", SPOT, str(path), options.method], check=True)


if __name__ == "__main__":
    main()
