"""Experiments: the settings of ``mebench run``, and what it does with them."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..datasets import label_sets, load
from ..datasets.composites import expand as parts_of
from ..deep.running import running
from ..errors import BadInput, MebenchError
from ..evaluation import evaluate, evaluate_features, evaluate_unit_features, evaluate_units
from ..evaluation.attempts import in_words
from ..evaluation.feature_files import join, read_features, read_table
from ..evaluation.other_data import judged
from ..evaluation.protocols import protocol as check_protocol
from ..methods.classifiers import get_classifier
from ..paths import user_folder
from ..results import load_run, optimism_line, provenance, save_run
from ..results.strips import run_strips
from ..scoring import Predictions, UnitPredictions
from ..storage.checkpoint import fingerprint
from ..storage.run_folder import check_place
from ..svm import GRIDS, load_grid
from .dry_run import forecast
from .other_data import with_other_data
from .plan import DEFAULTS, UNITS, Run, plan_runs, settings
from .repeats import repeated
from .resume import Work

__all__ = [
    "DEFAULTS",
    "Failure",
    "Outcome",
    "forecasts",
    "plan_runs",
    "run_experiment",
    "run_features",
    "settings",
]

_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """One finished run: its predictions, its folder, and a remark where the score needs one."""

    predictions: Predictions | UnitPredictions
    folder: Path
    remark: str = ""

    @property
    def complete(self) -> bool:
        """Whether no fold failed."""
        return self.predictions.complete

    def summary(self) -> dict[str, Any]:
        """Scores, intervals, baseline and header, for a program to read."""
        return {
            **(self.predictions.summary() if self.complete else {}),
            "remark": self.remark,
            "folder": str(self.folder),
            **self.predictions.header,
        }


@dataclass(frozen=True)
class Failure:
    """A run of several that could not be done, and why; nothing of it is kept as a result."""

    what: str
    reason: str
    complete = False

    def summary(self) -> dict[str, Any]:
        """What failed and why, for a program to read."""
        return {"complete": False, "what": self.what, "reason": self.reason}


def run_experiment(
    plan: Mapping[str, Any], progress: Progress | None = None
) -> Iterator[Outcome | Failure]:
    """Every run of a plan (see :func:`plan_runs`), each saved when done.

    What is finished is kept beside the runs until all of them are, so that the same plan goes on
    where it was, whenever it was interrupted; ``fresh`` in the plan forgets what is kept.

    Parameters
    ----------
    plan : mapping
        As :func:`settings` gives it.
    progress : callable, optional
        Called with (stage, done, total).

    Yields
    ------
    Outcome or Failure
        A run of several that raises is a failure, and the others go on. A single run raises.
    """
    runs = plan_runs(plan)
    check_place(plan["out"])
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        grid = load_grid(grid)
    _log.info("versions: %s", provenance()["versions"])
    work = Work(plan["out"], plan["fresh"])
    loaded: tuple[Any, Any] = (None, None)
    whole = True
    for run in runs:
        _log.info("run: %s", run)
        try:
            which = (run.dataset, run.labels, run.method.colour)
            if loaded[0] != which:
                loaded = (None, None)  # the old one may go before the new one comes
                loaded = (which, samples_of(plan, *which, progress))
            asked, samples = with_other_data(plan, run, loaded[1], progress)
            outcome = _one(plan, asked, samples, grid, work, progress)
            whole &= outcome.complete
            yield outcome
        except Exception as error:
            if len(runs) == 1:
                raise
            whole = False
            _log.info("%s failed: %s", run, in_words(error), exc_info=_unexpected(error))
            yield Failure(str(run), in_words(error))
    if whole:
        work.close()


def forecasts(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What each run of a plan would have to do; nothing is written.

    Yields
    ------
    dict
        ``run``, and what :func:`mebench.experiments.dry_run.forecast` gives; or ``run`` and
        ``reason``, why nothing can be said.
    """
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        grid = load_grid(grid)
    out = Path(plan["out"])
    coming: set[str] = set()
    for run in plan_runs(plan):
        if _must_be_made(plan, run):
            reason = "the synthetic corpus is not there yet; a run makes it first"
            yield {"run": str(run), "reason": reason}
            continue
        try:
            samples = samples_of(plan, run.dataset, run.labels, run.method.colour, None)
            key = run_key(plan, run, samples, grid)
            setting = {"dataset": run.dataset, "protocol": run.protocol, "tuning": run.tuning}
            keep = out / ".work" / ("none" if plan["fresh"] else key)
            found = forecast(
                run.method, samples, setting=setting, out=out, keep=keep,
                cache=not plan["no_cache"], seed=plan["seed"], n_jobs=plan["n_jobs"],
                coming=coming,
            )  # fmt: skip
        except MebenchError as error:
            yield {"run": str(run), "reason": str(error)}
            continue
        done = Work(out).finished(key)
        yield {"run": str(run), **found, "finished": done is not None and not plan["fresh"]}


