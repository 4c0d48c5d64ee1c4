"""What of a run goes into a bundle, and how it is read back: tables, and a few JSON files."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BadInput
from ..scoring import Predictions, UnitPredictions
from ..scoring.marks import MARKS
from .archive import strict_json
from .bundle import Bundle
from .form import ENVIRONMENT, FOLDS, HEADER, SCORES, check_form, check_text

__all__ = [
    "BINS",
    "as_table",
    "claims",
    "confusion_of",
    "csv_bytes",
    "members_of",
    "parse",
    "without_paths",
]

#: How many persons have a share of their clips right of 0 to 20 %, 20 to 40 % and so on.
BINS = 5


def members_of(
    run: Predictions | UnitPredictions,
    text: bytes,
    *,
    truth: bool,
    rename: Mapping[str, Mapping[str, str]],
    hashed: bool,
    points: Sequence[Mapping[str, Any]] | None,
) -> dict[str, bytes]:
    """The files of a bundle but for its manifest.

    Parameters
    ----------
    run : Predictions or UnitPredictions
    text : bytes
        ``predictions.csv`` as the run wrote it: numbers are copied as text.
    truth : bool
    rename : mapping
        ``clip``, ``person`` and ``fold``: names to what stands for them, where anything does.
    hashed : bool
        The new names shall not be told by anything, nor by the order of the rows.
    points : sequence of mapping, optional
        The settings that were chosen from, where they have no name.
    """
    head = run.header
    columns = _columns(text)
    new = rename
    keys = [f"{d}/{s}" for d, s in zip(columns["dataset"], columns["subject"], strict=True)]
    columns["subject"] = [
        new["person"].get(k, s) for k, s in zip(keys, columns["subject"], strict=True)
    ]
    columns["fold"] = [new["fold"].get(f, f) for f in columns["fold"]]
    columns["clip_id"] = [new["clip"].get(c, c) for c in columns["clip_id"]]
    if hashed:  # the order of the rows would tell what the names do not
        order = sorted(range(len(keys)), key=lambda i: (columns["clip_id"][i], i))
        columns = {k: [v[i] for i in order] for k, v in columns.items()}
    folds = _distinct({k: columns[k] for k in FOLDS})
    left_out = {"dataset", "subject", "fold", MARKS, *(() if truth else ("y_true",))}
    rows = {k: v for k, v in columns.items() if k not in left_out}
    shown = {k: head[k] for k in HEADER if k in head}
    # Which clips were left out is needed to tell the data again; the reasons name frames.
    lost = [new["clip"].get(k, k) for k in shown.get("skipped") or {}]
    shown["skipped"] = dict.fromkeys(sorted(lost) if hashed else lost, "left out")
    shown["warnings"] = [_renamed(str(w), new["clip"]) for w in shown.get("warnings") or []]
    clips = list(dict.fromkeys([*map(str, run.table["clip_id"]), *(head.get("skipped") or {})]))
    shown["notes"] = [_without_clips(str(n), clips) for n in shown.get("notes") or []]
    if hashed:
        shown.pop("predictions_sha256", None)  # of a table in another order
    shown = without_paths(shown)
    listed = _renamed_folds(head.get("chosen") or [], new["fold"], ordered=hashed)
    chosen = {"points": points, "folds": listed}
    environment = without_paths({k: head[k] for k in ENVIRONMENT if k in head})
    return {
        "run.json": _json(shown),
        "folds.csv": csv_bytes(folds),
        "predictions.csv": csv_bytes(rows),
        "chosen.json": _json(chosen),
        "confusion.json": _json(confusion_of(run)),
        "scores.json": _json(claims(run)),
        "environment.json": _json(environment),
    }


def claims(run: Predictions | UnitPredictions) -> dict[str, Any]:
    """Every figure that a bundle claims, as plain JSON; what is not a number is None."""
    out = run.summary()
    if isinstance(run, Predictions):
        out["persons"] = _persons(run)
    plain: dict[str, Any] = _plain({k: v for k, v in out.items() if k in SCORES})
    return plain


def confusion_of(run: Predictions | UnitPredictions) -> dict[str, Any]:
    """Pooled counts, and those of each database: matrices, or TP, FP, FN, TN of each unit."""
    if isinstance(run, Predictions):
        parts = {name: run.restricted(name).confusion().tolist() for name in run.datasets}
        return {"classes": run.classes, "all": run.confusion().tolist(), "databases": parts}
    truth, guess = run.table["y_true"].to_numpy(int), run.table["y_pred"].to_numpy(int)
    data = run.table["dataset"].astype(str).to_numpy(object)
    unit = run.table["unit"].to_numpy(int)
    counts = {
        name: {
            str(u): [
                int(((data == name) & (unit == u) & (guess == g) & (truth == t)).sum())
                for g, t in ((1, 1), (1, 0), (0, 1), (0, 0))
            ]
            for u in run.units
        }
        for name in run.datasets
    }
    return {"units": run.units, "databases": counts}


def parse(name: str, members: Mapping[str, bytes], sha256: str) -> Bundle:
    """The files of a bundle as a :class:`Bundle`.

    Raises
    ------
    BadInput
        A file is not of the form that it must have.
    """
    found = {
        key: strict_json(members[f"{key}.json"], f"{key}.json")
        for key in ("manifest", "run", "environment", "chosen", "confusion", "scores")
    }
    for key, value in found.items():
        if not isinstance(value, dict):
            raise BadInput(f"{name}: {key}.json must be one JSON object.")
        check_text(f"{name}: {key}.json", value)
        if key != "manifest" and _json(value) != members[f"{key}.json"]:
            raise BadInput(f"{name}: {key}.json is not written as mebench writes it.")
    bundle = Bundle(
        name, sha256, found["manifest"], found["run"], found["environment"], found["chosen"],
        found["confusion"], found["scores"], _table(members, "folds.csv"),
        _table(members, "predictions.csv"),
    )  # fmt: skip
    check_form(bundle)
    return bundle


def as_table(bundle: Bundle) -> Any:
    """The predictions as a table as the run had it, ``y_true`` included where it is known."""
    import pandas as pd

    place = {clip: i for i, clip in enumerate(bundle.folds["clip_id"])}
    at = [place[clip] for clip in bundle.rows["clip_id"]]
    table = {k: [bundle.folds[k][i] for i in at] for k in FOLDS}
    for key, values in bundle.rows.items():
        if key.startswith("score_"):
            table[key] = [float(v) for v in values]  # type: ignore[misc]
        elif bundle.units and key in ("unit", "y_pred", "y_true"):
            table[key] = [int(v) for v in values]  # type: ignore[misc]
        else:
            table[key] = values
    return pd.DataFrame(table)


def _persons(run: Predictions) -> dict[str, Any]:
    """How persons fare, without saying which: a histogram of the share of their clips right."""
    from ..scoring.subjects import subject_keys

    right = (run.table["y_true"] == run.table["y_pred"]).to_numpy(float)
    member = np.unique(subject_keys(run.table).astype(str), return_inverse=True)[1]
    share = np.bincount(member, right) / np.bincount(member)
    place = np.minimum((share * BINS + 1e-9).astype(int), BINS - 1)
    return {"accuracy_bins": np.bincount(place, minlength=BINS).tolist()}


def _columns(text: bytes) -> dict[str, list[str]]:
    rows = list(csv.reader(io.StringIO(text.decode("utf-8"), newline="")))
    return {name: [row[i] for row in rows[1:]] for i, name in enumerate(rows[0])}


def _table(members: Mapping[str, bytes], name: str) -> dict[str, list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(members[name].decode("utf-8"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"{name} is no CSV in UTF-8: {error}.") from error
    if not rows or len(set(rows[0])) < len(rows[0]):
        raise BadInput(f"{name} has no header, or a column twice.")
    if any(len(row) != len(rows[0]) for row in rows):
        raise BadInput(f"{name} has rows of different length.")
    table = {key: [row[i] for row in rows[1:]] for i, key in enumerate(rows[0])}
    if any(not value for values in table.values() for value in values):
        raise BadInput(f"{name} has an empty cell.")
    check_text(name, table)
    if csv_bytes(table) != members[name]:
        raise BadInput(f"{name} is not written as mebench writes it.")
    return table


def csv_bytes(columns: Mapping[str, Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return buffer.getvalue().encode()


def _json(value: Any) -> bytes:
    text = json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def _plain(value: Any) -> Any:
    """JSON's own types; numbers that are none become None."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _distinct(columns: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Each row once, in the order of its first."""
    rows = dict.fromkeys(zip(*columns.values(), strict=True))
    return {key: [row[i] for row in rows] for i, key in enumerate(columns)}


