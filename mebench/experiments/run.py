"""Experiments: the settings of ``mebench run``, and what it does with them."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..compiling import compile_quickly
from ..datasets import label_sets, load
from ..datasets.composites import expand as parts_of
from ..deep._running import running
from ..errors import ClusterLost, MebenchError
from ..evaluation import evaluate
from ..evaluation.attempts import in_words
from ..evaluation.other_data import judged
from ..methods.fitting import seeded
from ..methods.one_pass import clips_made, extract_together
from ..methods.parts import split_pipeline
from ..parallel import on_cluster
from ..preprocessing import FindLandmarks
from ..results import load_run, provenance
from ..results.strips import run_strips, strip_steps
from ..scoring import Predictions, UnitPredictions
from ..storage.cache import default_cache
from ..storage.memory import give_back
from ..storage.run_folder import check_place
from ..svm import GRIDS, load_grid
from ..synthetic.signed import are_made_up
from ..timing import since, taken
from .ahead import compile_ahead
from .apexes import with_apexes
from .dry_run import forecast
from .feature_runs import run_features
from .other_data import with_other_data
from .outcome import Failure, Outcome, saved_outcome
from .plan import DEFAULTS, UNITS, Run, plan_runs, settings
from .repeats import repeated
from .resume import Work
from .run_key import run_key
from .single_frames import single_frames

__all__ = [
    "DEFAULTS",
    "Failure",
    "Outcome",
    "finds_faces",
    "fixed_steps",
    "forecasts",
    "plan_runs",
    "run_experiment",
    "run_features",
    "samples_of",
    "settings",
]

_log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]


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
    compile_quickly()
    compile_ahead(runs, drawing=any(_must_be_made(plan, run) for run in runs))
    work = Work(plan["out"], plan["fresh"])
    loaded: tuple[Any, Any] = (None, None)
    read = _Reading()
    keys: dict[int, str] = {}  # of the runs that are known by the loaded clips alone
    whole = True
    for number, run in enumerate(runs):
        _log.info("run: %s", run)
        try:
            which = _clips_of(run)
            if loaded[0] != which:
                loaded, keys = (None, None), {}  # the old ones may go before the new ones come
                loaded = (which, samples_of(plan, *which, progress))
                alike = {n: r for n, r in enumerate(runs) if _clips_of(r) == which}
                if plan["pretrain"] is None and plan["also_train"] is None:
                    keys = {n: run_key(plan, r, loaded[1], grid) for n, r in alike.items()}
                done = [n for n, key in keys.items() if work.finished(key) is not None]
                todo = [r for n, r in alike.items() if n not in done]
                read = _read_once(plan, todo, loaded[1], progress)
            asked, samples = with_other_data(plan, run, loaded[1], progress)
            key = keys.get(number) or run_key(plan, asked, samples, grid)
            outcome = _one(plan, asked, samples, grid, key, work, progress, read)
            whole &= outcome.complete
            give_back()
            yield outcome
        except ClusterLost:  # no other run can go on either
            raise
        except Exception as error:
            if len(runs) == 1:
                raise
            whole = False
            _log.info("%s failed: %s", run, in_words(error), exc_info=_unexpected(error))
            yield Failure(str(run), in_words(error))
    if whole:
        work.close()


def forecasts(
    plan: Mapping[str, Any], *, coming: set[str] | None = None, timed: bool = False
) -> Iterator[dict[str, Any]]:
    """What each run of a plan would have to do; nothing is written.

    Parameters
    ----------
    plan : mapping
    coming : set of str, optional
        Keys of features that runs before these will have left; those of these are added.
    timed : bool, default False
        Time a part of the folds, where no earlier run tells how long they take.

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
    coming = set() if coming is None else coming
    for run in plan_runs(plan):
        if _must_be_made(plan, run):
            reason = "the synthetic corpus is not there yet; a run makes it first"
            yield {"run": str(run), "reason": reason}
            continue
        try:
            samples = samples_of(plan, run.dataset, run.labels, run.method.colour, None)
            key = run_key(plan, run, samples, grid)
            setting = {"dataset": run.dataset, "protocol": run.protocol, "tuning": run.tuning,
                       "inner": plan["inner"]}  # fmt: skip
            keep = out / ".work" / ("none" if plan["fresh"] else key)
            found = forecast(
                run.method, samples, setting=setting, out=out, keep=keep,
                cache=not plan["no_cache"], seed=plan["seed"], n_jobs=plan["n_jobs"],
                coming=coming,
                timed={"grid": grid, "scoring": plan["scoring"]} if timed else None,
            )  # fmt: skip
        except MebenchError as error:
            yield {"run": str(run), "reason": str(error)}
            continue
        done = Work(out).finished(key)
        yield {"run": str(run), **found, "finished": done is not None and not plan["fresh"]}


def _must_be_made(plan: Mapping[str, Any], run: Run) -> bool:
    from ..synthetic.disk import MANIFEST
    from ..synthetic.write import default_folder

    home = default_folder(plan["variant"] == "cropped")
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
    samples = load(
        name,
        root=plan["data_root"],
        labels=_rows_of(name, labels),
        variant=plan["variant"],
        sheet=plan["sheet"],
        missing=plan["missing"],
        colour=colour,
        progress=made,
    )
    samples = with_apexes(samples, plan["apex"])
    return single_frames(samples, plan["single_frames"]) if plan["single_frames"] else samples


