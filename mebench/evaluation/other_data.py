"""Other databases on the training side: to train on first, or beside, and never to be tested."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..datasets import Samples
from ..deep._running import running
from ..errors import BadInput
from ..methods import Method, get_method
from ..methods.extract import extract
from ..methods.fitting import seeded
from ..methods.parts import split_pipeline
from ..scoring.subjects import Fold, subject_keys
from ..storage.cache import ArrayCache, default_cache
from .labels import units_of
from .protocols import Protocol, get_protocol, name_of

__all__ = ["OnlyTrained", "check_other_people", "joined", "judged", "only_trained", "pretrained"]

Progress = Callable[[str, int, int], None]
_WHO = ["dataset", "subject"]


def pretrained(
    method: str | Method,
    other: Samples,
    source: str = "other data",
    *,
    seed: int = 0,
    on_error: str = "skip",
    cache: ArrayCache | bool = True,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Method:
    """The method with a network that was trained on other persons first.

    The network learns all of `other` once, with early stopping by some of its persons; every fold
    then begins with these weights and learns on. Its heads are new, so the classes may be others.

    Parameters
    ----------
    method : str or Method
        Of a network.
    other : Samples
        Of another database.
    source : str
        What it is, for the name and the title of the method.
    seed, cache, n_jobs, progress
        As in :func:`mebench.evaluate`.
    on_error : {'skip', 'error'}, default 'skip'
        Clips without a face.

    Raises
    ------
    BadInput
        A method without a network.

    See Also
    --------
    joined : other persons beside those of each training fold, for any method
    """
    recipe = get_method(method)
    estimator = seeded(recipe.build(), seed)
    steps, tail = split_pipeline(estimator)
    name, network = tail.steps[0]
    if not hasattr(network, "pretrain"):
        raise BadInput(
            f"{recipe.name} has no network that could be trained on {source} first. Put {source} "
            "on the training side of every fold with --also-train instead."
        )
    store = default_cache() if cache is True else cache or None
    # A stage of its own, so that the counts of the folds stay what they are.
    stage = None if progress is None else (lambda done, n: progress(f"{source}: features", done, n))
    found = extract(
        steps, other.clips, cache=store, on_error=on_error, n_jobs=n_jobs, progress=stage
    )
    kept = other.take(found.kept)
    if len(set(kept.y)) < 2:
        raise BadInput(f"{source} has one class only that could be trained on.")
    with running(progress, keep=bool(cache)):
        start = network.pretrain(
            found.matrix(), kept.y, groups=kept.groups, units=units_of(tail, kept.table),
            source=source,
        ).start  # fmt: skip

    def build() -> Any:
        return recipe.build().set_params(**{f"{name}__start": start})

    people = len(set(kept.groups))
    return replace(
        recipe,
        name=f"{recipe.name}+first-{source}",
        build=build,
        title=f"{recipe.title}; trained first on {source} ({len(kept)} clips, {people} persons)",
        heads={},
    )


def joined(samples: Samples, other: Samples, source: str) -> Samples:
    """Samples, and behind them others that are only to be trained on.

    Of the others those take part whose label is a class of the samples.

    Parameters
    ----------
    samples, other : Samples
    source : str
        What the others are, for notes.

    Returns
    -------
    Samples
        With the column ``only_trained``; evaluate them under :class:`OnlyTrained`.

    Raises
    ------
    BadInput
        No label in common, or persons who are in both.
    """
    check_other_people(samples, other, source)
    fits = np.isin(other.y, list(samples.classes))
    if not fits.any():
        raise BadInput(
            f"No clip of {source} has one of the classes {', '.join(samples.classes)}, so none "
            "can be trained on. Name a label set that both have, such as 3class."
        )
    more = other.take(fits)
    table = pd.concat(
        [samples.table.assign(only_trained=False), more.table.assign(only_trained=True)],
        ignore_index=True,
    )
    left = "" if fits.all() else f"; {int((~fits).sum())} of other classes left out"
    note = (
        f"also trained on {source} in every fold, and never tested on it: {len(more)} clips of "
        f"{len(set(more.groups))} persons{left}"
    )
    return Samples(
        [*samples.clips, *more.clips], table, samples.classes, [*samples.notes, note],
        samples.label_set,
    )  # fmt: skip


@dataclass(frozen=True)
class OnlyTrained:
    """A protocol among the rows to be tested, with the others on every training side.

    Parameters
    ----------
    among : str or callable
        The protocol.
    seed : int, default 0
        For protocols that draw.
    """

    among: str | Protocol
    seed: int = 0

    @property
    def __name__(self) -> str:
        return name_of(self.among)

    def __call__(self, table: pd.DataFrame) -> Iterator[Fold]:
        """The folds, in row numbers of the whole table."""
        extra = only_trained(table)
        rows, more = np.flatnonzero(~extra), np.flatnonzero(extra)
        part = table.iloc[rows].reset_index(drop=True)
        for fold in get_protocol(self.among, seed=self.seed)(part):
            yield Fold(fold.name, np.r_[rows[fold.train], more], rows[fold.test])


def only_trained(table: pd.DataFrame) -> np.ndarray:
    """Which rows are trained on only, ``(n,)`` of bool."""
    if "only_trained" not in table:
        return np.zeros(len(table), bool)
    return table["only_trained"].to_numpy(bool)


def judged(samples: Samples) -> Samples:
    """The samples without those that are only trained on."""
    extra = only_trained(samples.table)
    return samples.take(~extra) if extra.any() else samples


def check_other_people(samples: Samples, other: Samples, source: str) -> None:
    """Raise :class:`BadInput` where a person of `other` is among the samples."""
    tables = [samples.table[_WHO], other.table[_WHO]]
    # Together, so that two cameras of one database are known to have filmed the same persons.
    keys = subject_keys(pd.concat(tables, ignore_index=True))
    both = set(keys[: len(samples)]) & set(keys[len(samples) :])
    if both:
        raise BadInput(
            f"{source} has persons who are tested ({', '.join(sorted(both)[:5])}): training on "
            "them would be a leak. Name another database."
        )
