"""Anybody's predictions: a CSV file read as Predictions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..tables import read_csv, shortened
from .marks import MARKS, header_beside, marked_header
from .predictions import Predictions
from .subjects import natural_key, subject_keys

__all__ = ["read_predictions"]

_SIDES = ("y_true", "y_pred", "subject")


def read_predictions(
    path: str | os.PathLike[str], *, classes: Sequence[str] | None = None
) -> Predictions:
    """Predictions from a CSV file of anybody's.

    Parameters
    ----------
    path : path
        Columns ``y_true``, ``y_pred``, ``subject``; if there, also ``clip_id`` (else the number
        of the line), ``dataset`` (else the name of the file), ``fold`` (else the subject) and
        columns ``score_<class>``. Labels may be any text.
    classes : sequence of str, optional
        All classes of the task, in print order. Default: those that occur in truth or
        prediction, sorted. Name them where a class occurs in neither: it counts as F1 = 0.

    Raises
    ------
    DataNotFound, BadInput
        The file is missing or no CSV; a column is missing; a value is empty; a clip stands twice;
        a score is no number; a label is not among `classes`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "predictions.csv")
    >>> _ = path.write_text("subject,y_true,y_pred\\n1,sad,sad\\n1,glad,sad\\n2,glad,glad\\n")
    >>> found = read_predictions(path)
    >>> found.classes, round(found.scores()["uar"], 3)
    (['glad', 'sad'], 0.75)
    """
    path = Path(path)
    table = read_csv(path, list(_SIDES))
    if table.empty:
        raise BadInput(f"{path} has no rows of predictions.")
    if "clip_id" not in table:
        table.insert(0, "clip_id", [f"line {i + 2}" for i in range(len(table))])
    if "dataset" not in table:
        table.insert(1, "dataset", path.stem)
    for column in (*_SIDES, "clip_id", "dataset", *(["fold"] if "fold" in table else [])):
        empty = table[column].str.strip() == ""
        if empty.any():
            line = int(empty.to_numpy().argmax()) + 2
            raise BadInput(f"{path}, line {line}: {column} is empty; every clip needs one.")
    for column in (*_SIDES, "dataset"):
        table[column] = table[column].str.strip()
    twice = table["clip_id"].duplicated()
    if twice.any():
        line = int(twice.to_numpy().argmax()) + 2
        raise BadInput(
            f"{path}, line {line}: the clip {shortened(table['clip_id'][line - 2])} stands twice. "
            "Each clip is scored once; keep one prediction of each."
        )
    for column in [str(c) for c in table if str(c).startswith("score_")]:
        numbers = pd.to_numeric(table[column], errors="coerce")
        numbers = numbers.where(np.isfinite(numbers))
        if numbers.isna().any():
            line = int(numbers.isna().to_numpy().argmax()) + 2
            found = table[column][line - 2]
            raise BadInput(
                f"{path}, line {line}: {column} is {shortened(found)}, which is no finite number."
            )
        table[column] = numbers
    beside = header_beside(path)
    if MARKS in table:
        beside = {**marked_header(str(table[MARKS].iloc[0])), **beside}
        table = table.drop(columns=MARKS)
    met = sorted({*table["y_true"], *table["y_pred"], *_scored(table)}, key=natural_key)
    if classes is None and set(met) <= set(beside.get("classes", ())):
        classes = beside["classes"]
    if classes is not None:
        classes = [str(c).strip() for c in classes]
        strange = [label for label in met if label not in classes]
        if strange:
            raise BadInput(
                f"{path} has the label(s) {', '.join(strange)}, which are not among the classes "
                f"{', '.join(classes)}."
            )
    keys = subject_keys(table)
    folds = "fold" in table
    if not folds:
        table["fold"] = keys
    header = {
        "classes": list(classes) if classes is not None else met,
        "method": path.stem,
        "dataset": "+".join(dict.fromkeys(table["dataset"])),
        "n_samples": len(table),
        "n_subjects": len(set(keys)),
        "n_folds": table["fold"].nunique() if folds else None,
        "folds_given": folds,
    }
    marked, found = list(beside.pop("warnings", [])), [w for w in [_overlap(table)] if w and folds]
    header["warnings"] = list(dict.fromkeys([*marked, *found]))
    beside.pop("classes", None)
    return Predictions(table, {**header, **beside})


def _scored(table: pd.DataFrame) -> list[str]:
    """Classes that the classifier had scores for, one of which no clip may have."""
    prefix = "score_"
    return [str(c)[len(prefix) :] for c in table.columns if str(c).startswith(prefix)]


def _overlap(table: pd.DataFrame) -> str | None:
    """A sentence if a person is tested in several folds, and so trained on in others."""
    keys = pd.Series(subject_keys(table), index=table.index)
    spread = table["fold"].groupby(keys).nunique()
    if table["fold"].nunique() < 2 or (spread < 2).all():
        return None
    return (
        f"PERSONS OVERLAP: {int((spread > 1).sum())} of {len(spread)} persons are tested in more "
        "than one fold, so each was in the training set of another fold, if folds are what is "
        "left out. This is then no estimate of performance on new persons."
    )
