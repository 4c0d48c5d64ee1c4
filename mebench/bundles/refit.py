"""Level 5: folds, drawn at random, are computed anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import BadInput, MebenchError
from ..evaluation import evaluate
from ..methods import get_method
from ..scoring import Fold
from ..svm import GRIDS, Point
from .at_hand import AtHand
from .bundle import Bundle
from .contents import without_paths
from .figures import near
from .report import Check

__all__ = ["draw", "method_of", "refit_checks"]

#: Predictions are the same or not; their scores may differ in the last digits between machines.
_ROUNDING = 1e-6

Progress = Callable[[str, int, int], None]


def method_of(bundle: Bundle) -> Any:
    """The method that a bundle names, its other head included; None if it is not known here."""
    name = str(bundle.header.get("method") or "")
    for main, head in ((name, None), (name.rpartition("+")[0], name.rpartition("+")[2])):
        try:
            return get_method(main).with_head(head)
        except MebenchError:
            continue
    return None


def draw(bundle: Bundle, n: int, seed: int | None) -> tuple[list[str], int]:
    """Folds drawn at random, and the seed that draws them again."""
    import secrets

    if n < 1:
        raise BadInput(f"So many folds are computed anew: --refit 1 or more, found {n}.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    names = list(dict.fromkeys(bundle.folds["fold"]))
    at = np.random.default_rng(seed).permutation(len(names))[:n]
    return [names[i] for i in sorted(at)], seed


def refit_checks(
    found: AtHand,
    names: Sequence[str],
    *,
    n_jobs: int | None = None,
    cache: Any = True,
    progress: Progress | None = None,
) -> Iterator[Check]:
    """The checks of level 5: the folds called so are computed anew.

    Under the oracle every fold takes part in the choice, so all are computed.
    """
    bundle = found.bundle
    recipe = method_of(bundle)
    if recipe is None or found.folds is None or found.table is None:
        text = (
            f"The method {bundle.header.get('method')!r} is not known here, or its folds are not."
        )
        yield Check(5, "refit", "open", text)
        return
    changed = _changed(bundle, recipe)
    if changed:
        yield Check(5, "refit", "open", changed)
        return
    oracle = bundle.header.get("tuning") == "oracle"
    wanted = [f for f in found.folds if oracle or f.name in names]
    head = bundle.header
    again = evaluate(
        recipe, found.samples, target="au" if bundle.units else "label",
        protocol=_given(wanted, found.bundle.task[2]),
        tuning=str(head["tuning"]), grid=_grid(bundle), scoring=str(head["scoring"]),
        search=(head.get("search") or {}).get("how", "exhaustive"),
        inner=str(head.get("inner") or "loso"),
        seed=int(head.get("seed") or 0), n_jobs=n_jobs, progress=progress, cache=cache,
    )  # fmt: skip
    if not again.complete:
        why = next(iter(again.header["failed"].values()))
        yield Check(5, "refit", "open", f"A fold could not be computed anew: {why}")
        return
    yield from _same_folds_again(bundle, again, set(names), found.table)
    for key in ("n_features", "n_candidates"):
        if again.header.get(key) != head.get(key):
            text = f"{key} is {again.header.get(key)}, not {head.get(key)} as the run says."
            yield Check(5, key, "disproved", text)


def _same_folds_again(bundle: Bundle, again: Any, names: set[str], table: Any) -> Iterator[Check]:
    keys = ["clip_id", "unit"] if bundle.units else ["clip_id"]
    here = table[table["fold"].isin(names)].set_index(keys)
    there = again.table[again.table["fold"].isin(names)].set_index(keys)
    there = there.reindex(here.index)
    wrong = (here["y_pred"].astype(str) != there["y_pred"].astype(str)).to_numpy()
    shown = ", ".join(sorted(names))
    if wrong.any():
        clip = here.index[wrong][0]
        text = (
            f"{int(wrong.sum())} of {len(here)} predictions come out otherwise, such as that of "
            f"{clip!r}: {there['y_pred'].iloc[int(wrong.argmax())]}, not "
            f"{here['y_pred'].iloc[int(wrong.argmax())]} (folds {shown})."
        )
        yield Check(5, "predictions", "disproved", text)
    else:
        text = f"{len(names)} folds computed anew give the same {len(here)} predictions ({shown})."
        yield Check(5, "predictions", "proved", text)
    columns = [c for c in here if str(c).startswith("score_") and c in there]
    if columns:
        a, b = here[columns].to_numpy(float), there[columns].to_numpy(float)
        far = float(np.nanmax(np.abs(a - b) / np.maximum(np.abs(a), 1)))
        status = "proved" if far <= _ROUNDING else "disproved"
        text = f"The scores of the classes differ by at most {far:.1e}."
        yield Check(5, "class scores", status, text)
    own, new = (_by_fold(c, names) for c in (bundle.chosen["folds"], again.header["chosen"]))
    odd = [fold for fold in own if not _same_choice(own[fold], new.get(fold))]
    if odd or set(own) != set(new):
        fold = (odd or sorted(set(own) ^ set(new)))[0]
        text = (
            f"Fold {fold} chooses {_choice(new.get(fold))}, not {_choice(own.get(fold))}: "
            "the choice was not made on the training clips alone, or with other settings."
        )
        yield Check(5, "choices", "disproved", text)
    else:
        text = "The same parameters are chosen in them, with the same inner scores."
        yield Check(5, "choices", "proved", text)


def _by_fold(chosen: Any, names: set[str]) -> dict[str, Mapping[str, Any]]:
    if isinstance(chosen, Mapping):
        return {
            f"{c['fold']} (AU{unit})": c
            for unit, one in chosen.items()
            for c in one
            if c["fold"] in names
        }
    return {str(c["fold"]): c for c in chosen if c["fold"] in names}


def _same_choice(a: Mapping[str, Any], b: Mapping[str, Any] | None) -> bool:
    if b is None:
        return False
    plain = {k: v if isinstance(v, (int, float)) else str(v) for k, v in b["params"].items()}
    mine = {k: v if isinstance(v, (int, float)) else str(v) for k, v in a["params"].items()}
    if mine != plain:
        return False
    for key in ("inner_score", "inner_scores"):
        one, other = a.get(key), b.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            if set(one) != set(other) or any(abs(one[k] - other[k]) > 1e-9 for k in one):
                return False
        elif not near(one, other):
            return False
    return True


def _choice(entry: Mapping[str, Any] | None) -> str:
    if entry is None:
        return "nothing"
    inner = entry.get("inner_score")
    score = f" (inner score {inner:.4f})" if isinstance(inner, float) else ""
    return ", ".join(f"{k} {v}" for k, v in entry["params"].items()) + score


def _changed(bundle: Bundle, recipe: Any) -> str:
    """Why the method here is not that of the run; empty if it is."""
    from ..methods.fitting import seeded
    from ..methods.parts import described

    head = bundle.header
    seed = int(head.get("seed") or 0)
    own = without_paths(described(seeded(recipe.build(), seed)))
    if own != head.get("pipeline"):
        version = (bundle.environment.get("versions") or {}).get("mebench", "that wrote it")
        return (
            f"The method {recipe.name} is another here ({own}) than in the run: take mebench "
            f"{version}."
        )
    if head.get("tuning") != "fixed":
        tune = {k: [str(v) for v in values] for k, values in (recipe.tune or {}).items()}
        if tune != (head.get("tune") or {}):
            return f"The method {recipe.name} tunes other values here than in the run."
    return ""


def _grid(bundle: Bundle) -> Any:
    grid = bundle.header.get("grid")
    if bundle.header.get("tuning") == "fixed" or grid is None:
        return None
    if isinstance(grid, str) and grid in GRIDS:
        return grid
    listed = bundle.chosen.get("points") or []
    kernel = [{k: p[k] for k in Point._fields} for p in listed if set(Point._fields) <= set(p)]
    return [Point(int(p["degree"]), p["C"], p["gamma"], p["coef0"]) for p in kernel] or None


def _given(folds: Sequence[Fold], name: str) -> Any:
    """A protocol that is these folds."""

    def chosen(_: Any) -> Iterator[Fold]:
        yield from folds

    chosen.__name__ = name
    return chosen
