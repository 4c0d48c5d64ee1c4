"""Spotters on synthetic people that nothing was chosen on, as they are and compressed.

    python benchmarks/spotting_twins.py [--tiny] [--seeds 201,202,203] [--method trajectory]
        [--people 5] [--videos 2] [--crf 23] [--tune]

Of each seed the videos are rendered, as JPEG pictures and as an H.264 film, and spotted in with the
thresholds that the spotter brings along, or, with --tune, with those of the other people of all
seeds. F1 at IoU 0.5 of all seeds together, and what the false alarms are, with the exact interval
(Clopper and Pearson) of the share of blinks. What the spotters were developed on is in
docs/spotting.md: take other seeds.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pandas as pd
from scipy.stats import binomtest

from mebench.clip import Clip, VideoFile
from mebench.datasets.long.videos import LongVideos
from mebench.spotting import SPOTTERS, evaluate_spotters
from mebench.synthetic.camera import View
from mebench.synthetic.long import COMPACT
from mebench.synthetic.long_plan import EVERYDAY, Script, plan_scripts
from mebench.synthetic.long_render import render_script


def pictures(script: Script, view: View) -> Iterator[np.ndarray]:
    """Frames as JPEG leaves them."""
    for frame in render_script(script, view):
        quality = [cv2.IMWRITE_JPEG_QUALITY, script.nuisance.quality]
        yield cv2.imdecode(cv2.imencode(".jpg", frame, quality)[1], cv2.IMREAD_GRAYSCALE)


def film(path: Path, frames: np.ndarray, crf: int) -> Clip:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": str(crf)})
        stream.height, stream.width = frames.shape[1:]
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="gray")))
        container.mux(stream.encode(None))
    return Clip(path.stem, VideoFile(str(path), 0, len(frames)), fps=30.0)


def table(everyday: bool, events, names: dict, name: str) -> list[dict]:
    """Rows of what is an expression, or of what is not."""
    return [
        {**names, name: e.kind, "onset": e.onset, "apex": e.apex, "offset": e.offset,
         "emotion": e.emotion, "au": e.units}
        for e in events if (e.kind in EVERYDAY) == everyday
    ]  # fmt: skip


def databases(seeds: list[int], options, folder: Path) -> list[LongVideos]:
    """The videos as they are, and compressed."""
    clips, videos, truth, marked = ([], []), [], [], []
    for seed in seeds:
        seconds = 14.0 if options.tiny else 35.0
        for script in plan_scripts((seed, 5), options.people, options.videos, seconds, 30.0):
            video, subject = f"{seed}_{script.subject}_{script.take}", f"{seed}_{script.subject}"
            frames = np.stack(list(pictures(script, COMPACT)))
            np.save(folder / f"{video}.npy", frames)
            held = np.load(folder / f"{video}.npy", mmap_mode="r")
            clips[0].append(Clip(video, held, fps=30.0))
            clips[1].append(film(folder / f"{video}.mp4", frames, options.crf))
            names = {"dataset": "twins", "video": video, "subject": subject}
            videos.append({**names, "fps": 30.0, "n_frames": len(frames)})
            truth += table(False, script.events, names, "kind")
            marked += table(True, script.events, {"video": video}, "cause")
    columns = ["dataset", "video", "subject", "kind", "onset", "apex", "offset", "emotion", "au"]
    tables = (pd.DataFrame(videos), pd.DataFrame(truth, columns=columns), [],
              pd.DataFrame(marked)[["video", "cause", "onset", "offset"]])  # fmt: skip
    return [LongVideos(mine, *tables) for mine in clips]


def say(name: str, found) -> None:
    """F1 of each kind, and the causes of false alarms."""
    parts = []
    for kind in found.scores.index:
        one = found.scores.loc[kind]
        parts.append(f"{kind} {one['f1']:.3f} ({one['tp']:.0f} right, {one['fp']:.0f} wrong, "
                     f"{one['fn']:.0f} missed)")  # fmt: skip
    causes = found.causes.loc["all"]
    blinks, wrong = int(causes["blink"]), int(causes["fp"])
    print(f"{found.spotter.name}, {name}: {'; '.join(parts)}")
    if wrong:
        low, high = binomtest(blinks, wrong).proportion_ci()
        print(f"  blinks {blinks} of {wrong} false alarms: {blinks / wrong:.2f} [{low:.2f}, "
              f"{high:.2f}]; {causes.drop('fp').to_dict()}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--seeds", default="201,202,203")
    parser.add_argument("--method", default="trajectory")
    parser.add_argument("--people", type=int, default=5)
    parser.add_argument("--videos", type=int, default=2)
    parser.add_argument("--crf", type=int, default=23)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    if options.tiny:
        seeds, options.people, options.videos = [1], 1, 1
    methods = list(SPOTTERS) if options.method == "all" else options.method.split(",")
    with tempfile.TemporaryDirectory() as folder:
        names = ("pictures", f"H.264, crf {options.crf}")
        for name, database in zip(names, databases(seeds, options, Path(folder)), strict=True):
            for found in evaluate_spotters(database, methods, tune=options.tune):
                say(name, found)


if __name__ == "__main__":
    main()
