"""Optical flow: time and end-point error of every flow here and of the TV-L1 of others.

    python benchmarks/flow.py [--tiny] [--repeat N] [--contrib-python PATH]

All on one thread, best of N runs after one to warm up (and to compile), on pairs of frames whose
true flow is known. scikit-image is measured where it is installed. OpenCV's DualTVL1 needs
opencv-contrib, which cannot live beside plain OpenCV: where ``cv2.optflow`` is missing, give the
interpreter of another environment that has it, and it is measured there in the same run.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]


def moved(first: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, ...]:
    """Both frames as uint8, and the true flow."""
    y, x = np.mgrid[: first.shape[0], : first.shape[1]].astype(np.float32)
    # The second frame at z is the first at x with x + flow(x) = z: a fixed point.
    at_x, at_y = x, y
    for _ in range(30):
        move = [cv2.remap(f, at_x, at_y, 1, borderMode=cv2.BORDER_REPLICATE) for f in (u, v)]
        at_x, at_y = x - move[0], y - move[1]
    second = cv2.remap(first, at_x, at_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    frames = [np.clip(np.rint(f), 0, 255).astype(np.uint8) for f in (first, second)]
    return frames[0], frames[1], np.stack([u, v], axis=-1)


def texture(height: int, width: int, amplitude: float) -> tuple[np.ndarray, ...]:
    """A random texture that moves everywhere, by up to `amplitude` pixels."""
    rng = np.random.default_rng(0)
    first = sum(
        sigma * cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), sigma)
        for sigma in (1.5, 4, 10)
    )
    first = np.interp(first, (first.min(), first.max()), (0, 255)).astype(np.float32)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    u = np.float32(amplitude) * np.sin(5 * x / width) * np.cos(4 * y / height)
    v = np.float32(0.7 * amplitude) * np.cos(4 * x / width + 1) * np.sin(5 * y / height)
    return moved(first, u, v)


def face(height: int, width: int, amplitude: float) -> tuple[np.ndarray, ...]:
    """A photograph of a face with six places that move, by up to about `amplitude` pixels."""
    from skimage import data

    photo = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[20:220, 150:300]
    first = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    u, v = np.zeros((2, height, width), np.float32)
    for _ in range(6):
        cx, cy = rng.uniform(0.2, 0.8, 2) * (width, height)
        spread, angle = rng.uniform(0.06, 0.12) * height, rng.uniform(0, 2 * np.pi)
        bump = amplitude * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread**2))
        u += np.float32(np.cos(angle)) * bump
        v += np.float32(np.sin(angle)) * bump
    return moved(first, u, v)


def ours() -> dict[str, Flow]:
    from mebench.flow import flow

    def named(method: str) -> Flow:
        return lambda a, b: flow(a, b, method)

    return {f"mebench {method}": named(method) for method in ("tvl1", "farneback", "dis")}


def opencv_farneback() -> Flow:
    return lambda a, b: cv2.calcOpticalFlowFarneback(a, b, None, 0.5, 3, 15, 3, 5, 1.2, 0)


def clip_ratio(first: np.ndarray, second: np.ndarray, repeat: int) -> float:
    """OpenCV's Farnebäck over ours, for a clip of eight frames against its first."""
    from mebench.flow import clip_flow

    video = np.stack([first, *([second, first[::-1].copy()] * 4)])
    theirs = opencv_farneback()
    times = [np.inf, np.inf]
    for _ in range(repeat + 1):
        for place, run in enumerate(
            (lambda: [theirs(video[0], frame) for frame in video[1:]], lambda: clip_flow(video))
        ):
            start = time.perf_counter()
            run()
            times[place] = min(times[place], time.perf_counter() - start)
    return times[0] / times[1]


def scikit_image() -> Flow:
    from skimage.registration import optical_flow_tvl1

    return lambda a, b: np.moveaxis(optical_flow_tvl1(a / 255, b / 255)[::-1], 0, -1)


def dual_tvl1() -> Flow:
    make = cv2.optflow.DualTVL1OpticalFlow_create  # AttributeError without contrib
    return lambda a, b: make().calc(a, b, None)


def measure(
    function: Flow, a: np.ndarray, b: np.ndarray, truth: np.ndarray, repeat: int
) -> tuple[float, float]:
    """Best time in ms and mean end-point error in pixels."""
    cv2.setNumThreads(1)
    error = np.linalg.norm(function(a, b) - truth, axis=-1).mean()
    best = np.inf
    for _ in range(repeat):
        start = time.perf_counter()
        function(a, b)
        best = min(best, time.perf_counter() - start)
    return 1e3 * best, float(error)


def measure_elsewhere(
    python: str, a: np.ndarray, b: np.ndarray, truth: np.ndarray, repeat: int
) -> tuple[float, float]:
    """DualTVL1 in another interpreter, by this same file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.npz"
        np.savez(path, a=a, b=b, truth=truth)
        command = [python, __file__, "--dual-tvl1", str(path), "--repeat", str(repeat)]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    milliseconds, error = out.split()
    return float(milliseconds), float(error)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="one small pair, one repetition")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--contrib-python", help="interpreter that has opencv-contrib")
    parser.add_argument("--dual-tvl1", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.dual_tvl1:
        data = np.load(args.dual_tvl1)
        print(*measure(dual_tvl1(), data["a"], data["b"], data["truth"], args.repeat))
        return

    peers, absent = ours(), []
    loaders = (
        ("OpenCV Farneback", opencv_farneback), ("scikit-image TV-L1", scikit_image),
        ("OpenCV DualTVL1", dual_tvl1),
    )  # fmt: skip
    for name, load in loaders:
        try:
            peers[name] = load()
        except (ImportError, AttributeError) as error:
            if name == "OpenCV DualTVL1" and args.contrib_python:
                continue
            absent.append(f"{name} ({error})")

    pairs = [(face, 48, 64, 1.5)] if args.tiny else [
        (face, 140, 170, 1.0),
        (face, 140, 170, 2.5),
        (face, 280, 340, 2.5),
        (texture, 140, 170, 2.5),
        (texture, 280, 340, 2.5),
    ]  # fmt: skip
    repeat = 1 if args.tiny else args.repeat
    print(f"Python {sys.version.split()[0]}, OpenCV {cv2.__version__}, one thread")
    for make, height, width, amplitude in pairs:
        a, b, truth = make(height, width, amplitude)
        rows = {name: measure(f, a, b, truth, repeat) for name, f in peers.items()}
        if args.contrib_python and "OpenCV DualTVL1" not in peers:
            where = args.contrib_python
            rows["OpenCV DualTVL1"] = measure_elsewhere(where, a, b, truth, repeat)
        base = rows["mebench tvl1"][0]
        print(f"\n{make.__name__}, {width}×{height}, motion up to {amplitude} px")
        print(f"{'':22}{'ms':>9}{'× ours':>9}{'error px':>10}")
        for name, (milliseconds, error) in rows.items():
            print(f"{name:22}{milliseconds:9.1f}{milliseconds / base:9.1f}{error:10.4f}")
        print(f"a clip, OpenCV's Farneback / ours: {clip_ratio(a, b, repeat):.2f}")
    for line in absent:
        print(f"\nNot measured: {line}")


if __name__ == "__main__":
    main()
