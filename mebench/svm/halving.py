"""Where the whole grid is too much: points that do badly on few persons are not tried on more.

Successive halving (Jamieson and Talwalkar 2016), with persons as the resource: all points are
compared on a third of a fold's training persons, and the better half of them on all.
Every comparison leaves out persons, never single samples, and is pooled as the exhaustive one is.
It is no exhaustive search: the best point may be dropped early.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BadInput
from ..scoring.metrics import Measure, first_best, get_measure
from ._plan import Indices, as_folds
from ._problem import Parts
from .engine import search_grid
from .fits import fit_folds
from .grids import Grid, grid_points
from .nested import NestedSearch

__all__ = ["SHARES", "halving_search", "rungs"]

#: Shares of the training persons that the rungs compare on (our choice, as are the next).
SHARES = (1 / 3, 1.0)
_CUT = 2  # of so many points one goes on; where it is more, the best is often not among them
_LEAST_PERSONS = 8  # of a rung; with fewer persons than this there is one rung, and no cut
_LEAST_POINTS = 24  # that go on at least


def rungs(n_persons: int, n_points: int) -> list[tuple[int, int]]:
    """Persons and points of each comparison, the last on all persons.

    Examples
    --------
    >>> rungs(248, 6400), rungs(25, 640), rungs(5, 640)
    ([(83, 6400), (248, 3200)], [(9, 640), (25, 320)], [(5, 640)])
    """
    out = []
    points = n_points
    for share in SHARES:
        persons = int(np.ceil(share * n_persons))
        if persons < min(_LEAST_PERSONS, n_persons):
            continue
        out.append((persons, points))
        points = min(points, max(_LEAST_POINTS, -(-points // _CUT)))
    return out


def halving_search(
    gram: np.ndarray,
    y: Any,
    folds: Any,
    groups: Any,
    grid: Grid = "thesis",
    *,
    scoring: str = "uf1",
    n_classes: int | None = None,
    seed: int = 0,
    inner: Sequence[Indices] | None = None,
    kept: Parts | None = None,
    progress: Any = None,
    **engine: Any,
) -> NestedSearch:
    """As :func:`~mebench.svm.nested_search`, by successive halving of the grid on persons.

    Parameters
    ----------
    gram, y, folds, groups, grid, scoring, n_classes, inner, kept
        As in :func:`~mebench.svm.nested_search`. With ``inner`` a rung trains on some persons of
        each inner fold and tests what that tests.
    seed : int, default 0
        Of the order in which persons join.
    progress : callable, optional
        Called as ``progress(done, total)``, in folds.
    **engine
        ``class_weight``, ``tol`` and ``n_jobs``.

    Returns
    -------
    NestedSearch
        ``inner_scores`` are those on all persons, NaN for points that were dropped before;
        ``surface`` holds the chosen point's predictions in every row.

    Raises
    ------
    BadInput
        As :func:`~mebench.svm.nested_search`.

    Examples
    --------
    >>> import numpy as np
    >>> from mebench.svm.halving import halving_search
    >>> rng = np.random.default_rng(0)
    >>> subject, y = np.repeat(np.arange(12), 4), np.tile([0, 1], 24)
    >>> X = rng.normal(size=(48, 3)) + y[:, None]
    >>> folds = [(np.flatnonzero(subject % 3 != s), np.flatnonzero(subject % 3 == s))
    ...          for s in range(3)]
    >>> grid = {"degree": [2, 3], "gamma": np.arange(1, 30) / 10, "C": [1, 10], "coef0": 1}
    >>> found = halving_search(X @ X.T, y, folds, subject, grid)
    >>> [int(np.isfinite(found.inner_scores[:, f]).sum()) for f in range(3)], len(found.points)
    ([116, 116, 116], 116)
    """
    measure, points = get_measure(scoring), grid_points(grid)
    classes, codes = np.unique(np.asarray(y), return_inverse=True)
    wide = max(len(classes), n_classes or 0)
    keys = np.asarray(groups)
    n = len(codes)
    checked = as_folds(folds, n)
    kept = {} if kept is None else kept
    coded = {**engine, "class_weight": _by_code(engine.get("class_weight"), classes)}
    order = {k: i for i, k in enumerate(np.random.default_rng(seed).permutation(np.unique(keys)))}
    rank = np.array([-1 if str(k) == "" else order[k] for k in keys])
    scores_of = np.full((len(points), len(checked)), np.nan)
    chosen = np.zeros(len(checked), np.int64)
    for f, (train, _) in enumerate(checked):
        divisions = list(inner[f]) if inner is not None and len(inner[f]) else None
        # Without a number of classes a fold's are those it trains on, never those it tests.
        present = np.unique(codes[train]) if n_classes is None else np.arange(wide)
        places, found = _climb(
            gram, codes, train, rank, divisions, points, measure, (wide, present), kept, f, coded
        )
        scores_of[places, f] = found
        chosen[f] = places[int(first_best(found, measure))]
        if progress is not None:
            progress(f + 1, len(checked))
    predictions, scores = fit_folds(
        gram, y, checked, [points[i] for i in chosen], kept=kept, **engine
    )
    return NestedSearch(
        classes, points, chosen, scores_of[chosen, np.arange(len(checked))], predictions, scores,
        scores_of, np.broadcast_to(predictions, (len(points), n)),
    )  # fmt: skip


def _climb(
    gram: np.ndarray, codes: np.ndarray, train: np.ndarray, rank: np.ndarray,
    divisions: list | None, points: list, measure: Measure, shape: tuple[int, np.ndarray],
    kept: Parts, fold: int, engine: dict[str, Any],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """The points that are left on all persons of a fold, and their scores."""
    persons = np.unique(rank[train])
    persons = persons[persons >= 0]  # in the order in which they join
    if divisions is None and len(persons) < 2:
        raise BadInput(
            f"The training part of fold {fold} holds one group only, so there is nothing to tune "
            "on. Give folds that train on at least two groups, or fix the grid point."
        )
    places = np.arange(len(points))
    found = np.zeros(0)
    steps = rungs(len(persons), len(points))
    for number, (n_persons, n_points) in enumerate(steps):
        if number:
            # Best first; of equals the smaller model.
            values = np.round(found, 12) * (-1 if measure.higher_is_better else 1)
            places = np.sort(places[np.argsort(values, kind="stable")[:n_points]])
        some = np.isin(rank, persons[:n_persons]) | (rank < 0)
        name = f"fold {fold}, rung {number} of {len(steps)}, {n_points} points"
        if name not in kept:
            pairs = _pairs(train[some[train]], rank, divisions, some)
            wide, present = shape
            tried = [points[p] for p in places]
            counts = sum(_counted(gram, codes, w, tried, wide, engine) for w in _separate(pairs))
            counts = np.asarray(counts)[:, present][:, :, present]
            kept[name] = {"scores": np.array([measure(table) for table in counts])}
        found = kept[name]["scores"]
    return places, found


def _pairs(
    train: np.ndarray, rank: np.ndarray, divisions: list | None, some: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What a rung trains on and tests: each person left out, or the divisions that are given."""
    if divisions is not None:
        pairs = [(np.asarray(kept)[some[kept]], np.asarray(tested)) for kept, tested in divisions]
        return [(kept, tested) for kept, tested in pairs if len(kept)]
    return [
        (train[rank[train] != person], train[rank[train] == person])
        for person in np.unique(rank[train])
        if person >= 0 and (rank[train] != person).any()
    ]


