"""External predictions: a file read as Predictions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..arrays import read_rows
from ..errors import BadInput
from ..exact_numbers import as_numbers
from ..spelling import in_words, label_spellings, plain
from ..tables import shortened
from .marks import MARKS, header_beside, marked_header
from .predictions import Predictions
from .subjects import alike_warning, natural_key, one_person_each, subject_keys

__all__ = ["read_predictions", "spelled_persons"]

_SIDES = ("y_true", "y_pred", "subject")


def read_predictions(
    path: str | os.PathLike[str],
    *,
    classes: Sequence[str] | None = None,
    subjects: str = "joined",
) -> Predictions:
    """Predictions from an external file.

    Parameters
    ----------
    path : path
        A CSV, or an .npz, .mat or Parquet file (:func:`mebench.arrays.read_rows`). Columns
        ``y_true``, ``y_pred``, ``subject``; if there, also ``clip_id`` (else the number of the
        line), ``dataset`` (else the name of the file), ``fold`` (else the subject) and columns
        ``score_<class>``. Labels may be any text.
    classes : sequence of str, optional
        All classes of the task, in print order. Default: those that occur in truth or
        prediction, sorted. Name them where a class occurs in neither: it counts as F1 = 0.
    subjects : {"joined", "as-written"}, default "joined"
        Whether subjects that look like one person (``1``, ``01``, ``sub01``, ``S1``;
        :func:`mebench.spelling.person_spellings`) are one. A warning in the header says so.

    Raises
    ------
    DataNotFound, BadInput
        The file is missing or no CSV; a column is missing; a value is empty; a clip stands twice;
        a score is no number; a label is not among `classes`; truth and predictions share no
        class, and `classes` does not name them.

    Notes
    -----
    Labels that agree as numbers or but for case and blanks (``0``, ``0.0``, ``tensor(0)``;
    ``Negative``, ``negative``) are one label, written as in the truth; a note in the header says
    which were joined. Where `classes` names both, both stay.

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
    table = read_rows(path, list(_SIDES))
    if table.empty:
        raise BadInput(f"{path} has no rows of predictions.")
    if "clip_id" not in table:
        table.insert(0, "clip_id", [f"line {i + 2}" for i in range(len(table))])
    if "dataset" not in table:
        table.insert(1, "dataset", path.stem)
    _refuse_gaps(path, table)
    for column in (*_SIDES, "dataset"):
        table[column] = table[column].map(plain)
    beside = header_beside(path)
    if MARKS in table:
        beside = {**marked_header(str(table[MARKS].iloc[0])), **beside}
        table = table.drop(columns=MARKS)
    table, notes = _one_label_each(table, beside.get("classes") if classes is None else classes)
    table, warnings = spelled_persons(table, subjects)
    twice = table["clip_id"].duplicated()
    if twice.any():
        line = int(twice.to_numpy().argmax()) + 2
        raise BadInput(
            f"{path}, line {line}: the clip {shortened(table['clip_id'][line - 2])} stands twice. "
            "Each clip is scored once; keep one prediction of each."
        )
    _numeric_scores(path, table)
    named = _classes(path, table, classes, beside.get("classes", ()))
    keys = subject_keys(table)
    folds = "fold" in table
    if not folds:
        table["fold"] = keys
    header = {
        "classes": named,
        "method": path.stem,
        "dataset": "+".join(dict.fromkeys(table["dataset"])),
        "n_samples": len(table),
        "n_subjects": len(set(keys)),
        "n_folds": table["fold"].nunique() if folds else None,
        "folds_given": folds,
    }
    warnings += [w for w in [_overlap(table)] if w and folds]
    header["warnings"] = list(dict.fromkeys([*beside.pop("warnings", []), *warnings]))
    header["notes"] = [*beside.pop("notes", []), *notes]
    beside.pop("classes", None)
    return Predictions(table, {**header, **beside})


