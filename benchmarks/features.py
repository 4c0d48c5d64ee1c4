"""LBP-TOP against scikit-image, MDMO against the flow it calls, TIM: ratios measured in one run.

Run with --tiny for one quick repetition. Everything runs on one thread.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np
from skimage.feature import local_binary_pattern
from threadpoolctl import threadpool_limits

from mebench.features import lbp_top, mdmo
from mebench.flow import clip_flow
from mebench.preprocessing import TIM
from mebench.preprocessing.face import face_transform, warp
from mebench.preprocessing.temporal import tim_weights
from mebench.synthetic import make_clip


def best(function, repetitions):
    """Least processor time of several calls, in milliseconds; the first, which compiles, is not
    timed."""
    function()
    times = []
    for _ in range(repetitions):
        start = time.process_time_ns()
        function()
        times.append(time.process_time_ns() - start)
    return min(times) / 1e6


def bench_lbp_top(repetitions):
    video = np.random.default_rng(0).integers(0, 256, (10, 170, 140), dtype=np.uint8)
    ours = best(lambda: lbp_top(video), 20 * repetitions)
    interpolated = best(lambda: lbp_top(video, sampling="bilinear"), 2 * repetitions)
    codes = 3 * (10 - 6) * (170 - 6) * (140 - 6)
    peer = best(lambda: [local_binary_pattern(frame, 8, 3) for frame in video], repetitions)
    print("LBP-TOP, 10 × 170 × 140 uint8, 8×8×1 blocks, 8 points, radius 3, u2")
    for name, ms, n in (
        ("mebench.lbp_top", ours, codes),
        ("  interpolated neighbours", interpolated, codes),
        ("scikit-image local_binary_pattern, uncounted", peer, video.size),
    ):
        print(f"  {name:46}{ms:9.3f} ms {n} codes {n / ms / 1e6:7.3f} G codes/s")
    print(f"  per coded pixel: {(peer / video.size) / (ours / codes):.0f} times faster")


def bench_mdmo(repetitions):
    cv2.setNumThreads(1)
    frames, truth = make_clip(seed=0)
    A = face_transform(truth.landmarks[0], (280, 230))
    video = warp(frames[: 20 if repetitions > 1 else 4], A, (280, 230))
    landmarks = truth.landmarks[0] @ A[:, :2].T + A[:, 2]
    flow = best(lambda: clip_flow(video), repetitions)
    whole = best(lambda: mdmo(video, landmarks), repetitions)
    print(f"MDMO, {len(video)} × 280 × 230, 36 regions, Farnebäck")
    print(f"  flow alone {flow:8.1f} ms, MDMO with it {whole:8.1f} ms: {whole / flow:.3f} times")


def bench_tim(repetitions):
    video = np.random.default_rng(0).integers(0, 256, (68, 170, 140), dtype=np.uint8)
    ours = best(lambda: TIM(10).transform([video]), 5 * repetitions)
    weights = tim_weights(68, 10)

    def plain():
        pixels = weights @ video.reshape(68, -1).astype(np.float64)
        return np.clip(np.round(pixels), 0, 255).astype(np.uint8).reshape(10, 170, 140)

    assert (TIM(10).transform([video])[0].frames == plain()).all()
    peer = best(plain, 5 * repetitions)
    print("TIM, 68 × 170 × 140 bytes to 10 frames, in processor time")
    print(f"  one matrix product in NumPy {peer:.2f} ms, mebench.preprocessing.TIM {ours:.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="one quick repetition")
    repetitions = 1 if parser.parse_args().tiny else 10
    with threadpool_limits(1):
        for bench in (bench_lbp_top, bench_mdmo, bench_tim):
            bench(repetitions)
