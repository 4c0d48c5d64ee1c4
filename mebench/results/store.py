"""Run directories: predictions.csv, run.json, scores.csv and table.md."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput, DataNotFound, MebenchError
from ..exact_numbers import as_written
from ..paths import file_name, regular_file
from ..scoring import Predictions, UnitPredictions
from ..scoring.marks import MARKS, is_whole, marks_of
from ..storage.run_folder import put_in_place, writing_folder
from .header import read_header
from .tables import markdown
from .words import measure_of

__all__ = ["csv_bytes", "load_run", "plain_value", "run_place", "save_run", "scores_frame"]

#: Rows beyond which a table beside the predictions is written as Parquet.
LONG_TABLE = 100_000
PARQUET = ".parquet"

#: How the names of the folders of runs end that lack folds.
INCOMPLETE = "-incomplete"

# What tells one experiment from another; two runs that agree in these replace each other.
_IDENTITY = (
    *("dataset", "labels", "method", "pipeline", "protocol", "tuning", "grid", "tune"),
    *("scoring", "search", "inner", "seed", "n_repeats", "fingerprint", "skipped"),
)
#: What earlier versions did not write: it tells runs apart where both have it.
_LATER = ("pixels",)


def save_run(predictions: Predictions | UnitPredictions, out: str | os.PathLike[str]) -> Path:
    """Write a run into its own folder below `out`, whole or not at all.

    Parameters
    ----------
    predictions : Predictions or UnitPredictions
    out : path
        Made if it does not exist. The run's folder is named after dataset, labels, method,
        protocol, tuning and, if not the usual ones, search and inner folds. It replaces an earlier
        run of the same experiment; another experiment of that name is kept, and this one gets a
        number. A run that lacks folds is named ``…-incomplete``: it never replaces a whole one,
        which in turn replaces it.

    Returns
    -------
    Path
        The run's folder.

    Raises
    ------
    BadInput
        `out` cannot be written to, or the disk is full.
    """
    out = Path(out)
    header = {**predictions.header, "predictions_sha256": ""}
    try:
        with writing_folder(out) as temporary:
            table = csv_bytes(_marked(predictions.table, header))
            header["predictions_sha256"] = hashlib.sha256(table).hexdigest()
            header["artifacts"] = _write_artifacts(predictions.artifacts, temporary)
            (temporary / "predictions.csv").write_bytes(table)
            text = json.dumps(header, indent=1, default=plain_value)
            (temporary / "run.json").write_text(text + "\n")
            if predictions.complete:
                frame = _marked(scores_frame(predictions), header)
                frame.to_csv(temporary / "scores.csv", index=False, lineterminator="\n")
            (temporary / "table.md").write_text(markdown(predictions), encoding="utf-8")
            target = put_in_place(temporary, lambda: run_place(out, header))
    except OSError as error:
        raise BadInput(
            f"Cannot write results to {out}: {error.strerror or error}. Make room, or name another "
            "folder with --out; the same command then goes on where it was."
        ) from error
    if predictions.complete:
        for folder in _numbered(out, _name(header) + INCOMPLETE):
            if _same(_header(folder), header):
                shutil.rmtree(folder, ignore_errors=True)
    return target


def load_run(folder: str | os.PathLike[str]) -> Predictions | UnitPredictions:
    """Read a run that :func:`save_run` wrote.

    Raises
    ------
    DataNotFound
        A file is missing.
    BadInput
        A file is damaged, or the predictions are not those that the run wrote.
    """
    folder = Path(folder)
    header = read_header(folder)
    try:
        data = regular_file(folder / "predictions.csv").read_bytes()
    except OSError as error:
        raise DataNotFound(f"{folder} is not a run: {error.filename} cannot be read.") from error
    if hashlib.sha256(data).hexdigest() != header.get("predictions_sha256"):
        raise BadInput(
            f"{folder / 'predictions.csv'} is not as the run wrote it; run again, or score the "
            "file as external predictions."
        )
    if header.get("kind") == "spotting":
        raise BadInput(
            f"{folder} is a run of spotting, which has intervals in place of labels; `mebench "
            "compare`, `table` and `report` read it."
        )
    artifacts = _read_artifacts(folder, header.get("artifacts") or {})
    text = ["clip_id", "dataset", "subject", "fold"]
    if "units" in header:
        table = pd.read_csv(folder / "predictions.csv", dtype=dict.fromkeys(text, str),
                            keep_default_na=False, na_values={}, **as_written())  # fmt: skip
        return UnitPredictions(table.drop(columns=MARKS, errors="ignore"), header, artifacts)
    text += ["y_true", "y_pred", "y_majority"]
    table = pd.read_csv(folder / "predictions.csv", dtype=dict.fromkeys(text, str),
                        keep_default_na=False, na_values={}, **as_written())  # fmt: skip
    return Predictions(table.drop(columns=MARKS, errors="ignore"), header, artifacts)


def _marked(table: pd.DataFrame, header: Mapping[str, Any]) -> pd.DataFrame:
    """With a column of marks where the run has any, so that they go where the file goes."""
    marks = marks_of(header)
    return table.assign(**{MARKS: marks}) if marks else table


def _write_artifacts(artifacts: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Write each into `folder`; the checksum of each by name.

    Long tables are Parquet, where pyarrow is installed: a third of the size, read at once.
    """
    sums = {}
    for name, value in artifacts.items():
        data = value if isinstance(value, bytes) else None
        if data is None and len(value) > LONG_TABLE and name.endswith(".csv"):
            data = _parquet_bytes(value)
            name = name if data is None else name.removesuffix(".csv") + PARQUET
        data = csv_bytes(value) if data is None else data
        (folder / name).write_bytes(data)
        sums[name] = hashlib.sha256(data).hexdigest()
    return sums


