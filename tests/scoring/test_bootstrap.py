import numpy as np
import pytest
from simulation import clips, predicted

from mebench.scoring import bootstrap_intervals
from mebench.scoring.bootstrap import interval, resamples, subject_blocks
from mebench.scoring.metrics import MEASURES


@pytest.mark.parametrize(("n_classes", "n_subjects", "mean_clips"), [(3, 24, 6), (5, 26, 9)])
def test_95_percent_of_the_intervals_hold_the_truth(n_classes, n_subjects, mean_clips):
    # benchmarks/coverage.py does this at full size; 92 to 98 % are asked for. Here the standard
    # deviation of 400 repetitions is 1.1 %, which widens the bounds by two of them at the low end.
    rng = np.random.default_rng(1)
    many = predicted(rng, clips(rng, 100_000, n_classes, mean_clips)).sum(0)
    inside = dict.fromkeys(MEASURES, 0)
    for repetition in range(400):
        blocks = predicted(rng, clips(rng, n_subjects, n_classes, mean_clips))
        drawn = np.tensordot(resamples(n_subjects, 600, repetition), blocks, axes=1)
        for name, score in MEASURES.items():
            low, high = interval(score, blocks.sum(0), drawn, blocks.sum(0) - blocks)
            assert low <= score(blocks.sum(0)) <= high
            inside[name] += low <= score(many) <= high
    for name, count in inside.items():
        assert 0.92 <= count / 400 <= 0.98, (name, count / 400)


def test_blocks_are_the_subjects_confusion_matrices():
    truth, guess = np.array(list("abab")), np.array(list("aabb"))
    blocks = subject_blocks(truth, guess, np.array(["y", "y", "x", "x"]), "ab")
    assert blocks.tolist() == [[[0, 1], [0, 1]], [[1, 0], [1, 0]]]


def test_one_subject_has_no_interval():
    truth = np.array(list("abab"))
    low, high = bootstrap_intervals(truth, truth, np.zeros(4), "ab")["uf1"]
    assert np.isnan(low) and np.isnan(high)


def test_perfect_predictions_and_the_same_seed():
    truth, groups = np.array(list("abab") * 5), np.repeat(np.arange(5), 4)
    assert set(bootstrap_intervals(truth, truth, groups, "ab").values()) == {(1.0, 1.0)}
    guess = np.random.default_rng(0).permutation(truth)
    assert bootstrap_intervals(truth, guess, groups, "ab", seed=3) == bootstrap_intervals(
        truth, guess, groups, "ab", seed=3
    )
