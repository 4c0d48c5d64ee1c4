"""How long a report takes and how large it is: 6 methods × 2 databases of real size, simulated.

    python benchmarks/report.py [--tiny] [--large] [--keep FOLDER]

The runs have all that real ones have: predictions with scores, choices of each fold, a surface of
6,400 points, regions with contributions per clip, and a strip of every clip (flow only, as for
licensed databases; with --faces also three frames). The page is then made by the command line in
a process of its own, from the stored runs alone. With --large there is one run on as many clips and
persons as DFME has (the pictures of 128 clips, over and over).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from mebench import Clip
from mebench.datasets import Samples
from mebench.features.regions import mdmo_rois
from mebench.results import save_run
from mebench.results.face_outline import FACE_POINTS
from mebench.results.strips import make_strips
from mebench.scoring import Predictions

METHODS = ("mdmo", "lbp-top", "sparse-mdmo", "bi-woof", "hoof", "3d-fft")
#: name: clips, persons, classes with their shares
DATABASES: dict[str, tuple[int, int, dict[str, float]]] = {
    "casme2": (246, 26, {"happiness": 0.13, "disgust": 0.26, "repression": 0.11,
                         "surprise": 0.1, "others": 0.4}),
    "smic": (164, 16, {"negative": 0.43, "positive": 0.31, "surprise": 0.26}),
}  # fmt: skip


def smooth(rng: np.random.Generator, height: int, width: int, sigma: float) -> np.ndarray:
    """A smooth random field between −1 and 1."""
    field = cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), sigma)
    return field / np.abs(field).max()


def samples_of(name: str, clips: int, persons: int, classes: dict[str, float]) -> Samples:
    """Clips of moving texture with landmarks, so that flow has something to show."""
    rng = np.random.default_rng(len(name))
    landmarks = FACE_POINTS * (230, 280)
    y, x = np.mgrid[:280, :230].astype(np.float32)
    found, rows = [], []
    for i in range(clips):
        face = 128 + 70 * smooth(rng, 280, 230, 9) + 30 * smooth(rng, 280, 230, 2)
        u, v = (1.5 * smooth(rng, 280, 230, 22).astype(np.float32) for _ in range(2))
        moved = cv2.remap(face.astype(np.float32), x - u, y - v, cv2.INTER_LINEAR)
        frames = np.stack([face, moved, face]).clip(0, 255).astype(np.uint8)
        clip_id = f"{name}/s{i % persons:02d}/clip{i:03d}"
        found.append(Clip(clip_id, frames, fps=200, apex=1, landmarks=landmarks))
        label = rng.choice(list(classes), p=list(classes.values()))
        rows.append({"clip_id": clip_id, "dataset": name, "subject": f"s{i % persons:02d}",
                     "label": label, "au": "4+7", "apex_source": "annotated"})  # fmt: skip
    return Samples(found, pd.DataFrame(rows), tuple(classes), label_set=f"{len(classes)}class")


def run_of(name: str, method: str, skill: float, samples: Samples, strips: Any) -> Predictions:
    """A run with everything that a real one leaves behind."""
    rng = np.random.default_rng([len(name), len(method)])
    classes, table = list(samples.classes), samples.table
    scores = rng.standard_normal((len(table), len(classes)))
    truth = np.array([classes.index(label) for label in table["label"]])
    scores[np.arange(len(table)), truth] += skill
    out = table[["clip_id", "dataset", "subject"]].assign(
        fold=table["dataset"] + "/" + table["subject"],
        y_true=table["label"],
        y_pred=[classes[k] for k in scores.argmax(1)],
        y_majority=table["label"].mode()[0],
        **{f"score_{c}": scores[:, k] for k, c in enumerate(classes)},
    )
    folds = sorted(set(out["fold"]))
    grid = list(product((2, 3, 4, 5), (0.1, 1, 10, 100), np.arange(1, 101) / 100, range(4)))
    surface = pd.DataFrame(grid, columns=["degree", "C", "gamma", "coef0"])
    surface["score"] = 0.5 + 0.1 * np.sin(np.log(surface["gamma"]) + surface["degree"])
    regions = [f"roi{i}" for i in range(36)]
    drops = rng.standard_normal(36) * 0.02 + 0.01
    importance = pd.DataFrame({"group": regions, "au": "AU4", "drop": drops, "low": drops - 0.02,
                               "high": drops + 0.02})  # fmt: skip
    polygons = {f"roi{i}": p.tolist() for i, p in enumerate(mdmo_rois(FACE_POINTS))}
    contributions = pd.DataFrame(
        [(c, g) for c in out["clip_id"] for g in regions], columns=["clip_id", "group"]
    )
    contributions["value"] = rng.standard_normal(len(contributions))
    chosen = [
        {"fold": fold, "params": {"degree": float(rng.integers(2, 6)), "coef0": 1.0,
                                  "gamma": float(rng.integers(1, 101)) / 100, "C": 1.0},
         "inner_score": 0.55} for fold in folds
    ]  # fmt: skip
    header = {
        "dataset": name, "labels": samples.label_set, "method": method, "protocol": "loso",
        "tuning": "nested", "grid": "thesis", "n_candidates": 6400, "scoring": "uf1",
        "classes": classes, "n_samples": len(out), "n_subjects": len(folds),
        "n_folds": len(folds), "complete": True, "chosen": chosen, "n_features": 72, "seed": 0,
        "notes": [f"{name} simulated"], "fingerprint": name,
        "seconds": {"features": 60.0, "folds": 6.0}, "peak_mib": {"features": 800.0},
    }  # fmt: skip
    files = {
        "surface.csv": surface,
        "importance.csv": importance,
        "polygons.json": json.dumps(polygons).encode(),
        "contributions.csv": contributions,
    }
    return Predictions(out, header, {**files, **strips})


LARGE = (7526, 656, {"disgust": 0.3, "surprise": 0.16, "sadness": 0.15, "fear": 0.14,
                     "happiness": 0.11, "anger": 0.09, "contempt": 0.05})  # fmt: skip


def many(clips: int, persons: int, classes: dict[str, float]) -> tuple[Samples, dict[str, Any]]:
    """Many clips without frames, and strips of them: those of the first 128 again and again."""
    first = samples_of("dfme", min(clips, 128), persons, classes)
    drawn = make_strips(first, cache=False)
    sheet = cv2.imdecode(np.frombuffer(drawn["strips-1.webp"], np.uint8), cv2.IMREAD_COLOR)
    place, number = np.arange(clips) % len(first), np.arange(clips) // len(first)
    ids = [f"dfme/sub{i % persons:04d}/sub{i % persons:04d}_{i // persons:02d}"
           for i in range(clips)]  # fmt: skip
    table = first.table.iloc[place].reset_index(drop=True)
    table["clip_id"], table["subject"] = ids, [i.split("/")[1] for i in ids]
    strips: dict[str, Any] = {"strips.csv": drawn["strips.csv"].iloc[place].assign(
        clip_id=ids, sheet=[f"strips-{n + 1}.webp" for n in number])}  # fmt: skip
    for n in range(number[-1] + 1):  # no two files of pictures are the same
        rolled = np.ascontiguousarray(np.roll(sheet, n, axis=1))
        strips[f"strips-{n + 1}.webp"] = cv2.imencode(
            ".webp", rolled, [cv2.IMWRITE_WEBP_QUALITY, 60]
        )[1].tobytes()
    same = [first.clips[i] for i in place]
    return Samples(same, table, tuple(classes), label_set="7class"), strips


def main() -> None:
    """Simulate the runs, make the page, print seconds and size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="A few clips, one database.")
    parser.add_argument("--large", action="store_true", help="7,526 clips of 656 persons, a run.")
    parser.add_argument("--faces", action="store_true", help="Keep three frames of each clip too.")
    parser.add_argument("--keep", type=Path, help="Folder for the runs and the page.")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        if args.large:
            samples, strips = many(*((60, 10) if args.tiny else LARGE[:2]), LARGE[2])
            size = sum(len(v) for v in strips.values() if isinstance(v, bytes)) / 1e6
            print(f"pictures of {len(samples.table)} clips: {size:.2f} MB")
            save_run(run_of("dfme", "mdmo", 0.7, samples, strips), folder / "runs")
        chosen = 0 if args.large else 1 if args.tiny else 2
        for name, (clips, persons, classes) in list(DATABASES.items())[:chosen]:
            clips, persons = (12, 4) if args.tiny else (clips, persons)
            samples = samples_of(name, clips, persons, classes)
            started = time.perf_counter()
            strips = make_strips(samples, faces=args.faces, cache=False)
            seconds = time.perf_counter() - started
            size = sum(len(v) for v in strips.values() if isinstance(v, bytes)) / 1e3
            print(f"strips of {clips} clips ({name}): {seconds:.1f} s, {size:.0f} kB")
            for i, method in enumerate(METHODS[: 2 if args.tiny else None]):
                save_run(run_of(name, method, 1.4 - 0.2 * i, samples, strips), folder / "runs")
        page = folder / "report.html"
        command = [sys.executable, "-m", "mebench", "report", str(folder / "runs"), "--out",
                   str(page)]  # fmt: skip
        started = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - started
        runs = len(list((folder / "runs").iterdir()))
        print(f"report of {runs} runs: {seconds:.1f} s, {page.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
