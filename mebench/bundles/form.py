"""The form of a bundle's files: the least that every check takes for granted."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import BadInput
from .bundle import Bundle

__all__ = ["ENVIRONMENT", "FOLDS", "HEADER", "SCORES", "check_form", "check_text"]

#: What of a run's header travels. Whatever is not named here stays at home.
HEADER = (
    *("dataset", "labels", "method", "title", "citation", "pipeline", "classes", "class_counts"),
    *(
        "units",
        "unit_counts",
        "n_samples",
        "n_subjects",
        "n_features",
        "protocol",
        "n_folds",
        "warnings",
    ),
    *("complete", "tuning", "grid", "tune", "n_candidates", "scoring", "search", "inner"),
    *("seed", "seconds"),
    *("peak_mib", "cpu_seconds", "notes", "skipped", "fingerprint", "pixels"),
    *("nested_scores", "predictions_sha256", "n_repeats", "repeats"),
)
ENVIRONMENT = ("command", "time", "platform", "processors", "versions")
#: The parts of ``scores.json``.
SCORES = (
    *("scores", "intervals", "majority", "fold_means", "per_class", "per_database", "persons"),
    *("all_ones", "per_unit"),
)
FOLDS = ("clip_id", "dataset", "subject", "fold")
_MANIFEST = ("format", "version", "made_by", "ids", "with_truth", "files", "checksum")


#: Of which kind the parts are that are shown to readers; None stands for what is not known.
_KINDS: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("dataset", "labels", "method", "title", "citation", "pipeline", "protocol",
                     "tuning", "grid", "scoring", "inner", "fingerprint", "pixels",
                     "predictions_sha256", "command", "time", "platform"), (str,)),
    **dict.fromkeys(("class_counts", "unit_counts", "tune", "seconds", "peak_mib", "cpu_seconds",
                     "search", "skipped", "nested_scores", "repeats", "versions"), (dict,)),
    **dict.fromkeys(("classes", "units", "warnings", "notes"), (list,)),
    **dict.fromkeys(("n_samples", "n_subjects", "n_features", "n_folds", "n_candidates", "seed",
                     "n_repeats", "processors"), (int,)),
    "complete": (bool,),
}  # fmt: skip
_NUMBERS = ("seconds", "peak_mib", "cpu_seconds", "class_counts", "unit_counts")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def check_text(where: str, value: Any) -> None:
    """Raise on text that is no text: control characters, halves of characters.

    Raises
    ------
    BadInput
    """
    for one in _leaves(value):
        if isinstance(one, str) and _CONTROL.search(one):
            raise BadInput(f"{where} holds control characters.")


def _leaves(value: Any, keys: bool = True) -> Iterator[Any]:
    """Every value that holds no others, and the names of all if asked for."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if keys:
                yield key
            yield from _leaves(one, keys)
    elif isinstance(value, list):
        for one in value:
            yield from _leaves(one, keys)
    else:
        yield value


def _check_kinds(bundle: Bundle) -> None:
    """What is printed has the type that a printer expects."""
    name = bundle.name
    shown: dict[str, Any] = {**bundle.header, **bundle.environment}
    for key, value in shown.items():
        kinds = _KINDS.get(key)
        if value is None or kinds is None:
            continue
        good = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
        if not good:
            raise BadInput(f"{name}: {key} is {type(value).__name__}, not {kinds[0].__name__}.")
        if key in _NUMBERS and not all(type(v) in (int, float, type(None)) for v in value.values()):
            raise BadInput(f"{name}: {key} holds what is no number.")
        if key in ("warnings", "notes") and not all(isinstance(v, str) for v in value):
            raise BadInput(f"{name}: {key} holds what is no text.")
    if not all(type(v) in (int, float, type(None)) for v in _leaves(bundle.scores, keys=False)):
        raise BadInput(f"{name}: scores.json holds what is no number.")


