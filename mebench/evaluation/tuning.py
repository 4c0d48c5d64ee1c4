"""From rows to predictions: fixed, nested or oracle tuning over the folds of a protocol."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..methods.candidates import Candidates, Final, as_matrix, params_of
from ..methods.combination import LateFusion
from ..methods.fitting import Rows
from ..scoring.metrics import first_best
from ..scoring.subjects import Fold, LeftOut
from ..storage.cache import ArrayCache
from ..storage.checkpoint import Checkpoint
from ..storage.rows import blocks, gram_matrix, is_mapped
from ..svm import (
    Point,
    PolySVC,
    PolySVCSearch,
    fit_point,
    grid_points,
    halving_search,
    nested_search,
    score_table,
    search_grid,
)
from ..timing import spending
from .attempts import (
    Packing,
    attempt_each,
    in_words,
    kept_in,
    pack_final,
    pack_guesses,
    unpack_final,
    unpack_guesses,
)
from .combined import predict_combined
from .searches import recalled, remember
from .settings import Tuning
from .tuned import Progress, Tuned

__all__ = ["predict_folds"]

_log = logging.getLogger(__name__)

Pairs = Sequence[tuple[np.ndarray, np.ndarray]]


@spending("tuning")
def predict_folds(
    tail: Pipeline,
    data: Rows,
    folds: Sequence[Fold],
    settings: Tuning,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    shared: bool = True,
    keep: Path | None = None,
    store: ArrayCache | None = None,
) -> Tuned:
    """Fit on each training fold, predict its test samples.

    Parameters
    ----------
    tail : Pipeline
        Steps that learn, and a classifier; fitted on training samples only, inner folds
        included.
    data : Rows
        Features ``(n, d)`` or a list of clips, labels, subject keys; and action units, for steps
        whose ``fit`` takes ``units``.
    folds : sequence of Fold
    settings : Tuning
        Its grid only with a :class:`mebench.svm.PolySVC`.
    n_jobs : int, optional
    progress : callable, optional
    shared : bool, default True
        Use one Gram matrix for all folds where no step learns. False fits every fold by
        itself; the predictions are the same.
    keep : path, optional
        Folder where finished parts are kept, so that the same call goes on where it was.
    store : ArrayCache, optional
        Where the search of a grid over one Gram matrix is kept once it is done.

    Raises
    ------
    BadInput
        A grid for another classifier, or parameters that do not exist.

    Notes
    -----
    A fold in which something raises is recorded in ``failed``, and the others go on; where all
    of them fail, the first error is raised.
    """
    classifier = tail.steps[-1][1]
    if isinstance(classifier, LateFusion) and len(tail.steps) == 1 and not settings.tune:
        return predict_combined(
            classifier, data, folds, settings,
            n_jobs=n_jobs, progress=progress, shared=shared, keep=keep,
        )  # fmt: skip
    settings.checked_for(classifier)
    if isinstance(classifier, PolySVCSearch):  # searches by itself, behind what is fitted once
        name = tail.steps[-1][0]
        how = {"scoring": settings.scoring, "grid": settings.grid}
        how = {f"{name}__{k}": v for k, v in how.items() if v is not None}
        tail, settings = clone(tail).set_params(**how), replace(settings, grid=None)
    kernel_machine = isinstance(classifier, PolySVC)
    if settings.how != "fixed":
        if kernel_machine and settings.grid is None:
            own = "linear" if classifier.kernel == "linear" else "coarse"
            settings = replace(settings, grid=own)
        if not kernel_machine and not settings.tune:
            settings = replace(settings, how="fixed")  # there is nothing to choose between
    together = shared and kernel_machine and len(tail.steps) == 1 and not settings.tune
    searched = settings.how != "fixed" and kernel_machine
    what = {
        **data._asdict(), "tail": tail, "folds": list(folds), "tuning": settings.how,
        "grid": grid_points(settings.grid) if searched else None, "tune": settings.tune,
        "scoring": settings.scoring, "n_classes": settings.n_classes, "together": together,
    }  # fmt: skip
    if settings.search != "exhaustive":
        if not (together and searched):
            raise BadInput(
                "--search halving is for methods that have one grid and share one Gram matrix: no "
                "learning step before the SVM, no other parameters to tune, no combination. Leave "
                "it out here."
            )
        what |= {"search": (settings.search, settings.seed)}
    with kept_in(keep, **what) as kept:
        work = _Work(data, folds, settings, n_jobs, progress, kept, store)
        if together:
            return _shared(classifier, replace(work, data=data._replace(X=as_matrix(data.X))))
        if shared:
            work = replace(work, data=_condensed(tail, data, settings))
        grid = settings.grid if searched else None
        return _per_fold(Candidates.of(tail, grid, settings.tune), work)


@dataclass(frozen=True)
class _Work:
    """What all phases of a tuning share."""

    data: Rows
    folds: Sequence[Fold]
    settings: Tuning
    n_jobs: int | None
    progress: Progress | None
    kept: Checkpoint
    store: ArrayCache | None


def _condensed(tail: Pipeline, data: Rows, settings: Tuning) -> Rows:
    """Long rows, read once and not in each fold, where the first step can; the same otherwise."""
    name, first = tail.steps[0]
    tuned = any(key.startswith(f"{name}__") for key in settings.tune)
    if hasattr(first, "condense") and isinstance(data.X, np.ndarray) and not tuned:
        return data._replace(X=first.condense(data.X))
    return data


def _shared(classifier: PolySVC, work: _Work) -> Tuned:
    """All folds from one Gram matrix: whatever the features' length, their products suffice."""
    started = time.perf_counter()
    gram = gram_matrix(work.data.X)
    shape, seconds = work.data.X.shape, time.perf_counter() - started
    _log.info("products of %d × %d features: %.2f s", *shape, seconds)
    if work.settings.how == "nested":
        return _shared_nested(classifier, work, gram)
    return _shared_point(classifier, work, gram)


