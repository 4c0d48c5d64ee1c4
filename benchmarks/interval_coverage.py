"""Do the 95 % intervals hold the truth in 95 % of the cases, and do the tests err in 5 %?

    python benchmarks/interval_coverage.py [--repetitions 1000] [--tiny]

Simulated subjects (tests/simulation.py) whose classes and skill differ; the truth is the score of
400,000 subjects. 1000 repetitions take about two minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from mebench.scoring import friedman, permutation_test
from mebench.scoring.bootstrap import interval, resamples
from mebench.scoring.metrics import MEASURES

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from simulation import clips, predicted

_CASES = ((3, 16, 10), (3, 24, 6), (3, 28, 5), (3, 68, 6.5), (5, 20, 8), (5, 26, 9), (5, 30, 9))


def coverage(
    n_classes: int, n_subjects: int, mean_clips: float, repetitions: int
) -> dict[str, float]:
    """Share of intervals that hold the truth, by measure."""
    rng = np.random.default_rng(1)
    many = predicted(rng, clips(rng, 400_000, n_classes, mean_clips)).sum(0)
    inside = dict.fromkeys(MEASURES, 0)
    for repetition in range(repetitions):
        blocks = predicted(rng, clips(rng, n_subjects, n_classes, mean_clips))
        drawn = np.tensordot(resamples(n_subjects, 2000, repetition), blocks, axes=1)
        for name, score in MEASURES.items():
            low, high = interval(score, blocks.sum(0), drawn, blocks.sum(0) - blocks)
            inside[name] += low <= score(many) <= high
    return {name: count / repetitions for name, count in inside.items()}


def false_positives(
    n_classes: int, n_subjects: int, mean_clips: float, repetitions: int
) -> dict[str, float]:
    """Share of p ≤ .05 between two methods of equal skill, by measure."""
    rng = np.random.default_rng(2)
    found = dict.fromkeys(("uf1", "uar", "accuracy"), 0)
    for repetition in range(repetitions):
        counts = clips(rng, n_subjects, n_classes, mean_clips)
        a, b = predicted(rng, counts), predicted(rng, counts)
        for name in found:
            p = permutation_test(a, b, measure=name, n_permutations=999, seed=repetition)
            found[name] += p <= 0.05
    return {name: count / repetitions for name, count in found.items()}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument(
        "--tiny", action="store_true", help="a few repetitions, to see that it runs"
    )
    options = parser.parse_args()
    repetitions = 5 if options.tiny else options.repetitions
    print(f"{repetitions} repetitions. classes, subjects, clips per subject")
    for case in _CASES:
        words = {k: f"{100 * v:.1f}" for k, v in coverage(*case, repetitions).items()}
        print("intervals that hold the truth, %", *case, words, flush=True)
    for case in _CASES[::2]:
        words = {k: f"{100 * v:.1f}" for k, v in false_positives(*case, repetitions).items()}
        print("false positives, %", *case, words, flush=True)
    rng = np.random.default_rng(3)
    for k, n in ((3, 8), (5, 8), (4, 12)):
        wrong = sum(
            friedman({str(i): rng.normal(size=n) for i in range(k)}).p <= 0.05
            for _ in range(repetitions)
        )
        print(
            f"Friedman, {k} methods, {n} databases: {100 * wrong / repetitions:.1f} %", flush=True
        )


if __name__ == "__main__":
    main()