def _must_be_made(plan: Mapping[str, Any], run: Run) -> bool:
    from ..synthetic.disk import MANIFEST
    from ..synthetic.write import VERSION

    home = user_folder("synthetic") / f"casme2-v{VERSION}-seed0"
    named = "synthetic" in parts_of(run.dataset)[0] and plan["data_root"] is None
    return named and not (home / MANIFEST).exists()


def _unexpected(error: Exception) -> Exception | None:
    """The error, where its traceback says more than its message."""
    return None if isinstance(error, MebenchError) else error


def samples_of(
    plan: Mapping[str, Any], name: str, labels: str | None, colour: bool, progress: Progress | None
) -> Any:
    """The clips of a run of a plan."""
    made = None
    if progress is not None:
        made = lambda done, total: progress("making the synthetic corpus", done, total)  # noqa: E731
    return load(
        name,
        root=plan["data_root"],
        labels=_rows_of(name, labels),
        variant=plan["variant"],
        sheet=plan["sheet"],
        missing=plan["missing"],
        colour=colour,
        progress=made,
    )


def _rows_of(name: str, labels: str | None) -> str | None:
    """The label set to load: for action units, one that leaves no clip out."""
    if labels != UNITS:
        return labels
    known = [label_sets(part.strip()) for part in name.split("+")]
    return next((s for s in (UNITS, "all") if all(s in sets for sets in known)), None)


def _one(
    plan: Mapping[str, Any],
    asked: Run,
    samples: Any,
    grid: Any,
    work: Work,
    progress: Progress | None,
) -> Outcome:
    name, labels, method = asked.dataset, asked.labels, asked.method
    key = run_key(plan, asked, samples, grid)
    keep = work.open(key)
    done = work.finished(key)
    if done is not None:
        _log.info("finished before this command was interrupted: %s", done[0])
        return Outcome(load_run(done[0]), *done)

    def staged(stage: str, done: int, total: int) -> None:
        if progress is not None:
            progress(f"{method.name} on {name}: {stage}", done, total)

    run = evaluate_units if labels == UNITS else evaluate
    # The nested score that is set beside an oracle's is no run of its own to explain.
    explained: dict[str, Any] = (
        {"explain": True} if run is evaluate and not plan["no_explain"] else {}
    )

    def of_seed(tuning: str, seed: int) -> Predictions | UnitPredictions:
        found: Predictions | UnitPredictions = run(
            method,
            samples,
            protocol=asked.protocol,
            tuning=tuning,
            grid=grid,
            scoring=plan["scoring"],
            on_error=plan["on_error"],
            cache=not plan["no_cache"],
            n_jobs=plan["n_jobs"],
            seed=seed,
            progress=staged,
            keep=keep,
            **(explained if tuning in plan["tuning"] else {}),
        )
        return found

    def predictions(tuning: str) -> Predictions | UnitPredictions:
        with running(staged, keep=not plan["no_cache"]):
            found = repeated(lambda s: of_seed(tuning, s), plan["seed"], plan["repeats"])
        label_set = UNITS if labels == UNITS else samples.label_set or labels
        head = {"dataset": name, "labels": label_set, **found.header}
        if isinstance(plan["grid"], (str, os.PathLike)):
            head["grid"] = str(plan["grid"])
        pictures = run_strips(judged(samples), cache=not plan["no_cache"])
        return replace(
            found,
            header={**head, **provenance()},
            artifacts={**found.artifacts, **pictures},
        )

    return _outcome(predictions, asked.tuning, plan["out"], key, work)


def run_key(plan: Mapping[str, Any], asked: Run, samples: Any, grid: Any) -> str:
    """A name for all that decides the result of a run.

    Of frames in files the size and the time of the last change of the first and last are taken;
    what is kept of the features and folds is known by content anyway.
    """
    estimator = asked.method.build()
    settings = {
        k: plan[k] for k in ("scoring", "on_error", "seed", "head", "repeats", "no_explain")
    }
    what = {
        "run": (asked.dataset, asked.labels, asked.method.name, asked.protocol, asked.tuning),
        "data": samples.fingerprint(), "frames": [_stamp(clip) for clip in samples.clips],
        "tune": dict(asked.method.tune), "grid": asked.method.grid if grid is None else grid,
        "settings": settings,
    }  # fmt: skip
    try:
        return fingerprint(pipeline=estimator, **what)
    except Exception:  # whatever pickling somebody's objects raises
        return fingerprint(pipeline=repr(estimator), **what)


