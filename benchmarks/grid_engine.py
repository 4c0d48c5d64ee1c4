"""The grid engine against GridSearchCV(SVC): speed, nested tuning, agreement, memory, growth.

    python benchmarks/grid_engine.py [--tiny] [--n-jobs 2] [--only speed agreement growth]

Makes its own data: 246 samples of 26 subjects in 5 overlapping classes (63/32/99/27/25), with 4425
and 72 features. Prints tables, and writes them with a plot to benchmarks/results/. The peer runs a
stated sample of the points and is scaled up. The whole takes about half an hour on two cores;
``--tiny`` takes seconds and shows only that everything runs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.svm import SVC

from mebench.storage.memory import peak_mib
from mebench.svm import Point, nested_search, points, search_grid

RESULTS = Path(__file__).parent / "results"
COUNTS = (63, 32, 99, 27, 25)
SUBJECTS = (
    18,
    17,
    16,
    15,
    14,
    13,
    13,
    12,
    12,
    11,
    11,
    10,
    10,
    9,
    9,
    8,
    8,
    7,
    7,
    6,
    6,
    5,
    4,
    3,
    1,
    1,
)


def make_data(
    n_features: int, n: int = 246, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positive features with a faint class signal, a stronger one of the subject, and noise."""
    rng = np.random.default_rng(seed)
    times = n / sum(COUNTS)
    y = np.repeat(np.arange(5), np.diff(np.round(np.cumsum((0, *COUNTS)) * times).astype(int)))
    rng.shuffle(y)
    groups = np.repeat(
        np.arange(26), np.diff(np.round(np.cumsum((0, *SUBJECTS)) * times).astype(int))
    )
    rank = 12
    hidden = (
        rng.normal(size=(n, rank))
        + 0.6 * rng.normal(size=(5, rank))[y]
        + 0.7 * rng.normal(size=(groups.max() + 1, rank))[groups]
    )
    X = hidden @ rng.normal(size=(rank, n_features)) / np.sqrt(rank)
    X = np.abs(X + 0.5 * rng.normal(size=(n, n_features)))
    return 3 * X / np.linalg.norm(X, axis=1).mean(), y, groups


def folds_of(groups: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in np.unique(groups)]


def timed(run: Callable, *args: Any, **options: Any) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    run(*args, **options)
    return time.perf_counter() - wall, time.process_time() - cpu


def as_dict(point: Point) -> dict[str, list]:
    return {name: [value] for name, value in point._asdict().items()}


def sample_of(grid: list[Point], n: int, seed: int = 0) -> list[Point]:
    chosen = np.random.default_rng(seed).choice(len(grid), min(n, len(grid)), replace=False)
    return [grid[i] for i in sorted(chosen)]


def speed(tiny: bool, n_jobs: int) -> list[str]:
    grid = points("coarse")[::80] if tiny else points("thesis")
    lines = [
        f"{len(grid)} points, {n_jobs} threads; seconds (processor seconds)",
        "features  search         nested         GridSearchCV   ratio  peak",
    ]
    for n_features in (72, 4425):
        X, y, groups = make_data(n_features)
        folds = folds_of(groups)
        gram = X @ X.T
        search_grid(gram, y, folds, [Point(2, 1.0, 0.1, 1.0)])  # compiles
        wall, cpu = timed(search_grid, gram, y, folds, grid, n_jobs=n_jobs)
        nested = timed(nested_search, gram, y, folds, groups, grid, n_jobs=n_jobs)
        memory = peak_mib() or float("nan")
        some = sample_of(grid, 2 if tiny else (64 if n_features < 1000 else 16))
        search = GridSearchCV(
            SVC(kernel="poly"),
            [as_dict(point) for point in some],
            cv=LeaveOneGroupOut(),
            n_jobs=n_jobs,
            refit=False,
            scoring="accuracy",
        )
        search.fit(X[:, :72], y, groups=groups)  # starts the workers
        peer, _ = timed(search.fit, X, y, groups=groups)
        scaled = peer * len(grid) / len(some)
        lines.append(
            f"{n_features:8d}  {wall:6.1f} ({cpu:5.1f})  {nested[0]:6.1f} ({nested[1]:5.1f})  "
            f"{scaled:8.0f} ({len(some)} pts) {scaled / wall:6.0f}x {memory:5.0f} MiB"
        )
    return lines


