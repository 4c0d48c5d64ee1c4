"""How long a leaderboard takes and how large it is: 60 methods on each of 5 databases, simulated.

    python benchmarks/board.py [--tiny] [--keep FOLDER]

Bundles are written from simulated predictions of the size of real databases; the board is then
built by the command line in a process of its own, which verifies each of them on the way. The
target is 20 s and 3 MB for all 300 on two processors; beside the wall time stands that of the
processor, since a machine may have other work.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from mebench.bundles import bundle_run
from mebench.results import save_run
from mebench.scoring import Predictions

CLASSES = ["negative", "positive", "surprise"]
POINT = {"degree": 2.0, "C": 1.0, "gamma": 0.01, "coef0": 1.0}


def run(database: int, method: int, clips: int, persons: int) -> Predictions:
    """Predictions of a method that is right in a share of the clips."""
    of_data, rng = np.random.default_rng(database), np.random.default_rng(1000 * database + method)
    name = f"database{database}"
    person = np.sort(of_data.integers(0, persons, clips))
    truth = of_data.choice(CLASSES, clips, p=[0.5, 0.3, 0.2])
    said = np.where(rng.random(clips) < 0.05 + 0.014 * method, truth, rng.choice(CLASSES, clips))
    subject = [f"s{p:02d}" for p in person]
    scores = {f"score_{c}": rng.normal(size=clips) for c in CLASSES}
    table = pd.DataFrame({
        "clip_id": [f"{name}/{s}/EP{i:03d}" for i, s in enumerate(subject)], "dataset": name,
        "subject": subject, "fold": [f"{name}/{s}" for s in subject], "y_true": truth,
        "y_pred": said, "y_majority": "negative", **scores,
    })  # fmt: skip
    folds = list(dict.fromkeys(table["fold"]))
    header = {
        "dataset": name, "labels": "3class", "method": f"method-{method:02d}", "title": "simulated",
        "citation": "nobody", "pipeline": "Pipeline()", "classes": CLASSES,
        "class_counts": {c: int((truth == c).sum()) for c in CLASSES}, "n_samples": clips,
        "n_subjects": len(folds), "n_features": 4425, "protocol": "loso", "n_folds": len(folds),
        "warnings": [], "complete": True, "failed": {}, "tuning": "nested", "grid": "coarse",
        "tune": {}, "n_candidates": 640, "scoring": "uf1", "seed": 0, "notes": [], "skipped": {},
        "chosen": [{"fold": f, "params": POINT, "inner_score": 0.4 + i / 100}
                   for i, f in enumerate(folds)],
        "seconds": {"features": 30.0, "folds": 12.5}, "peak_mib": {"folds": 500.0},
        "fingerprint": "0" * 20, "command": f"mebench run -d {name}", "processors": 2,
        "time": "2026-01-02T03:04:05+00:00", "platform": "simulated", "versions": {},
    }  # fmt: skip
    return Predictions(table, header)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="2 databases, 3 methods")
    parser.add_argument("--keep", type=Path, help="folder that keeps bundles and board")
    given = parser.parse_args()
    databases, methods = (2, 3) if given.tiny else (5, 60)
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        for database in range(databases):
            for method in range(methods):
                saved = save_run(run(database, method, 246, 26), folder / "runs")
                bundle_run(saved, folder / "bundles" / f"{saved.name}.mebundle")
        command = [sys.executable, "-m", "mebench", "leaderboard", str(folder / "bundles"), "--out",
                   str(folder / "board"), "--json"]  # fmt: skip
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = json.loads(done.stdout)
        sizes = [p.stat().st_size for p in (folder / "bundles").glob("*.mebundle")]
        print(
            f"{found['entries']} bundles of {np.mean(sizes) / 1e3:.1f} kB: {wall:.1f} s, "
            f"{after.ru_utime - before.ru_utime:.1f} s of processor, {found['bytes'] / 1e6:.2f} MB"
        )


if __name__ == "__main__":
    main()