def _stamp(clip: Any) -> Any:
    paths = getattr(clip.source, "paths", None) or [getattr(clip.source, "path", None)]
    if paths[0] is None:
        return clip.digest()
    stamps = []
    for path in (paths[0], paths[-1]):
        try:
            found = os.stat(path)
        except OSError:
            return None
        stamps.append((found.st_size, found.st_mtime_ns))
    return stamps


def run_features(
    features: str | os.PathLike[str],
    table: str | os.PathLike[str],
    classifier: str = "poly-svm",
    *,
    labels: str | None = None,
    protocol: str = "loso",
    tuning: str = "nested",
    grid: str | None = None,
    scoring: str = "macro_f1",
    seed: int = 0,
    n_jobs: int = -1,
    out: str | os.PathLike[str] = "runs",
    progress: Progress | None = None,
    fresh: bool = False,
) -> Outcome:
    """Evaluate a classifier on features from a file, and save the run.

    Parameters
    ----------
    features, table : path
        See :func:`mebench.evaluation.feature_files.read_features` and ``read_table``.
    classifier : str
        A name of :data:`mebench.methods.classifiers.CLASSIFIERS`, or
        ``package.module:object``.
    labels : {None, 'au'}
        'au' detects the action units of the table's column ``au`` instead of its ``label``.
    protocol, tuning, grid, scoring, seed, n_jobs, progress
        As in :func:`mebench.evaluation.evaluate`.
    out : path
        Folder for the run directory.
    fresh : bool, default False
        Forget what is kept of this run where it was interrupted.
    """
    recipe = get_classifier(classifier)
    if labels not in (None, UNITS):
        raise BadInput(f"labels is au or left out (the column label is meant), not {labels!r}.")
    check_protocol(protocol)
    check_place(out)
    ids, X = read_features(features)
    X, samples = join(ids, X, read_table(table, "label" if labels is None else UNITS))
    run = evaluate_features if labels is None else evaluate_unit_features
    points = recipe.grid if grid is None else grid if grid in GRIDS else load_grid(grid)
    data = "+".join(sorted(set(samples["dataset"])))
    mark = hashlib.sha256(X.tobytes() + samples.to_csv(index=False).encode()).hexdigest()[:20]
    work = Work(out, fresh)
    key = fingerprint(
        data=mark, classifier=recipe.name, pipeline=repr(recipe.build()), labels=labels,
        protocol=protocol, tuning=tuning, grid=points, scoring=scoring, seed=seed,
    )  # fmt: skip
    keep = work.open(key)

    def predictions(tuning: str) -> Predictions | UnitPredictions:
        found: Predictions | UnitPredictions = run(
            recipe.build(),
            X,
            samples,
            protocol=protocol,
            tuning=tuning,
            grid=points,
            tune=recipe.tune,
            scoring=scoring,
            n_jobs=n_jobs,
            seed=seed,
            progress=progress,
            keep=keep,
        )
        head = {"dataset": data, "labels": labels or "", **found.header, "method": recipe.name}
        head["notes"] = [f"features from {Path(features).name}, {X.shape[1]} per clip"]
        head["fingerprint"] = mark
        return replace(found, header={**head, **provenance()})

    outcome = _outcome(predictions, tuning, out, key, work)
    if outcome.complete:
        work.close()
    return outcome


def _outcome(
    predictions: Callable[[str], Predictions | UnitPredictions],
    tuning: str,
    out: str | os.PathLike[str],
    key: str,
    work: Work,
) -> Outcome:
    """Predict and save; an oracle's score is set beside the nested one."""
    found = predictions(tuning)
    remark = ""
    if found.header["tuning"] == "oracle" and found.complete:
        nested = predictions("nested")
        if nested.complete:
            if isinstance(found, Predictions) and isinstance(nested, Predictions):
                remark = optimism_line(found, nested)
            head: dict[str, Any] = {"nested_scores": nested.scores()}
        else:
            # The oracle's score must not stand alone.
            failed = {f"nested, {k}": why for k, why in nested.header["failed"].items()}
            head = {"complete": False, "failed": failed}
        found = replace(found, header={**found.header, **head})
    folder = save_run(found, out)
    if found.complete:
        work.finish(key, folder, remark)
    return Outcome(found, folder, remark)
