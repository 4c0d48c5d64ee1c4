"""Who is better than whom, as far as bundles can tell: places, groups, and where another stands.

Without the truth of each clip a paired test cannot be computed. What bundles have are the scores
and their intervals by bootstrap over persons. The difference of two of them gets an interval from
these by the method of variance estimates recovery (MOVER; Zou & Donner 2008), taken as
independent. Runs on the same clips agree more than independent ones, so this errs on the side of
"not different". Where the truth is in both bundles (data of one's own), methods are exchanged
within persons instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm

from ..bundles.bundle import Bundle
from ..bundles.contents import as_table
from ..scoring import permutation_test
from ..scoring.bootstrap import subject_blocks
from ..scoring.significance import holm
from ..scoring.subjects import subject_keys
from .entries import Entry

__all__ = ["Place", "difference_p", "groups", "places"]

_Z = float(norm.ppf(0.975))


@dataclass(frozen=True)
class Place:
    """An entry in its table.

    Parameters
    ----------
    entry : Entry
    rank : int
        1 is best; equal scores share a rank. 0 where it is not ranked.
    group : str
        ``A`` for the best and all that are not significantly different from it, ``B`` for the
        best of the rest and those like it, and so on; empty where it is not ranked.
    p : float
        Of its difference from the first of its group, corrected for their number; 1 for the
        first itself.
    """

    entry: Entry
    rank: int
    group: str
    p: float


def places(entries: Sequence[Entry], level: float = 0.05) -> list[Place]:
    """The entries of one task, best first; those that are not ranked come last."""
    ranked = sorted((e for e in entries if e.ranked), key=lambda e: (-e.value, e.method, e.key))
    others = sorted((e for e in entries if not e.ranked), key=lambda e: (-e.value, e.method, e.key))
    values = [e.value for e in ranked]
    found = [
        Place(e, 1 + sum(v > e.value + 1e-12 for v in values), group, p)
        for e, (group, p) in zip(ranked, groups(ranked, level), strict=True)
    ]
    return found + [Place(e, 0, "", math.nan) for e in others]


def groups(ranked: Sequence[Entry], level: float = 0.05) -> list[tuple[str, float]]:
    """Letter and corrected p of each entry, of entries in the order of their scores."""
    out: list[tuple[str, float] | None] = [None] * len(ranked)
    number = 0
    while None in out:
        open_ = [i for i, found in enumerate(out) if found is None]
        first, rest = open_[0], open_[1:]
        out[first] = (_letter(number), 1.0)
        p = holm([difference_p(ranked[first], ranked[i]) for i in rest]) if rest else []
        for i, value in zip(rest, p, strict=True):
            if value > level:
                out[i] = (_letter(number), value)
        number += 1
    return [found for found in out if found is not None]


def difference_p(a: Entry, b: Entry) -> float:
    """Two-sided p of the difference of two scores, paired where the truth is there.

    Examples
    --------
    >>> from types import SimpleNamespace as Run
    >>> bundle = Run(with_truth=False)
    >>> a = Run(value=0.7, interval=(0.6, 0.8), bundle=bundle, measure="uf1")
    >>> b = Run(value=0.5, interval=(0.4, 0.6), bundle=bundle, measure="uf1")
    >>> round(difference_p(a, b), 4)
    0.0056
    """
    if a.bundle.with_truth and b.bundle.with_truth and not a.bundle.units:
        paired = _paired_p(a.bundle, b.bundle, a.measure)
        if paired is not None:
            return paired
    better, worse = (a, b) if a.value >= b.value else (b, a)
    gap = better.value - worse.value
    if gap <= 0:
        return 1.0
    # Only the inner ends matter: how low the better, how high the worse may be.
    spread = math.hypot(better.value - better.interval[0], worse.interval[1] - worse.value) / _Z
    return 0.0 if spread <= 0 else float(2 * norm.sf(gap / spread))


def _paired_p(a: Bundle, b: Bundle, measure: str) -> float | None:
    one, other = as_table(a), as_table(b)
    if a.classes != b.classes or set(one["clip_id"]) != set(other["clip_id"]):
        return None
    other = other.set_index("clip_id").loc[one["clip_id"]].reset_index()
    if (one["y_true"] != other["y_true"]).any():
        return None
    blocks: list[Any] = [
        subject_blocks(
            t["y_true"].to_numpy(object), t["y_pred"].to_numpy(object), subject_keys(t), a.classes
        )
        for t in (one, other)
    ]
    return permutation_test(*map(np.asarray, blocks), measure=measure, n_permutations=1999)


def _letter(number: int) -> str:
    """A to Z, then AA and so on."""
    text = ""
    number += 1
    while number:
        number, last = divmod(number - 1, 26)
        text = chr(65 + last) + text
    return text