def _engine_settings(classifier: PolySVC) -> dict[str, Any]:
    return {"class_weight": classifier.class_weight, "tol": classifier.tol}


def _shared_nested(classifier: PolySVC, work: _Work, gram: np.ndarray) -> Tuned:
    started = time.perf_counter()
    search: Any = nested_search
    if work.settings.search == "halving":
        search = partial(halving_search, seed=work.settings.seed)
    found = recalled(work.store, work.kept, work.settings.grid) or search(
        gram, work.data.y, work.folds, work.data.groups, work.settings.grid,
        scoring=work.settings.scoring, n_classes=work.settings.n_classes,
        inner=[fold.inner for fold in work.folds], n_jobs=work.n_jobs or 1,
        progress=work.progress, kept=work.kept,
        **_engine_settings(classifier),
    )  # fmt: skip
    remember(work.store, work.kept, found)
    _log.info(
        "nested search: %d points, %d folds in %.2f s",
        len(found.points), len(work.folds), time.perf_counter() - started,
    )  # fmt: skip
    chosen = [
        {"fold": fold.name, "params": params_of(found.points[i]), "inner_score": float(score)}
        for fold, i, score in zip(work.folds, found.chosen, found.inner_score, strict=True)
    ]
    predicted = np.full(len(work.data.y), None, object)
    tested = found.predictions >= 0
    predicted[tested] = found.classes[found.predictions[tested]]
    return Tuned(
        predicted, found.scores, chosen, len(found.points), "nested",
        candidates=[params_of(point) for point in found.points], surface=found.inner_scores,
    )  # fmt: skip


def _shared_point(classifier: PolySVC, work: _Work, gram: np.ndarray) -> Tuned:
    """One point for all folds, by the oracle, or each fold's own."""
    settings, (X, y, _, _) = work.settings, work.data
    engine = _engine_settings(classifier)
    classes, codes = np.unique(y, return_inverse=True)
    points, table = [], None
    if settings.how == "oracle":
        points = grid_points(settings.grid)
        guesses = search_grid(
            gram, y, work.folds, points,
            n_jobs=work.n_jobs or 1, progress=work.progress, kept=work.kept, **engine,
        )  # fmt: skip
        table = score_table(guesses, codes, settings.scoring, settings.n_classes)
        best = points[int(first_best(table, settings.scoring))]
    predicted = np.full(len(y), None, object)
    scores = np.full((len(y), len(classes)), np.nan)
    chosen = []
    own = _own_point(classifier, X) if settings.how == "fixed" else None
    for done, fold in enumerate(work.folds):
        point = best if own is None else own(fold.train)
        name = f"fold {done} ({fold.name}) at {point}"
        if name not in work.kept:
            started = time.perf_counter()
            guess, score = fit_point(gram, y, fold.train, fold.test, point, **engine)
            work.kept[name] = {"codes": guess, "scores": score}
            _log.debug("%s: %.2f s", name, time.perf_counter() - started)
        predicted[fold.test] = classes[work.kept[name]["codes"]]
        scores[fold.test] = work.kept[name]["scores"]
        if settings.how == "fixed" and work.progress is not None:
            work.progress(done + 1, len(work.folds))
        chosen.append({"fold": fold.name, "params": params_of(point)})
    return Tuned(
        predicted, scores, chosen, max(len(points), 1), settings.how,
        candidates=[params_of(point) for point in points],
        surface=None if table is None else table[:, None],
    )  # fmt: skip


