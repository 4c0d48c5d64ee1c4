"""Experiments: the settings of ``mebench run``, and what it does with them."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .datasets import label_sets, load
from .errors import BadInput, DataNotFound
from .evaluation import (
    Predictions,
    UnitPredictions,
    evaluate,
    evaluate_features,
    evaluate_unit_features,
    evaluate_units,
)
from .evaluation.protocols import protocol as check_protocol
from .evaluation.tabular import get_classifier, join, read_features, read_table
from .methods import get_method
from .results import optimism_line, provenance, save_run
from .svm import GRIDS, load_grid

__all__ = ["DEFAULTS", "Outcome", "run_experiment", "run_features", "settings"]

#: What `mebench run` and an experiment file may set. None: the database's or method's own.
DEFAULTS: dict[str, Any] = {
    "dataset": [],
    "method": [],
    "labels": None,
    "protocol": "loso",
    "tuning": "nested",
    "grid": None,
    "scoring": "macro_f1",
    "data_root": None,
    "variant": "auto",
    "sheet": None,
    "missing": "error",
    "on_error": "error",
    "seed": 0,
    "n_jobs": -1,
    "no_cache": False,
    "out": "runs",
}
#: The label set that stands for detecting action units, one question per unit.
UNITS = "au"
_LISTS = ("dataset", "method", "labels", "protocol", "tuning")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """One finished run: its predictions, its folder, and a remark where the score needs one."""

    predictions: Predictions | UnitPredictions
    folder: Path
    remark: str = ""

    def summary(self) -> dict[str, Any]:
        """Scores, intervals, baseline and header, for a program to read."""
        return {
            **self.predictions.summary(),
            "remark": self.remark,
            "folder": str(self.folder),
            **self.predictions.header,
        }


def settings(experiment: str | os.PathLike[str] | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of an experiment: `given`, over those of a TOML file, over :data:`DEFAULTS`.

    Parameters
    ----------
    experiment : path, optional
        TOML with any keys of :data:`DEFAULTS`, hyphens or underscores; ``dataset``, ``method``,
        ``labels``, ``protocol`` and ``tuning`` may be lists.
    given : mapping

    Raises
    ------
    BadInput
        An unreadable file, unknown keys, values of the wrong kind, or no dataset or method.

    Examples
    --------
    >>> settings(None, {"dataset": "synthetic", "method": ["mdmo"]})["tuning"]
    ['nested']
    """
    plan = {**DEFAULTS, **(_read(experiment) if experiment is not None else {}), **given}
    for key in _LISTS:
        plan[key] = list(plan[key]) if isinstance(plan[key], (list, tuple)) else [plan[key]]
    for key in ("dataset", "method"):
        if not plan[key]:
            raise BadInput(f"No {key} is named: add --{key} NAME (see `mebench list {key}s`).")
    for key, default in DEFAULTS.items():
        kind = type(default)
        if default is None or key in _LISTS or key == "out":
            continue
        # bool is an int to Python, but `seed = true` is a mistake.
        if not isinstance(plan[key], kind) or isinstance(plan[key], bool) != (kind is bool):
            raise BadInput(f"{key} must be {kind.__name__}, found {plan[key]!r}.")
    for name in plan["protocol"]:
        check_protocol(name)
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        load_grid(grid)  # a mistake in the file should show before hours of work, not after
    return plan


def run_experiment(plan: Mapping[str, Any], progress: Progress | None = None) -> Iterator[Outcome]:
    """Every dataset × label set × method × protocol × tuning of a plan, each saved when done.

    Parameters
    ----------
    plan : mapping
        As :func:`settings` gives it.
    progress : callable, optional
        Called with (stage, done, total).

    Yields
    ------
    Outcome
    """
    methods = [get_method(name) for name in plan["method"]]
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        grid = load_grid(grid)
    for name in plan["dataset"]:
        for labels in plan["labels"]:
            loaded: dict[bool, Any] = {}
            for method in methods:
                if method.colour not in loaded:
                    loaded[method.colour] = _samples(plan, name, labels, method.colour, progress)
                for protocol in plan["protocol"]:
                    for tuning in plan["tuning"]:
                        yield _one(
                            plan, name, labels, method, loaded[method.colour],
                            protocol, tuning, grid, progress,
                        )  # fmt: skip


