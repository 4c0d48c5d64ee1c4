"""Plans: the settings of ``mebench run``, and the runs that they stand for."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..datasets.composites import expand as parts_of
from ..datasets.registry import database
from ..errors import BadInput, DataNotFound, did_you_mean
from ..evaluation.protocols import get_protocol
from ..evaluation.settings import ON_ERROR, SEARCHES, Tuning, check_choice, check_n_jobs, check_seed
from ..evaluation.tuned import TUNINGS
from ..methods import expand, get_method
from ..paths import ending
from ..scoring.metrics import get_measure
from ..svm import GRIDS, load_grid
from ..svm.memory import parse_size
from .apexes import check_apex

__all__ = ["DEFAULTS", "UNITS", "Run", "plan_runs", "settings"]

#: What `mebench run` and an experiment file may set. None: the database's or method's own.
DEFAULTS: dict[str, Any] = {
    "dataset": [],
    "method": [],
    "labels": None,
    "protocol": "loso",
    "tuning": "nested",
    "grid": None,
    "scoring": "uf1",
    "search": "exhaustive",
    "inner": "loso",
    "data_root": None,
    "variant": "auto",
    "sheet": None,
    "missing": "error",
    "apex": None,
    "on_error": "error",
    "seed": 0,
    "head": None,
    "pretrain": None,
    "also_train": None,
    "single_frames": 0,
    "detector": None,
    "repeats": 1,
    "n_jobs": -1,
    "no_cache": False,
    "no_explain": False,
    "fresh": False,
    "out": "runs",
    "test": None,
    "predictions": None,
    "memory": None,
}
#: The label set that stands for detecting action units, one question per unit.
UNITS = "au"
_LISTS = ("dataset", "method", "labels", "protocol", "tuning")


@dataclass(frozen=True)
class Run:
    """One run of a plan: what is evaluated on what, and how."""

    dataset: str
    labels: str | None
    method: Any
    protocol: Any  # a name, or a function from the table to folds
    tuning: str

    def __str__(self) -> str:
        labels = f" {self.labels}" if self.labels else ""
        protocol = getattr(self.protocol, "__name__", self.protocol)
        return f"{self.method.name} on {self.dataset}{labels}, {protocol}, {self.tuning}"


def _several(method: Any) -> list[Any]:
    """Methods that are named with commas between them; other names are left as they are."""
    if not isinstance(method, str) or ":" in method:
        return [method]
    return [name.strip() for name in method.split(",") if name.strip()]


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
    plan["method"] = [one for given in plan["method"] for one in _several(given)]
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
    check_apex(plan["apex"])
    if plan["repeats"] < 1:
        raise BadInput(f"repeats must be at least 1, found {plan['repeats']}.")
    if plan["memory"] is not None:
        parse_size(plan["memory"])
    if plan["predictions"] is not None and plan["test"] is None:
        raise BadInput("--predictions writes those of a test part: name it with --test.")
    check_seed(plan["seed"])
    check_n_jobs(plan["n_jobs"])
    for name in plan["protocol"]:
        get_protocol(name)
    for name in plan["tuning"]:
        check_choice("tuning", name, TUNINGS)
    check_choice("search", plan["search"], SEARCHES)
    for name in plan["tuning"]:
        Tuning(name, search=plan["search"])  # halving goes with nested only
    plan["inner"] = Tuning(inner=plan["inner"]).inner
    plan["scoring"] = get_measure(plan["scoring"]).key
    check_choice("missing", plan["missing"], ("error", "skip"))
    check_choice("on_error", plan["on_error"], ON_ERROR)
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        load_grid(grid)  # a mistake in the file should show before hours of work, not after
    return plan


def plan_runs(plan: Mapping[str, Any]) -> list[Run]:
    """Every dataset × label set × method × protocol × tuning of a plan.

    Raises
    ------
    BadInput
        A name that does not exist, before any work begins.
    """
    methods = [
        get_method(name).with_head(plan["head"]).with_detector(plan["detector"])
        for name in expand(plan["method"])
    ]
    for name in plan["dataset"]:
        for part in parts_of(name)[0]:
            _check_database(part, plan)
    return [
        Run(name, labels, method, protocol, tuning)
        for name in plan["dataset"]
        for labels in plan["labels"]
        for method in methods
        for protocol in plan["protocol"]
        for tuning in plan["tuning"]
    ]


def _check_database(name: str, plan: Mapping[str, Any]) -> None:
    """Raise on a label set or kind of frames that the database does not have."""
    one = database(name)
    for labels in plan["labels"]:
        if labels != UNITS:
            one.label_set(labels)
    check_choice(f"variant of {one.card.title}", plan["variant"], ("auto", *one.variants))


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(ending(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataNotFound(
            f"The experiment file {path} cannot be read: {error.strerror}. (Datasets and methods "
            "are named by --dataset and --method.)"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"The experiment file {path} is not valid TOML: {error}.") from error
    found = {key.replace("-", "_"): value for key, value in found.items()}
    unknown = sorted(set(found) - set(DEFAULTS))
    if unknown:
        hint = did_you_mean(unknown[0], DEFAULTS)
        raise BadInput(
            f"{path} sets {', '.join(unknown)}, which is not known.{hint} There is "
            f"{', '.join(DEFAULTS)}."
        )
    return found
