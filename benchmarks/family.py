"""Every extractor beside a plain-NumPy twin: milliseconds per clip, in one table and one run.

    python benchmarks/family.py [--tiny] [--repeat N]

All on one thread, in processor time (which a busy machine does not stretch), best of N after one to
warm up (and to compile), on a clip of 10 frames of
170 × 140 (64 × 64 with --tiny). Descriptors of optical flow are given the same ready field, so
that what is measured is theirs; the flow itself stands in a line of its own (and, against others,
in benchmarks/flow.py). Twins that give other numbers than the extractor are named.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import numpy_twins as twin

import mebench.features as ours
from mebench.features._mdmo import main_directions
from mebench.flow import flow
from mebench.testing import make_clips

Row = tuple[str, Callable[[], Any], Callable[[], Any] | None, str]


def cases(size: tuple[int, int]) -> list[Row]:
    """Name, extractor, twin (None: there is none), remark."""
    clip = make_clips(1, n_frames=10, size=size)[0]
    video = np.ascontiguousarray(clip.frames)
    noise = np.random.default_rng(0).integers(-2, 3, video.shape)
    video = np.clip(video.astype(int) + noise, 0, 255).astype(np.uint8)
    rgb = np.stack([video, video[..., ::-1], video[:, ::-1]], axis=-1)
    whole = np.stack([cv2.resize(frame, (224, 224)) for frame in video[:8]])
    field = flow(video[0], video[5], "farneback")
    fields = [field] * (len(video) - 1)
    given: dict[str, Any] = {"flow": lambda a, b: field}
    pattern = {
        "LBP-TOP": (lambda: ours.lbp_top(video), lambda: twin.lbp_top(video)),
        "frame LBP": (lambda: ours.frame_lbp(video), lambda: twin.frame_lbp(video)),
        "LBP-SIP": (lambda: ours.lbp_sip(video), lambda: twin.lbp_sip(video)),
        "LBP-MOP": (lambda: ours.lbp_mop(video), lambda: twin.lbp_mop(video)),
        "LBP-XYOT": (
            lambda: ours.lbp_xyot(video),
            lambda: twin.lbp_top(video, ("XT", "YT")),
        ),
        "ELBPTOP, before its PCA": (lambda: ours.elbptop(video), lambda: twin.elbptop(video)),
        "CBP-TOP": (lambda: ours.cbp_top(video), lambda: twin.cbp_top(video)),
        "STCLQP, before its codebook": (
            lambda: ours.completed_patterns(video),
            lambda: twin.completed_patterns(video),
        ),
        "STLBP-IP": (
            lambda: ours.stlbp_ip(video, sampling="nearest"),
            lambda: twin.stlbp_ip(video),
        ),
        "LBP-TOP of 3 channels": (
            lambda: ours.colour_lbp_top(rgb),
            lambda: np.concatenate([twin.lbp_top(rgb[..., c]) for c in range(3)]),
        ),
        "HOG-TOP": (lambda: ours.hog_top(video), lambda: twin.hog_top(video)),
        "HIGO-TOP": (lambda: ours.higo_top(video), lambda: twin.hog_top(video, weighted=False)),
        "3D-FFT, 8 × 224 × 224": (lambda: ours.fft3d(whole), lambda: twin.fft3d(whole)),
    }
    of_flow = {
        "HOOF": (lambda: ours.hoof(video, **given), lambda: twin.hoof(fields)),
        "FHOFO": (lambda: ours.fhofo(video, **given), lambda: twin.fhofo(fields)),
        "FDM": (lambda: ours.fdm(video, align=False, **given), lambda: twin.fdm(fields)),
        "Bi-WOOF": (
            lambda: ours.bi_woof(video[0], video[5], **given),
            lambda: twin.bi_woof(field),
        ),
        "OSF": (lambda: ours.osf(video, **given), lambda: twin.osf(fields)),
        "OSW-LBP-TOP": (
            lambda: ours.osw_lbp_top(video, **given),
            lambda: twin.osw_lbp_top(video, fields),
        ),
        "Bi-WOOF-phase": (
            lambda: ours.bi_woof_phase(video[0], video[5], **given),
            lambda: twin.bi_woof_phase(video[0], video[5], field),
        ),
        "MDMO and FrameMDMO": (
            lambda: main_directions(video, None, regions=(6, 6), align=False, **given),
            lambda: twin.main_directions(fields),
        ),
    }
    rows: list[Row] = [(name, *pair, "") for name, pair in pattern.items()]
    rows += [(name, *pair, "flow given") for name, pair in of_flow.items()]
    rows += [
        ("Farnebäck, 9 pairs", lambda: [flow(video[0], b, "farneback") for b in video[1:]], None,
         "what flow costs: OpenCV"),
        ("TV-L1, 1 pair", lambda: flow(video[0], video[5], "tvl1"), None, "see flow.py"),
    ]  # fmt: skip
    return rows


def best(function: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    """Least processor time of several calls, in milliseconds; and what it gives."""
    found, times = function(), []
    for _ in range(repeat):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return 1e3 * min(times), found


def apart(a: Any, b: Any) -> float:
    """Largest difference, relative to the largest value; infinite where shapes differ."""
    a, b = np.asarray(a, float).ravel(), np.asarray(b, float).ravel()
    return float(np.abs(a - b).max() / np.abs(a).max()) if a.shape == b.shape else np.inf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="a small clip, one repetition")
    parser.add_argument("--repeat", type=int, default=7)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    size, repeat = ((64, 64), 1) if args.tiny else ((170, 140), args.repeat)
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, one thread, best of {repeat}; "
          f"10 frames of {size[0]}×{size[1]}")  # fmt: skip
    print(f"\n{'':30}{'mebench ms':>11}{'NumPy ms':>10}{'ratio':>7}{'apart':>9}")
    with threadpool_limits(1):
        for name, extractor, other, remark in cases(size):
            ms, row = best(extractor, repeat)
            if other is None:
                print(f"{name:30}{ms:11.2f}{'':>26}  {remark}")
                continue
            slow, expected = best(other, max(1, repeat // 2))
            print(f"{name:30}{ms:11.2f}{slow:10.1f}{slow / ms:7.1f}{apart(row, expected):9.0e}"
                  f"  {remark}")  # fmt: skip


if __name__ == "__main__":
    main()
