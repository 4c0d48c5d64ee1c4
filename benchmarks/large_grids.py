"""The grid engine on thousands of samples against scikit-learn, in processor time of one run.

    python benchmarks/large_grids.py [--tiny] [--sizes 1600 3200 7500] [--fits 4]

The data are as hard as real histogram features: non-negative values in blocks that sum to 1,
scaled to unit length, so that all products lie near each other; shaped by the person, faintly by
one of 7 uneven classes, and by noise of counting. ``--blocks 75`` makes 4,425 features, the
default of 6 makes 354. For each of a few kernels the engine searches C = 0.1, 1, 10, 100 over ten
folds of whole persons; scikit-learn fits single folds of the same points in between. Printed are
the ratio of processor time per fit, and every prediction that differs on the sampled fits.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sklearn.svm import SVC

from mebench.svm import Point, search_grid
from mebench.svm.ahead import search_something

#: Shares of the classes in the training part of DFME.
SHARES = (548, 298, 278, 265, 206, 161, 100)
CS = (0.1, 1.0, 10.0, 100.0)
#: degree, gamma, coef0
KERNELS = ((2, 0.51, 1.0), (3, 0.11, 1.0), (5, 0.91, 1.0), (4, 0.5, 0.0))


def make_histograms(
    n: int, blocks: int, *, bins: int = 59, classes: tuple[int, ...] = SHARES, people: int = 0,
    signal: float = 0.035, seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Features ``(n, blocks * bins)``, labels and persons."""
    rng = np.random.default_rng(seed)
    k, people = len(classes), people or max(2, round(n / 11))
    y = rng.choice(k, n, p=np.array(classes) / sum(classes))
    size = rng.lognormal(0, 0.5, people)
    more = rng.choice(people, n - people, p=size / size.sum())
    groups = np.sort(np.concatenate([np.arange(people), more]))
    d = blocks * bins

    def shapes(rank: int) -> np.ndarray:
        return rng.normal(size=(rank, d)) / np.sqrt(rank)

    logits = rng.normal(0, 1.2, d) + (rng.normal(0, 0.25, (people, 20)) @ shapes(20))[groups]
    logits += (rng.normal(0, signal, (k, 8)) @ shapes(8))[y]
    logits += rng.normal(0, 0.25, (n, 12)) @ shapes(12)
    p = np.exp(logits.reshape(n, blocks, bins))
    counts = rng.poisson(300 * p / p.sum(-1, keepdims=True)).astype(float)
    X = (counts / np.maximum(counts.sum(-1, keepdims=True), 1)).reshape(n, d)
    return X / np.linalg.norm(X, axis=1, keepdims=True), y, groups


def folds_of(groups: np.ndarray, k: int = 10) -> list[tuple[np.ndarray, np.ndarray]]:
    fold = np.unique(groups, return_inverse=True)[1] % k
    return [(np.flatnonzero(fold != f), np.flatnonzero(fold == f)) for f in range(k)]


def compare(n: int, blocks: int, fits: int, kernels: list[int]) -> None:
    X, y, groups = make_histograms(n, blocks)
    gram, folds = X @ X.T, folds_of(groups)
    rng = np.random.default_rng(1)
    ours = theirs = 0.0
    tests = 0
    differ = []
    for degree, gamma, coef0 in [KERNELS[i] for i in kernels]:
        grid = [Point(degree, C, gamma, coef0) for C in CS]
        started = time.process_time()
        found = search_grid(gram, y, folds, grid)
        mine = (time.process_time() - started) / len(grid) / len(folds)
        spent = []
        for c in np.arange(fits) * (len(CS) - 1) // max(fits - 1, 1):
            f = int(rng.integers(len(folds)))
            train, test = folds[f]
            svc = SVC(kernel="poly", cache_size=1000, **grid[c]._asdict())
            started = time.process_time()
            told = svc.fit(X[train], y[train]).predict(X[test])
            spent.append(time.process_time() - started)
            tests += len(test)
            differ += [(grid[c], f, int(test[i])) for i in np.flatnonzero(told != found[c, test])]
        ours, theirs = ours + mine, theirs + float(np.mean(spent))
        print(f"  {degree=} {gamma=} {coef0=}: {1000 * mine:.1f} ms a fit, SVC "
              f"{1000 * np.mean(spent):.0f} ms, ratio {np.mean(spent) / mine:.1f}",
              flush=True)  # fmt: skip
    named = "; ".join(map(str, differ[:10])) or "none"
    print(f"{n} samples, {X.shape[1]} features: ratio {theirs / ours:.1f}; of {tests} predictions "
          f"of the sampled fits these differ: {named}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="in seconds: shows that it runs")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1600, 3200, 7500])
    parser.add_argument("--blocks", type=int, default=6)
    parser.add_argument("--fits", type=int, default=4, help="of SVC, for each kernel")
    parser.add_argument("--kernels", nargs="+", type=int, default=[0, 1, 2, 3], help="of the four")
    options = parser.parse_args()
    search_something()  # compiled
    X, y, groups = make_histograms(1300, 2, classes=(600, 600, 100))
    search_grid(X @ X.T, y, folds_of(groups, 3)[:1], [Point(2, 0.1, 0.5, 1.0)])  # for many samples
    for n in [120] if options.tiny else options.sizes:
        compare(n, options.blocks, 2 if options.tiny else options.fits, options.kernels)


if __name__ == "__main__":
    main()
