"""Opening a database, decoding its frames, and the memory that takes.

Opening and decoding are measured on a synthetic twin of CASME II, decoding against a bare loop
over `cv2.imread` on the same files, one thread each, in turns. Memory is the peak of a process
that decodes every clip of 10 and of 1,000 clips (Linux). Run with --tiny for one quick repetition.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from mebench.datasets import load
from mebench.images import read_image
from mebench.synthetic import write_corpus

_OPEN = """
import sys, time
start = time.perf_counter()
from mebench.datasets import load
samples = load("casme2", root=sys.argv[1], labels="all")
print(len(samples), time.perf_counter() - start)
"""
_MEMORY = """
import sys
from mebench.datasets import load
samples = load("casme2", root=sys.argv[1], labels="all")
pixels = sum(clip.frames.size for clip in samples.clips)
# Not getrusage: its peak is at least that of the process that started this one.
peak = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(len(samples), pixels, *peak)
"""


def python(code: str, *arguments: str) -> list[float]:
    """The numbers that a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return [float(word) for word in done.stdout.split()]


def bench_open(folder: Path, tiny: bool) -> None:
    options = {"subjects": 3, "clips": 9} if tiny else {"true_counts": True}
    root = write_corpus("casme2", folder / "open", plain=True, cropped=False, **options)
    frames = sum(1 for _ in root.rglob("*.jpg"))
    times = []
    for _ in range(1 if tiny else 3):
        clips, seconds = python(_OPEN, str(root))
        times.append(seconds)
    print(f"Opening {int(clips)} clips, {frames} frames, imports included: {min(times):.2f} s")
    start = time.perf_counter()
    load("casme2", root=root, labels="all")
    print(f"  in a process that has pandas already: {time.perf_counter() - start:.2f} s")


def bench_decode(folder: Path, tiny: bool) -> None:
    cv2.setNumThreads(1)
    for variant, size in (("raw", "640 × 480"), ("cropped", "280 × 340")):
        root = write_corpus("casme2", folder / "decode", subjects=1, clips=1 if tiny else 4)
        clips = load("casme2", root=root, labels="all", variant=variant).clips
        paths = [path for clip in clips for path in clip.source.paths]
        for colour, flag in ((False, cv2.IMREAD_GRAYSCALE), (True, cv2.IMREAD_COLOR)):
            sources = [
                clip.replace(source=type(clip.source)(clip.source.paths, colour)) for clip in clips
            ]
            for clip in sources:  # once untimed: the first touch of memory and disk is no decoding
                _ = clip.frames
            ours, bare = [], []
            for _ in range(1 if tiny else 9):
                start = time.perf_counter()
                for clip in sources:
                    _ = clip.frames
                ours.append(time.perf_counter() - start)
                start = time.perf_counter()
                for path in paths:
                    cv2.imread(path, flag)
                bare.append(time.perf_counter() - start)
            kind = "colour" if colour else "grey"
            print(
                f"Decoding {len(paths)} JPEG frames of {size} in {kind}: "
                f"{len(paths) / min(ours):.0f}/s, bare cv2.imread {len(paths) / min(bare):.0f}/s, "
                f"ratio {min(bare) / min(ours):.2f}"
            )
    assert read_image(paths[0]).ndim == 2


def bench_memory(folder: Path, tiny: bool) -> None:
    if not Path("/proc/self/status").exists():
        print("Memory: not measured, only Linux tells a process its peak")
        return
    for clips in (2, 4) if tiny else (10, 1000):
        root = write_corpus(
            "casme2", folder / f"memory{clips}", subjects=2, clips=clips, plain=True, cropped=False
        )
        if not tiny:
            _enlarge(root)
        count, pixels, peak = python(_MEMORY, str(root))
        print(
            f"Memory: {int(count)} clips, {pixels / 1e6:.0f} Mpx decoded: peak {peak / 1e3:.0f} MB"
        )


def _enlarge(root: Path) -> None:
    """Frames of real size: one JPEG, linked under every name."""
    big = root / "big.jpg"
    noise = np.random.default_rng(0).integers(0, 256, (480, 640)).astype(np.uint8)
    cv2.imwrite(str(big), cv2.GaussianBlur(noise, (0, 0), 3))
    for path in (root / "CASME2_RAW_selected").rglob("*.jpg"):
        path.unlink()
        os.link(big, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="one quick repetition")
    tiny = parser.parse_args().tiny
    with tempfile.TemporaryDirectory() as scratch:
        bench_open(Path(scratch), tiny)
        bench_decode(Path(scratch), tiny)
        bench_memory(Path(scratch), tiny)


if __name__ == "__main__":
    main()