def _samples(
    plan: Mapping[str, Any], name: str, labels: str | None, colour: bool, progress: Progress | None
) -> Any:
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
    name: str,
    labels: str | None,
    method: Any,
    samples: Any,
    protocol: str,
    tuning: str,
    grid: Any,
    progress: Progress | None,
) -> Outcome:
    def staged(stage: str, done: int, total: int) -> None:
        if progress is not None:
            progress(f"{method.name} on {name}: {stage}", done, total)

    run = evaluate_units if labels == UNITS else evaluate

    def predictions(tuning: str) -> Predictions | UnitPredictions:
        found: Predictions | UnitPredictions = run(
            method,
            samples,
            protocol=protocol,
            tuning=tuning,
            grid=grid,
            scoring=plan["scoring"],
            on_error=plan["on_error"],
            cache=not plan["no_cache"],
            n_jobs=plan["n_jobs"],
            seed=plan["seed"],
            progress=staged,
        )
        label_set = UNITS if labels == UNITS else samples.label_set or labels
        head = {"dataset": name, "labels": label_set, **found.header}
        if isinstance(plan["grid"], (str, os.PathLike)):
            head["grid"] = str(plan["grid"])
        return replace(found, header={**head, **provenance()})

    return _outcome(predictions, tuning, plan["out"])


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
) -> Outcome:
    """Evaluate a classifier on features from a file, and save the run.

    Parameters
    ----------
    features, table : path
        See :func:`mebench.evaluation.tabular.read_features` and ``read_table``.
    classifier : str
        A name of :data:`mebench.evaluation.tabular.CLASSIFIERS`, or ``package.module:object``.
    labels : {None, 'au'}
        'au' detects the action units of the table's column ``au`` instead of its ``label``.
    protocol, tuning, grid, scoring, seed, n_jobs, progress
        As in :func:`mebench.evaluation.evaluate`.
    out : path
        Folder for the run directory.
    """
    recipe = get_classifier(classifier)
    if labels not in (None, UNITS):
        raise BadInput(f"labels is au or left out (the column label is meant), not {labels!r}.")
    check_protocol(protocol)
    ids, X = read_features(features)
    X, samples = join(ids, X, read_table(table, "label" if labels is None else UNITS))
    run = evaluate_features if labels is None else evaluate_unit_features
    points = recipe.grid if grid is None else grid if grid in GRIDS else load_grid(grid)
    data = "+".join(sorted(set(samples["dataset"])))

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
        )
        head = {"dataset": data, "labels": labels or "", **found.header, "method": recipe.name}
        head["notes"] = [f"features from {Path(features).name}, {X.shape[1]} per clip"]
        head["fingerprint"] = hashlib.sha256(
            X.tobytes() + samples.to_csv(index=False).encode()
        ).hexdigest()[:20]
        return replace(found, header={**head, **provenance()})

    return _outcome(predictions, tuning, out)


def _outcome(
    predictions: Callable[[str], Predictions | UnitPredictions],
    tuning: str,
    out: str | os.PathLike[str],
) -> Outcome:
    """Predict and save; an oracle's score is set beside the nested one."""
    found = predictions(tuning)
    remark = ""
    if found.header["tuning"] == "oracle":
        nested = predictions("nested")
        if isinstance(found, Predictions) and isinstance(nested, Predictions):
            remark = optimism_line(found, nested)
        found = replace(found, header={**found.header, "nested_scores": nested.scores()})
    return Outcome(found, save_run(found, out), remark)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataNotFound(
            f"The experiment file {path} cannot be read: {error.strerror}. (Datasets and methods "
            "are named by --dataset and --method.)"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"The experiment file {path} is not valid TOML: {error}.") from error
    found = {key.replace("-", "_"): value for key, value in found.items()}
    unknown = sorted(set(found) - set(DEFAULTS))
    if unknown:
        raise BadInput(
            f"{path} sets {', '.join(unknown)}, which is not known; there is {', '.join(DEFAULTS)}."
        )
    return found
