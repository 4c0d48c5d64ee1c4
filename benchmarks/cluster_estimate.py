"""How long a search would take on many workers: an estimate from what is measured here.

    python benchmarks/cluster_estimate.py [--tiny] [--samples N]

Measured are, in processor time, some tasks of the thesis grid drawn at random (nested tuning, ten
folds of whole persons), the products before it and the machine of a fold after it, and what client
and scheduler, in one process, take for a task and its answer. From that the wall time for W workers
is simulated: the matrix goes out once (in a tree, at --bandwidth), one task after another is handed
out at the measured cost to whichever worker is free, the longest first as in a search, and what is
not parallel is added. A worker is taken to be as fast as the processor measured, and nobody to wait
for a disk.
"""

from __future__ import annotations

import argparse
import heapq
import math
import os
import pickle
import time
from typing import Any

import numpy as np
from large_grids import folds_of, make_histograms

from mebench.parallel import running_on, sharing
from mebench.storage.rows import gram_matrix
from mebench.svm import Point, _tasks, fit_point, nested_search

WORKERS = (1, 2, 8, 32, 64, 128, 256, 512)


class Enough(Exception):
    """All that is to be measured has been measured."""


def sampled(data: tuple, grid: str, samples: int) -> dict[str, Any]:
    """Seconds of some tasks, how many there are of which length, and the bytes that travel."""
    gram, y, folds, groups = data
    found: dict[str, Any] = {}

    def measured(function, shared, arguments, threads):
        tasks = list(arguments)
        points = np.array([len(task.where) for task in tasks])
        handed, *rest = shared
        problem = handed.value
        some = np.random.default_rng(0).permutation(len(tasks))[: samples + 1]
        seconds, answers = [], []
        for place in some:
            began = time.process_time()
            answer = function(problem, *rest, tasks[place])
            seconds.append(time.process_time() - began)
            answers.append(len(pickle.dumps(answer)))
        found.update(
            points=points, some=some[1:], seconds=np.array(seconds[1:]),  # the first loads code
            task=max(len(pickle.dumps(task)) for task in tasks), answer=max(answers),
            matrix=problem.gram.nbytes,
            rest=len(pickle.dumps((problem._replace(gram=None), *rest))),
        )  # fmt: skip
        raise Enough
        yield

    before, _tasks.sharing = _tasks.sharing, measured
    try:
        nested_search(gram, y, folds, groups, grid)
    except Enough:
        return found
    finally:
        _tasks.sharing = before
    raise AssertionError("nothing was measured")


def nothing(shared: np.ndarray, each: Any) -> bytes:
    """A task that only travels, with an answer of a given size."""
    return bytes(each[0])


def overhead(answer: int, n: int) -> float:
    """Seconds of client and scheduler for a task and its answer."""
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        running_on("dask", cluster.scheduler_address),
    ):
        shared = (np.zeros(10),)
        for _ in sharing(nothing, shared, [(answer,)] * 20):
            pass
        began = time.process_time()
        for _ in sharing(nothing, shared, [(answer,)] * n):
            pass
        return (time.process_time() - began) / n


def wall(durations: np.ndarray, workers: int, start: float, each: float) -> float:
    """Seconds until the last task is done, where they are handed out one after another."""
    free = [start] * workers
    heapq.heapify(free)
    clock = start
    for seconds in durations:
        clock = max(clock + each, heapq.heappop(free))
        heapq.heappush(free, clock + seconds)
    return max(free)


def main() -> None:
    """Measure, simulate, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="200 samples, the coarse grid.")
    parser.add_argument("--clips", type=int, default=2629)
    parser.add_argument("--samples", type=int, default=6, help="Tasks that are measured.")
    parser.add_argument("--bandwidth", type=float, default=100, help="MB per second, between two.")
    args = parser.parse_args()
    n, grid = (200, "coarse") if args.tiny else (args.clips, "thesis")
    X, y, groups = make_histograms(n, 5 if args.tiny else 15)
    began = time.process_time()
    gram = gram_matrix(X)
    alone = time.process_time() - began
    folds = folds_of(groups, 10)
    found = sampled((gram, y, folds, groups), grid, 2 if args.tiny else args.samples)
    began = time.process_time()
    fit_point(gram, y, *folds[0], Point(3, 10.0, 1.0, 1.0))
    machine = time.process_time() - began
    each = overhead(found["answer"], 100 if args.tiny else 1000)
    points, per_point = found["points"], found["seconds"] / found["points"][found["some"]]
    rng = np.random.default_rng(1)
    durations = np.sort(points * rng.choice(per_point, len(points)))[::-1]
    print(f"{n} clips, ten folds, {grid} grid: {points.sum()} points in {len(points)} tasks; load "
          f"{os.getloadavg()[0]:.1f}")  # fmt: skip
    spread = ", ".join(f"{s:.2f}" for s in np.sort(found["seconds"]))
    print(f"CPU s of {len(found['seconds'])} tasks: {spread}; of all {durations.sum():.0f} "
          f"(extrapolated); a chosen machine {machine:.1f}; not parallel {alone:.1f}")  # fmt: skip
    print(f"travels once to each worker: matrix {found['matrix'] / 1e6:.1f} MB, folds and labels "
          f"{found['rest'] / 1e6:.2f} MB; with a task {found['task']} bytes, its answer "
          f"{found['answer'] / 1e3:.1f} kB; client, scheduler {1e3 * each:.2f} ms")  # fmt: skip
    print("workers  minutes  of the ideal")
    ideal = durations.sum() + len(folds) * machine
    for workers in WORKERS:
        trips = 1 + math.ceil(math.log2(workers))
        start = trips * (found["matrix"] + found["rest"]) / (1e6 * args.bandwidth)
        took = alone + wall(durations, workers, start, each)
        took += wall(np.full(len(folds), machine), workers, 0.0, each)
        print(f"{workers:7d}  {took / 60:7.2f}  {ideal / workers / took:6.0%}")


if __name__ == "__main__":
    main()
