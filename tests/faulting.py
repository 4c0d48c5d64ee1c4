"""A small experiment, and means to kill the program that runs it, for tests and the benchmark."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

RUNS = ("clips-lbp-loso-nested", "clips-scaled-loso-nested")

METHODS = """
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from mebench import LBPTOP
from mebench.methods import Method
from mebench.svm import PolySVC

lbp = Method("lbp", lambda: make_pipeline(LBPTOP(regions=(3, 3), points=4), PolySVC()),
             grid="coarse")
# A step that learns: every fold, and every inner one, by itself.
scaled = Method("scaled", lambda: make_pipeline(LBPTOP(regions=(2, 2), points=4),
                StandardScaler(), PolySVC()), grid={"degree": [2, 3], "gamma": [0.001, 0.01]})
"""


def make_experiment(folder: Path, clips: int = 36, subjects: int = 6) -> Path:
    """Clips of noise that moves, a manifest, two methods, and the experiment file of both."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(clips):
        label = ("calm", "slow", "fast")[i % 3]
        frames = folder / "frames" / f"{i:03d}"
        frames.mkdir(parents=True)
        image = rng.integers(0, 256, (64, 64), np.uint8)
        for t in range(8):
            moved = np.roll(image, t * (i % 3), axis=1)
            cv2.imwrite(str(frames / f"{t:03d}.png"), cv2.GaussianBlur(moved, (5, 5), 1.5))
        rows.append((f"c{i}", f"s{i % subjects}", label, f"frames/{i:03d}"))
    columns = ["clip_id", "subject", "label", "frames"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "clips.csv", index=False)
    (folder / "faulty_methods.py").write_text(METHODS)
    (folder / "experiment.toml").write_text(
        'dataset = "clips.csv"\nmethod = ["faulty_methods:lbp", "faulty_methods:scaled"]\n'
        "no_explain = true\n"
    )
    return folder


def command(out: str, *more: str) -> list[str]:
    return [sys.executable, "-m", "mebench", "run", "experiment.toml", "--out", out, *more]


def environment(home: Path, **more: str) -> dict[str, str]:
    return {**os.environ, "MEBENCH_HOME": str(home), "OMP_NUM_THREADS": "1",
            "NUMBA_NUM_THREADS": "1", **more}  # fmt: skip


def run(folder: Path, out: str, *more: str, home: Path, **env: str):
    """Run the experiment to its end."""
    return subprocess.run(
        command(out, *more), cwd=folder, env=environment(home, **env), capture_output=True,
        text=True,
    )  # fmt: skip


def start(folder: Path, out: str, *more: str, home: Path, **env: str):
    return subprocess.Popen(
        command(out, *more), cwd=folder, env=environment(home, **env), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def killed(process, when, limit: float = 120.0) -> bool:
    """Kill a process as soon as ``when()`` is true; False if it ended before."""
    began = time.monotonic()
    while process.poll() is None and time.monotonic() - began < limit:
        if when():
            process.send_signal(signal.SIGKILL)
            process.communicate()
            return process.returncode == -signal.SIGKILL
        time.sleep(0.001)
    process.communicate()
    return False


def after(seconds: float):
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def stage(out: Path) -> str:
    """What a killed run was at, as far as its folder tells."""
    if any(out.glob(".writing-*")):
        return "saving"
    if any(out.glob(".work/*/*/*.parts")):
        return "folds"
    if any(f.is_file() for f in out.glob(".work/*/features/*/*")):
        return "features"
    return "between runs" if any(out.glob("*/run.json")) else "starting"


def results(out: Path) -> dict[str, bytes]:
    """The predictions of all runs, by name."""
    return {path.parent.name: path.read_bytes() for path in out.glob("*/predictions.csv")}