def _own_point(classifier: PolySVC, X: np.ndarray) -> Callable[[np.ndarray], Point]:
    """From training rows to the point of the classifier's own parameters.

    Its gamma may hang on how the training values spread; where they do not fit into memory, that
    comes of each row's values about the mean of all, read once.
    """
    if not (is_mapped(X) and classifier.kernel != "linear" and classifier.gamma == "scale"):
        return lambda train: classifier.point(X, train)
    width = X.shape[1]
    middle = sum(float(rows.sum()) for _, rows in blocks(X)) / X.size
    sums = np.array([[(r - middle).sum(), ((r - middle) ** 2).sum()]
                     for _, rows in blocks(X) for r in rows])  # fmt: skip

    def point(train: np.ndarray) -> Point:
        mean, square = sums[train].sum(axis=0) / (width * len(train))
        variance = square - mean**2
        gamma = 1.0 / (width * variance) if variance > 0 else 1.0
        return clone(classifier).set_params(gamma=gamma).point(X[:1])

    return point


def _per_fold(candidates: Candidates, work: _Work) -> Tuned:
    """Every fold by itself, with everything that learns fitted inside it."""
    for others in candidates.others:
        candidates.built(others)  # a parameter that does not exist is no matter of a fold
    tasks = _Tasks(work, candidates, _pairs(work))
    tables = _guessed(tasks)
    choice = _choose(candidates, work, tables, tasks.errors)
    finals = list(_answers(tasks, choice.best))
    if len(tasks.errors) == len(work.folds):
        raise tasks.errors[0]
    return _collected(candidates, work, choice, finals, tasks.errors)


def _pairs(work: _Work) -> list[Pairs]:
    """Of each fold, the (train, test) on which its parameters are chosen."""
    if work.settings.how == "nested":
        return [_inner(fold, work.data.groups) for fold in work.folds]
    if work.settings.how == "oracle":
        return [[(fold.train, fold.test)] for fold in work.folds]
    return [[] for _ in work.folds]


def _inner(fold: Fold, groups: np.ndarray) -> Pairs:
    """Leave each subject of the training fold out, unless the protocol says how to choose."""
    if fold.inner:
        return fold.inner
    left_out = LeftOut(fold.train, groups)
    if len(left_out) < 2:
        raise BadInput(
            f"Fold {fold.name} trains on one subject only, so nothing can be tuned inside it: "
            "use tuning='fixed' or more subjects."
        )
    return left_out


@dataclass
class _Tasks:
    """Runs tasks that belong to folds; the first error of each fold is remembered.

    A task is a few numbers: where tasks travel, what they need travels by itself, and once.
    """

    work: _Work
    candidates: Candidates
    pairs: list[Pairs]
    errors: dict[int, Exception] = field(default_factory=dict)
    done: int = 0

    def run(
        self, function: Callable[..., Any], shared: Any, jobs: Mapping[str, tuple],
        owners: Sequence[Sequence[int]], packing: Packing,
    ) -> Iterator[tuple[Any, Exception | None]]:  # fmt: skip
        """Result or error of each job. An error is the fold's that owns the job, if one does."""
        work = self.work
        total = len(work.folds) + sum(map(len, self.pairs))
        found = attempt_each(
            function, jobs, work.kept, packing,
            shared=(self.candidates, work.data, shared), n_jobs=work.n_jobs,
        )  # fmt: skip
        for folds, (_, result, error) in zip(owners, found, strict=True):
            if error is None or len(folds) == 1:
                self.done += len(folds)
                if error is not None:
                    self.errors.setdefault(folds[0], error)
            if work.progress is not None:
                work.progress(self.done, total)
            yield result, error


def _guessed(tasks: _Tasks) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """First phase: of each fold, pairs of left-out samples and every candidate's guesses."""
    tables: list[dict[int, tuple[np.ndarray, np.ndarray]]] = [{} for _ in tasks.work.folds]
    names = [fold.name for fold in tasks.work.folds]
    todo = _trained_alike(tasks.pairs)
    while todo:
        jobs = {
            ", ".join(f"fold {f} ({names[f]}), choosing {i}" for f, i in places): (places,)
            for places in todo
        }
        owners = [[f for f, _ in places] for places in todo]
        results = tasks.run(_guess, tasks.pairs, jobs, owners, (pack_guesses, unpack_guesses))
        alone = []
        for places, (table, error) in zip(todo, results, strict=True):
            if error is not None and len(places) > 1:
                alone += [[place] for place in places]  # whose error it is will be seen
            elif error is None:
                tests = [tasks.pairs[f][i][1] for f, i in places]
                cuts = np.cumsum([len(test) for test in tests])[:-1]
                for (f, i), test, part in zip(
                    places, tests, np.split(table, cuts, axis=1), strict=True
                ):
                    tables[f][i] = test, part
        todo = alone
    return [[found[i] for i in sorted(found)] for found in tables]


