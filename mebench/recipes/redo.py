"""Redoing a published table: each row as it was printed, and once more honestly."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..datasets.composites import expand
from ..datasets.registry import database
from ..errors import ClusterLost, MebenchError
from ..experiments import Failure, forecasts, run_experiment, settings
from ..methods import get_method
from ..methods.classifiers import get_classifier
from .recipe import MEASURES, Recipe, Row
from .spotted import spotted

__all__ = [
    "Redone",
    "Side",
    "databases_in",
    "forecast",
    "majority",
    "quick",
    "reproduce",
    "verdict",
]

Progress = Callable[[str, int, int], None]
_MADE_UP = "synthetic corpus"
#: As many digits as most tables print.
_ROUNDING = 0.005


@dataclass(frozen=True)
class Side:
    """What one way of evaluating gave.

    Parameters
    ----------
    scores : mapping of str to float
        Empty where it failed.
    intervals : mapping of str to (float, float)
        95 %, over persons.
    reason : str
        Why it failed.
    folder : str
        Where the run lies.
    clips : int
    made_up : bool
        Whether the data are of the synthetic corpus.
    warnings : tuple of str
    """

    scores: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    reason: str = ""
    folder: str = ""
    clips: int = 0
    made_up: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Redone:
    """A row of a published table with both sides; `quick` where they are only to see it run."""

    row: Row
    printed: Side
    honest: Side
    quick: bool = False

    @property
    def made_up(self) -> bool:
        """Whether no recordings of people were used."""
        return self.printed.made_up or self.honest.made_up

    def table(self, measures: Iterable[str]) -> list[dict[str, Any]]:
        """One line per measure: printed, as printed by us, honest, the two differences, verdict."""
        lines = []
        for measure in measures:
            ours = MEASURES[measure]
            value = self.row.values.get(measure)
            as_printed, honest = (s.scores.get(ours) for s in (self.printed, self.honest))
            low, high = self.printed.intervals.get(ours, (None, None))
            lines.append({
                "dataset": self.row.dataset,
                "labels": self.row.labels or "",
                "method": self.row.name,
                "measure": measure,
                "printed": value,
                "as printed": as_printed,
                "low": low,
                "high": high,
                "honest": honest,
                "owed to the protocol": _less(as_printed, honest),
                "verdict": "quick run" if self.quick and not self.made_up else
                verdict(value, as_printed, low, high, self.made_up),
                "flags": self.row.flags,
                "note": self.row.note,
            })  # fmt: skip
        return lines


def verdict(
    printed: float | None, ours: float | None, low: float | None, high: float | None, made_up: bool
) -> str:
    """What may be said of a printed number and ours under the same protocol.

    Examples
    --------
    >>> verdict(0.4756, 0.4742, 0.40, 0.55, False), verdict(0.47, 0.52, 0.44, 0.60, False)
    ('reproduced', 'within the interval')
    >>> verdict(0.47, 0.47, 0.4, 0.5, True)
    'made-up data'
    """
    if made_up:
        return "made-up data"
    if ours is None:
        return "not run"
    if printed is None:
        return "nothing printed"
    if abs(printed - ours) <= _ROUNDING:
        return "reproduced"
    if low is not None and high is not None and low <= printed <= high:
        return "within the interval"
    return "differs"


def reproduce(
    recipe: Recipe,
    *,
    out: str | os.PathLike[str] = "reproduced",
    data_root: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **given: Any,
) -> Iterator[Redone]:
    """Run every row of a recipe as it was printed and honestly.

    Interrupted at any moment, the same call goes on where it was.

    Parameters
    ----------
    recipe : Recipe
    out : path, default 'reproduced'
        Folder for the runs, in folders of their own below it.
    data_root : path, optional
        A folder in which each database has a folder of its name, or is known by what made it (a
        synthetic corpus); or, for recipes of one database, that database. Default: where they
        are registered.
    progress : callable, optional
        Called with (stage, done, total).
    **given
        Settings that go over those of the recipe on both sides: ``n_jobs``, ``grid``, ….

    Yields
    ------
    Redone
        A side that fails says why; the others go on.
    """
    with databases_in(data_root, recipe):
        for row in recipe.rows:
            if recipe.kind == "spotting":
                sides = [spotted(row, side, progress, given) for side in ("printed", "honest")]
                printed, honest = (Side(**side) for side in sides)
            else:
                printed, beside = _side(row, "printed", Path(out) / "printed", progress, given)
                if _together(row) and beside is not None:
                    honest = beside  # an oracle's run has the nested score with it
                else:
                    honest, _ = _side(row, "honest", Path(out) / "honest", progress, given)
            yield Redone(row, printed, honest, bool(given.get("quick")))


def forecast(
    recipe: Recipe,
    *,
    data_root: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] = "reproduced",
    **given: Any,
) -> Iterator[dict[str, Any]]:
    """What each side of each row needs and would have to do; nothing is written.

    A part of the folds is timed where no earlier run tells how long they take.

    Yields
    ------
    dict
        ``run``, ``name`` (in the table), ``side``, ``dataset``, ``missing`` (databases that are
        not there), and what :func:`mebench.experiments.forecasts` says, or ``reason``.
    """
    coming: set[str] = set()
    with databases_in(data_root, recipe):
        for row in recipe.rows:
            missing = [name for name in _databases(row, recipe) if not _there(name)]
            for side in ("printed", "honest"):
                said = {"run": row.key, "name": row.name, "side": side, "dataset": row.dataset,
                        "missing": missing}  # fmt: skip
                if missing:
                    yield {**said, "reason": f"{', '.join(missing)} is not there"}
                elif recipe.kind == "spotting":
                    yield {**said, "reason": "the videos are looked through; how long is not known"}
                elif side == "honest" and _together(row):
                    yield {**said, "reason": "comes with the printed side, from the same run"}
                else:
                    plan = _plan(row, side, Path(out) / side, given)
                    yield from (
                        {**found, **said} for found in forecasts(plan, coming=coming, timed=True)
                    )


def _together(row: Row) -> bool:
    """Whether the honest side is the nested score that an oracle's run has with it."""
    same = {**row.printed, "tuning": None} == {**row.honest, "tuning": None}
    nested = row.honest.get("tuning", "nested") == "nested"
    chosen = row.printed.get("tuning") == "oracle" and row.method != "majority"
    return same and nested and chosen


