"""What a run leaves behind so that its decisions can be explained later, without the data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..parallel import in_order
from ..scoring.subjects import Fold
from .fold_models import FoldModels, SharedMachines, fold_models
from .importance import donors_of, drops, exchange_rates
from .layout import Layout
from .margin import margin_parts, next_best, pair_of

__all__ = ["explain_folds", "region_files"]

_DONORS = 20  # per clip and group where products suffice
_FEW_DONORS = 3  # where every exchanged clip goes through a whole pipeline


def explain_folds(
    tail: Pipeline,
    X: Any,
    y: np.ndarray,
    groups: np.ndarray,
    folds: Sequence[Fold],
    params: Sequence[Mapping[str, Any]],
    predicted: np.ndarray,
    layout: Layout,
    *,
    clip_ids: Sequence[str],
    classes: Sequence[str],
    units: np.ndarray | None = None,
    n_jobs: int | None = None,
    seed: int = 0,
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Importance of the regions, and what they contributed to each clip's margin.

    Parameters
    ----------
    tail : Pipeline
        The part of the method that learns.
    X : ndarray ``(n, d)``
        What it learns from; or an array of objects whose cells are rows of features.
    y, groups : ndarray ``(n,)``
        Labels and subject keys.
    folds : sequence of Fold
    params : sequence of dict
        What each fold chose.
    predicted : ndarray ``(n,)``
        The stored predictions, which the models fitted anew must give again.
    layout : Layout
        The region of each column.
    clip_ids : sequence of str ``(n,)``
    classes : sequence of str
        In print order.
    units : ndarray ``(n, n_units)``, optional
    n_jobs, seed : int

    Returns
    -------
    files : dict of str to DataFrame
        ``importance.csv``, ``importance_classes.csv`` and, for the parts of an aligned face,
        ``importance_zones.csv``; where the classifier is an SVM whose columns belong to
        regions, ``contributions.csv`` and ``margins.csv``.
    notes : list of str
        What a reader of them must know.
    """
    models = fold_models(tail, X, y, groups, folds, params, units, n_jobs)
    cheap = isinstance(models, SharedMachines)
    tested = np.concatenate([fold.test for fold in folds])
    own = np.full(len(y), -1, np.int64)
    scores: list[np.ndarray | None] = []
    for place, fold in enumerate(folds):
        own[fold.test], score = models.held_out(place)
        scores.append(score)
    notes = _differences(models.classes[own[tested]], predicted[tested])
    donors = donors_of(folds, len(y), _DONORS if cheap else _FEW_DONORS, seed)
    alone = sum(len(f.test) for f, givers in zip(folds, donors, strict=True) if not givers.size)
    if alone:
        notes.append(
            f"{alone} of {len(tested)} clips are alone in their fold and could not exchange regions"
        )

    machines = [models.machine(place) for place in range(len(folds))]

    def part(names: Sequence[str]) -> list[tuple[np.ndarray, list[Any]]]:
        """Of each of the groups, and at last of all of them together."""
        blocks = [models.block(layout.members(name)) for name in names]
        needed = [
            [None if m is None else models.products(f, block) for f, m in enumerate(machines)]
            for block in blocks
        ]
        blocks.append(models.joined(blocks))
        rates = [exchange_rates(models, block, donors, own)[tested] for block in blocks]
        return list(zip(rates, [*needed, []], strict=True))

    zones = layout.zones
    zoned = {group for groups in zones.values() for group in groups}
    parts = [*zones.values(), *([group] for group in layout.groups if group not in zoned)]
    answers = list(in_order(part, ((names,) for names in parts), n_jobs))
    each = {g: a for names, found in zip(parts, answers, strict=True)
            for g, a in zip(names, found, strict=False)}  # fmt: skip
    rates = {group: each[group][0] for group in layout.groups}
    products = {group: each[group][1] for group in layout.groups}
    zone_rates = {zone: found[-1][0] for zone, found in zip(zones, answers, strict=False)}
    # Codes follow the sorted labels; scores are over the classes in print order.
    place_of = {label: i for i, label in enumerate(classes)}
    code = np.array([place_of[label] for label in models.classes])
    truth = np.array([place_of[label] for label in y[tested]])
    called, subjects = code[own[tested]], groups[tested]
    by_region, by_class = drops(
        truth, called, _in_print_order(rates, code, classes), subjects, classes, seed=seed
    )
    files = {
        "importance.csv": _with_places(layout, by_region),
        "importance_classes.csv": by_class,
    }
    if zone_rates:
        zone_rates = _in_print_order(zone_rates, code, classes)
        by_zone = drops(truth, called, zone_rates, subjects, classes, seed=seed)
        for name, table in zip(("zones", "zones_classes"), by_zone, strict=True):
            files[f"importance_{name}.csv"] = table.rename(columns={"group": "zone"})
    files.update(_margins(models, folds, scores, own, products, clip_ids))
    return files, notes


