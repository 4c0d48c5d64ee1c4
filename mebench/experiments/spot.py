"""Spotters on a database of long videos, each run saved when done: what ``mebench spot`` does."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..clip import Clip
from ..datasets.long import LongVideos
from ..errors import BadInput
from ..results import provenance
from ..results.spotting import SpottingRun, load_spotting_run, save_spotting_run
from ..results.spotting.curves import Curve
from ..results.spotting.pictures import hit_pictures
from ..scoring.subjects import subject_keys
from ..spotting import (
    KINDS,
    Evaluation,
    Spotter,
    evaluate_spotters,
    get_spotter,
    learn_thresholds,
    recognise_spotted,
)
from ..storage.cache import ArrayCache
from ..storage.checkpoint import Checkpoint, fingerprint
from ..storage.run_folder import check_place
from .resume import Work

__all__ = ["SpottingOutcome", "run_spotting"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class SpottingOutcome:
    """One finished run and its folder."""

    run: SpottingRun
    folder: Path

    def summary(self) -> dict[str, Any]:
        """Scores, thresholds, causes and header, for a program to read."""
        run = self.run
        return {
            "scores": run.scores.to_dict("records"),
            "thresholds": run.thresholds.to_dict("records"),
            "causes": run.causes.to_dict("records"),
            **({"recognition": run.recognition.to_dict("records")} if len(run.recognition) else {}),
            "folder": str(self.folder),
            **run.header,
        }


def run_spotting(
    dataset: str,
    database: LongVideos,
    methods: Sequence[str | Spotter],
    *,
    tune: bool = True,
    iou: float = 0.5,
    recognise: str | None = None,
    learn_from: LongVideos | None = None,
    out: str | os.PathLike[str] = "runs",
    fresh: bool = False,
    pictures: bool | None = None,
    cache: ArrayCache | None = None,
    n_jobs: int = -1,
    seed: int = 0,
    progress: Progress | None = None,
) -> Iterator[SpottingOutcome]:
    """Spot in all videos with each method, score what is found, and save a run for each.

    What is measured is kept beside the runs, video by video, until all runs are saved, so that the
    same call goes on where it was, whenever it was interrupted, and gives the same bytes.

    Parameters
    ----------
    dataset : str
        What the database is called.
    database : LongVideos
    methods : sequence of str or Spotter
    tune : bool, default True
        As in :func:`mebench.spotting.evaluate_spotters`; of videos that nobody has annotated,
        whether to tune on `learn_from`.
    iou : float, default 0.5
    recognise : str, optional
        A method that gives what is spotted an emotion.
    learn_from : LongVideos, optional
        Annotated videos of other databases, from which thresholds and emotions of unseen videos
        are learnt.
    out : path, default 'runs'
        Folder of the run directories.
    fresh : bool, default False
        Forget what is kept.
    pictures : bool, optional
        Whether to keep pictures of hits and misses. Default: of faces that are made up only.
    cache, n_jobs, seed, progress
        As elsewhere.

    Yields
    ------
    SpottingOutcome
        In the order of `methods`.

    Raises
    ------
    BadInput
        Settings that cannot work; before anything is computed.
    """
    spotters = [get_spotter(m) for m in methods]
    names = [s.name for s in spotters]
    if len(set(names)) < len(names):
        raise BadInput(f"A spotter stands twice in {', '.join(names)}.")
    if recognise is not None and not database.labelled and learn_from is None:
        raise BadInput(
            "Emotions are learnt from annotated expressions, and these videos have none: say from "
            "which databases (--learn-from casme-sq-long)."
        )
    if learn_from is not None and database.labelled:
        raise BadInput(
            "These videos are annotated, so thresholds and emotions are learnt from the other "
            "persons in them; --learn-from is for videos that nobody has annotated."
        )
    check_place(out)
    work = Work(out, fresh)
    settings = {"tune": tune, "iou": iou, "recognise": recognise, "seed": seed,
                "pictures": pictures, "dataset": dataset}  # fmt: skip
    data = _fingerprint(database)
    learnt = "" if learn_from is None else _fingerprint(learn_from)
    keys = [
        fingerprint(data=data, learnt=learnt, code=_code(), settings=settings, spotter=_named(s))
        for s in spotters
    ]
    folders = [work.open(key) for key in keys]
    done = [work.finished(key) for key in keys]
    missing = [i for i, found in enumerate(done) if found is None]
    results: dict[int, Evaluation] = {}
    if missing:
        with ExitStack() as stack:
            keep = [stack.enter_context(Checkpoint(folders[i])) for i in missing]
            own = [spotters[i] for i in missing]
            if learn_from is not None and tune:
                own = [
                    learn_thresholds(s, learn_from, cache=cache, n_jobs=n_jobs, iou=iou,
                                     progress=_stage(progress, f"learning, {s.name}"))
                    for s in own
                ]  # fmt: skip
            found = evaluate_spotters(
                database, own, tune=tune and database.labelled, iou=iou, cache=cache, keep=keep,
                n_jobs=n_jobs, progress=_stage(progress, "spotting"),
            )  # fmt: skip
            results = dict(zip(missing, found, strict=True))
    for i, key in enumerate(keys):
        if (finished := done[i]) is not None:
            yield SpottingOutcome(load_spotting_run(finished[0]), finished[0])
            continue
        run = _run(
            dataset, database, results[i], tune, iou, recognise, learn_from, pictures,
            {"cache": cache, "n_jobs": n_jobs, "seed": seed,
             "progress": _stage(progress, f"features, {names[i]}")},
        )  # fmt: skip
        run.header.update(fingerprint=data, seed=seed, **provenance())
        folder = save_spotting_run(run, out)
        work.finish(key, folder, "")
        yield SpottingOutcome(load_spotting_run(folder), folder)
    work.close()


def _run(
    dataset: str, database: LongVideos, found: Evaluation, tune: bool, iou: float,
    recognise: str | None, learn_from: LongVideos | None, pictures: bool | None,
    how: dict[str, Any],
) -> SpottingRun:  # fmt: skip
    labelled = database.labelled
    predictions, recognition = found.predictions, pd.DataFrame()
    if recognise is not None:
        predictions, scores = recognise_spotted(
            database, predictions, recognise, iou=iou, learn_from=learn_from, **how
        )
        recognition = scores.reset_index() if labelled else pd.DataFrame()
    protocol = "own thresholds"
    if tune:
        protocol = "loso" if labelled else "thresholds of other databases"
    people = set(subject_keys(database.videos))
    table, files = hit_pictures(database, predictions, iou=iou, faces=pictures)
    header = {
        "dataset": dataset, "labels": "spotting", "method": found.spotter.name,
        "title": found.spotter.title, "citation": found.spotter.citation,
        "protocol": protocol, "tuning": recognise or "", "pipeline": _named(found.spotter),
        "iou": iou, "labelled": labelled, "marked": sorted(set(database.events["cause"])),
        "n_videos": len(database.videos), "n_subjects": len(people),
        "n_micro": int((database.truth["kind"] == "micro").sum()),
        "n_macro": int((database.truth["kind"] == "macro").sum()),
        "notes": [*database.notes, *found.notes],
    }  # fmt: skip
    return SpottingRun(
        header, predictions, _scores(found) if labelled else pd.DataFrame(),
        database.videos.merge(found.counts, on=["dataset", "video", "subject"]),
        database.truth, database.events,
        found.causes.reset_index() if labelled else pd.DataFrame(), found.thresholds,
        _roc(found, database) if labelled else pd.DataFrame(), recognition,
        _curves(found, database), table, files,
    )  # fmt: skip


def _scores(found: Evaluation) -> pd.DataFrame:
    """Rows per database and kind, ``Overall`` where there are several; AP, chance of all."""
    whole = found.scores.reset_index()
    names = list(dict.fromkeys(found.counts["dataset"]))
    if len(names) == 1:
        whole.insert(0, "dataset", names[0])
        return whole
    rows = found.by_database().reset_index()
    extra = whole[["kind", "ap", "ap_coco", "chance", "apex_error"]].assign(dataset="Overall")
    return rows.merge(extra, on=["dataset", "kind"], how="left")


def _roc(found: Evaluation, database: LongVideos) -> pd.DataFrame:
    return pd.concat(
        [found.roc(database, kind).assign(kind=kind) for kind in KINDS], ignore_index=True
    )


def _curves(found: Evaluation, database: LongVideos) -> dict[str, Curve]:
    spotter, out = found.spotter, {}
    bars_of = {
        person: [row[kind] for kind in KINDS]
        for person, row in zip(
            subject_keys(found.thresholds), found.thresholds.to_dict("records"), strict=True
        )
    }
    persons = subject_keys(database.videos)
    for row, person in zip(database.videos.itertuples(), persons, strict=True):
        curves = found.curves.get(str(row.video))
        if curves is None:
            continue
        fps = float(row.fps)
        lost = ~curves["face"].to_numpy(bool)
        own = spotter.bars(curves, fps)
        bars = [own[k] if np.isnan(b) else b for k, b in zip(KINDS, bars_of[person], strict=True)]
        out[str(row.video)] = Curve(
            np.stack([spotter.heights(curves, kind, fps) for kind in KINDS]).astype(np.float32),
            np.stack([lost | spotter.ignored(curves, kind, fps) for kind in KINDS]),
            np.array(bars, float),
        )
    return out


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, total: progress(name, done, total)


def _named(spotter: Spotter) -> str:
    """A spotter with its settings in words that are the same in every process."""

    def words(value: Any) -> str:
        if callable(value) and hasattr(value, "__qualname__"):
            return f"{value.__module__}.{value.__qualname__}"  # its repr would tell an address
        return repr(dict(value)) if isinstance(value, Mapping) else repr(value)

    kind = type(spotter)
    settings = ", ".join(f"{f.name}={words(getattr(spotter, f.name))}" for f in fields(spotter))
    return f"{kind.__module__}.{kind.__qualname__}({settings})"


def _fingerprint(database: LongVideos) -> str:
    """A hash of what is annotated, and of size and time of each video's first and last frame."""
    h = hashlib.blake2b(digest_size=16)
    for table in (database.videos, database.truth, database.events):
        h.update(table.to_csv(index=False).encode())
    for clip in database.clips:
        h.update(repr(_stamp(clip)).encode())
    return h.hexdigest()


def _stamp(clip: Clip) -> Any:
    paths = getattr(clip.source, "paths", None) or [getattr(clip.source, "path", None)]
    if paths[0] is None:
        return clip.digest()
    stamps: list[Any] = [len(paths)]
    for path in (paths[0], paths[-1]):
        found = os.stat(path)
        stamps += [os.path.basename(path), found.st_size, found.st_mtime_ns]
    return stamps


@lru_cache
def _code() -> str:
    """A hash of the code that measures and decides in spotting."""
    h = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parents[1]
    for room in ("spotting", "flow", "preprocessing", "datasets"):
        files = sorted((package / room).rglob("*.py"))
        if not files:
            raise RuntimeError(f"There is no room {room} in mebench, whose code decides results.")
        for path in files:
            h.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return h.hexdigest()