def _plan(row: Row, side: str, out: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(row.printed if side == "printed" else row.honest)
    method: Any = wanted.pop("method", row.method)
    if method == "majority":
        method = majority()
    extra = {k: v for k, v in given.items() if v is not None and k != "quick"}
    if given.get("quick"):
        method = quick(get_method(method))
    if row.method == "majority":
        wanted = {k: v for k, v in wanted.items() if k not in ("grid", "tuning", "head")}
        wanted["tuning"] = "fixed"
    plan = settings(
        None,
        {"dataset": row.dataset, "method": [method], "labels": row.labels, "no_explain": True,
         **wanted, **extra, "out": str(out)},
    )  # fmt: skip
    if given.get("quick"):
        plan["grid"] = None
    return plan


def quick(method: Any) -> Any:
    """The method with a small grid and one epoch: to see that it runs, not what it is worth."""
    from dataclasses import replace

    def build() -> Any:
        pipeline = method.build()
        short = {
            key: 1 for key in pipeline.get_params() if key.split("__")[-1] in ("epochs", "copies")
        }
        return pipeline.set_params(**short)

    grid = {"degree": 2, "gamma": [0.1], "coef0": 1, "C": [1, 10]} if method.grid else None
    return replace(method, build=build, grid=grid, tune={}, heads={})


def majority() -> Any:
    """The most frequent class of the training fold, as a method that looks at nothing."""
    from sklearn.pipeline import make_pipeline

    from ..methods import Method
    from .nothing import Nothing

    classifier = get_classifier("majority")
    return Method(
        "majority",
        lambda: make_pipeline(Nothing(), classifier.build()),
        title="most frequent class of the training fold",
        citation="none",
    )


def _side(
    row: Row, side: str, out: Path, progress: Progress | None, given: Mapping[str, Any]
) -> tuple[Side, Side | None]:
    """One side, and the nested one that an oracle's run has with it."""
    try:
        (outcome,) = run_experiment(_plan(row, side, out, given), progress)
        if isinstance(outcome, Failure):
            return Side({}, {}, outcome.reason), None
        found = outcome.predictions
        head = found.header
        if not outcome.complete:
            failed = "; ".join(f"{k}: {v}" for k, v in list(head["failed"].items())[:3])
            return Side({}, {}, f"folds failed ({failed})", str(outcome.folder)), None
        facts: dict[str, Any] = {
            "folder": str(outcome.folder),
            "clips": int(found.table["clip_id"].nunique()),
            "made_up": any(_MADE_UP in str(note) for note in head.get("notes", [])),
            "warnings": tuple(map(str, head.get("warnings", []))),
        }
        nested = head.get("nested_scores")
        beside = None if nested is None else Side(nested, {}, **facts)
        return Side(found.scores(), found.intervals(), **facts), beside
    except ClusterLost:  # no other row can be done either
        raise
    except MebenchError as error:
        return Side({}, {}, str(error)), None


@contextmanager
def databases_in(root: str | os.PathLike[str] | None, recipe: Recipe) -> Iterator[None]:
    """Inside, the databases of a recipe are those below a folder."""
    if root is None:
        yield
        return
    from ..errors import DataNotFound

    place = Path(root).expanduser()
    if not place.is_dir():
        raise DataNotFound(f"The folder of databases {root} does not exist.")
    wanted = sorted({n for row in recipe.rows for n in _databases(row, recipe)})
    before = dict(os.environ)
    made = _made_up_in(place)
    try:
        for name in wanted:
            variable = _variable(name)
            here = next((p for p in (place / name, place / name.upper()) if p.is_dir()), None)
            if len(wanted) == 1 and _is_database(place):
                here = place  # whose frames may lie in a folder of its name
            here = made.get(name) if here is None else here
            if here is None and len(wanted) == 1:
                here = place
            if here is not None and variable is not None:
                os.environ[variable] = str(here)
        yield
    finally:
        for key in set(os.environ) | set(before):
            if key in before:
                os.environ[key] = before[key]
            else:
                os.environ.pop(key, None)


def _is_database(place: Path) -> bool:
    """Whether a folder is a database rather than a folder of some: sheets lie in it."""
    endings = (".xlsx", ".xls", ".csv")
    return any(p.name == "synthetic.json" or p.suffix.lower() in endings for p in place.iterdir())


def _made_up_in(place: Path) -> dict[str, Path]:
    """Synthetic corpora below a folder, by the layout that they are in."""
    from ..synthetic.write import written

    found = {}
    for folder in sorted(p for p in place.iterdir() if p.is_dir()):
        try:
            found[str(written(folder)["layout"])] = folder
        except (MebenchError, KeyError):
            continue
    return found


def _databases(row: Row, recipe: Recipe) -> list[str]:
    """Names of all databases that a row needs."""
    if recipe.kind == "spotting":
        return [row.dataset]
    parts = list(expand(row.dataset)[0])
    for side in (row.printed, row.honest):
        for key in ("pretrain", "also_train"):
            parts += expand(side[key])[0] if side.get(key) else []
    known = []
    for part in parts:
        try:
            known.append(database(part).card.name)
        except MebenchError:
            known.append(part)  # not a database of this version
    return list(dict.fromkeys(known))


def _variable(name: str) -> str | None:
    from ..datasets.long import LONG

    if name in LONG:
        return "MEBENCH_" + "".join(c if c.isalnum() else "_" for c in name).upper()
    try:
        return database(name).card.variable
    except MebenchError:
        return None


def _there(name: str) -> bool:
    """Whether a database lies somewhere on this machine."""
    from ..datasets.locations import find
    from ..datasets.long import LONG

    if name in LONG and os.environ.get(str(_variable(name))):
        return True
    try:
        find(database(LONG[name].of if name in LONG else name).card)
    except MebenchError:
        return name.startswith("synthetic")
    return True


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
