"""Small stored runs with everything that a run may leave behind."""

import json

import cv2
import numpy as np
import pandas as pd

from mebench import Clip
from mebench.datasets import Samples
from mebench.features.regions import mdmo_rois
from mebench.results.face_outline import FACE_POINTS
from mebench.scoring import Predictions, UnitPredictions

HOSTILE = '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>\'&$x$'


def samples(name="db", n=12, persons=4, classes=("neg", "pos", "sur")):
    """Clips of texture that moves where the mouth is."""
    y, x = np.mgrid[:140, :115].astype(np.float32)
    face = 128 + 60 * np.sin(x / 4) * np.cos(y / 5)
    bump = 2 * np.exp(-((x - 57) ** 2 + (y - 90) ** 2) / 150)
    moved = cv2.remap(face, x - bump, y, cv2.INTER_LINEAR)
    frames = np.stack([face, moved, face]).clip(0, 255).astype(np.uint8)
    clips = [
        Clip(f"{name}/s{i % persons}/c{i}", frames, fps=100, apex=None if i == 1 else 1,
             landmarks=FACE_POINTS * (115, 140))
        for i in range(n)
    ]  # fmt: skip
    table = pd.DataFrame({
        "clip_id": [c.id for c in clips], "dataset": name,
        "subject": [f"s{i % persons}" for i in range(n)],
        "label": [classes[i // 2 % len(classes)] for i in range(n)], "au": "4+7",
    })  # fmt: skip
    return Samples(clips, table, classes)


def run(method="mdmo", of=None, seed=0, wrong=4, artifacts=None, **head):
    """Predictions with scores, `wrong` of them wrong."""
    of = samples() if of is None else of
    rng = np.random.default_rng(seed)
    classes, table = list(of.classes), of.table
    truth = np.array([classes.index(label) for label in table["label"]])
    said = truth.copy()
    said[:wrong] = (said[:wrong] + 1) % len(classes)
    scores = rng.uniform(0, 1, (len(table), len(classes)))
    scores[np.arange(len(table)), said] += 1
    out = table[["clip_id", "dataset", "subject"]].assign(
        fold=table["dataset"] + "/" + table["subject"], y_true=table["label"],
        y_pred=[classes[k] for k in said], y_majority=classes[0],
        **{f"score_{c}": scores[:, k] for k, c in enumerate(classes)},
    )  # fmt: skip
    folds = sorted(set(out["fold"]))
    params = {"degree": 2.0, "C": 1.0, "gamma": 0.5, "coef0": 1.0}
    header = {
        "dataset": str(table["dataset"].iloc[0]), "labels": "3class", "method": method,
        "protocol": "loso", "tuning": "nested", "grid": "coarse", "n_candidates": 640,
        "scoring": "macro_f1", "classes": classes, "n_samples": len(out), "n_folds": len(folds),
        "n_subjects": len(folds), "complete": True, "seed": 0, "fingerprint": "f",
        "chosen": [{"fold": f, "params": {**params, "C": float(i)}, "inner_score": 0.5}
                   for i, f in enumerate(folds)],
        "seconds": {"features": 2.5, "folds": 1.0}, "peak_mib": {"features": 300.0},
        "command": "mebench run --method mdmo", "notes": ["sheet 1"], "time": "2026-01-02T03:04",
    }  # fmt: skip
    return Predictions(out, {**header, **head}, artifacts or {})


def explanations(predictions, polygons=True, face=True):
    """Files of the kind that explain a run."""
    groups = [f"roi{i}" for i in range(36)]
    drops = np.linspace(0.1, -0.02, 36)
    files = {
        "importance.csv": pd.DataFrame({"group": groups, "au": ["AU4", np.nan] * 18, "drop": drops,
                                        "low": drops - 0.02, "high": drops + 0.02}),
        "contributions.csv": pd.DataFrame(
            [(c, g, (i - 17) / 10) for c in predictions.table["clip_id"]
             for i, g in enumerate(groups)], columns=["clip_id", "group", "value"]),
        "importance_zones.csv": pd.DataFrame({"zone": ["brows", "mouth"], "drop": [0.2, 0.1],
                                              "low": 0.0, "high": 0.3}),
        "surface.csv": pd.DataFrame(
            [(d, c, g, 0.0, d * c * g) for d in (2, 3) for c in (1, 10) for g in (0.1, 0.2)],
            columns=["degree", "C", "gamma", "coef0", "score"]),
    }  # fmt: skip
    if polygons:
        found = {f"roi{i}": p.tolist() for i, p in enumerate(mdmo_rois(FACE_POINTS))}
        files["polygons.json"] = json.dumps(found).encode()
    if face:
        grey = np.full((170, 140), 128, np.uint8)
        files["meanface.png"] = cv2.imencode(".png", grey)[1].tobytes()
    return files


def units_run(method="mdmo"):
    """Detected action units."""
    base = run(of=samples()).table
    parts = []
    for unit in (4, 12):
        part = base[["clip_id", "dataset", "subject", "fold"]].assign(unit=unit)
        part["y_true"] = [int(i % 3 == 0) for i in range(len(part))]
        part["y_pred"] = [int(i % 2 == 0) for i in range(len(part))]
        parts.append(part)
    header = {
        "dataset": "db",
        "labels": "au",
        "method": method,
        "protocol": "loso",
        "tuning": "nested",
        "units": [4, 12],
        "n_folds": 4,
        "n_samples": 12,
        "scoring": "macro_f1",
        "chosen": {"4": [{"fold": "db/s0", "params": {"C": 1.0}, "inner_score": 0.4}]},
    }
    return UnitPredictions(pd.concat(parts, ignore_index=True), header)
