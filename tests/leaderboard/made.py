"""Many runs without any evaluation: predictions of methods that are right now and then."""

import numpy as np
import pandas as pd

from mebench.bundles import bundle_run
from mebench.results import save_run
from mebench.scoring import Predictions

CLASSES = ["negative", "positive", "surprise"]


def made_run(dataset, method, skill, seed, persons=26, clips=200, **head):
    """A run whose predictions are right in about `skill` of the clips."""
    truth_rng, rng = np.random.default_rng(len(dataset)), np.random.default_rng(seed)
    person = np.sort(truth_rng.integers(0, persons, clips))
    truth = truth_rng.choice(CLASSES, clips, p=[0.5, 0.3, 0.2])
    said = np.where(rng.random(clips) < skill, truth, rng.choice(CLASSES, clips))
    subject = [f"s{p + 1:02d}" for p in person]
    table = pd.DataFrame({
        "clip_id": [f"{dataset}/{s}/c{i:03d}" for i, s in enumerate(subject)], "dataset": dataset,
        "subject": subject, "fold": [f"{dataset}/{s}" for s in subject], "y_true": truth,
        "y_pred": said, "y_majority": "negative",
    })  # fmt: skip
    folds = list(dict.fromkeys(table["fold"]))
    point = {"degree": 1.0, "C": 1.0, "gamma": 1.0, "coef0": 0.0}
    header = {
        "dataset": dataset, "labels": "3class", "method": method, "title": f"{method}, made up",
        "citation": "nobody, nowhere", "pipeline": "Pipeline()", "classes": CLASSES,
        "class_counts": {c: int((truth == c).sum()) for c in CLASSES}, "n_samples": clips,
        "n_subjects": len(folds), "n_features": 4, "protocol": "loso", "n_folds": len(folds),
        "warnings": [], "complete": True, "failed": {}, "tuning": "nested", "grid": "linear",
        "tune": {}, "n_candidates": 4, "scoring": "macro_f1", "seed": 0,
        "chosen": [{"fold": f, "params": point, "inner_score": 0.4 + i / 100}
                   for i, f in enumerate(folds)],
        "seconds": {"features": 10.0 + seed % 50, "folds": 2.5}, "peak_mib": {"folds": 500.0},
        "notes": [], "skipped": {}, "fingerprint": "0123456789abcdef",
        "command": f"mebench run -d {dataset} -m {method}", "time": "2026-01-02T03:04:05+00:00",
        "platform": "here", "processors": 2, "versions": {"mebench": "0.1.0", "python": "3.11"},
        **head,
    }  # fmt: skip
    return Predictions(table, header)


def made_bundle(folder, *args, **head):
    run = save_run(made_run(*args, **head), folder / "runs")
    return bundle_run(run, folder / f"{run.name}.mebundle")
