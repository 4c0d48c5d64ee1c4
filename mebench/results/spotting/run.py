"""A run of a spotter on long videos, and its folder."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import BadInput, DataNotFound, MebenchError
from ...exact_numbers import as_written
from ...paths import regular_file
from ..header import read_header
from .curves import Curve, unpacked_curves

__all__ = ["KIND", "TABLES", "SpottingRun", "is_spotting", "load_spotting_run", "person_counts"]

#: What ``kind`` in run.json says of such runs.
KIND = "spotting"
TABLES = ("scores", "videos", "truth", "events", "causes", "thresholds", "roc", "recognition",
           "pictures")  # fmt: skip
_TEXT = dict.fromkeys(("dataset", "video", "subject", "kind", "emotion", "au", "result", "cause",
                       "sheet"), str)  # fmt: skip


@dataclass(frozen=True, eq=False)
class SpottingRun:
    """What one spotter did on one database of long videos, as it is kept.

    Attributes
    ----------
    header : dict
        ``dataset, method, protocol, iou, labelled, notes``, and where it comes from.
    predictions : DataFrame
        See :class:`mebench.spotting.Evaluation`; with ``emotion`` where one was asked for.
    scores : DataFrame
        ``dataset, kind`` and the scores of :func:`mebench.spotting.spotting_scores`; of several
        databases those of each, and ``Overall``. Empty of videos that nobody has annotated.
    videos : DataFrame
        ``dataset, video, subject, fps, n_frames, kind, tp, fp, fn``.
    truth, events, causes, thresholds, roc : DataFrame
        What is annotated, what else is marked, false alarms by cause, the thresholds of each
        fold, and what each threshold would give.
    recognition : DataFrame
        STRS per kind, where emotions were asked for; else empty.
    curves : dict of str to Curve
    pictures : DataFrame
        Which picture in which file shows what; empty where no face may be shown.
    files : dict of str to bytes
        Picture files.
    """

    header: dict[str, Any]
    predictions: pd.DataFrame
    scores: pd.DataFrame
    videos: pd.DataFrame
    truth: pd.DataFrame
    events: pd.DataFrame
    causes: pd.DataFrame
    thresholds: pd.DataFrame
    roc: pd.DataFrame
    recognition: pd.DataFrame = field(default_factory=pd.DataFrame)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    pictures: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def labelled(self) -> bool:
        """Whether anybody has annotated the videos."""
        return bool(self.header.get("labelled", True))

    @property
    def datasets(self) -> list[str]:
        """The databases, in their order."""
        return list(dict.fromkeys(self.videos["dataset"]))

    def score(self, kind: str, dataset: str | None = None) -> dict[str, float]:
        """The scores of a kind, or of all; of one database, or of all."""
        rows = self.scores[self.scores["kind"] == kind]
        wanted = dataset if dataset is not None else ("Overall" if len(self.datasets) > 1
                                                      else self.datasets[0])  # fmt: skip
        rows = rows[rows["dataset"] == wanted]
        return {} if rows.empty else rows.iloc[0].drop(["dataset", "kind"]).to_dict()

    def counts(self, kind: str) -> pd.DataFrame:
        """``dataset, subject, tp, fp, fn`` of each video, of a kind or of all."""
        rows = self.videos if kind == "all" else self.videos[self.videos["kind"] == kind]
        keys = ["dataset", "video", "subject"]
        return rows.groupby(keys, as_index=False, sort=False)[["tp", "fp", "fn"]].sum()


def is_spotting(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a run of spotting; False of what cannot be read."""
    try:
        return read_header(folder).get("kind") == KIND
    except MebenchError:
        return False


def load_spotting_run(folder: str | os.PathLike[str]) -> SpottingRun:
    """Read a run that :func:`save_spotting_run` wrote.

    Raises
    ------
    DataNotFound, BadInput
        A file is missing, damaged, or not as the run wrote it.
    """
    folder = Path(folder)
    try:
        header = read_header(folder)
        data = {"predictions.csv": regular_file(folder / "predictions.csv").read_bytes()}
        wanted = {"predictions.csv": header.get("predictions_sha256"), **header["artifacts"]}
        for name in header["artifacts"]:
            data[name] = regular_file(folder / Path(name).name).read_bytes()
    except OSError as error:
        raise DataNotFound(f"{folder} is not a run: {error.filename} cannot be read.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"{folder / 'run.json'} is no header of a run ({error}).") from error
    if header.get("kind") != KIND:
        raise BadInput(f"{folder} is a run of recognition, not of spotting.")
    for name, content in data.items():
        if hashlib.sha256(content).hexdigest() != wanted[name]:
            raise BadInput(f"{folder / name} is not as the run wrote it; run again.")
    tables = {
        name: _table(data[f"{name}.csv"]) if f"{name}.csv" in data else pd.DataFrame()
        for name in ("predictions", *TABLES)
    }
    truth = tables["truth"]
    if len(truth.columns):
        tables["truth"] = truth[truth["onset"].notna()].astype({"onset": int, "offset": int})
    try:
        curves = unpacked_curves(data["curves.npz"]) if "curves.npz" in data else {}
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{folder / 'curves.npz'} is damaged: {error}.") from error
    files = {n: d for n, d in data.items() if n.endswith(".webp")}
    return SpottingRun(header, **tables, curves=curves, files=files)


def _table(data: bytes) -> pd.DataFrame:
    # A recording may be called NA: only in columns of numbers does an empty cell mean nothing.
    head = data.split(b"\n", 1)[0].decode().split(",")
    numbers = {c: [""] for c in head if c not in _TEXT}
    return pd.read_csv(io.BytesIO(data), dtype=_TEXT, keep_default_na=False, na_values=numbers,
                       **as_written())  # fmt: skip


def person_counts(run: SpottingRun, kind: str, persons: list[str]) -> np.ndarray:
    """TP, FP, FN of each person, ``(n, 3)``; zero of those who are not in the run."""
    from ...scoring.subjects import subject_keys

    rows = run.counts(kind)
    rows["person"] = subject_keys(rows)
    found = rows.groupby("person")[["tp", "fp", "fn"]].sum()
    return found.reindex(persons, fill_value=0).to_numpy(float)
