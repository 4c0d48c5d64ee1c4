"""Which fits a search needs, and from which other fit each of them starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..errors import BadInput

__all__ = ["Plan", "as_folds", "plan_fits"]

Indices = Sequence[tuple[np.ndarray, np.ndarray]]


class Plan(NamedTuple):
    """A tree of fits, parents first: everything, minus an outer fold, minus an inner group.

    ``removed`` and ``tests`` are ragged: fit i owns ``idx[ptr[i]:ptr[i + 1]]``. ``row`` says for
    each test which outer fold the prediction serves, or the number of folds for the outer
    predictions themselves.
    """

    depth: np.ndarray
    removed_ptr: np.ndarray
    removed_idx: np.ndarray
    test_ptr: np.ndarray
    test_idx: np.ndarray
    row: np.ndarray


def as_folds(folds: Iterable, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Folds as pairs of checked index arrays; anything with ``train`` and ``test``, or pairs."""
    out: list[tuple[np.ndarray, np.ndarray]] = []
    for fold in folds:
        train, test = (fold.train, fold.test) if hasattr(fold, "train") else fold
        pair = []
        for name, part in (("train", train), ("test", test)):
            index = np.asarray(part)
            if index.dtype == bool and index.shape == (n,):
                index = np.flatnonzero(index)
            index = index.astype(np.int64, casting="unsafe").ravel()
            if len(index) == 0:
                raise BadInput(f"Fold {len(out)} has an empty {name} part.")
            if index.min() < 0 or index.max() >= n or len(np.unique(index)) < len(index):
                raise BadInput(
                    f"Fold {len(out)}: the {name} indices must differ and lie in 0..{n - 1}."
                )
            pair.append(index)
        if np.isin(pair[0], pair[1]).any():
            raise BadInput(f"Fold {len(out)} trains on samples that it tests.")
        out.append((pair[0], pair[1]))
    if not out:
        raise BadInput("There are no folds. Give at least one (train, test) pair of indices.")
    tested = np.concatenate([test for _, test in out])
    if len(np.unique(tested)) < len(tested):
        raise BadInput(
            "A sample is tested in more than one fold. Search repeated splits one at a time, so "
            "that each sample has one prediction."
        )
    return out


def plan_fits(
    n: int,
    folds: Indices,
    groups: np.ndarray | None = None,
    inner: Sequence[Indices] | None = None,
) -> Plan:
    """The fits of the outer folds, and with ``groups`` those of their inner folds.

    Samples of a negative group are in the training part of every inner fold of theirs.

    Two inner folds with the same training samples, such as leaving out (r, s) and (s, r), are
    one fit with two sets of tests. ``inner`` gives those of each fold instead; where it is empty,
    groups are left out.
    """
    # Sets of samples are told apart by the exclusive or of two random words per sample.
    words = np.random.default_rng(0).integers(0, 2**63, (n, 2))

    def key(samples: np.ndarray) -> tuple[int, ...]:
        return tuple(np.bitwise_xor.reduce(words[samples], axis=0).tolist())

    everything = np.unique(np.concatenate([train for train, _ in folds]))
    none = np.empty(0, np.int64)
    depth: list[int] = [0]
    removed: list[np.ndarray] = [none]
    tests: list[list[tuple[np.ndarray, int]]] = [[]]
    seen: dict[tuple[int, ...], int] = {}
    for r, (train, test) in enumerate(folds):
        depth.append(1)
        removed.append(np.setdiff1d(everything, train))
        tests.append([(test, len(folds))])
        if groups is None:
            continue
        whole = key(train)
        for removal, tested in _inner(r, train, groups, inner[r] if inner else ()):
            # What is left has the word of the whole without that of what is removed.
            name = tuple(a ^ b for a, b in zip(whole, key(removal), strict=True))
            if name in seen:
                tests[seen[name]].append((tested, r))
            else:
                seen[name] = len(depth)
                depth.append(2)
                removed.append(removal)
                tests.append([(tested, r)])
    flat = [(idx, row) for fit in tests for idx, row in fit]
    return Plan(
        np.array(depth, np.int64),
        _pointers([len(part) for part in removed]),
        np.concatenate(removed),
        _pointers([sum(len(idx) for idx, _ in fit) for fit in tests]),
        np.concatenate([idx for idx, _ in flat]),
        np.concatenate([np.full(len(idx), row, np.int64) for idx, row in flat]),
    )


def _inner(
    fold: int, train: np.ndarray, groups: np.ndarray, given: Indices
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What each inner fold of a fold removes from its training samples, and tests."""
    train = np.sort(train)
    for kept, tested in given:
        yield np.setdiff1d(train, kept), tested
    if given:
        return
    members = [m for m in _members(train, groups) if groups[m[0]] >= 0]
    if len(members) < 2:
        raise BadInput(
            f"The training part of fold {fold} holds one group only, so there is nothing to tune "
            "on. Give folds that train on at least two groups, or fix the grid point."
        )
    for group in members:
        yield group, group


def _members(train: np.ndarray, groups: np.ndarray) -> list[np.ndarray]:
    """The samples of each group among ``train``."""
    order = train[np.argsort(groups[train], kind="stable")]
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    return np.split(order, cuts)


def _pointers(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
