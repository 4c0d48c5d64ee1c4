"""Foreign material, levels 1 to 3: a table of predictions, with a split; or somebody's log."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..scoring import Predictions
from ..scoring.claim_readings import recognise
from ..scoring.metrics import MEASURES
from ..scoring.prediction_files import read_predictions
from ..scoring.split_audit import audit_split
from .arithmetic import counts_check
from .logs import Log, read_log
from .report import Check, Verification

__all__ = ["verify_foreign"]

_UNTOLD = (
    "How parameters, features or the best epoch were chosen: that cannot be told from predictions."
)


def verify_foreign(
    path: str | os.PathLike[str],
    *,
    split: str | os.PathLike[str] | None = None,
    dataset: str | None = None,
    labels: str | None = None,
    claims: Mapping[str, str] | None = None,
) -> Verification:
    """Verify predictions from a CSV or a log, as :func:`mebench.bundles.verify` says.

    Raises
    ------
    DataNotFound
        A file is not there.
    BadInput
        A claim of something that is no measure.
    """
    path = Path(path)
    kind = "predictions" if path.suffix.lower() == ".csv" else "log"
    log: Log | None = None
    unknown = sorted(set(claims or {}) - set(MEASURES))
    if unknown:
        raise BadInput(f"{unknown[0]!r} is no measure; there is {', '.join(MEASURES)}.")
    try:
        if kind == "predictions":
            predictions = read_predictions(path)
        else:
            log = read_log(path)
            predictions = _as_predictions(log, path)
    except BadInput as error:
        check = Check(1, "whole", "disproved", str(error))
        return Verification(path.name, kind, _sum(path), [check])
    n, people = len(predictions.table), predictions.header["n_subjects"]
    text = f"{n} predictions of {people} persons in {len(predictions.classes)} classes."
    checks = [Check(1, "content", "proved", text)]
    said = dict(claims or (log.claims if log else {}))
    checks += _arithmetic(predictions, said, dataset, labels)
    checks += _protocol(predictions, split, log)
    about = {"dataset": dataset, "labels": labels, "scores": predictions.scores(), "claims": said}
    return Verification(path.name, kind, _sum(path), checks, about)


def _arithmetic(
    predictions: Predictions, claims: Mapping[str, str], dataset: str | None, labels: str | None
) -> Iterator[Check]:
    own = predictions.scores()
    shown = ", ".join(f"{k} {own[k]:.4f}" for k in ("uf1", "uar", "accuracy"))
    known = {k: v for k, v in claims.items() if k in MEASURES}
    if not known:
        yield Check(2, "scores", "proved", f"The predictions give {shown}. No score is claimed.")
    else:
        for found in recognise(predictions, known):
            status = "proved" if found.agrees else "disproved"
            yield Check(2, found.measure, status, found.sentence())
    truth = predictions.table["y_true"].tolist()
    counts = {c: truth.count(c) for c in predictions.classes if c in truth}
    said = "/".join(map(str, counts.values()))
    if dataset is not None:
        yield counts_check(
            dataset, labels or "", counts, {}, f"{dataset} {labels or ''}".strip(), said
        )
    else:
        text = f"{said} clips per class: name --dataset and --labels to see if these are its own."
        yield Check(2, "class counts", "stated", text)


def _protocol(predictions: Predictions, split: Any, log: Log | None) -> Iterator[Check]:
    table = predictions.table
    if log is not None and log.twice:
        text = (
            f"{len(log.twice)} persons have predictions more than once, such as {log.twice[0]!r}."
        )
        yield Check(3, "clips", "disproved", text)
    else:
        yield Check(3, "clips", "proved", f"Each of {len(table)} clips is predicted once.")
    if split is not None:
        from ..tables import read_csv

        division = read_csv(split, ["clip_id", "subject"])
        yield from _crossing(division, Path(split).name)
        lost = set(table["clip_id"]) - set(division["clip_id"])
        if lost:
            text = f"{len(lost)} predicted clips are not in the split, such as {sorted(lost)[0]!r}."
            yield Check(3, "split", "disproved", text)
    elif predictions.header["folds_given"] and table["fold"].nunique() > 1:
        yield from _crossing(table, "the folds")
    else:
        text = "Whether persons are on both sides: name the folds, or --split, to see."
        yield Check(3, "persons", "open", text)
    if log is not None and log.best:
        text = (
            "The log prints the best predictions of each person: which epoch is best was decided "
            "on the tested clips. This is no estimate of performance on new persons."
        )
        yield Check(3, "choice", "disproved", text)
    else:
        yield Check(3, "choice", "stated", _UNTOLD)


def _crossing(table: Any, where: str) -> Iterator[Check]:
    found = audit_split(table)
    if not found:
        yield Check(3, "persons", "proved", f"No person and no clip crosses in {where}.")
    for one in found[:5]:
        fold = f", fold {one.fold}" if one.fold else ""
        text = f"{one.count} {one.kind}s are on both sides of {where}{fold}: {one.what}."
        yield Check(3, "persons", "disproved", text)


def _as_predictions(log: Log, path: Path) -> Predictions:
    import pandas as pd

    from ..scoring.subjects import natural_key

    table = pd.DataFrame({
        "clip_id": [f"prediction {i + 1}" for i in range(len(log.persons))],
        "dataset": path.stem, "subject": log.persons, "fold": log.persons,
        "y_true": log.y_true, "y_pred": log.y_pred,
    })  # fmt: skip
    header = {
        "classes": sorted({*log.y_true, *log.y_pred}, key=natural_key),
        "n_subjects": len(set(log.persons)),
        "folds_given": True,
    }
    return Predictions(table, header)


def _sum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
