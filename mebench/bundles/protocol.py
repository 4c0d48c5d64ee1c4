"""Level 3: clips, persons, folds and parameters are as the protocol says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..evaluation.protocols import PROTOCOLS
from ..scoring.marks import INNER_FOLDS
from ..svm import GRIDS, points
from .bundle import Bundle
from .report import Check

__all__ = ["WHOLE", "protocol_checks"]

#: Protocols in which each fold is tested by a model trained on all other clips.
WHOLE = ("loso", "composite", "group-kfold", "kfold", "lovo", "leave-one-database-out")
_PART = ("holdout", "random-split")  # some clips are trained on only
_OVERLAPPING = ("kfold", "lovo", "random-split")
_SVM = ("degree", "C", "gamma", "coef0")


def protocol_checks(
    bundle: Bundle, *, folds_at_hand: bool = False, refitted: Sequence[str] = ()
) -> Iterator[Check]:
    """The checks of level 3.

    Parameters
    ----------
    bundle : Bundle
    folds_at_hand : bool
        The data at hand gave the very same folds (level 4), so nothing about them is open.
    refitted : sequence of str
        Folds that were computed anew with the same choice (level 5).
    """
    yield _tested_once(bundle)
    yield _shape(bundle, folds_at_hand)
    yield _persons(bundle, folds_at_hand)
    yield from _choices(bundle, refitted)


def _tested_once(bundle: Bundle) -> Check:
    head, clips = bundle.header, bundle.folds["clip_id"]
    if head.get("complete") is not True or head.get("failed"):
        return Check(3, "clips", "disproved", "The run says itself that folds are missing.")
    twice = [clip for clip, n in Counter(clips).items() if n > 1]
    if twice:
        text = f"{len(twice)} clips are in two folds, such as {twice[0]!r}."
        return Check(3, "clips", "disproved", text)
    pairs = list(zip(bundle.rows["clip_id"], bundle.rows.get("unit", clips), strict=False))
    if bundle.units:
        lost = len(set(clips)) * len(bundle.header["units"]) - len(set(pairs))
        if lost or len(set(pairs)) < len(pairs):
            text = f"{abs(lost)} predictions of a unit are missing, or one is there twice."
            return Check(3, "clips", "disproved", text)
    elif len(set(bundle.rows["clip_id"])) < len(bundle.rows["clip_id"]):
        return Check(3, "clips", "disproved", "A clip is predicted twice.")
    kind = bundle.task[2].partition(":")[0]
    whole = head.get("n_samples")
    if kind not in _PART and whole != len(clips):
        text = f"{len(clips)} clips are tested, the run says {whole}: folds or clips are missing."
        return Check(3, "clips", "disproved", text)
    if kind in _PART and not (type(whole) is int and 0 < len(clips) < whole):
        return Check(3, "clips", "disproved", f"{len(clips)} of {whole} clips cannot be a part.")
    people = set(zip(bundle.folds["dataset"], bundle.folds["subject"], strict=True))
    if kind not in _PART and head.get("n_subjects") != len(people):
        text = f"There are {len(people)} persons, the run says {head.get('n_subjects')}."
        return Check(3, "clips", "disproved", text)
    return Check(3, "clips", "proved", f"Each of {len(clips)} clips is tested once.")


def _shape(bundle: Bundle, at_hand: bool) -> Check:
    """The folds are of the kind that the protocol makes, and none is missing."""
    name = bundle.task[2]
    kind, _, number = name.partition(":")
    folds = bundle.folds["fold"]
    found = list(dict.fromkeys(folds))
    declared = bundle.header.get("n_folds")
    if declared != len(found):
        text = f"{len(found)} folds are there, the run says {declared}."
        return Check(3, "folds", "disproved", text)
    if kind not in PROTOCOLS:
        if at_hand:
            return Check(3, "folds", "proved", f"The folds of {name!r} are those of the data.")
        text = f"Whether the folds are those of the protocol {name!r}, which is not known here."
        return Check(3, "folds", "open", text)
    data = bundle.folds["dataset"]
    persons = [f"{d}/{s}" for d, s in zip(data, bundle.folds["subject"], strict=True)]
    wrong = ""
    if kind in ("loso", "composite"):
        if folds != persons:
            wrong = "a fold is not one person"
        if kind == "composite" and len(set(data)) < 2:
            wrong = "there is one database only"
    elif kind == "lovo":
        wrong = "" if folds == bundle.folds["clip_id"] else "a fold is not one clip"
    elif kind == "leave-one-database-out":
        wrong = "" if folds == data else "a fold is not one database"
    elif kind == "cross-database":
        here = {(f.rpartition("→")[2], d) for f, d in zip(folds, data, strict=True)}
        good = len(found) == 2 and all(a == b for a, b in here) and len(set(data)) == 2
        wrong = "" if good else "the folds are not one database against the other"
    elif kind in ("kfold", "group-kfold"):
        k = int(number) if number.isdecimal() else 5
        wrong = "" if len(found) == k else f"there are {len(found)} folds, not {k}"
    elif kind in _PART and len(found) != 1:
        wrong = f"there are {len(found)} folds, not one"
    if wrong:
        return Check(3, "folds", "disproved", f"The folds are not those of {name}: {wrong}.")
    return Check(3, "folds", "proved", f"The {len(found)} folds are of the kind that {name} makes.")


def _persons(bundle: Bundle, at_hand: bool) -> Check:
    """Nobody is trained and tested on, or the run says that somebody is."""
    kind = bundle.task[2].partition(":")[0]
    said = [str(w) for w in bundle.header.get("warnings") or []]
    # The same frames under two persons are told in the same words, and are not seen in folds.
    owned = any(w.startswith("PERSONS OVERLAP") and "the frames of" not in w for w in said)
    data = bundle.folds["dataset"]
    persons = [f"{d}/{s}" for d, s in zip(data, bundle.folds["subject"], strict=True)]
    where: dict[str, set[str]] = {}
    for person, fold in zip(persons, bundle.folds["fold"], strict=True):
        where.setdefault(person, set()).add(fold)
    spread = [person for person, folds in where.items() if len(folds) > 1]
    if kind == "cross-database":
        spread = []  # persons belong to one database each
    if spread and not owned:
        share = sum(persons.count(p) for p in spread)
        text = (
            f"{len(spread)} persons, such as {spread[0]!r}, are tested in several folds, so each "
            f"was trained on in another ({share} clips), and the run does not say so."
        )
        return Check(3, "persons", "disproved", text)
    if owned and not spread and kind in WHOLE:
        text = "The run says that persons overlap; in its folds none does."
        return Check(3, "persons", "disproved", text)
    if spread:
        text = f"{len(spread)} persons are on both sides of a fold, and the run says so."
        return Check(3, "persons", "proved", text)
    if kind in (*WHOLE, "cross-database") or at_hand:
        text = "Persons overlap, and the run says so." if owned else "No person is on both sides."
        return Check(3, "persons", "proved", text)
    text = "Whether persons are on both sides: the clips trained on are not all in the bundle."
    return Check(3, "persons", "open", text)


def _choices(bundle: Bundle, refitted: Sequence[str]) -> Iterator[Check]:
    """Chosen parameters: one choice per fold, from the declared grid, made as is said."""
    head, chosen = bundle.header, bundle.chosen["folds"]
    every = list(chosen.values()) if isinstance(chosen, Mapping) else [chosen]
    tuning = head.get("tuning")
    if tuning not in ("nested", "oracle", "fixed"):
        yield Check(3, "tuning", "disproved", f"The tuning {tuning!r} is none that there is.")
        return
    folds = list(dict.fromkeys(bundle.folds["fold"]))
    for one in every:
        wrong = _one_list(one, folds, partly=bundle.units)
        if wrong:
            yield Check(3, "tuning", "disproved", wrong)
            return
    flat = [entry for one in every for entry in one]
    yield _from_grid(bundle, flat, str(tuning))
    yield _made_as_said(bundle, flat, str(tuning), refitted)


def _one_list(chosen: Any, folds: Sequence[str], partly: bool) -> str:
    """What is wrong with a list of choices; a unit that all or none show needs no choice."""
    if not isinstance(chosen, list) or not all(
        isinstance(c, Mapping) and isinstance(c.get("params"), Mapping) and "fold" in c
        for c in chosen
    ):
        return "The choices are no list of folds and parameters."
    named = [str(c["fold"]) for c in chosen]
    if len(set(named)) < len(named) or not set(named) <= set(folds):
        return "A fold has two choices, or a choice is of a fold that is not there."
    if not partly and len(named) < len(folds):
        lost = next(f for f in folds if f not in named)
        return f"{len(folds) - len(named)} folds have no chosen parameters, such as {lost!r}."
    return ""


def _from_grid(bundle: Bundle, chosen: Sequence[Mapping[str, Any]], tuning: str) -> Check:
    head, stated = bundle.header, bundle.chosen.get("points")
    tune = head.get("tune") or {}
    if tuning == "fixed":
        return Check(3, "grid", "proved", "Nothing was chosen: the parameters are the method's.")
    n = head.get("n_candidates")
    grid = head.get("grid")
    svm: set[tuple[float, ...]] | None = None
    if isinstance(stated, list) and stated:
        if n != len(stated):
            return Check(
                3, "grid", "disproved", f"{n} settings are declared, {len(stated)} listed."
            )
        listed = {_key(point) for point in stated}
        odd = next((c for c in chosen if _key(c["params"]) not in listed), None)
        if odd is not None:
            text = f"Fold {odd['fold']!r} chose {odd['params']}, which is not in the declared grid."
            return Check(3, "grid", "disproved", text)
        return Check(3, "grid", "proved", f"Every choice is one of the {n} settings listed.")
    if isinstance(grid, str) and grid in GRIDS:
        svm = {tuple(point) for point in points(grid)}
    elif grid is not None:
        return Check(3, "grid", "open", f"Whether the grid {grid!r} holds what was chosen.")
    others = 1
    for values in tune.values():
        others *= max(len(values), 1)
    if svm is not None and n not in (len(svm) * others, None):
        combined = any("__" in k for c in chosen for k in c["params"] if k not in tune)
        if not combined:
            text = f"The grid {grid} has {len(svm) * others} settings, the run says {n}."
            return Check(3, "grid", "disproved", text)
    unknown: set[str] = set()
    for entry in chosen:
        params = entry["params"]
        point = [params.get(k) for k in _SVM]
        if svm is not None and None not in point:
            if tuple(map(_float, point)) not in svm:
                text = f"Fold {entry['fold']!r} chose {dict(params)}, which is not in {grid}."
                return Check(3, "grid", "disproved", text)
        elif any(v is not None for v in point):
            unknown |= {k for k in _SVM if k in params}
        for key, value in params.items():
            if key in tune and str(value) not in [str(v) for v in tune[key]]:
                text = f"Fold {entry['fold']!r} chose {key} {value}, which was not to choose from."
                return Check(3, "grid", "disproved", text)
            if key not in tune and key not in _SVM:
                unknown.add(key)
    if unknown:
        text = f"The values that {', '.join(sorted(unknown)[:4])} could take (not in the bundle)."
        return Check(3, "grid", "stated", text)
    return Check(3, "grid", "proved", f"Every choice is one of the {n} settings declared.")


def _made_as_said(
    bundle: Bundle, chosen: Sequence[Mapping[str, Any]], tuning: str, refitted: Sequence[str]
) -> Check:
    """Signs of a choice that was made otherwise than the run says."""
    inner = [c.get("inner_score", c.get("inner_scores")) for c in chosen]
    key = "inner folds"
    if tuning == "fixed":
        if any(v is not None for v in inner):
            text = "Nothing was chosen, says the run, and yet there are scores of inner folds."
            return Check(3, key, "disproved", text)
        return Check(3, key, "proved", "No inner folds are needed.")
    if tuning == "oracle":
        different = len({_key(c["params"]) for c in chosen}) > 1 and not bundle.units
        if different or any(v is not None for v in inner):
            text = "An oracle makes one choice for all folds, without inner folds; here it is not."
            return Check(3, key, "disproved", text)
        text = "The parameters were chosen on the test clips, and the run says so."
        return Check(3, key, "proved", text)
    if any(str(w).startswith(INNER_FOLDS) for w in bundle.header.get("warnings") or []):
        text = "Inner folds do not leave persons out, and the run says so."
        return Check(3, key, "proved", text)
    lost = next((c["fold"] for c, v in zip(chosen, inner, strict=True) if v is None), None)
    if lost is not None:
        text = (
            f"Fold {lost!r} has no score of inner folds, as nested tuning gives: the choice was "
            "made elsewhere, as on the test clips."
        )
        return Check(3, key, "disproved", text)
    numbers = [v for one in inner for v in (one.values() if isinstance(one, Mapping) else [one])]
    if not all(type(v) in (int, float) and 0 <= v <= 1 + 1e-9 for v in numbers):
        return Check(3, key, "disproved", "A score of inner folds is none.")
    wrong = _countable(bundle, chosen)
    if wrong:
        return Check(3, key, "disproved", wrong)
    same = len(numbers) > 4 and max(numbers) - min(numbers) < 1e-12 and 0 < numbers[0] < 1 - 1e-9
    if same and not bundle.units and not refitted:
        text = (
            f"Whether the choices were made inside: all {len(numbers)} folds have the very same "
            "inner score, as if one choice had been made for all."
        )
        return Check(3, key, "open", text)
    text = "Every fold has an inner score; inner folds leave persons out in nested tuning."
    return Check(3, key, "proved", text)


def _countable(bundle: Bundle, chosen: Sequence[Mapping[str, Any]]) -> str:
    """Where accuracy is maximised, an inner score is a share of the clips of the training fold."""
    kind = bundle.task[2].partition(":")[0]
    if bundle.header.get("scoring") != "accuracy" or kind not in WHOLE or bundle.units:
        return ""
    sizes = Counter(bundle.folds["fold"])
    total = sum(sizes.values())
    for entry in chosen:
        score = entry.get("inner_score")
        n = total - sizes[str(entry["fold"])]
        if isinstance(score, float) and abs(score * n - round(score * n)) > 1e-6:
            return (
                f"The inner accuracy of fold {entry['fold']!r}, {score}, is no share of {n} clips."
            )
    return ""


def _key(params: Mapping[str, Any]) -> str:
    return repr(sorted((str(k), _float(v)) for k, v in params.items()))


def _float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