def region_files(layout: Layout) -> dict[str, bytes]:
    """``polygons.json``: the outline of each landmark region; nothing for block grids."""
    if not layout.polygons:
        return {}
    found = {name: np.round(p, 5).tolist() for name, p in layout.polygons.items()}
    return {"polygons.json": (json.dumps(found) + "\n").encode()}


def _differences(found: np.ndarray, stored: np.ndarray) -> list[str]:
    """A note where the models fitted anew are not those of the run."""
    wrong = int((found.astype(str) != stored.astype(str)).sum())
    if not wrong:
        return []
    return [
        f"the models fitted anew call {wrong} of {len(stored)} clips otherwise than the run did "
        "(a step that draws without a seed?), and are explained as they are"
    ]


def _in_print_order(
    rates: Mapping[str, np.ndarray], code: np.ndarray, classes: Sequence[str]
) -> dict[str, np.ndarray]:
    """Columns moved to the classes' places; a class without a clip gets an empty one."""
    out = {}
    for name, rate in rates.items():
        out[name] = np.zeros((len(rate), len(classes)))
        out[name][:, code] = rate
    return out


def _with_places(layout: Layout, drops: pd.DataFrame) -> pd.DataFrame:
    columns = ["group", "au", "drop", "low", "high", "x0", "y0", "x1", "y1"]
    table: pd.DataFrame = layout.table.merge(drops, on="group")[columns]
    return table


def _margins(
    models: FoldModels | SharedMachines,
    folds: Sequence[Fold],
    scores: Sequence[np.ndarray | None],
    own: np.ndarray,
    products: Mapping[str, Sequence[Any]],
    clip_ids: Sequence[str],
) -> dict[str, pd.DataFrame]:
    """``contributions.csv`` and ``margins.csv``, clips in the order of the samples."""
    names, found = list(products), {}
    for place, fold in enumerate(folds):
        machine, known = models.machine(place), scores[place]
        if machine is None or known is None or len(machine.present) < 2:
            continue
        here = [products[name][place] for name in names]
        tested = np.stack([part[0] for part in here])  # (n_groups, n_test, n_train)
        mean = np.stack([part[1] for part in here])
        base, codes = mean.sum(axis=0), models.codes(place)
        at_base = machine.values(base[None])[0]
        at_clips = machine.values(tested.sum(axis=0))
        to_own = {code: i for i, code in enumerate(codes.tolist())}
        for t, clip in enumerate(fold.test.tolist()):
            winner = int(own[clip])
            # Among the classes that this fold's machine was trained on.
            present = codes[machine.present]
            open_scores = np.full(known.shape[1], -np.inf)
            open_scores[present] = known[t, present]
            runner_up = next_best(open_scores, winner)
            pair, sign = pair_of(machine.pairs, to_own[winner], to_own[runner_up])
            parts = sign * margin_parts(
                machine.coef[pair], *machine.kernel, base, tested[:, t] - mean
            )
            found[clip] = (
                models.classes[winner], models.classes[runner_up],
                sign * at_clips[t, pair], sign * at_base[pair], parts,
            )  # fmt: skip
    if not found:
        return {}
    rows = sorted(found)
    ids = [clip_ids[i] for i in rows]
    values = np.stack([found[i][4] for i in rows])
    return {
        "contributions.csv": pd.DataFrame(
            {
                "clip_id": np.repeat(np.array(ids, object), len(names)),
                "group": np.tile(np.array(names, object), len(rows)),
                "value": _short(values.ravel()),
            }
        ),
        "margins.csv": pd.DataFrame(
            {
                "clip_id": ids,
                "predicted": [found[i][0] for i in rows],
                "runner_up": [found[i][1] for i in rows],
                "margin": [found[i][2] for i in rows],
                "baseline": [found[i][3] for i in rows],
            }
        ),
    }


def _short(values: np.ndarray) -> np.ndarray:
    """Seven digits are enough to draw and to sum, and halve the file."""
    return np.array([float(f"{v:.7g}") for v in values])
