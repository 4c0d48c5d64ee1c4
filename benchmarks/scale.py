"""LBP-TOP on a simulated database of 10,000 clips: memory, and time per clip.

The clips are made on the fly, as a clip is read: a textured patch that moves a little, 60 × 50,
12 frames, with landmarks, so that nothing has to be on the disk and no face has to be found. The
method is `lbp-top` as it is, from alignment to 11,328 values, under 10 folds of whole subjects with
the method's own SVM parameters (tuning 'fixed': a search inside each fold is a matter of hours at
this size). Run with --tiny for 300 clips; --plot FILE.png draws the memory over time.

With --learning METHOD only what learns is run: features of the method's true width that were drawn
and lie where extraction leaves them, under as many clips as DFME has (7,526 of 656 persons), with
--tuning nested (one point of the grid, as memory does not depend on how many there are) or fixed.
METHOD is lbp-top, mdmo, hoof, elbptop, or early or early-pca, which are those of lbp-top and mdmo.
With --inner group-kfold:10 inner folds are of several persons; --outer 1 stops after so many outer
ones.

With --linear METHOD features alone are taken of 10, 20 and 40 clips of 100 frames of 224 × 224 that
lie on the disk as JPEG files, each in a new process: what a clip costs, frames read, what memory it
takes, and what that makes of 7,526 clips.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from mebench import Clip, Samples, evaluate
from mebench.clip import FrameFiles
from mebench.evaluation import evaluate_features, get_protocol
from mebench.methods import get_method
from mebench.methods.extract import extract
from mebench.methods.parts import split_pipeline
from mebench.results import save_run
from mebench.storage import ArrayCache
from mebench.storage.memory import peak_mib
from mebench.storage.rows import Rows
from mebench.synthetic import make_clip

SHAPE, FRAMES = (60, 50), 12
LARGE, LONG = (224, 224), 100  # of --linear
CLASSES = ("others", "disgust", "happiness", "surprise", "repression")
SHARES = (99, 63, 32, 25, 27)  # of CASME II


@dataclass(frozen=True)
class Made(FrameFiles):
    """Frames that are drawn when they are read."""

    number: int = 0
    label: int = 0
    shape: tuple[int, int] = SHAPE
    frames: int = FRAMES

    def __len__(self) -> int:
        return self.frames

    def read(self, index=None):
        rng = np.random.default_rng(self.number)
        cells = [-(-side // 8) + 2 for side in self.shape]
        coarse = rng.integers(0, 256, cells).astype(np.float32)
        image = np.kron(coarse, np.ones((8, 8), np.float32))
        image = (image + np.roll(image, 3, 0) + np.roll(image, 5, 1)) / 3
        out = np.empty((self.frames, *self.shape), np.uint8)
        for t in range(self.frames):
            shift = round(3 * np.sin(np.pi * t / self.frames))
            noise = rng.normal(0, 2, self.shape)
            moved = np.roll(image, shift * (self.label - 2), axis=self.label % 2)
            out[t] = np.clip(moved[: self.shape[0], : self.shape[1]] + noise, 0, 255)
        return out if index is None else out[list(index)]

    def stream(self):
        return iter(self.read())

    def digest(self, h):
        h.update(repr((self.number, self.label, self.shape, self.frames)).encode())


def database(n: int, subjects: int, shape=SHAPE, frames: int = FRAMES) -> Samples:
    landmarks = make_clip(seed=0)[1].landmarks[0]
    low, high = landmarks.min(0), landmarks.max(0)
    landmarks = shape[0] / 7.5 + (landmarks - low) / (high - low).max() * shape[0] / 1.5
    rng = np.random.default_rng(0)
    labels = rng.choice(len(CLASSES), n, p=np.array(SHARES) / sum(SHARES))
    clips = [
        Clip(
            f"made/{i}",
            Made((), number=i, label=int(labels[i]), shape=shape, frames=frames),
            fps=200,
            landmarks=landmarks,
        )
        for i in range(n)
    ]
    table = pd.DataFrame(
        {
            "clip_id": [clip.id for clip in clips],
            "dataset": "made",
            "subject": [f"s{i % subjects}" for i in range(n)],
            "label": [CLASSES[c] for c in labels],
        }
    )
    return Samples(clips, table, CLASSES, label_set="5class")


class Watch(threading.Thread):
    """Resident memory, every fifth of a second."""

    def __init__(self):
        super().__init__(daemon=True)
        self.times, self.mib, self.began = [], [], time.perf_counter()

    def run(self):
        page = os.sysconf("SC_PAGE_SIZE")
        while True:
            with open("/proc/self/statm") as file:
                self.mib.append(int(file.read().split()[1]) * page / 2**20)
            self.times.append(time.perf_counter() - self.began)
            time.sleep(0.2)


def main(n: int, subjects: int, jobs: int, plot: Path | None) -> None:
    samples = database(n, subjects)
    watch = Watch()
    watch.start()
    marks: list[tuple[float, str]] = []
    step = max(n // 10, 1)
    clock: dict[int, tuple[float, float]] = {}

    def progress(stage: str, done: int, total: int) -> None:
        now = time.perf_counter() - watch.began
        if not marks or marks[-1][1] != stage:
            marks.append((now, stage))
        if stage == "features" and (done % step == 0 or done == 1):
            clock[done] = (now, time.process_time())

    with tempfile.TemporaryDirectory() as scratch:
        found = evaluate(
            "lbp-top", samples, protocol="group-kfold:10", tuning="fixed", progress=progress,
            cache=ArrayCache(Path(scratch) / "cache"), keep=Path(scratch) / "work", n_jobs=jobs,
        )  # fmt: skip
        folder = save_run(found, Path(scratch) / "runs")
        size = sum(f.stat().st_size for f in folder.iterdir()) / 2**20
    peak = peak_mib() or float("nan")
    seconds = found.header["seconds"]
    print(f"{n} clips of {subjects} subjects, {found.header['n_features']} features, {jobs} jobs")
    print("milliseconds of processor per clip, by tenths of the clips:")
    ends = sorted(clock)
    rates = [1e3 * (clock[b][1] - clock[a][1]) / (b - a) for a, b in pairwise(ends)]
    print("  " + " ".join(f"{rate:.1f}" for rate in rates))
    print(f"features {seconds['features']:.0f} s, folds {seconds['folds']:.0f} s (wall), load "
          f"{os.getloadavg()[0]:.1f}; run directory {size:.1f} MiB")  # fmt: skip
    print(f"UAR {found.scores()['uar']:.3f} (majority {found.scores('y_majority')['uar']:.3f})")
    print(f"peak memory {peak:.0f} MiB, limit 1536: {'kept' if peak < 1536 else 'NOT KEPT'}")
    if plot is not None:
        draw(watch, marks, n, plot)


WIDTHS = {
    "lbp-top": (11328,),
    "mdmo": (72,),
    "hoof": (512,),
    "early-pca": (11328, 72),
    "early": (11328, 72),
    "elbptop": (3 * 11328,),  # of 3 · 98304, which are read once, for their products
}


def drawn(
    n: int, widths: tuple[int, ...], y: np.ndarray, persons: int, folder: Path, counted: int
) -> np.ndarray:
    """Features that differ a little between classes, a row at a time.

    Those of LBP-TOP are histograms that sum to 1, shaped by the person and by what moves and is
    lit in a clip, in ever weaker ways, and by counting. Of 100 of them some 50 components are
    95 % of the variance; of 100 clips of the synthetic corpus 37 are.
    """
    kept, rng = Rows(folder), np.random.default_rng(0)
    means = [rng.normal(0, 0.02, (y.max() + 1, width)) for width in widths]
    ways, bins, base = 1024, 59, rng.normal(0, 1.2, WIDTHS["lbp-top"][0])
    shapes = rng.normal(size=(ways, len(base))).astype(np.float32)
    shapes *= (0.2 * np.arange(1, ways + 1) ** -0.8).astype(np.float32)[:, None]
    of_person = rng.standard_normal((persons, ways), np.float32)
    for start in range(0, n, 512):
        here = np.arange(start, min(start + 512, n))
        latent = of_person[here % persons] + rng.standard_normal((len(here), ways), np.float32)
        logits = latent @ shapes if max(widths) >= len(base) else np.empty((len(here), 0))
        for i, own in zip(here, logits, strict=True):
            parts = []
            for m in means:
                if m.shape[1] >= len(base):
                    p = np.exp((own + base + m[y[i]].reshape(-1, len(base))).reshape(-1, bins))
                    counts = rng.poisson(counted * p / p.sum(axis=1, keepdims=True))
                    parts.append((counts / np.maximum(counts.sum(1, keepdims=True), 1)).ravel())
                else:
                    parts.append(np.abs(rng.normal(0.05 + m[y[i]], 0.05)))
            row: np.ndarray = np.empty(len(parts), object)
            row[:] = parts
            kept.append(parts[0] if len(parts) == 1 else row)
    found: np.ndarray = kept.collected()
    return found


def learning(
    method: str, tuning: str, n: int, persons: int, folds: int, inner: str, outer: int | None,
    counted: int,
) -> None:  # fmt: skip
    """Time and memory of everything after the features."""
    rng = np.random.default_rng(1)
    y = rng.choice(7, n, p=np.array([548, 298, 278, 265, 206, 161, 100]) / 1856)
    table = pd.DataFrame({"clip_id": [f"made/{i}" for i in range(n)], "dataset": "made",
                          "subject": [f"s{i % persons}" for i in range(n)],
                          "label": [f"c{k}" for k in y]})  # fmt: skip
    name = f"{method}:lbp-top+mdmo" if method.startswith("early") else method
    tail = get_method(name).build()[-2 if method in ("early", "early-pca", "elbptop") else -1 :]
    with tempfile.TemporaryDirectory() as scratch:
        X = drawn(n, WIDTHS[method], y, persons, Path(scratch), counted)
        print(f"{n} rows of {' + '.join(map(str, WIDTHS[method]))}: peak {peak_mib():.0f} MiB")
        protocol = "holdout:0.1" if folds == 1 else f"group-kfold:{folds}"
        began = time.process_time()

        def some(table):
            return islice(get_protocol(protocol)(table), outer)

        found = evaluate_features(
            tail, X, table, protocol=some, tuning=tuning, n_jobs=1, inner=inner,
            grid={"degree": 1 + (method != "elbptop"), "gamma": 1.0, "coef0": 1.0, "C": 1.0}
            if tuning == "nested" else None,
        )  # fmt: skip
    peak = peak_mib() or float("nan")
    protocol += "" if outer is None else f" (only {outer} of its folds)"
    print(f"{name}, {tuning}, inner {inner}, {protocol}: {time.process_time() - began:.0f} CPU s, "
          f"UAR {found.scores()['uar']:.3f}, peak {peak:.0f} MiB, limit 2048: "
          f"{'kept' if peak < 2048 else 'NOT KEPT'}; load {os.getloadavg()[0]:.1f}")  # fmt: skip


def one_count(method: str, n: int, folder: Path) -> None:
    """Features of n large clips: prints their processor seconds and the peak of memory."""
    samples = database(n + 1, 1, LARGE, LONG)
    clips = [
        clip.replace(source=FrameFiles(tuple(map(str, sorted((folder / f"{i}").iterdir())))))
        for i, clip in enumerate(samples.clips)
    ]
    steps = split_pipeline(get_method(method).build())[0]
    extract(steps, clips[:1], cache=None, n_jobs=1)  # compiles
    began = time.process_time()
    extract(steps, clips[1:], cache=None, n_jobs=1)
    print(time.process_time() - began, peak_mib(), flush=True)


def linear(method: str) -> None:
    """What a clip costs, by how many there are."""
    print(f"{method}: clips of {LONG} frames of {LARGE[0]} × {LARGE[1]}, landmarks given")
    counts, seconds = (10, 20, 40), []
    with tempfile.TemporaryDirectory() as scratch:
        for i, clip in enumerate(database(max(counts) + 1, 1, LARGE, LONG).clips):
            (folder := Path(scratch) / f"{i}").mkdir()
            for t, frame in enumerate(clip.frames):
                cv2.imwrite(str(folder / f"{t:03d}.jpg"), frame)
        for n in counts:
            line = [
                sys.executable,
                __file__,
                "--linear",
                method,
                "--clips",
                str(n),
                "--in",
                scratch,
            ]
            found = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
            seconds.append(float(found[-2]))
            print(f"{n:4d} clips: {seconds[-1]:.1f} CPU s, {seconds[-1] / n:.3f} each, peak "
                  f"{float(found[-1]):.0f} MiB; load {os.getloadavg()[0]:.1f}",
                  flush=True)  # fmt: skip
    power = np.polyfit(np.log(counts), np.log(seconds), 1)[0]
    hours = seconds[-1] / counts[-1] * 7526 / 3600
    print(f"seconds grow as clips to the power of {power:.2f}; 7,526 clips: {hours:.1f} CPU hours "
          "(extrapolated)")  # fmt: skip


def draw(watch: Watch, marks: list, n: int, path: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 3.5), layout="constrained")
    axes.plot(watch.times[: len(watch.mib)], watch.mib[: len(watch.times)], lw=1)
    axes.axhline(1536, color="0.5", ls="--", lw=1)
    axes.text(0, 1550, "1.5 GiB", va="bottom", color="0.4")
    for when, stage in marks:
        axes.axvline(when, color="0.8", lw=1)
        axes.text(when, 40, f" {stage}", rotation=90, va="bottom", color="0.4", fontsize=8)
    axes.set(xlabel="seconds", ylabel="resident memory (MiB)", ylim=(0, 1700),
             title=f"lbp-top on {n} simulated clips")  # fmt: skip
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="300 clips")
    parser.add_argument("--clips", type=int, help="default: 10,000, with --learning 7,526")
    parser.add_argument("--subjects", type=int, default=100)
    parser.add_argument("--n-jobs", type=int, default=2)
    parser.add_argument("--plot", type=Path, help="write the memory over time to this PNG")
    parser.add_argument("--learning", choices=WIDTHS, help="only what learns")
    parser.add_argument("--tuning", choices=("nested", "fixed"), default="nested")
    parser.add_argument("--folds", type=int, default=10, help="1: a hold-out of a tenth")
    parser.add_argument("--inner", default="loso", help="inner folds of --learning")
    parser.add_argument("--outer", type=int, help="of --learning, only so many folds")
    parser.add_argument("--counted", type=int, default=5000, help="values in a made histogram")
    parser.add_argument("--linear", choices=("lbp-top", "mdmo", "hoof"), help="only features")
    parser.add_argument("--in", dest="where", type=Path, help="of --linear, for itself")
    arguments = parser.parse_args()
    if arguments.linear:
        if arguments.clips:
            one_count(arguments.linear, arguments.clips, arguments.where)
        else:
            linear(arguments.linear)
        raise SystemExit
    n = 300 if arguments.tiny else arguments.clips or 10_000
    if arguments.learning:
        n = 300 if arguments.tiny else arguments.clips or 7526
        learning(arguments.learning, arguments.tuning, n, n * 656 // 7526, arguments.folds,
                 arguments.inner, arguments.outer, arguments.counted)  # fmt: skip
        raise SystemExit
    main(n, min(arguments.subjects, n // 10), arguments.n_jobs, arguments.plot)
