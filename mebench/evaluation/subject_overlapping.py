"""Protocols under which persons are on both sides: to show what that hides, never to report."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring.subjects import Fold

__all__ = ["kfold", "lovo", "random_split"]


def lovo(table: pd.DataFrame) -> Iterator[Fold]:
    """Leave one clip ("video") out. Other clips of the same person stay in the training set.

    Parameters
    ----------
    table : DataFrame
        With column ``clip_id``, which names the folds.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("xyz")})
    >>> [(fold.name, fold.train.tolist()) for fold in lovo(table)]
    [('x', [1, 2]), ('y', [0, 2]), ('z', [0, 1])]
    """
    rows = np.arange(len(table))
    if len(rows) < 2:
        raise BadInput(f"Leaving one clip out needs at least two clips, found {len(rows)}.")
    for row, clip in zip(rows, table["clip_id"], strict=True):
        yield Fold(str(clip), np.delete(rows, row), rows[row : row + 1])


def kfold(table: pd.DataFrame, *, n_splits: int = 5, seed: int = 0) -> Iterator[Fold]:
    """Stratified k folds of clips, whoever they show.

    Parameters
    ----------
    table : DataFrame
        With column ``label``.
    n_splits : int, default 5
        Number of folds.
    seed : int, default 0
        The clips are shuffled.

    Examples
    --------
    >>> table = pd.DataFrame({"label": list("aaaabb")})
    >>> [table["label"].iloc[fold.test].tolist() for fold in kfold(table, n_splits=2)]
    [['a', 'a', 'b'], ['a', 'a', 'b']]
    """
    from sklearn.model_selection import StratifiedKFold

    y = table["label"].astype(str).to_numpy(object)
    largest = max((int((y == c).sum()) for c in set(y)), default=0)
    if not 2 <= n_splits <= largest:
        raise BadInput(
            f"{n_splits} stratified folds cannot be made where the largest class has {largest} "
            "clips: choose a number from 2 to that."
        )
    with warnings.catch_warnings():
        # Classes with fewer clips than folds are spread as far as they go.
        warnings.simplefilter("ignore", UserWarning)
        splits = list(
            StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(y, y.astype(str))
        )
    for number, (train, test) in enumerate(splits, 1):
        yield Fold(f"{number}", train, test)


def random_split(table: pd.DataFrame, *, size: float = 0.2, seed: int = 0) -> Iterator[Fold]:
    """One random division of the clips, whoever they show.

    Parameters
    ----------
    table : DataFrame
    size : float or int, default 0.2
        Share of the clips to test on; a whole number counts clips.
    seed : int, default 0

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("abcdefghij")})
    >>> [(len(fold.train), len(fold.test)) for fold in random_split(table, size=0.3)]
    [(7, 3)]
    """
    n = len(table)
    n_test = round(size * n) if isinstance(size, float) else int(size)
    if not 0 < n_test < n:
        raise BadInput(
            f"A test set of {size} of {n} clips leaves nothing to test or to train on: choose a "
            "share between 0 and 1, or fewer clips."
        )
    order = np.random.default_rng(seed).permutation(n)
    yield Fold("test", np.sort(order[n_test:]), np.sort(order[:n_test]))
