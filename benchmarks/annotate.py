"""Speed of `mebench annotate`: frames per second of each pass, on a synthetic video.

Run:  python benchmarks/annotate.py [--tiny] [--seconds 30] [--size 640 480] [--video FILE]

Prints wall-clock and processor time: on a machine that does other work too, the second is what
the job itself takes. The model is trained on a few small clips, since its quality has no part in
this.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from sklearn.pipeline import make_pipeline

from mebench import LBPTOP
from mebench.annotation import annotate
from mebench.datasets import Samples
from mebench.models import Model, train
from mebench.preprocessing import TIM, AlignFace, FindLandmarks
from mebench.svm import PolySVC
from mebench.synthetic.camera import View
from mebench.synthetic.long_plan import plan_script
from mebench.synthetic.long_render import render_script
from mebench.testing import make_clips


def small_model() -> Model:
    """The pipeline of the challenge baseline, on texture that moves."""
    clips = make_clips(8)
    table = pd.DataFrame({
        "clip_id": [c.id for c in clips], "dataset": "toy",
        "subject": np.repeat(list("abcd"), 2), "label": ["glad", "sad"] * 4,
    })  # fmt: skip
    steps = (FindLandmarks(), AlignFace(size=(170, 140)), TIM(10),
             LBPTOP(regions=(5, 5), radii=(1, 1, 4), points=4))  # fmt: skip
    samples = Samples(clips, table, classes=["glad", "sad"])
    return train(make_pipeline(*steps, PolySVC(kernel="linear")), samples, cache=False)


def frames(seconds: float, size: tuple[int, int]) -> Iterator[np.ndarray]:
    """Of a synthetic person who blinks, talks, turns, and shows expressions."""
    script = plan_script((7, 1), 1, 1, seconds, 30.0)
    return render_script(script, View(size, 220 * size[0] / 640, True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="a few frames, to see that it runs")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480))
    parser.add_argument("--video", type=Path, help="annotate this one instead")
    args = parser.parse_args()
    size = (160, 120) if args.tiny else tuple(args.size)
    with tempfile.TemporaryDirectory() as scratch:
        video = args.video
        if video is None:
            video = Path(scratch, "in.mp4")
            out = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), 30, size)
            for number, frame in enumerate(frames(4.0 if args.tiny else args.seconds, size)):
                if args.tiny and number == 40:
                    break
                out.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
            out.release()
        model = small_model()
        wall, work = time.perf_counter(), time.process_time()
        found = annotate(video, model, Path(scratch, "out.mp4"))
        wall, work = time.perf_counter() - wall, time.process_time() - work
    n = found.spotting.n_frames
    print(f"{n} frames of {size[0]}×{size[1]}, {len(found.intervals)} intervals")
    for stage, seconds in found.seconds.items():
        print(f"  {stage:12s} {seconds:8.2f} s  {n / max(seconds, 1e-9):8.1f} frames per second")
    print(f"  all, wall    {wall:8.2f} s  {n / wall:8.1f} frames per second")
    print(f"  all, work    {work:8.2f} s  {n / work:8.1f} frames per second of processor time")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
