"""Audit of a division into train and test: what crosses from one side to the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..spelling import plain
from .subjects import one_person_each, subject_keys

__all__ = ["Crossing", "audit_split", "fitted_on_all"]

_TRAIN = {"train", "training", "fit"}
_TEST = {"test", "testing", "val", "valid", "validation", "dev"}


@dataclass(frozen=True)
class Crossing:
    """Something that is on both sides of a division.

    Parameters
    ----------
    kind : {"person", "clip", "near-duplicate", "fitted on all", "spelling"}
        "spelling" is a person who seems to be written several ways, on one side or on both.
    fold : str
        In which fold; empty if there is only one, or all are meant.
    count : int
        How many persons, clips, pairs of rows or columns.
    what : str
        In words, with examples.
    """

    kind: str
    fold: str
    count: int
    what: str


def audit_split(
    table: pd.DataFrame,
    X: np.ndarray | None = None,
    *,
    tolerance: float = 0.01,
    subjects: str = "joined",
) -> list[Crossing]:
    """Persons, clips and near-duplicate rows that are on both sides of a division.

    Parameters
    ----------
    table : DataFrame
        ``clip_id, subject``, maybe ``dataset``, and either ``split`` (train, val, test; a
        validation set counts as tested) with maybe ``fold``, or ``fold`` alone, where each fold
        is tested by a model trained on all others (the form of predictions.csv).
    X : ndarray ``(n, d)``, optional
        Features of the rows. Two rows are near-duplicates if, with columns standardised, their
        distance is at most `tolerance` of the median distance between rows. Features that were
        scaled or projected with the test rows included are found as well
        (:func:`fitted_on_all`).
    tolerance : float, default 0.01
        Our choice.
    subjects : {"joined", "as-written"}, default "joined"
        Whether subjects that look like one person (``1``, ``01``, ``sub01``, ``S1``) are one.

    Returns
    -------
    list of Crossing
        Empty if nothing crosses.

    Raises
    ------
    BadInput
        A column is missing, a word of ``split`` is not known, or there is one side only.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("abcd"), "subject": list("1123"),
    ...                       "split": ["train", "test", "train", "test"]})
    >>> [(c.kind, c.count) for c in audit_split(table)]
    [('person', 1)]

    One person written two ways crosses too, and is named by itself:

    >>> table["subject"] = ["sub01", "1", "2", "3"]
    >>> [(c.kind, c.count, c.what) for c in audit_split(table)][1]
    ('spelling', 1, 'sub01 = 1 look like one person and count as one')
    """
    table = _checked(table)
    alike = ""
    if subjects == "joined":
        table, alike = one_person_each(table)
    elif subjects != "as-written":
        raise BadInput(f"subjects is 'joined' or 'as-written', found {subjects!r}.")
    out: list[Crossing] = []
    keys = subject_keys(table)
    clips = (table["dataset"] + "/" + table["clip_id"]).to_numpy(object)
    near = None if X is None else _near(np.asarray(X, float), tolerance)
    for fold, train, test in _divisions(table):
        out += _crossings(fold, train, test, keys, clips, near)
    if X is not None:
        reason = fitted_on_all(np.asarray(X, float))
        if reason:
            out.append(Crossing("fitted on all", "", np.shape(X)[1], reason))
    if alike:
        what = f"{alike} look like one person and count as one"
        out.append(Crossing("spelling", "", alike.count("; ") + 1, what))
    return out


def _crossings(
    fold: str, train: np.ndarray, test: np.ndarray, keys: np.ndarray, clips: np.ndarray,
    near: tuple[np.ndarray, np.ndarray] | None,
) -> list[Crossing]:  # fmt: skip
    """What is on both sides of one division."""
    out: list[Crossing] = []
    persons = sorted(set(keys[train]) & set(keys[test]))
    if persons:
        share = np.isin(keys[test], persons).mean()
        what = f"{_some(persons)}; {100 * share:.0f} % of the tested clips show one of them"
        out.append(Crossing("person", fold, len(persons), what))
    both = sorted(set(clips[train]) & set(clips[test]))
    if both:
        out.append(Crossing("clip", fold, len(both), _some(both)))
    if near is not None:
        a, b = near
        crossing = (train[a] & test[b]) | (train[b] & test[a])
        crossing &= clips[a] != clips[b]
        if crossing.any():
            first, second = clips[a[crossing]], clips[b[crossing]]
            pairs = [f"{i} and {j}" for i, j in zip(first, second, strict=True)]
            out.append(Crossing("near-duplicate", fold, len(pairs), _some(pairs)))
    return out


def fitted_on_all(X: np.ndarray) -> str | None:
    """A sentence if the features bear the marks of a transformation fitted on all rows.

    A scaler fitted on a training fold leaves other means and spreads on the whole, so columns
    that are exactly standardised, spread exactly from 0 to 1, or exactly uncorrelated over *all*
    rows were made so with the test rows included.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(40, 3))
    >>> fitted_on_all(X) is None, "standardised" in fitted_on_all((X - X.mean(0)) / X.std(0))
    (True, True)
    """
    X = X[:, np.ptp(X, axis=0) > 0]
    n, d = X.shape
    if n < 4 or d == 0:
        return None
    mean, low, high = X.mean(0), X.min(0), X.max(0)
    centred = np.abs(mean).max() < 1e-6 * X.std(0).max()
    for ddof in (0, 1):
        if centred and np.abs(X.std(0, ddof=ddof) - 1).max() < 1e-6:
            return f"all {d} columns are standardised over all {n} rows, tested ones included"
    if d > 1 and any(np.abs(low - a).max() + np.abs(high - 1).max() < 1e-9 for a in (0, -1)):
        return f"all {d} columns are scaled to one range over all {n} rows, tested ones included"
    if centred and 1 < d < n:
        product = X.T @ X
        scale = np.sqrt(np.outer(np.diag(product), np.diag(product)))
        apart = np.abs(product / scale)[~np.eye(d, dtype=bool)].max()
        if apart < 1e-6:
            return (
                f"all {d} columns are centred and uncorrelated over all {n} rows, as a principal "
                "component analysis of all rows, the tested ones included, leaves them"
            )
    return None


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    missing = [c for c in ("clip_id", "subject") if c not in table]
    if not missing and "split" not in table and "fold" not in table:
        missing = ["split (train or test) or fold"]
    if missing:
        raise BadInput(
            f"The table of the division has the columns {', '.join(map(str, table.columns))}; it "
            f"lacks {', '.join(missing)}."
        )
    table = table.reset_index(drop=True)
    if "dataset" not in table:
        table = table.assign(dataset="data")
    names = ("clip_id", "subject", "dataset")
    return table.assign(**{c: [plain(v) for v in table[c]] for c in names})


def _divisions(table: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    fold = table["fold"].astype(str).to_numpy(object) if "fold" in table else None
    if "split" not in table:
        assert fold is not None
        names = list(dict.fromkeys(fold))
        if len(names) < 2:
            raise BadInput("There is one fold only, so nothing to train on: add a column split.")
        for name in names:
            yield str(name), fold != name, fold == name
        return
    word = table["split"].astype(str).str.strip().str.lower()
    strange = sorted(set(word) - _TRAIN - _TEST)
    if strange:
        raise BadInput(
            f"The column split has {', '.join(map(repr, strange))}; expected train, val or test."
        )
    train, test = word.isin(_TRAIN).to_numpy(), word.isin(_TEST).to_numpy()
    for name in [""] if fold is None else list(dict.fromkeys(fold)):
        here = np.ones(len(table), bool) if fold is None else fold == name
        if not (train & here).any() or not (test & here).any():
            where = f" of fold {name}" if name else ""
            raise BadInput(f"The column split{where} names one side only, not train and test.")
        yield str(name), train & here, test & here


def _near(X: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows (i, j), i < j, that are nearer than `tolerance` of the median distance."""
    spread = X.std(0)
    Z = (X - X.mean(0))[:, spread > 0] / spread[spread > 0]
    square = (Z**2).sum(1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2 * Z @ Z.T, 0))
    upper = np.triu_indices(len(Z), 1)
    found = distance[upper]
    # The product form loses digits near 0: what it calls near is measured again.
    candidates = np.flatnonzero(found <= (tolerance + 1e-5) * np.median(found))
    a, b = upper[0][candidates], upper[1][candidates]
    exact = np.sqrt(((Z[a] - Z[b]) ** 2).sum(1))
    near = exact <= tolerance * np.median(found)
    return a[near], b[near]


def _some(names: Sequence[str]) -> str:
    few = ", ".join(names[:3])
    return few if len(names) <= 3 else f"{few} and {len(names) - 3} more"
