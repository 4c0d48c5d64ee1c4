"""Is one method better than another? Paired tests, with what they say in a sentence.

Two methods that predicted the same clips are compared by subjects, because the clips of one
person are not independent. Several methods over several databases are compared by ranks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from .bootstrap import drawn_blocks, interval, subject_blocks
from .metrics import get_measure

__all__ = [
    "Friedman",
    "PairedTest",
    "critical_difference",
    "friedman",
    "holm",
    "mcnemar",
    "paired_test",
    "permutation_test",
    "signed_rank_test",
]


def permutation_test(
    a: np.ndarray,
    b: np.ndarray,
    *,
    measure: str = "uf1",
    n_permutations: int = 9999,
    seed: int = 0,
) -> float:
    """p-value of the difference of two pooled scores, by exchanging methods within subjects.

    Under the null hypothesis nobody could tell which method gave which predictions of a
    subject. So for each subject, with probability 1/2 and independently, *all* predictions of
    that subject are exchanged between the methods; both pooled scores are computed anew; and p
    is the share of such exchanges whose absolute difference of scores is at least the observed
    one. The observed one counts among them, so p is never 0: with m random exchanges,
    p = (1 + number at least as large) / (1 + m). Where 2^n_subjects is at most
    ``n_permutations + 1``, all exchanges are enumerated and p is exact. The test is two-sided.

    Parameters
    ----------
    a, b : ndarray ``(n_subjects, n_classes, n_classes)``
        Confusion matrix of each subject under either method, of the same clips
        (:func:`mebench.scoring.bootstrap.subject_blocks`).
    measure : str, default 'uf1'
        One of :data:`mebench.evaluation.MEASURES`.
    n_permutations : int, default 9999
    seed : int, default 0

    Returns
    -------
    float

    Examples
    --------
    Four subjects, all better under `a`: the most extreme of 16 exchanges, and its mirror.

    >>> a = np.tile(np.array([[4, 0], [0, 4]]), (4, 1, 1))
    >>> b = np.tile(np.array([[2, 2], [2, 2]]), (4, 1, 1))
    >>> permutation_test(a, b)
    0.125
    """
    score = get_measure(measure)
    # Products of small whole numbers are exact; the draws lie along the last axis, over which
    # whatever a measure computes runs fastest.
    changes = (b - a).reshape(len(a), -1).astype(float)
    moves = np.rint(changes.T @ _exchanges(len(a), n_permutations, seed)).astype(np.int64)
    move = np.moveaxis(moves.reshape(*a.shape[1:], -1), -1, 0)
    difference = np.abs(score(a.sum(0) + move) - score(b.sum(0) - move))
    # The first row exchanges nobody: it is the observed difference.
    return float((difference >= difference[0] - 1e-12).mean())


@lru_cache(maxsize=4)
def _exchanges(n: int, n_permutations: int, seed: int) -> np.ndarray:
    """Which of `n` subjects are exchanged in each draw, ``(n, n_draws)``; nobody in the first."""
    if 2**n <= n_permutations + 1:
        exchanged = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    else:
        rng = np.random.default_rng(seed)
        exchanged = rng.integers(0, 2, (n_permutations, n))
        exchanged = np.concatenate([np.zeros((1, n), np.int64), exchanged])
    out = np.ascontiguousarray(exchanged.T, dtype=float)
    out.flags.writeable = False  # it is shared through the cache
    return out


def mcnemar(right_a: np.ndarray, right_b: np.ndarray) -> tuple[int, int, float]:
    """McNemar's exact test on clips.

    It asks whether, among the clips that exactly one of the two methods has right, the two
    share alike. It takes clips as independent, which clips of one person are not, so its p is
    on the small side; the test by subjects is :func:`permutation_test`.

    Parameters
    ----------
    right_a, right_b : ndarray ``(n,)`` of bool

    Returns
    -------
    tuple of int, int, float
        Clips that only a has right, that only b has right, and the two-sided p-value.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12, 1947.

    Examples
    --------
    >>> mcnemar(np.array([1, 1, 1, 1, 1, 0, 1], bool), np.array([0, 0, 0, 0, 0, 1, 1], bool))
    (5, 1, 0.21875)
    """
    only_a = int((right_a & ~right_b).sum())
    only_b = int((right_b & ~right_a).sum())
    n, few = only_a + only_b, min(only_a, only_b)
    p = 2 * sum(comb(n, k) for k in range(few + 1)) / 2**n if n else 1.0
    return only_a, only_b, min(1.0, p)


def signed_rank_test(differences: Sequence[float] | np.ndarray) -> float:
    """p-value of Wilcoxon's signed-rank test, exact also where differences are tied or zero.

    Under the null hypothesis each difference may as well have the other sign. The distribution
    of the sum of ranks over all 2^n signs is built up one difference after the other, on a grid
    of half ranks, which holds the middle ranks of ties; so no n is too large to be exact. A
    difference of zero has half its rank on either side (Pratt's ranks, split). The test is
    two-sided: twice the smaller tail.

    Parameters
    ----------
    differences : sequence of float ``(n,)``

    Returns
    -------
    float
        1 where all differences are zero.

    See Also
    --------
    friedman : Which asks this for each pair of methods.
    scipy.stats.wilcoxon : The same up to 13 ties or zeros, by trying all signs; an approximation
        beyond.

    References
    ----------
    F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945.

    Examples
    --------
    Six databases, all in favour of one: the fewest from which anything can follow.

    >>> signed_rank_test([0.1, 0.1, 0.2, 0.3, 0.3, 0.5])
    0.03125
    """
    from scipy import stats

    gap = np.asarray(differences, float)
    ranks = np.rint(2 * stats.rankdata(np.abs(gap))).astype(np.int64)  # in half ranks
    moving = ranks[gap != 0]
    chance = np.ones(1)  # of each sum of ranks
    for rank in moving:
        both = np.zeros(len(chance) + rank)
        both[: len(chance)] += chance / 2
        both[rank:] += chance / 2
        chance = both
    seen = int(ranks[gap > 0].sum())
    return float(min(1.0, 2 * min(chance[: seen + 1].sum(), chance[seen:].sum())))


def holm(p: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm 1979): compare them with the level as they are.

    Examples
    --------
    >>> [round(x, 3) for x in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    found = np.asarray(p, float)
    order = np.argsort(found, kind="stable")
    steps = found[order] * (len(found) - np.arange(len(found)))
    out = np.empty(len(found))
    out[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return out.tolist()


@dataclass(frozen=True)
class PairedTest:
    """Two methods on the same clips.

    Parameters
    ----------
    measure : str
    score_a, score_b : float
        Pooled scores.
    difference, low, high : float
        ``score_a - score_b`` and its 95 % interval by bootstrap over subjects.
    p_permutation : float
        :func:`permutation_test`.
    better, worse, equal : int
        Subjects of whose clips a has more, fewer or as many right as b.
    dominance : float
        Effect size by subjects: (better − worse) / subjects, from −1 to 1.
    only_a, only_b : int
        Clips that only one of the two has right.
    odds_ratio : float
        Effect size by clips: only_a / only_b, ½ added to both where one is 0.
    p_mcnemar : float
        :func:`mcnemar`.
    n_subjects, n_clips : int
    """

    measure: str
    score_a: float
    score_b: float
    difference: float
    low: float
    high: float
    p_permutation: float
    better: int
    worse: int
    equal: int
    dominance: float
    only_a: int
    only_b: int
    odds_ratio: float
    p_mcnemar: float
    n_subjects: int
    n_clips: int


def paired_test(
    y_true: np.ndarray,
    pred_a: np.ndarray,
    pred_b: np.ndarray,
    groups: np.ndarray,
    classes: Sequence[str],
    *,
    measure: str = "uf1",
    n_permutations: int = 9999,
    n_resamples: int = 2000,
    seed: int = 0,
) -> PairedTest:
    """Everything about the difference of two methods on the same clips.

    Parameters
    ----------
    y_true, pred_a, pred_b, groups : ndarray ``(n,)``
        Labels, predictions of either method, and subject keys.
    classes : sequence of str
    measure : str, default 'uf1'
    n_permutations, n_resamples, seed : int

    Examples
    --------
    >>> truth = np.array(list("abababab"))
    >>> found = paired_test(truth, truth, np.full(8, "a"), np.repeat([1, 2, 3, 4], 2), "ab")
    >>> round(found.difference, 3), found.p_permutation, found.better, found.only_a
    (0.667, 0.125, 4, 4)
    """
    score = get_measure(measure)
    a = subject_blocks(y_true, pred_a, groups, classes)
    b = subject_blocks(y_true, pred_b, groups, classes)
    both = np.stack([a, b], axis=1)

    def difference(pair: np.ndarray) -> np.ndarray:
        return score(pair[..., 0, :, :]) - score(pair[..., 1, :, :])

    drawn = drawn_blocks(both, n_resamples, seed)
    low, high = interval(difference, both.sum(0), drawn, both.sum(0) - both)
    hits = np.trace(a, axis1=1, axis2=2) - np.trace(b, axis1=1, axis2=2)
    only_a, only_b, p_clips = mcnemar(pred_a == y_true, pred_b == y_true)
    extra = 0.5 if min(only_a, only_b) == 0 else 0.0
    better, worse = int((hits > 0).sum()), int((hits < 0).sum())
    return PairedTest(
        measure=measure,
        score_a=float(score(a.sum(0))),
        score_b=float(score(b.sum(0))),
        difference=float(difference(both.sum(0))),
        low=low,
        high=high,
        p_permutation=permutation_test(
            a, b, measure=measure, n_permutations=n_permutations, seed=seed
        ),
        better=better,
        worse=worse,
        equal=len(hits) - better - worse,
        dominance=(better - worse) / len(hits),
        only_a=only_a,
        only_b=only_b,
        odds_ratio=(only_a + extra) / (only_b + extra),
        p_mcnemar=p_clips,
        n_subjects=len(hits),
        n_clips=len(y_true),
    )


@dataclass(frozen=True)
class Friedman:
    """Several methods over several databases, by ranks (1 is best).

    Parameters
    ----------
    methods : list of str
    ranks : list of float
        Mean rank of each method over the databases.
    statistic, p : float
        Friedman's chi-square and its p-value.
    kendalls_w : float
        Effect size: agreement of the databases on the ranking, 0 to 1.
    pairs : list of dict
        For each pair ``a, b, difference`` (mean of scores), ``p`` of Wilcoxon's signed-rank test
        and ``p_holm``, corrected for the number of pairs.
    critical_difference : float
        Of mean ranks, by Nemenyi's test at 5 %.
    n_datasets : int
    """

    methods: list[str]
    ranks: list[float]
    statistic: float
    p: float
    kendalls_w: float
    pairs: list[dict[str, Any]]
    critical_difference: float
    n_datasets: int


def friedman(scores: pd.DataFrame | Mapping[str, Sequence[float]]) -> Friedman:
    """Friedman's test, Wilcoxon's with Holm's correction, and the critical difference.

    Parameters
    ----------
    scores : DataFrame
        One row per database, one column per method.

    Raises
    ------
    BadInput
        Fewer than two methods or databases, or a score is missing.

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006.
    A. Benavoli, G. Corani, F. Mangili, "Should we really use post-hoc tests based on
    mean-ranks?", JMLR 17, 2016.

    Examples
    --------
    >>> found = friedman({"x": [.9, .8, .7, .6], "y": [.8, .7, .6, .5], "z": [.7, .6, .5, .4]})
    >>> found.ranks, round(found.statistic, 3), round(found.p, 4), round(found.kendalls_w, 3)
    ([1.0, 2.0, 3.0], 8.0, 0.0183, 1.0)
    """
    from scipy import stats

    table = pd.DataFrame(scores)
    n, k = table.shape
    if n < 2 or k < 2 or table.isna().any().any():
        raise BadInput(
            f"Ranks need at least two methods that all ran on the same two or more databases; "
            f"found {k} methods, {n} databases and {int(table.isna().sum().sum())} empty places."
        )
    ranks = np.stack([stats.rankdata(-row) for row in table.to_numpy(float).round(12)])
    mean = ranks.mean(0)
    # Ties are corrected for by the variance of the ranks as they are.
    variance = ((ranks - (k + 1) / 2) ** 2).sum() / (n * (k - 1))
    spread = ((mean - (k + 1) / 2) ** 2).sum()
    statistic = float(n * spread / variance) if variance > 0 else 0.0
    pairs: list[dict[str, Any]] = []
    for i in range(k):
        for j in range(i + 1, k):
            gap = (table.iloc[:, i] - table.iloc[:, j]).to_numpy(float).round(12)
            names = str(table.columns[i]), str(table.columns[j])
            pairs.append({"a": names[0], "b": names[1], "difference": float(gap.mean()),
                          "p": signed_rank_test(gap)})  # fmt: skip
    for pair, corrected in zip(pairs, holm([float(pair["p"]) for pair in pairs]), strict=True):
        pair["p_holm"] = corrected
    return Friedman(
        methods=[str(c) for c in table.columns],
        ranks=mean.tolist(),
        statistic=statistic,
        p=float(stats.chi2.sf(statistic, k - 1)),
        kendalls_w=statistic / (n * (k - 1)),
        pairs=pairs,
        critical_difference=critical_difference(k, n),
        n_datasets=n,
    )


def critical_difference(n_methods: int, n_datasets: int, level: float = 0.05) -> float:
    """Difference of mean ranks from which two of the methods differ (Nemenyi 1963).

    Examples
    --------
    >>> round(critical_difference(5, 30), 2)
    1.11
    """
    from scipy import stats

    q = stats.studentized_range.ppf(1 - level, n_methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(n_methods * (n_methods + 1) / (6 * n_datasets)))
