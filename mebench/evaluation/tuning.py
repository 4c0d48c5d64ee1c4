"""From rows to predictions: fixed, nested or oracle tuning over the folds of a protocol."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from ..errors import BadInput
from ..features.short_rows import MANY
from ..methods.candidates import Candidates, Final, as_matrix
from ..methods.combination import LateFusion
from ..methods.fitting import Rows
from ..scoring.metrics import first_best
from ..scoring.subjects import Fold, LeftOut
from ..storage.cache import ArrayCache
from ..svm import (
    PolySVC,
    PolySVCSearch,
    grid_points,
    score_table,
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
from .inner_folds import too_many
from .one_gram import by_products
from .settings import Tuning
from .tuned import Progress, Tuned
from .work import Work

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
        work = Work(data, folds, settings, n_jobs, progress, kept, store)
        if together:
            return by_products(classifier, replace(work, data=data._replace(X=as_matrix(data.X))))
        candidates = Candidates.of(tail, settings.grid if searched else None, settings.tune)
        if shared:
            work, candidates = _condensed(candidates, work)
        return _per_fold(candidates, work)


_OF_ROWS = ("scale", "auto")  # gammas that come of the rows that a machine is fitted to


def _condensed(candidates: Candidates, work: Work) -> tuple[Work, Candidates]:
    """Long rows, read once and not in each fold, where the first step can; the same otherwise.

    Of very many, products alone are kept where a machine that asks for no more comes next.
    """
    (name, first), (_, last), X = candidates.tail.steps[0], candidates.tail.steps[-1], work.data.X
    tuned = any(key.startswith(f"{name}__") for key in work.settings.tune)
    if not isinstance(X, np.ndarray) or tuned or not hasattr(first, "condense"):
        return work, candidates
    points = candidates.points
    machine = len(candidates.tail.steps) == 2 and isinstance(last, PolySVC)
    if machine and points == (None,) and (last.kernel == "linear" or last.gamma not in _OF_ROWS):
        points = (last.point(np.empty((0, 0))),)
    if machine and points != (None,) and hasattr(first, "by_products") and len(X) > MANY:
        known = first.by_products(X)
        if known is not None:
            work = replace(work, data=work.data._replace(X=known))
            return work, replace(candidates, points=points)
    return replace(work, data=work.data._replace(X=first.condense(X))), candidates


def _per_fold(candidates: Candidates, work: Work) -> Tuned:
    """Every fold by itself, with everything that learns fitted inside it."""
    for others in candidates.others:
        candidates.built(others)  # a parameter that does not exist is no matter of a fold
    tasks = _Tasks(work, candidates, _pairs(work))
    if work.settings.how == "nested" and (said := too_many(work.folds, work.data.groups)):
        _log.warning(said)
    tables = _guessed(tasks)
    choice = _choose(candidates, work, tables, tasks.errors)
    finals = list(_answers(tasks, choice.best))
    if len(tasks.errors) == len(work.folds):
        raise tasks.errors[0]
    return _collected(candidates, work, choice, finals, tasks.errors)


def _pairs(work: Work) -> list[Pairs]:
    """Of each fold, the (train, test) on which its parameters are chosen."""
    if work.settings.how == "nested":
        return [_inner(fold, work.data.groups) for fold in work.folds]
    if work.settings.how == "oracle":
        return [[(fold.train, fold.test)] for fold in work.folds]
    return [[] for _ in work.folds]


def _inner(fold: Fold, groups: np.ndarray) -> Pairs:
    """Leave each subject of the training fold out, unless it is said how to choose."""
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

    work: Work
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
    candidates: Candidates, work: Work, tables: list[list[tuple[np.ndarray, np.ndarray]]],
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
    candidates: Candidates, work: Work, choice: _Choices, finals: Iterable[tuple[int, Final]],
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