def _separate(pairs: list) -> list[list]:
    """Lists of pairs in which no sample is tested twice."""
    out: list[tuple[set, list]] = []
    for kept, tested in pairs:
        mine = set(tested.tolist())
        for seen, some in out:
            if not seen & mine:
                seen |= mine
                some.append((kept, tested))
                break
        else:
            out.append((mine, [(kept, tested)]))
    return [some for _, some in out]


def _counted(
    gram: np.ndarray, codes: np.ndarray, pairs: list, points: list, wide: int,
    engine: dict[str, Any],
) -> np.ndarray:  # fmt: skip
    """Confusion counts of each point over some divisions, from their samples alone."""
    inside = np.unique(np.concatenate([part for pair in pairs for part in pair]))
    place = np.full(len(codes), -1)
    place[inside] = np.arange(len(inside))
    known, own = np.unique(codes[inside], return_inverse=True)
    engine = {**engine, "class_weight": _by_code(engine.get("class_weight"), known)}
    table = search_grid(
        gram[np.ix_(inside, inside)], own, [(place[a], place[b]) for a, b in pairs], points,
        **engine,
    )  # fmt: skip
    counts = np.zeros((len(points), wide, wide), np.int64)
    for i, row in enumerate(table):
        tested = row >= 0
        cells = codes[inside][tested] * wide + known[row[tested]]
        counts[i] = np.bincount(cells, minlength=wide**2).reshape(wide, wide)
    return counts


def _by_code(weight: Any, classes: np.ndarray) -> Any:
    """Class weights by code instead of by label."""
    if not isinstance(weight, Mapping):
        return weight
    return {i: weight[c] for i, c in enumerate(classes.tolist()) if c in weight}
