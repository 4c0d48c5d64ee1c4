"""Level 2: scores follow from the matrix, the matrix from what was predicted, as far as it can."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..results.words import is_twin
from ..scoring.metrics import MEASURES, confusion_matrix, per_class, scores
from .bundle import Bundle
from .contents import BINS
from .figures import other_databases, same_numbers
from .report import Check
from .unit_checks import unit_arithmetic

__all__ = ["arithmetic", "counts_check", "published_counts"]

_EXACT = 1e-9


def arithmetic(bundle: Bundle, at_hand: Mapping[str, int] | None = None) -> Iterator[Check]:
    """The checks of level 2.

    Parameters
    ----------
    bundle : Bundle
    at_hand : mapping of str to int, optional
        Clips of each class in the data at hand, which go before the published ones.
    """
    if bundle.units:
        yield from unit_arithmetic(bundle)
        return
    matrix = np.array(bundle.confusion["all"], np.int64)
    yield _as_predicted(bundle, matrix)
    yield _parts_add_up(bundle, matrix)
    yield _scores_follow(bundle, matrix)
    yield _intervals_hold(bundle)
    yield _persons_possible(bundle, matrix)
    yield from _baseline(bundle, matrix)
    yield from _fold_means(bundle, matrix)
    yield _class_counts(bundle, matrix, at_hand)


def _as_predicted(bundle: Bundle, matrix: np.ndarray) -> Check:
    """Columns of the matrix are how often each class was predicted, in each database too."""
    classes = bundle.classes
    data = dict(zip(bundle.folds["clip_id"], bundle.folds["dataset"], strict=True))
    said = list(zip(bundle.rows["clip_id"], bundle.rows["y_pred"], strict=True))
    wrong = []
    for name, part in {"all": matrix.tolist(), **bundle.confusion["databases"]}.items():
        own = [p for clip, p in said if name == "all" or data[clip] == name]
        found = np.array(part).sum(0)
        wrong += [
            f"{own.count(c)} clips are predicted {c}, the matrix of {name} has {n}"
            for c, n in zip(classes, found.tolist(), strict=True)
            if own.count(c) != n
        ]
    strange = set(data.values()) ^ set(bundle.confusion["databases"])
    if strange:
        wrong.append(f"the databases are not those of the matrices ({', '.join(sorted(strange))})")
    if bundle.with_truth and not wrong:
        again = confusion_matrix(bundle.rows["y_true"], bundle.rows["y_pred"], classes)
        if again.tolist() != matrix.tolist():
            wrong.append("truth and predictions give another matrix")
    if wrong:
        return Check(2, "matrix", "disproved", f"Matrix and predictions differ: {wrong[0]}.")
    text = f"The confusion matrix counts the {len(said)} predictions that are there."
    return Check(2, "matrix", "proved", text)


def _parts_add_up(bundle: Bundle, matrix: np.ndarray) -> Check:
    wrong = other_databases(bundle)
    if wrong:
        return Check(2, "databases", "disproved", wrong)
    parts = np.sum([np.array(m) for m in bundle.confusion["databases"].values()], axis=0)
    if parts.tolist() != matrix.tolist():
        text = "The matrices of the databases do not add up to that of all."
        return Check(2, "databases", "disproved", text)
    many = len(bundle.confusion["databases"])
    text = "The matrices of the databases add up." if many > 1 else "One database, one matrix."
    return Check(2, "databases", "proved", text)


def _scores_follow(bundle: Bundle, matrix: np.ndarray) -> Check:
    claimed = bundle.scores
    wrong = same_numbers(claimed["scores"], scores(matrix), "")
    wrong += same_numbers(
        claimed.get("per_class"), per_class(matrix, bundle.classes).to_dict("index"), ""
    )
    stated = claimed.get("per_database") or {}
    parts = bundle.confusion["databases"]
    if len(parts) > 1 or stated:
        for name, part in parts.items():
            one = (stated.get(name) or {}).get("scores")
            wrong += same_numbers(one, scores(np.array(part)), f" on {name}")
    if wrong:
        return Check(2, "scores", "disproved", f"A score does not follow: {wrong[0]}.")
    unknown = sorted(set(claimed["scores"]) - set(MEASURES))
    more = f" ({', '.join(unknown)} is no measure known here)" if unknown else ""
    shown = ", ".join(f"{k} {claimed['scores'][k]:.4f}" for k in ("uf1", "uar", "accuracy"))
    return Check(2, "scores", "proved", f"Every score follows from the matrix: {shown}{more}.")


def _intervals_hold(bundle: Bundle) -> Check:
    """An interval lies in 0 to 1 and holds its score."""
    claimed = bundle.scores
    parts = [("", claimed["scores"], claimed["intervals"])]
    for name, part in (claimed.get("per_database") or {}).items():
        parts.append((f" on {name}", part.get("scores"), part.get("intervals")))
    for where, values, intervals in parts:
        if not isinstance(values, Mapping) or not isinstance(intervals, Mapping):
            return Check(2, "intervals", "disproved", f"Intervals are missing{where}.")
        for name, value in values.items():
            ends = intervals.get(name)
            if not isinstance(ends, list) or len(ends) != 2:
                return Check(2, "intervals", "disproved", f"{name}{where} has no interval.")
            if ends == [None, None]:
                continue
            low, high = ends
            good = type(low) in (int, float) and type(high) in (int, float)
            if not good or not -_EXACT <= low <= value + _EXACT <= high + 2 * _EXACT <= 1 + 3e-9:
                text = f"The interval of {name}{where}, {low} to {high}, cannot be that of {value}."
                return Check(2, "intervals", "disproved", text)
        if set(intervals) - set(values):
            return Check(2, "intervals", "disproved", f"An interval{where} has no score.")
    text = "Every interval holds its score (its ends take the truth of each clip: level 4)."
    return Check(2, "intervals", "proved", text)


def _persons_possible(bundle: Bundle, matrix: np.ndarray) -> Check:
    """Whether persons can fare as the histogram says, with so many clips right in all."""
    bins: Any = (bundle.scores.get("persons") or {}).get("accuracy_bins")
    people: dict[tuple[str, str], int] = {}
    for pair in zip(bundle.folds["dataset"], bundle.folds["subject"], strict=True):
        people[pair] = people.get(pair, 0) + 1
    good = isinstance(bins, list) and len(bins) == BINS and all(type(b) is int for b in bins)
    if not good or min(bins) < 0 or sum(bins) != len(people):
        text = f"There are {len(people)} persons; the histogram of persons has {bins}."
        return Check(2, "persons", "disproved", text)
    low, high = _hits(sorted(people.values()), bins)
    hits = int(np.trace(matrix))
    if not low <= hits <= high:
        text = (
            f"{hits} clips are right, but persons who fare as the histogram says have {low} to "
            f"{high}."
        )
        return Check(2, "persons", "disproved", text)
    return Check(2, "persons", "proved", "Persons can fare as the histogram of them says.")


def _hits(sizes: Sequence[int], bins: Sequence[int]) -> tuple[int, int]:
    """Bounds of the clips that are right, of persons with these numbers of clips, in any order."""
    shares = [b / BINS for b, n in enumerate(bins) for _ in range(n)]
    # Most are right where the best persons have the most clips, fewest where they have the least.
    low = sum(int(np.ceil(s * n - 1e-6)) for s, n in zip(shares, sorted(sizes)[::-1], strict=True))
    top = [s + 1 / BINS for s in shares]
    high = sum(int(np.floor(min(s, 1) * n + 1e-6)) for s, n in zip(top, sorted(sizes), strict=True))
    return max(low - len(sizes), 0), high + len(sizes)


def _baseline(bundle: Bundle, matrix: np.ndarray) -> Iterator[Check]:
    """What always saying the most frequent class gives, where that is one class throughout."""
    if "y_majority" not in bundle.rows:
        return
    said = bundle.rows["y_majority"]
    claimed = bundle.scores.get("majority")
    if len(set(said)) > 1:
        text = "The majority baseline, which is another class in some folds."
        if not isinstance(claimed, Mapping) or set(claimed) != set(bundle.scores["scores"]):
            yield Check(2, "baseline", "disproved", "The scores of the majority are missing.")
        else:
            yield Check(2, "baseline", "stated", text)
        return
    constant = np.zeros_like(matrix)
    constant[:, bundle.classes.index(said[0])] = matrix.sum(1)
    wrong = same_numbers(claimed, scores(constant), "")
    if wrong:
        text = f"The majority baseline does not follow: {wrong[0]}."
        yield Check(2, "baseline", "disproved", text)
        return
    yield Check(2, "baseline", "proved", "The majority baseline follows from the class counts.")


def _fold_means(bundle: Bundle, matrix: np.ndarray) -> Iterator[Check]:
    """Means over folds need the truth; that of accuracy has bounds."""
    claimed = bundle.scores.get("fold_means")
    value: Any = claimed.get("fold_mean_accuracy") if isinstance(claimed, Mapping) else None
    if type(value) not in (int, float):
        yield Check(2, "fold means", "disproved", "The means over folds are missing.")
        return
    sizes: dict[str, int] = {}
    for fold in bundle.folds["fold"]:
        sizes[fold] = sizes.get(fold, 0) + 1
    ends = []
    for order in (sorted(sizes.values()), sorted(sizes.values(), reverse=True)):
        left, total = int(np.trace(matrix)), 0.0
        for n in order:
            took = min(left, n)
            total, left = total + took / n, left - took
        ends.append(total / len(sizes))
    if not min(ends) - 1e-9 <= value <= max(ends) + 1e-9:
        text = (
            f"The mean accuracy over folds, {value:.4f}, cannot be: with so many clips right it "
            f"lies from {min(ends):.4f} to {max(ends):.4f}."
        )
        yield Check(2, "fold means", "disproved", text)
        return
    yield Check(2, "fold means", "stated", "The means over folds (accuracy is within its bounds).")


def _class_counts(bundle: Bundle, matrix: np.ndarray, at_hand: Mapping[str, int] | None) -> Check:
    """Rows of the matrix are the clips that the database has of each class."""
    head = bundle.header
    found = dict(zip(bundle.classes, matrix.sum(1).tolist(), strict=True))
    whole = sum(found.values()) == head.get("n_samples")
    if whole and head.get("class_counts") not in (None, found):
        text = "The matrix has other numbers of clips per class than the header of the run."
        return Check(2, "class counts", "disproved", text)
    where = f"{bundle.task[0]} {bundle.task[1]}".strip()
    said = "/".join(map(str, found.values()))
    if at_hand is not None:
        if whole and dict(at_hand) != found:
            there = "/".join(str(at_hand.get(c, 0)) for c in found)
            text = f"The classes have {said} clips, in the data at hand {there}."
            return Check(2, "class counts", "disproved", text)
        return Check(2, "class counts", "proved", f"{said} clips per class, as the data at hand.")
    return counts_check(bundle.task[0], bundle.task[1], found, head, where, said)


def counts_check(
    dataset: str, labels: str, found: Mapping[str, int], head: Mapping[str, Any], where: str,
    said: str,
) -> Check:  # fmt: skip
    """Clips per class against what was published of the database."""
    if is_twin(head):
        text = f"{said} clips per class, of a synthetic twin of {where}, as the run says."
        return Check(2, "class counts", "stated", text)
    known = published_counts(dataset, labels)
    if not known:
        text = f"{said} clips per class: nobody published how many {where or 'the data'} has."
        return Check(2, "class counts", "stated", text)
    named = set(found) <= {c for counts in known for c in counts}
    if any(_agree(found, counts, named) for counts in known):
        return Check(2, "class counts", "proved", f"{said} clips per class, as {where} has them.")
    left_out = _left_out(head)
    for counts in known:
        short = [counts.get(c, 0) - n for c, n in found.items()] if named else [-1]
        if min(short) >= 0 and sum(short) <= left_out:
            text = f"{said} clips per class, as {where} has them less {sum(short)} left out."
            return Check(2, "class counts", "proved", text)
    first = "/".join(map(str, known[0].values()))
    tested = sum(found.values())
    if head.get("n_samples") not in (None, tested):
        text = f"{tested} of the clips are tested: how many of each class there are stays open."
        return Check(2, "class counts", "stated", text)
    text = (
        f"{said} clips per class are not those of {where}, which has {first}. Is it another "
        "version, a part, or a twin? With the data at hand (--dataset, --data-root) that is told."
    )
    return Check(2, "class counts", "disproved", text)


def _agree(found: Mapping[str, int], counts: Mapping[str, int], named: bool) -> bool:
    if named:
        return {c: counts.get(c, 0) for c in found} == dict(found)
    return sorted(found.values()) == sorted(counts.values())


def published_counts(dataset: str, labels: str) -> list[dict[str, int]]:
    """Clips per class of a database or a union, in every version of its sheet that is known.

    Examples
    --------
    >>> published_counts("casme2", "3class")[0]
    {'negative': 88, 'positive': 32, 'surprise': 25}
    >>> published_counts("megc2019", "3class")[0]
    {'negative': 250, 'positive': 109, 'surprise': 83}
    """
    from ..datasets import card, names
    from ..datasets.composites import COMPOSITES, expand

    composite = COMPOSITES.get(dataset)
    if composite is not None and composite.counts and labels == composite.labels:
        versions = [[dict(c)] for c in composite.counts.values()]
    else:
        parts, versions = expand(dataset)[0] if dataset else [], []
        for part in parts:
            if part not in names():
                return []
            sets = [dict(s[labels]) for s in card(part).counts.values() if labels in s]
            versions.append([c for i, c in enumerate(sets) if c not in sets[:i]])
    if not versions or not all(versions):
        return []
    out = []
    for chosen in product(*versions):
        total: dict[str, int] = {}
        for counts in chosen:
            for label, n in counts.items():
                total[label] = total.get(label, 0) + n
        out.append(total)
    return out


def _left_out(head: Mapping[str, Any]) -> int:
    """How many clips a run says that it left out."""
    notes = [str(n) for n in head.get("notes") or []]
    found = [re.search(r"(\d+) clips? left out because", n) for n in notes]
    return len(head.get("skipped") or {}) + sum(int(m[1]) for m in found if m)