def _renamed_folds(chosen: Any, new: Mapping[str, str], ordered: bool) -> Any:
    if isinstance(chosen, Mapping):  # by action unit
        return {unit: _renamed_folds(one, new, ordered) for unit, one in chosen.items()}
    out = [{**one, "fold": new.get(one["fold"], one["fold"])} for one in chosen]
    return sorted(out, key=lambda one: str(one["fold"])) if ordered else out


#: What a reader of a sheet tells of single clips: how many, and after the colon, which and what.
_OF_CLIPS = re.compile(r"(\d+ (?:known wrong cells?|clips?)\b[^:]*):.*", re.S)


def _without_clips(note: str, clips: Iterable[str]) -> str:
    """A note without the clips that it names and what it says of each: marks are licensed.

    Examples
    --------
    >>> _without_clips("db: 1 clip whose apex lies outside the clip: s1/EP1 (46, clip 3–40)", [])
    'db: 1 clip whose apex lies outside the clip'
    """
    note = _OF_CLIPS.sub(r"\1", note)
    parts = {part for clip in clips for part in (clip, clip.partition("/")[2]) if len(part) > 2}
    first = min((note.find(part) for part in parts if part in note), default=-1)
    return note if first < 0 else f"{note[:first].rstrip(' (:,;')} …"


def _renamed(text: str, new: Mapping[str, str]) -> str:
    for name in sorted(new, key=len, reverse=True):
        text = text.replace(name, new[name])
    return text


#: A path from the root, of Unix or Windows, at the beginning of a word.
_PATH = re.compile(r"(?<![\w.:/\\<])(?:[A-Za-z]:[\\/]|/|~/)(?:[^\s'\",;()\[\]]*[\\/])?(?=[^\s/\\])")


def without_paths(value: Any) -> Any:
    """The same without folders of the machine: of a path its last part stays."""
    if isinstance(value, Mapping):
        return {k: without_paths(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_paths(v) for v in value]
    return _PATH.sub("", value) if isinstance(value, str) else value