def agreement(tiny: bool, n_jobs: int) -> list[str]:
    lines = ["features  fits  predictions  differ  of which near a tie  libsvm steps per pair"]
    grid = points("coarse" if tiny else "thesis")
    rng = np.random.default_rng(1)
    for n_features in (72, 4425):
        X, y, groups = make_data(n_features)
        folds = folds_of(groups)
        some = sample_of(grid, 4 if tiny else 100, seed=2)
        table = search_grid(X @ X.T, y, folds, some, n_jobs=n_jobs)
        fits = tests = differ = near = 0
        steps = []
        for point, row in zip(some, table, strict=True):
            for f in rng.choice(len(folds), 3 if tiny else 10, replace=False):
                train, test = folds[f]
                svc = SVC(kernel="poly", decision_function_shape="ovo", **point._asdict())
                svc.fit(X[train], y[train])
                wrong = row[test] != svc.predict(X[test])
                values = np.abs(svc.decision_function(X[test]))
                fits += 1
                tests += len(test)
                differ += int(wrong.sum())
                near += int((values[wrong].min(axis=1, initial=np.inf) < 2e-3).sum())
                steps.append(svc.n_iter_)
        lines.append(
            f"{n_features:8d} {fits:5d} {tests:12d} {differ:7d} {near:20d}"
            f"  median {np.median(steps):.0f}, largest {np.max(steps)}"
        )
    return lines


def fit_folds(svc: SVC, X: np.ndarray, y: np.ndarray, folds: list) -> None:
    for train, test in folds:
        svc.fit(X[train], y[train]).predict(X[test])


def growth(tiny: bool, n_jobs: int) -> list[str]:
    """Cost over samples (16 points) and over points (246 samples), as a table and a plot."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    sizes = (100, 200) if tiny else (100, 200, 400, 800, 1600, 3200)
    grid = sample_of(points("coarse"), 4 if tiny else 6, seed=3)
    lines = [f"samples  subjects  search of {len(grid)} points  one GridSearchCV point"]
    ours, theirs = [], []
    for n in sizes:
        X, y, groups = make_data(72, n)
        folds = folds_of(groups)
        gram = X @ X.T
        ours.append(timed(search_grid, gram, y, folds, grid, n_jobs=n_jobs)[0])
        svc = SVC(kernel="poly", **grid[len(grid) // 2]._asdict())
        few = folds[:: max(1, len(folds) // 8)]
        theirs.append(timed(fit_folds, svc, X, y, few)[0] * len(folds) / len(few) / n_jobs)
        lines.append(f"{n:7d} {len(folds):9d} {ours[-1]:16.2f} s {theirs[-1]:20.2f} s")

    X, y, groups = make_data(72)
    gram, folds = X @ X.T, folds_of(groups)
    thesis = points("thesis")
    steps = (100, 20) if tiny else (50, 20, 10, 4, 1)
    counts, costs = [], []
    lines.append("points  search of 246 samples")
    for step in steps:
        # Every few gammas, so that the grid stays one: kernels are shared within it.
        gammas = sorted({p.gamma for p in thesis})[::step]
        part = [p for p in thesis if p.gamma in gammas and (not tiny or p.degree == 2)]
        counts.append(len(part))
        costs.append(timed(search_grid, gram, y, folds, part, n_jobs=n_jobs)[0])
        lines.append(f"{counts[-1]:6d} {costs[-1]:10.2f} s")

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.loglog(sizes, np.array(ours) / len(grid), "o-", label="grid engine, per point")
    left.loglog(sizes, theirs, "s--", label="SVC, per point")
    left.set(xlabel="samples", ylabel="seconds, all folds")
    left.legend()
    right.loglog(counts, costs, "o-")
    right.set(xlabel="grid points", ylabel="seconds, 246 samples, 26 folds")
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / "grid_engine.png", dpi=120)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a few points, in seconds")
    parser.add_argument("--n-jobs", type=int, default=2)
    parts = {"speed": speed, "agreement": agreement, "growth": growth}
    parser.add_argument("--only", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for name in options.only:
        lines = [f"{name}:", *parts[name](options.tiny, options.n_jobs), ""]
        print("\n".join(lines), flush=True)
        (RESULTS / f"grid_engine_{name}.txt").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
