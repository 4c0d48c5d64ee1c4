"""Protocols by name: functions from a table of samples to folds."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import BadInput, did_you_mean
from ..methods.registry import imported
from ..plugins import Registry, registered
from ..scoring.subjects import Fold, subject_keys
from ._holdout import holdout
from .fixed_splits import FixedSplit, dfme_2024, is_split
from .subject_independent import (
    composite,
    cross_database,
    group_kfold,
    leave_one_database_out,
    loso,
)
from .subject_overlapping import kfold, lovo, random_split

__all__ = [
    "PROTOCOLS",
    "Fold",
    "Named",
    "Protocol",
    "composite",
    "cross_database",
    "get_protocol",
    "group_kfold",
    "holdout",
    "in_words",
    "kfold",
    "leave_one_database_out",
    "loso",
    "lovo",
    "name_of",
    "random_split",
    "register_protocol",
    "subject_keys",
]

#: From a table of samples to folds.
Protocol = Callable[[pd.DataFrame], Iterator[Fold]]


class Named(NamedTuple):
    """A protocol under its name: the function, the sentence under a table, what it takes."""

    function: Callable[..., Iterator[Fold]]
    words: str
    parameter: str = ""  # what stands after the colon in `name:value`
    seeded: bool = False


#: What a split file may be by mistake.
_TABLES = (".tsv", ".txt", ".xlsx", ".xls", ".ods", ".json")
_POOLED = "scores come from the predictions of all folds pooled."

_OURS: dict[str, Named] = {
    "loso": Named(
        loso,
        "Leave-one-subject-out: every person is tested by a model that never saw that person; "
        + _POOLED,
    ),
    "group-kfold": Named(
        group_kfold,
        "k folds of whole persons: every person is tested by a model that never saw that person; "
        + _POOLED,
        "n_splits",
    ),
    "holdout": Named(
        holdout,
        "Hold-out: some persons are tested by a model trained on the others, chosen so that the "
        "classes of the test set are distributed as in the whole.",
        "size",
        True,
    ),
    "cross-database": Named(
        cross_database,
        "Cross-database (HDE): each of two databases is tested by a model trained on the other.",
    ),
    "leave-one-database-out": Named(
        leave_one_database_out,
        "Leave-one-database-out: each database is tested by a model trained on all others; "
        + _POOLED,
    ),
    "composite": Named(
        composite,
        "Composite (CDE): leave-one-subject-out on the union of the databases; scores come from "
        "the predictions of all folds pooled, those of one database from its part of them.",
    ),
    "dfme-2024": Named(
        dfme_2024,
        "The parts of DFME as released in 2024: trained on the training part, tested on the test "
        "parts that have labels; " + _POOLED,
    ),
    "dfme-10fold": Named(
        partial(group_kfold, n_splits=10),
        "Ten folds of whole persons, as in the paper on DFME (which does not name them): every "
        "person is tested by a model that never saw that person; " + _POOLED,
    ),
    "lovo": Named(
        lovo,
        "Leave-one-clip-out, WITH PERSONS OVERLAPPING: the model has seen other clips of nearly "
        "every person that it is tested on; " + _POOLED,
    ),
    "kfold": Named(
        kfold,
        "Stratified k folds of clips, WITH PERSONS OVERLAPPING: the model has seen other clips of "
        "nearly every person that it is tested on; " + _POOLED,
        "n_splits",
        True,
    ),
    "random-split": Named(
        random_split,
        "One random split of the clips, WITH PERSONS OVERLAPPING: the model has seen other clips "
        "of nearly every person that it is tested on.",
        "size",
        True,
    ),
}

#: The protocols by name; those of other packages come last.
PROTOCOLS: dict[str, Named] = Registry(
    _OURS,
    registered("protocols", lambda name, one: register_protocol(name, one, one.__doc__ or "")),
)


def get_protocol(name: str | Protocol | Any, *, seed: int = 0) -> Protocol:
    """The protocol called `name`, or made of a splitter or function.

    Parameters
    ----------
    name : str, splitter or callable
        A name of :data:`PROTOCOLS`, with a number where it takes one: ``kfold:10``,
        ``group-kfold:10``, ``holdout:0.2`` (share of clips), ``holdout:5`` (subjects),
        ``random-split:0.3``; the path of a split file (``.csv``), see
        :class:`~mebench.evaluation.fixed_splits.FixedSplit`; ``package.module:object`` for one's
        own. A scikit-learn splitter:
        labels are its `y` and persons its `groups`. Or a function from the table of samples to
        :class:`Fold` or pairs (train, test) of positions.
    seed : int, default 0
        For the protocols that draw, and for splitters that shuffle without a ``random_state``.

    Returns
    -------
    callable
        From the table to folds.

    Raises
    ------
    BadInput
        No such protocol, or a number that it cannot take.

    See Also
    --------
    register_protocol

    Examples
    --------
    >>> table = pd.DataFrame({"dataset": "toy", "subject": list("aabbcc")})
    >>> [fold.test.tolist() for fold in get_protocol("group-kfold:3")(table)]
    [[0, 1], [2, 3], [4, 5]]
    >>> from sklearn.model_selection import LeaveOneGroupOut
    >>> folds = get_protocol(LeaveOneGroupOut())(table.assign(label="x"))
    >>> [fold.test.tolist() for fold in folds]
    [[0, 1], [2, 3], [4, 5]]
    """
    if hasattr(name, "split") and hasattr(name, "get_n_splits"):
        return partial(_split, name, seed)
    if callable(name):
        ours = any(name is known.function for known in PROTOCOLS.values())
        return name if ours else partial(_as_folds, name)
    if is_split(name):
        return FixedSplit(name)
    key, _, value = str(name).partition(":")
    if key not in PROTOCOLS:
        if value and ("." in key or value.isidentifier()):
            return get_protocol(imported(str(name), "protocol"), seed=seed)
        if Path(str(name)).suffix.lower() in _TABLES or Path(str(name)).exists():
            raise BadInput(
                f"{name} is no CSV file: a fixed split is one, called .csv, with the columns "
                "clip_id (or subject) and split. In a spreadsheet program save it as “CSV UTF-8”."
            )
        raise BadInput(
            f"Unknown protocol {key!r}.{did_you_mean(key, PROTOCOLS)} There is "
            f"{', '.join(PROTOCOLS)}; your own is named as package.module:object."
        )
    known = PROTOCOLS[key]
    settings: dict[str, Any] = {"seed": seed} if known.seeded else {}
    if value:
        if not known.parameter:
            raise BadInput(f"The protocol {key} takes no number, found {name!r}.")
        settings[known.parameter] = _number(value, str(name), whole=known.parameter == "n_splits")
    return partial(known.function, **settings) if settings else known.function


def _split(splitter: Any, seed: int, table: pd.DataFrame) -> Iterator[Fold]:
    """The folds of a scikit-learn splitter, which is left as it is."""
    own = copy(splitter)
    if getattr(own, "random_state", 0) is None and getattr(own, "shuffle", True):
        own.random_state = seed
    y = table["label"].astype(str).to_numpy(object) if "label" in table else None
    keys = subject_keys(table)
    try:
        with warnings.catch_warnings():  # that a splitter looks at no groups shows in its folds
            warnings.filterwarnings("ignore", "The groups parameter is ignored")
            found = list(own.split(np.zeros((len(table), 1)), y, keys))
        yield from _numbered(found)
    except ValueError as error:
        raise BadInput(f"{name_of(splitter)} cannot divide these clips: {error}") from error


def _as_folds(function: Callable[..., Any], table: pd.DataFrame) -> Iterator[Fold]:
    """What a function yields, pairs (train, test) made into folds."""
    try:
        found = function(table)
    except SystemExit as error:  # it would end the program, and perhaps with status 0
        raise BadInput(
            f"The protocol {function!r} ends the program instead of giving folds."
        ) from error
    yield from _numbered(found)


def _numbered(found: Any) -> Iterator[Fold]:
    for number, one in enumerate(found, 1):
        if all(hasattr(one, part) for part in ("name", "train", "test")):
            yield one
            continue
        try:
            train, test = (np.asarray(part) for part in one)
        except (TypeError, ValueError):
            raise BadInput(
                f"A protocol yields folds or pairs (train, test) of positions; found {one!r}."
            ) from None
        if train.dtype == bool and test.dtype == bool:
            train, test = np.flatnonzero(train), np.flatnonzero(test)
        if not all(np.issubdtype(part.dtype, np.integer) for part in (train, test) if part.size):
            raise BadInput("A protocol's pairs (train, test) are positions, whole numbers.")
        yield Fold(str(number), train.astype(int), test.astype(int))


def name_of(protocol: Any) -> str:
    """What a header calls a protocol.

    Examples
    --------
    >>> from sklearn.model_selection import GroupKFold
    >>> name_of("loso"), name_of(GroupKFold(3)).split("(")[0]
    ('loso', 'GroupKFold')
    """
    if isinstance(protocol, str):
        return protocol
    if hasattr(protocol, "split") and hasattr(protocol, "get_n_splits"):
        return " ".join(repr(protocol).split())
    return str(getattr(protocol, "__name__", type(protocol).__name__))


def register_protocol(
    name: str, function: Protocol, words: str = "", *, parameter: str = "", seeded: bool = False
) -> Protocol:
    """Make a protocol known by a name, as those of mebench are.

    Parameters
    ----------
    name : str
    function : callable
        From the table of samples to folds, or pairs (train, test).
    words : str
        The sentence under tables that says what it does.
    parameter : str, optional
        The keyword that is given the number after the colon, as in ``kfold:10``.
    seeded : bool, default False
        Whether it takes a keyword ``seed``.

    Returns
    -------
    callable
        `function`, so that this can be a decorator's last line.

    Raises
    ------
    BadInput
        There is a protocol of that name.

    See Also
    --------
    get_protocol
    """
    if ":" in name or name in PROTOCOLS:
        raise BadInput(f"A protocol cannot be called {name!r}: that name means something else.")

    def folds(table: pd.DataFrame, **given: Any) -> Iterator[Fold]:
        yield from _numbered(function(table, **given))

    PROTOCOLS[name] = Named(folds, words or f"Protocol {name}.", parameter, seeded)
    return function


def in_words(name: str) -> str:
    """The sentence that says what a protocol does."""
    if is_split(name):
        return (
            f"The fixed split of {Path(name).name}: clips that it tests are predicted by a model "
            "that was trained on those that it trains."
        )
    key, _, part = name.partition(":")
    if key == "test":
        return f"Trained on the dataset, tested on {part}, of which nothing was seen before."
    return PROTOCOLS[key].words if key in PROTOCOLS else f"Protocol {name}."


def _number(text: str, name: str, whole: bool) -> int | float:
    try:
        value = int(text) if whole or text.isdecimal() else float(text)
        if not math.isfinite(value) or value < 0:
            raise ValueError(text)
        return value
    except ValueError:
        expected = "a whole number" if whole else "a number, 0 or more"
        raise BadInput(
            f"After the colon in the protocol {name!r} stands {expected}, such as kfold:10 or "
            "holdout:0.2."
        ) from None