def _read_artifacts(folder: Path, sums: Mapping[str, str]) -> dict[str, Any]:
    """The artifacts that are there and whole; no score depends on one that is not."""
    found: dict[str, Any] = {}
    for name, checksum in sums.items():
        try:
            data = (folder / Path(name).name).read_bytes()
        except OSError:
            continue
        if hashlib.sha256(data).hexdigest() != checksum:
            continue
        if name.endswith(PARQUET):  # known by the name that it has as a short table
            try:
                found[name.removesuffix(PARQUET) + ".csv"] = pd.read_parquet(
                    io.BytesIO(data), engine="pyarrow"
                )
            except ImportError:
                warnings.warn(
                    f"{folder / name} is left out: Parquet is read with pyarrow (pip install "
                    "pyarrow).",
                    stacklevel=3,
                )
        else:
            found[name] = (
                pd.read_csv(io.BytesIO(data), **as_written()) if name.endswith(".csv") else data
            )
    return found


def _parquet_bytes(table: pd.DataFrame) -> bytes | None:
    """The table as Parquet; None without pyarrow."""
    buffer = io.BytesIO()
    try:
        table.to_parquet(buffer, engine="pyarrow", index=False, compression="zstd")
    except ImportError:
        return None
    return buffer.getvalue()


def csv_bytes(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def scores_frame(predictions: Predictions | UnitPredictions) -> pd.DataFrame:
    """Every figure of a run, one per row: measure, class, value, interval, baseline.

    The baseline is the majority class, or calling every action unit everywhere. Rows
    ``fold_mean_…`` are means over folds, not pooled scores; a column ``dataset`` tells the
    figures of one database from those of all.
    """
    if isinstance(predictions, UnitPredictions):
        return _unit_frame(predictions)
    intervals = predictions.intervals()
    majority = predictions.scores("y_majority") if "y_majority" in predictions.table else {}
    rows: list[dict[str, Any]] = [
        {
            "measure": name,
            "class": "",
            "value": value,
            "low": intervals[name][0],
            "high": intervals[name][1],
            "majority": majority.get(name, np.nan),
        }
        for name, value in predictions.scores().items()
    ]
    rows += [
        {"measure": name, "class": "", "value": v} for name, v in predictions.fold_means().items()
    ]
    if len(predictions.datasets) > 1:
        for name in predictions.datasets:
            part = predictions.restricted(name)
            found = part.intervals()
            rows += [
                {"measure": k, "class": "", "value": v, "low": found[k][0], "high": found[k][1],
                 "dataset": name}
                for k, v in part.scores().items()
            ]  # fmt: skip
    for label, values in predictions.per_class().iterrows():
        rows += [
            {"measure": name, "class": label, "value": values[name]}
            for name in ("precision", "recall", "f1", "n")
        ]
    return pd.DataFrame(rows)


def _unit_frame(predictions: UnitPredictions) -> pd.DataFrame:
    intervals, ones = predictions.intervals(), predictions.scores("all_ones")
    rows: list[dict[str, Any]] = [
        {"measure": k, "unit": "", "value": v, "low": intervals[k][0], "high": intervals[k][1],
         "all_ones": ones[k]}
        for k, v in predictions.scores().items()
    ]  # fmt: skip
    for unit, values in predictions.per_unit().iterrows():
        rows += [
            {"measure": name, "unit": unit, "value": values[name], "all_ones": np.nan}
            for name in ("positives", "precision", "recall", "macro_f1")
        ]
        rows.append({"measure": "f1", "unit": unit, "value": values["f1"],
                     "all_ones": values["f1_all_ones"]})  # fmt: skip
    return pd.DataFrame(rows)


def _name(header: dict[str, Any]) -> str:
    words = [header.get(k) for k in ("dataset", "labels", "method", "protocol", "tuning")]
    search = (header.get("search") or {}).get("how")
    return file_name(*words, search, f"inner-{header['inner']}" if header.get("inner") else None)


def run_place(out: Path, header: dict[str, Any]) -> Path:
    """The folder of the same experiment, or the first name that is free."""
    name = _name(header) + ("" if is_whole(header) else INCOMPLETE)
    taken = list(_numbered(out, name))
    same = [folder for folder in taken if _same(_header(folder), header)]
    return same[0] if same else out / (f"{name}-{len(taken) + 1}" if taken else name)


def _numbered(out: Path, name: str) -> Iterator[Path]:
    """The folders of that name: without a number, then 2, 3 and so on."""
    target, number = out / name, 1
    while target.exists():
        yield target
        number += 1
        target = out / f"{name}-{number}"


def _header(folder: Path) -> dict[str, Any]:
    try:
        return read_header(folder)
    except MebenchError:
        return {}


def _same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two headers are of one experiment on the same pixels."""
    return _identity(a) == _identity(b) and all(
        a.get(key) is None or b.get(key) is None or a[key] == b[key] for key in _LATER
    )


def _identity(header: dict[str, Any]) -> str:
    found = {k: header.get(k) for k in _IDENTITY}
    if found["scoring"] is not None:
        found["scoring"] = measure_of(str(found["scoring"])).key  # by any of its names
    return json.dumps(found, sort_keys=True, default=plain_value)


def plain_value(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
