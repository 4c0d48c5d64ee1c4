"""Successive halving beside the exhaustive nested search: how often it chooses otherwise.

    python benchmarks/halving.py [--tiny] [--samples 246 600] [--folds 5] [--seeds 3]

Data as of large_grids.py. Printed are in how many folds both choose the same point, how much lower
the exhaustive inner score of halving's choice is at most, and the processor seconds of both.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from large_grids import folds_of, make_histograms

from mebench.svm import halving_search, nested_search


def compare(n: int, k: int, seed: int, grid: str) -> tuple[int, int, float, float, float]:
    """Folds, of which alike, largest loss of inner score, seconds of halving and exhaustive."""
    X, y, groups = make_histograms(n, 6, classes=(63, 32, 99, 27, 25), seed=seed)
    gram, folds = X @ X.T, folds_of(groups, k)
    started = time.process_time()
    few = halving_search(gram, y, folds, groups, grid, n_classes=5, seed=seed)
    middle = time.process_time()
    whole = nested_search(gram, y, folds, groups, grid, n_classes=5)
    ended = time.process_time()
    every = np.arange(k)
    loss = whole.inner_scores[whole.chosen, every] - whole.inner_scores[few.chosen, every]
    alike = int((few.chosen == whole.chosen).sum())
    return k, alike, float(loss.max()), middle - started, ended - middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="in seconds: shows that it runs")
    parser.add_argument("--samples", nargs="+", type=int, default=[246, 600])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--grid", default="coarse")
    options = parser.parse_args()
    if options.tiny:
        options.samples, options.folds, options.seeds = [120], 2, 1
    halving_search(*_small(), "linear")
    nested_search(*_small(), "linear")  # compiled
    for n in options.samples:
        found = [compare(n, options.folds, s, options.grid) for s in range(options.seeds)]
        sums = np.array(found).sum(axis=0)
        loss = max(each[2] for each in found)
        print(f"{n} samples, {options.grid}: {sums[0]:.0f} folds, the same choice in "
              f"{sums[1]:.0f}, largest loss of inner UF1 {loss:.3f}; "
              f"{sums[3]:.1f} s against {sums[4]:.1f} s, ratio "
              f"{sums[4] / sums[3]:.1f}", flush=True)  # fmt: skip


def _small() -> tuple:
    X, y, groups = make_histograms(80, 2)
    return X @ X.T, y, folds_of(groups, 2), groups


if __name__ == "__main__":
    main()