def _rows_of(name: str, labels: str | None) -> str | None:
    """The label set to load: for action units, one that leaves no clip out."""
    if labels != UNITS:
        return labels
    known = [label_sets(part) for part in parts_of(name)[0]]
    if len(known) > 1 and all("auN" in sets for sets in known):
        return "au1"  # the same two classes in all of them, and every clip with readable units
    return next((s for s in (UNITS, "all") if all(s in sets for sets in known)), None)


def _clips_of(run: Run) -> tuple[str, str | None, bool]:
    """What decides which clips a run looks at, and how."""
    return run.dataset, run.labels, run.method.colour


@dataclass(frozen=True)
class _Reading:
    """The pass over the clips: for how many runs, its time, and what it made of how many clips."""

    runs: int = 0
    clock: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)

    def told(self, head: dict[str, Any], steps: Sequence[Any]) -> dict[str, Any]:
        """The header of a run, as if it had not found in the cache what the pass put there."""
        made = clips_made(steps, self.made)
        if not made:
            return head
        found = max(0, head["features_from_cache"] - made)
        seconds = dict(head["seconds"])
        if self.runs == 1:
            seconds["features"] = round(seconds["features"] + self.clock, 3)
        return {**head, "features_from_cache": found, "seconds": seconds}


def _read_once(
    plan: Mapping[str, Any], runs: Sequence[Run], samples: Any, progress: Progress | None
) -> _Reading:
    """What all runs of the same clips need of a clip, from one reading of it, into the cache."""
    if plan["no_cache"] or not runs or on_cluster():
        return _Reading(len(runs))
    chains = [fixed_steps(run.method, plan["seed"]) for run in runs]
    shown = are_made_up(samples.clips)  # their strips show faces, as run_strips has them
    chains.append(strip_steps(landmarks=any(map(finds_faces, chains)), faces=shown))
    cache = default_cache()
    if not cache.writable():
        return _Reading(len(runs))

    def staged(done: int, total: int) -> None:
        if progress is not None:
            progress(f"clips of {runs[0].dataset}, for {len(runs)} run(s)", done, total)

    made: Counter[str] = Counter()
    before, started = taken(), time.perf_counter()
    extract_together(
        chains, samples.clips, cache, n_jobs=plan["n_jobs"], progress=staged, made=made
    )
    return _Reading(len(runs), time.perf_counter() - started, since(before), made)


def fixed_steps(method: Any, seed: int) -> list[Any]:
    """The steps of a method that learn nothing."""
    return split_pipeline(seeded(method.build(), seed), method.tune)[0]


def finds_faces(steps: Sequence[Any]) -> bool:
    """Whether a face is looked for in a clip, by a step or by one of a branch."""
    inner = [step for step in steps for branch in getattr(step, "steps", []) for step in branch]
    return any(isinstance(step, FindLandmarks) for step in (*steps, *inner))


def _one(
    plan: Mapping[str, Any],
    asked: Run,
    samples: Any,
    grid: Any,
    key: str,
    work: Work,
    progress: Progress | None,
    read: _Reading,
) -> Outcome:
    """One run of a plan, from where it was if it was interrupted."""
    keep = work.open(key)
    done = work.finished(key)
    if done is not None:
        _log.info("finished before this command was interrupted: %s", done[0])
        return Outcome(load_run(done[0]), *done)
    predict = partial(_predicted, plan, asked, samples, grid, keep, progress, read)
    return saved_outcome(predict, asked.tuning, plan["out"], key, work)


def _predicted(
    plan: Mapping[str, Any],
    asked: Run,
    samples: Any,
    grid: Any,
    keep: Path,
    progress: Progress | None,
    read: _Reading,
    tuning: str,
) -> Predictions | UnitPredictions:
    """The predictions of a run under a tuning, with all that its header says."""

    def staged(stage: str, done: int, total: int) -> None:
        if progress is not None:
            progress(f"{asked.method.name} on {asked.dataset}: {stage}", done, total)

    of_seed = partial(
        evaluate,
        asked.method,
        samples,
        target="au" if asked.labels == UNITS else "label",
        protocol=asked.protocol,
        tuning=tuning,
        grid=grid,
        scoring=plan["scoring"],
        search=plan["search"],
        inner=plan["inner"],
        on_error=plan["on_error"],
        cache=not plan["no_cache"],
        n_jobs=plan["n_jobs"],
        progress=staged,
        keep=keep,
        # The nested score that is set beside an oracle's is no run of its own to explain.
        explain=tuning in plan["tuning"] and not plan["no_explain"],
    )
    before = taken()
    with running(staged, keep=not plan["no_cache"]):
        found = repeated(lambda seed: of_seed(seed=seed), plan["seed"], plan["repeats"])
    label_set = UNITS if asked.labels == UNITS else samples.label_set or asked.labels
    head = {"dataset": asked.dataset, "labels": label_set, **found.header, **provenance()}
    if isinstance(plan["grid"], (str, os.PathLike)):
        head["grid"] = str(plan["grid"])
    steps = fixed_steps(asked.method, plan["seed"])
    head = read.told(head, steps)
    faces = finds_faces(steps)
    pictures = run_strips(judged(samples), cache=not plan["no_cache"], landmarks=faces)
    head["work"] = {"pass": {"seconds": read.seconds, "runs": read.runs}, "seconds": since(before)}
    return replace(found, header=head, artifacts={**found.artifacts, **pictures})