def _refuse_gaps(path: Path, table: pd.DataFrame) -> None:
    """Raise where a cell is empty that every clip needs."""
    for column in (*_SIDES, "clip_id", "dataset", *(["fold"] if "fold" in table else [])):
        empty = table[column].str.strip() == ""
        if empty.any():
            line = int(empty.to_numpy().argmax()) + 2
            raise BadInput(f"{path}, line {line}: {column} is empty; every clip needs one.")


def _numeric_scores(path: Path, table: pd.DataFrame) -> None:
    """The columns of scores as numbers; raises where one is none."""
    for column in [str(c) for c in table if str(c).startswith("score_")]:
        numbers = as_numbers(table[column])
        numbers = numbers.where(np.isfinite(numbers))
        if numbers.isna().any():
            line = int(numbers.isna().to_numpy().argmax()) + 2
            found = table[column][line - 2]
            raise BadInput(
                f"{path}, line {line}: {column} is {shortened(found)}, which is no finite number."
            )
        table[column] = numbers


def _classes(
    path: Path, table: pd.DataFrame, classes: Sequence[str] | None, beside: Sequence[str]
) -> list[str]:
    """All classes of the task: as named, as the run beside the file says, or those that occur."""
    met = sorted({*table["y_true"], *table["y_pred"], *_scored(table)}, key=natural_key)
    if classes is None and set(met) <= set(beside):
        classes = beside
    if classes is not None:
        classes = [plain(c) for c in classes]
        strange = [label for label in met if label not in classes]
        if strange:
            raise BadInput(
                f"{path} has the label(s) {', '.join(strange)}, which are not among the classes "
                f"{', '.join(classes)}."
            )
    elif not set(table["y_true"]) & set(table["y_pred"]):
        truth, called = (_few(table[side]) for side in _SIDES[:2])
        raise BadInput(
            f"{path}: truth and predictions share no class (y_true: {truth}; y_pred: {called}). "
            "Write both alike, or name all classes (--classes) if every prediction is wrong."
        )
    return met if classes is None else list(classes)


def _scored(table: pd.DataFrame) -> list[str]:
    """Classes that the classifier had scores for, one of which no clip may have."""
    prefix = "score_"
    return [str(c)[len(prefix) :] for c in table.columns if str(c).startswith(prefix)]


def spelled_persons(table: pd.DataFrame, subjects: str) -> tuple[pd.DataFrame, list[str]]:
    """The table with persons "joined" or "as-written", and the warning that belongs to it.

    Raises
    ------
    BadInput
        Neither of the two words.
    """
    if subjects == "as-written":
        return table, [said for said in [alike_warning(table)] if said]
    if subjects != "joined":
        raise BadInput(
            f"subjects={subjects!r} is not known: give 'joined' (spellings that look like one "
            "person are one) or 'as-written'."
        )
    table, alike = one_person_each(table)
    if not alike:
        return table, []
    return table, [
        f"ONE PERSON, SEVERAL SPELLINGS: {alike}. They count as one; --subjects as-written keeps "
        "them apart."
    ]


def _one_label_each(
    table: pd.DataFrame, classes: Sequence[str] | None
) -> tuple[pd.DataFrame, list[str]]:
    """The table with each label written one way, as the classes or else the truth write it."""
    named = [plain(c) for c in classes or ()]
    scored = {str(c): plain(str(c)[6:]) for c in table if str(c).startswith("score_")}
    spellings = label_spellings([*named, *table["y_true"], *table["y_pred"], *scored.values()])
    if len({spellings[name] for name in named}) < len(set(named)):
        return table, []  # somebody tells them apart
    columns = {side: table[side].map(spellings) for side in _SIDES[:2]}
    table = table.assign(**columns).rename(
        columns={column: f"score_{spellings[label]}" for column, label in scored.items()}
    )
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise BadInput(
            f"Two columns hold the scores of one label, both as {twice[0]!r}. Keep one of them."
        )
    alike = in_words(spellings)
    return table, [f"one label, several spellings: {alike}"] if alike else []


def _few(labels: pd.Series) -> str:
    met = sorted(set(labels), key=natural_key)
    return ", ".join(map(shortened, met[:5])) + (", …" if len(met) > 5 else "")


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
