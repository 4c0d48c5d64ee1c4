from itertools import product

import numpy as np
import pytest
from scipy import stats
from simulation import clips, predicted

from mebench.errors import BadInput
from mebench.scoring import friedman, mcnemar, paired_test, permutation_test
from mebench.scoring.metrics import MEASURES
from mebench.scoring.significance import critical_difference, holm, signed_rank_test

#: What scipy calls the normal approximation, which it renamed.
NORMAL = "asymptotic" if '"asymptotic"' in (stats.wilcoxon.__doc__ or "") else "approx"


def test_permutation_test_equals_exchanging_by_hand():
    rng = np.random.default_rng(0)
    counts = clips(rng, 6, 3, 8)
    a, b = predicted(rng, counts, 0.2), predicted(rng, counts)
    for name, score in MEASURES.items():
        seen, larger = abs(score(a.sum(0)) - score(b.sum(0))), 0
        for pattern in range(64):
            x, y = a.copy(), b.copy()
            for s in range(6):
                if pattern >> s & 1:
                    x[s], y[s] = b[s], a[s]
            larger += abs(score(x.sum(0)) - score(y.sum(0))) >= seen - 1e-12
        assert permutation_test(a, b, measure=name) == larger / 64
        assert permutation_test(b, a, measure=name) == larger / 64


def test_false_positives_are_five_percent_and_differences_are_found():
    rng = np.random.default_rng(1)
    wrong = right = 0
    for repetition in range(400):
        counts = clips(rng, 24, 3, 6)
        a, b = predicted(rng, counts), predicted(rng, counts)
        wrong += permutation_test(a, b, n_permutations=499, seed=repetition) <= 0.05
        a = predicted(rng, counts, 0.5)
        right += permutation_test(a, b, n_permutations=499, seed=repetition) <= 0.05
    assert 0.03 <= wrong / 400 <= 0.07 and right / 400 > 0.6


def test_random_and_exact_exchanges_agree():
    rng = np.random.default_rng(2)
    counts = clips(rng, 12, 3, 8)
    a, b = predicted(rng, counts, 0.15), predicted(rng, counts)
    exact = permutation_test(a, b, n_permutations=4095)
    assert permutation_test(a, b, n_permutations=4000, seed=1) == pytest.approx(exact, abs=0.03)
    assert permutation_test(a, a) == 1.0


def test_mcnemar_is_the_binomial_test():
    rng = np.random.default_rng(3)
    for _ in range(20):
        a, b = rng.random((2, 60)) < [[0.6], [0.5]]
        only_a, only_b, p = mcnemar(a, b)
        assert (only_a, only_b) == (int((a & ~b).sum()), int((~a & b).sum()))
        assert p == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue)
    assert mcnemar(a, a) == (0, 0, 1.0)


def test_friedman_equals_scipy_and_demsar():
    rng = np.random.default_rng(4)
    table = rng.normal(size=(9, 4))
    found = friedman({str(i): table[:, i] for i in range(4)})
    expected = stats.friedmanchisquare(*table.T)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    for pair in found.pairs:
        x, y = table[:, int(pair["a"])], table[:, int(pair["b"])]
        assert pair["p"] == pytest.approx(stats.wilcoxon(x, y).pvalue)
        assert pair["p"] <= pair["p_holm"] <= 6 * pair["p"]
    # q.05 of Demšar's Table 5(a): 2.343 for 3 methods, 2.728 for 5.
    assert critical_difference(3, 1) == pytest.approx(2.343 * np.sqrt(3 * 4 / 6), abs=2e-3)
    assert critical_difference(5, 1) == pytest.approx(2.728 * np.sqrt(5 * 6 / 6), abs=2e-3)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("grain", [1, 2, 100])
def test_signed_ranks_by_all_signs(n, grain):
    """Ties, zeros or neither: all 2^n signs are tried, one after the other."""
    rng = np.random.default_rng(10 * n + grain)
    gap = rng.integers(-3 * grain, 3 * grain + 1, n) / grain
    ranks = [(np.abs(gap) < abs(g)).sum() + ((np.abs(gap) == abs(g)).sum() + 1) / 2 for g in gap]

    def total(signed):
        return sum(
            r if g > 0 else r / 2 if g == 0 else 0 for g, r in zip(signed, ranks, strict=True)
        )

    sums = np.array([total(gap * signs) for signs in product([1, -1], repeat=n)])
    low, high = (sums <= total(gap)).mean(), (sums >= total(gap)).mean()
    assert signed_rank_test(gap) == pytest.approx(min(1, 2 * min(low, high)), abs=1e-12)


def test_signed_ranks_equal_scipy_where_it_is_exact():
    rng = np.random.default_rng(0)
    for n in (6, 20, 50):
        gap = rng.normal(0.3, 1, n)
        exact = stats.wilcoxon(gap, method="exact").pvalue
        assert signed_rank_test(gap) == pytest.approx(exact, rel=1e-9)
    tied = rng.integers(-5, 6, 10) / 100
    theirs = stats.wilcoxon(tied, zero_method="zsplit").pvalue
    if NORMAL == "asymptotic":  # older ones take the approximation wherever values are tied
        assert signed_rank_test(tied) == pytest.approx(theirs, rel=1e-9)
    assert signed_rank_test(-tied) == pytest.approx(signed_rank_test(tied), rel=1e-9)
    assert signed_rank_test(np.zeros(5)) == 1.0


def test_many_databases_with_ties_are_near_the_normal_approximation():
    gap = np.random.default_rng(1).integers(-20, 24, 200) / 100
    normal = stats.wilcoxon(gap, zero_method="zsplit", method=NORMAL).pvalue
    assert signed_rank_test(gap) == pytest.approx(normal, rel=0.1)


def test_ties_of_ranks_equal_scipy():
    table = np.array([[0.5, 0.5, 0.4], [0.6, 0.5, 0.5], [0.7, 0.6, 0.5], [0.5, 0.5, 0.5]])
    expected = stats.friedmanchisquare(*table.T)
    assert friedman({str(i): table[:, i] for i in range(3)}).p == pytest.approx(expected.pvalue)


def test_holm():
    assert holm([0.01, 0.02, 0.03, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


def test_paired_test_says_everything():
    rng = np.random.default_rng(5)
    truth = rng.choice(list("ab"), 200)
    groups = np.repeat(np.arange(20), 10)
    other = np.where(truth == "a", "b", "a")
    a = np.where(rng.random(200) < 0.85, truth, other)
    b = np.where(rng.random(200) < 0.55, truth, other)
    found = paired_test(truth, a, b, groups, "ab")
    assert found.p_permutation < 0.01 and found.p_mcnemar < 0.01
    assert found.low > 0 and found.low < found.difference < found.high
    assert found.dominance > 0.5 and found.odds_ratio > 2
    assert found.better + found.worse + found.equal == 20
    mirror = paired_test(truth, b, a, groups, "ab")
    assert mirror.difference == pytest.approx(-found.difference)
    assert mirror.p_permutation == found.p_permutation and mirror.dominance == -found.dominance


def test_clear_errors():
    with pytest.raises(BadInput, match="Unknown measure 'kappa'"):
        permutation_test(np.ones((2, 2, 2)), np.ones((2, 2, 2)), measure="kappa")
    with pytest.raises(BadInput, match="1 databases"):
        friedman({"a": [1.0], "b": [2.0]})
    with pytest.raises(BadInput, match="1 empty"):
        friedman({"a": [1.0, 2.0], "b": [2.0, np.nan]})