def check_form(bundle: Bundle) -> None:
    """The least that every later check takes for granted."""
    name, head = bundle.name, bundle.header
    foreign = [
        key
        for part, known in (
            (head, HEADER), (bundle.environment, ENVIRONMENT), (bundle.manifest, _MANIFEST),
            (bundle.chosen, ("points", "folds")), (bundle.scores, SCORES),
            (bundle.confusion, ("classes", "units", "all", "databases")),
        )
        for key in sorted(set(part) - set(known))
    ]  # fmt: skip
    if foreign:
        raise BadInput(f"{name}: {', '.join(foreign)} is no part of a bundle.")
    _check_kinds(bundle)
    if bundle.manifest.get("ids") not in ("open", "hashed"):
        raise BadInput(f"{name}: the manifest must say whether ids are open or hashed.")
    if tuple(bundle.folds) != FOLDS:
        raise BadInput(f"{name}: folds.csv has other columns than {', '.join(FOLDS)}.")
    fixed = {"clip_id", "y_pred", "y_true", "y_majority", "unit"}
    strange = [c for c in bundle.rows if c not in fixed and not c.startswith("score_")]
    needed = {"clip_id", "y_pred", *({"unit"} if bundle.units else ())}
    if strange or not needed <= set(bundle.rows):
        raise BadInput(f"{name}: predictions.csv has the columns {', '.join(bundle.rows)}.")
    if bool(bundle.manifest.get("with_truth")) != bundle.with_truth:
        raise BadInput(f"{name}: the manifest and predictions.csv differ about the truth.")
    if not bundle.folds["clip_id"]:
        raise BadInput(f"{name} has no clip.")
    known = set(bundle.folds["clip_id"])
    lost = next((c for c in bundle.rows["clip_id"] if c not in known), None)
    if lost is not None:
        raise BadInput(f"{name}: the clip {lost!r} has a prediction and no fold.")
    if known - set(bundle.rows["clip_id"]):
        raise BadInput(f"{name}: a clip of folds.csv has no prediction.")
    for key, values in bundle.rows.items():
        if key.startswith("score_") and not all(_is_number(v) for v in values):
            raise BadInput(f"{name}: {key} holds what is no finite number.")
    if not bundle.units:
        classes = bundle.classes
        if len(classes) < 2 or not all(isinstance(c, str) for c in classes):
            raise BadInput(f"{name}: the header names no classes.")
        for key in ("y_pred", "y_true", "y_majority"):
            odd = next((v for v in bundle.rows.get(key, []) if v not in classes), None)
            if odd is not None:
                raise BadInput(f"{name}: {key} has {odd!r}, which is none of the classes.")
        _check_matrices(name, bundle.confusion, classes)
    else:
        _check_unit_form(bundle)
    for part in ("scores", "intervals"):
        if not isinstance(bundle.scores.get(part), dict):
            raise BadInput(f"{name}: scores.json has no {part}.")
    folds, points = bundle.chosen.get("folds"), bundle.chosen.get("points")
    if points is not None and not (
        isinstance(points, list) and points and all(isinstance(p, dict) for p in points)
    ):
        raise BadInput(f"{name}: chosen.json must list the points of the grid, or have null.")
    if not isinstance(folds, (list, dict)):
        raise BadInput(f"{name}: chosen.json must list the folds.")


def _check_matrices(name: str, confusion: Mapping[str, Any], classes: Sequence[str]) -> None:
    if confusion.get("classes") != list(classes) or not isinstance(
        confusion.get("databases"), dict
    ):
        raise BadInput(f"{name}: confusion.json has other classes than run.json.")
    for matrix in (confusion.get("all"), *confusion["databases"].values()):
        k = len(classes)
        good = isinstance(matrix, list) and len(matrix) == k
        good = good and all(isinstance(r, list) and len(r) == k for r in matrix)
        if not good or not all(type(n) is int and n >= 0 for r in matrix for n in r):
            raise BadInput(f"{name}: confusion.json holds no {k} × {k} matrix of counts.")


def _check_unit_form(bundle: Bundle) -> None:
    units = bundle.header["units"]
    if not isinstance(units, list) or not all(type(u) is int for u in units):
        raise BadInput(f"{bundle.name}: units must be whole numbers.")
    for key in ("y_pred", "y_true"):
        if not set(bundle.rows.get(key, [])) <= {"0", "1"}:
            raise BadInput(f"{bundle.name}: {key} of action units holds 0 and 1 only.")
    if not set(bundle.rows["unit"]) <= {str(u) for u in units}:
        raise BadInput(f"{bundle.name}: a unit is predicted that the header does not name.")
    data = bundle.confusion.get("databases")
    if not isinstance(data, dict) or bundle.confusion.get("units") != units:
        raise BadInput(f"{bundle.name}: confusion.json has other units than run.json.")
    for part in data.values():
        good = isinstance(part, dict) and set(part) == {str(u) for u in units}
        if not good or not all(
            isinstance(c, list) and len(c) == 4 and all(type(n) is int and n >= 0 for n in c)
            for c in part.values()
        ):
            raise BadInput(f"{bundle.name}: confusion.json holds no four counts for each unit.")


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
