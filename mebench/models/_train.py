"""train: a method fitted to all clips of a database, with an honest score in its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ..datasets import Samples
from ..errors import BadInput
from ..evaluation import evaluate
from ..evaluation.inner_folds import checked_inner
from ..evaluation.labels import units_of
from ..evaluation.protocols import get_protocol
from ..evaluation.settings import Tuning
from ..evaluation.tuning import predict_folds
from ..methods import Method, get_method
from ..methods.combination import LateFusion
from ..methods.extract import extract
from ..methods.fitting import Rows, fit_tail, searched, seeded
from ..methods.parts import split_pipeline
from ..paths import file_name
from ..scoring import Predictions
from ..scoring.subjects import LeftOut
from ..storage import ArrayCache
from ..storage.cache import default_cache
from ..svm import PolySVC, PolySVCSearch
from .card import make_card
from .file import Model

__all__ = ["model_file", "train"]

Progress = Callable[[str, int, int], None]


def train(
    method: str | Method | BaseEstimator,
    samples: Samples,
    *,
    dataset: str | None = None,
    predictions: Predictions | None = None,
    run: str = "",
    protocol: str = "loso",
    grid: Any = None,
    scoring: str = "uf1",
    inner: str = "loso",
    on_error: str = "error",
    cache: ArrayCache | bool = True,
    n_jobs: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Model:
    """Fit a method to all samples, after a nested evaluation that says how good that is.

    Parameters of the method are chosen over its own grid by leaving out persons (`inner`) and
    pooling the predictions: what nested tuning does inside a training fold, here with everybody.

    Parameters
    ----------
    method : str, Method or estimator
        As in :func:`mebench.evaluate`.
    samples : Samples
    dataset : str, optional
        Its name, for the card. Default: those in the table.
    predictions : Predictions, optional
        A nested evaluation of the same method on the same data (:func:`mebench.results.load_run`).
        Default: one is run.
    run : str
        What to call that evaluation in the card.
    protocol : str, default 'loso'
        Of the evaluation that is run.
    grid, scoring, inner, on_error, cache, n_jobs, seed, progress
        As in :func:`mebench.evaluate`.

    Returns
    -------
    Model

    Raises
    ------
    BadInput
        `predictions` are of another method or other data, incomplete, or tuned on test folds; or
        whatever :func:`mebench.evaluate` raises.
    FaceNotFound
        With ``on_error='error'``.
    """
    recipe = get_method(method)
    dataset = dataset or "+".join(sorted(set(samples.table["dataset"].astype(str))))
    if predictions is None:
        predictions = evaluate(
            recipe, samples, protocol=protocol, tuning="nested", grid=grid, scoring=scoring,
            inner=inner, on_error=on_error, cache=cache, n_jobs=n_jobs, seed=seed,
            progress=_staged(progress, "evaluation, "),
        )  # fmt: skip
        source = "Evaluated together with the training."
    else:
        source = f"Taken from the stored run {run or '(unnamed)'}."
    _check_evaluation(predictions, recipe, samples)
    estimator = seeded(recipe.build(), seed)
    steps, tail = split_pipeline(estimator, recipe.tune)
    store = default_cache(None) if cache is True else cache or None
    found = extract(
        steps, samples.clips, cache=store, on_error=on_error, n_jobs=n_jobs,
        progress=None if progress is None else lambda i, n: progress("features", i, n),
    )  # fmt: skip
    samples = samples.take(found.kept)
    X, y, groups = found.matrix(), samples.y, samples.groups
    units = units_of(tail, samples.table)
    tail, tuning = _tuned(
        tail, X, y, groups, samples, units, recipe, grid, scoring, inner, n_jobs, seed, progress
    )
    _fit(tail, Rows(X, y, groups, units), inner)
    tuning["params"] = {**tuning["params"], **_found(tail)}
    whole = Pipeline([*_named(estimator, steps), *tail.steps])
    card = make_card(
        recipe, samples, predictions, source=source, pipeline=repr(whole), tuning=tuning,
        dataset=dataset, left_out=found.failed,
    )  # fmt: skip
    return Model(whole, card)


def _tuned(
    tail: Pipeline, X: Any, y: np.ndarray, groups: np.ndarray, samples: Samples,
    units: np.ndarray | None, recipe: Method, grid: Any, scoring: str, inner: str,
    n_jobs: int | None, seed: int, progress: Progress | None,
) -> tuple[Pipeline, dict[str, Any]]:  # fmt: skip
    """The tail with the parameters that predict left-out people best, and what was done."""
    grid = recipe.grid if grid is None else grid
    classifier = tail.steps[-1][1]
    n_parts = checked_inner(inner)[1]
    left_out = "one person at a time" if n_parts is None else f"{n_parts} sets of persons in turn"
    if isinstance(classifier, LateFusion):
        how = f"Each member by itself, leaving out {left_out} over its own grid."
        settings: dict[str, Any] = {"scoring": scoring, "tuning": "nested"}
        if grid is not None:
            settings["grids"] = {member: grid for member, _ in classifier.members}
        classifier.set_params(**settings)
        return tail, {"how": how, "params": {}, "n_candidates": classifier.n_candidates}
    if isinstance(classifier, PolySVCSearch):
        how = f"The SVM by leaving out {left_out}, on features fitted to everybody."
        classifier.set_params(scoring=scoring, **({} if grid is None else {"grid": grid}))
        return tail, {"how": how, "params": {}}
    if not isinstance(classifier, PolySVC) and not recipe.tune:
        return tail, {"how": "Nothing to choose: the method's own parameters.", "params": {}}
    if len(set(groups)) < 2:
        raise BadInput("All clips are of one person, so nothing can be tuned; more are needed.")
    # The choice of nested tuning with everybody in the training fold: pooled over left-out people.
    found = predict_folds(
        tail, Rows(X, y, groups, units), list(get_protocol(inner, seed=seed)(samples.table)),
        Tuning("oracle", grid, recipe.tune, scoring, len(samples.classes)), n_jobs=n_jobs,
        progress=None if progress is None else lambda i, n: progress("tuning", i, n),
    )  # fmt: skip
    if found.failed:
        first = next(iter(found.failed.items()))
        raise BadInput(f"Leaving out {first[0]} failed while tuning: {first[1]}")
    params = dict(found.chosen[0]["params"])
    own = {key: value for key, value in params.items() if "__" not in key}
    tail.set_params(**{key: value for key, value in params.items() if "__" in key})
    if own:
        own["degree"] = int(own["degree"])
        classifier.set_params(kernel="poly", **own)
    score = None if found.surface is None else float(found.surface[:, 0].max())
    which = grid if isinstance(grid, str) else "the method's" if grid is None else "given"
    return tail, {
        "how": f"Over {found.n_candidates} settings (grid: {which}), leaving out "
        f"{left_out}, by {scoring} of the pooled predictions. This inner score is optimistic.",
        "params": params,
        "n_candidates": found.n_candidates,
        "scoring": scoring,
        "inner_score": None if score is None else round(score, 4),
    }


def _fit(tail: Pipeline, data: Rows, inner: str) -> None:
    """Fit to everybody; what chooses by itself does so on the inner folds."""
    n = checked_inner(inner)[1]
    pairs = () if n is None else list(LeftOut(np.arange(len(data.y)), data.groups, n))
    last = tail.steps[-1][1]
    own = bool(pairs) and getattr(last, "cv", "none") is None
    if own:
        last.set_params(cv=pairs)
    fit_tail(tail, data.X, data.y, data.groups, data.units, pairs)
    if own:
        last.set_params(cv=None)  # the model need not know them


def _check_evaluation(predictions: Predictions, recipe: Method, samples: Samples) -> None:
    header = predictions.header
    if not predictions.complete:
        raise BadInput("The evaluation lacks folds, so it has no score for the card; finish it.")
    if header.get("tuning") not in ("nested", "fixed"):
        raise BadInput(
            f"The evaluation was tuned by {header.get('tuning')!r}, which has seen the test folds: "
            "a card shows nested evaluations only. Run it with --tuning nested."
        )
    if header.get("method") != recipe.name:
        raise BadInput(
            f"The evaluation is of the method {header.get('method')!r}, not of {recipe.name!r}."
        )
    kept = samples
    if skipped := header.get("skipped"):
        kept = samples.take(~samples.table["clip_id"].astype(str).isin(set(skipped)).to_numpy())
    if header.get("fingerprint") != kept.fingerprint():
        raise BadInput(
            "The evaluation is of other clips, labels or marks than the model is to be trained on "
            f"(fingerprint {header.get('fingerprint')}, found {kept.fingerprint()})."
        )
    if header.get("pixels") is not None and header["pixels"] != kept.pixels():
        raise BadInput(
            "The evaluation is of other pictures of the same clips (another variant of the "
            "frames, or files that were changed since): evaluate on what is trained on."
        )


def _found(tail: Pipeline) -> dict[str, Any]:
    """What a classifier has chosen by itself."""
    choices: Mapping[str, Mapping[str, Any]] = getattr(tail.steps[-1][1], "choices_", None) or {}
    members = {f"{m}: {k}": v for m, found in choices.items() for k, v in found.items()}
    return {**searched(tail), **members}


def _named(estimator: BaseEstimator, steps: Sequence[Any]) -> list[tuple[str, Any]]:
    """The steps that learn nothing, under their names."""
    return [(n, s) for n, s in getattr(estimator, "steps", []) if any(s is step for step in steps)]


def _staged(progress: Progress | None, before: str) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, done, total: progress(f"{before}{stage}", done, total)


def model_file(method: str, dataset: str) -> Path:
    """A name for the file of a model.

    Examples
    --------
    >>> model_file("lbp-top", "casme2+samm").name
    'lbp-top-casme2+samm.mebench'
    """
    return Path(file_name(method, dataset) + ".mebench")
