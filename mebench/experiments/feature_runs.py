"""``mebench evaluate``: a classifier on features from a file, saved as a run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..errors import BadInput
from ..evaluation import evaluate_features, get_protocol
from ..evaluation.feature_files import join, read_features, read_table
from ..evaluation.settings import Tuning, check_n_jobs, check_seed
from ..methods import Method
from ..methods.classifiers import get_classifier
from ..results import provenance
from ..scoring import Predictions, UnitPredictions
from ..storage.checkpoint import fingerprint
from ..storage.run_folder import check_place
from ..svm import GRIDS, load_grid
from .outcome import Outcome, saved_outcome
from .plan import UNITS
from .resume import Work

__all__ = ["run_features"]

Progress = Callable[[str, int, int], None]


def _code_of(recipe: Method) -> Any:
    """The classifier itself, where its code can be followed; else what no other run has."""
    estimator = recipe.build()
    try:
        fingerprint(pipeline=estimator)
    except Exception:  # whatever pickling somebody's objects raises
        return uuid4().hex
    return estimator


def run_features(
    features: str | os.PathLike[str],
    table: str | os.PathLike[str],
    classifier: str = "poly-svm",
    *,
    labels: str | None = None,
    protocol: str = "loso",
    tuning: str = "nested",
    grid: str | None = None,
    scoring: str = "uf1",
    inner: str = "loso",
    seed: int = 0,
    n_jobs: int = -1,
    out: str | os.PathLike[str] = "runs",
    progress: Progress | None = None,
    fresh: bool = False,
    subjects: str = "joined",
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
    protocol, tuning, grid, scoring, inner, seed, n_jobs, progress
        As in :func:`mebench.evaluation.evaluate`.
    out : path
        Folder for the run directory.
    fresh : bool, default False
        Forget what is kept of this run where it was interrupted.
    subjects : {"joined", "as-written"}, default "joined"
        As in :func:`mebench.scoring.read_predictions`.
    """
    recipe = get_classifier(classifier)
    if labels not in (None, UNITS):
        raise BadInput(f"labels is au or left out (the column label is meant), not {labels!r}.")
    check_seed(seed)
    check_n_jobs(n_jobs)
    get_protocol(protocol, seed=seed)
    points = recipe.grid if grid is None else grid if grid in GRIDS else load_grid(grid)
    asked = Tuning(tuning, points, recipe.tune, scoring, inner=inner)
    asked.checked_for(recipe.build())
    check_place(out)
    if not Path(features).exists():
        read_features(features)  # what is missing is named in the order in which it was given
    samples = read_table(table, "label" if labels is None else UNITS, subjects)
    X, samples = join(*read_features(features, samples["clip_id"]), samples)
    data = "+".join(sorted(set(samples["dataset"])))
    mark = hashlib.sha256(X.tobytes() + samples.to_csv(index=False).encode()).hexdigest()[:20]
    work = Work(out, fresh)
    key = fingerprint(
        data=mark, classifier=recipe.name, pipeline=_code_of(recipe), labels=labels,
        protocol=protocol, tuning=tuning, grid=points, scoring=scoring, seed=seed,
        **({} if asked.inner == "loso" else {"inner": asked.inner}),  # names of older runs stay
    )  # fmt: skip
    keep = work.open(key)

    def predictions(tuning: str) -> Predictions | UnitPredictions:
        found: Predictions | UnitPredictions = evaluate_features(
            recipe.build(),
            X,
            samples,
            target="label" if labels is None else "au",
            protocol=protocol,
            tuning=tuning,
            grid=points,
            tune=recipe.tune,
            scoring=scoring,
            inner=inner,
            n_jobs=n_jobs,
            seed=seed,
            progress=progress,
            keep=keep,
        )
        head = {"dataset": data, "labels": labels or "", **found.header, "method": recipe.name}
        said = samples.attrs
        head["notes"] = [
            f"features from {Path(features).name}, {X.shape[1]} per clip",
            *said.get("notes", []),
        ]
        head["warnings"] = list(
            dict.fromkeys([*head.get("warnings", []), *said.get("warnings", [])])
        )
        head["fingerprint"] = mark
        return replace(found, header={**head, **provenance()})

    outcome = saved_outcome(predictions, tuning, out, key, work)
    if outcome.complete:
        work.close()
    return outcome