def _trained_alike(pairs: Sequence[Pairs]) -> list[list[tuple[int, int]]]:
    """Places (fold, inner fold) whose training samples are the same.

    Fold r without s trains on the same samples as fold s without r: what learns is fitted once.
    """
    found: dict[bytes, list[tuple[int, int]]] = {}
    for f, inner in enumerate(pairs):
        for i in range(len(inner)):
            samples = np.asarray(inner[i][0])
            key = blake2b(samples.tobytes(), digest_size=16).digest()
            found.setdefault(key, []).append((f, i))
    return list(found.values())


def _guess(
    candidates: Candidates, data: Rows, pairs: Sequence[Pairs], places: Sequence[tuple[int, int]]
) -> np.ndarray:
    f, i = places[0]
    return candidates.guesses(data, pairs[f][i][0], [pairs[f][i][1] for f, i in places])


def _final(candidates: Candidates, data: Rows, folds: Sequence[Fold], f: int, number: int) -> Final:
    fold = folds[f]
    return candidates.final(number, data, fold.train, fold.test, fold.inner)


@dataclass(frozen=True)
class _Choices:
    """The candidate of each fold, its inner score, and the scores it was chosen by."""

    best: list[int]
    inner_scores: list[float | None]
    considered: list[np.ndarray]


def _choose(
    candidates: Candidates, work: _Work, tables: list[list[tuple[np.ndarray, np.ndarray]]],
    errors: Mapping[int, Exception],
) -> _Choices:  # fmt: skip
    """Second phase: the first best candidate, of each fold or (oracle) of all."""
    settings, n = work.settings, len(work.folds)
    codes = np.unique(work.data.y, return_inverse=True)[1]

    def scored(parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        pooled = np.full((len(candidates), len(codes)), -1, np.int16)
        for test, table in parts:
            pooled[:, test] = table
        return score_table(pooled, codes, settings.scoring, settings.n_classes)

    if settings.how == "oracle" and len(errors) < n:
        found = scored(part for parts in tables for part in parts)
        return _Choices([int(first_best(found, settings.scoring))] * n, [None] * n, [found])
    if settings.how != "nested":
        return _Choices([0] * n, [None] * n, [])
    best, considered = [0] * n, []
    scores: list[float | None] = [None] * n
    for f in range(n):
        if f in errors:
            considered.append(np.full(len(candidates), np.nan))
            continue
        found = scored(tables[f])
        best[f] = int(first_best(found, settings.scoring))
        scores[f] = float(found[best[f]])
        considered.append(found)
    return _Choices(best, scores, considered)


def _answers(tasks: _Tasks, best: Sequence[int]) -> Iterator[tuple[int, Final]]:
    """Third phase: each fold's answers for its test samples, by its candidate."""
    folds = tasks.work.folds
    left = [f for f in range(len(folds)) if f not in tasks.errors]
    n = len(tasks.candidates)
    jobs = {
        f"fold {f} ({folds[f].name}), fitted with candidate {best[f]} of {n}": (f, best[f])
        for f in left
    }
    owners = [[f] for f in left]
    results = tasks.run(_final, folds, jobs, owners, (pack_final, unpack_final))
    for f, (final, _) in zip(left, results, strict=True):
        if final is not None:
            yield f, final


def _collected(
    candidates: Candidates, work: _Work, choice: _Choices, finals: Iterable[tuple[int, Final]],
    errors: Mapping[int, Exception],
) -> Tuned:  # fmt: skip
    n = len(work.data.y)
    predicted = np.full(n, None, object)
    scores: np.ndarray | None = np.full((n, len(np.unique(work.data.y))), np.nan)
    chosen = []
    maps: dict[int, np.ndarray] = {}
    for f, final in finals:
        fold = work.folds[f]
        predicted[fold.test] = final.labels
        if final.scores is None:
            scores = None
        elif scores is not None:
            scores[fold.test] = final.scores
        if final.maps is not None:
            maps.update(zip(map(int, fold.test), final.maps, strict=True))
        entry: dict[str, Any] = {"fold": fold.name, "params": final.params}
        score = choice.inner_scores[f]
        chosen.append(entry if score is None else {**entry, "inner_score": score})
    considered = choice.considered
    return Tuned(
        predicted, scores, chosen, len(candidates), work.settings.how, maps,
        candidates=[candidates[i].params for i in range(len(candidates))] if considered else [],
        surface=np.stack(considered, axis=1) if considered else None,
        failed={work.folds[f].name: in_words(errors[f]) for f in sorted(errors)},
    )  # fmt: skip
