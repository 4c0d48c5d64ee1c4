"""Tasks on this machine, and on a Dask cluster of two workers that loses one."""

import os
import subprocess
import sys
import time

import joblib
import pytest
from distributed import LocalCluster

from mebench.errors import BadInput, DataNotFound
from mebench.parallel import in_order, running_on


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def slow_square(n):
    time.sleep(0.2)
    return n * n, os.getpid()


def test_in_order_here():
    assert list(in_order(pow, [(2, n) for n in range(6)], n_jobs=2)) == [1, 2, 4, 8, 16, 32]


def test_in_order_there_and_the_local_backend_afterwards(cluster):
    with running_on("dask", cluster.scheduler_address):
        found = list(in_order(slow_square, [(n,) for n in range(8)]))
    assert [n for n, _ in found] == [n * n for n in range(8)]
    assert os.getpid() not in {pid for _, pid in found} and len({p for _, p in found}) == 2
    assert joblib.parallel.get_active_backend()[0].__class__.__name__ != "DaskDistributedBackend"


def test_a_killed_worker_costs_only_its_tasks(cluster):
    with running_on("dask", cluster.scheduler_address):
        results = in_order(slow_square, [(n,) for n in range(16)])
        first = next(results)
        os.kill(next(iter(cluster.workers.values())).pid, 9)
        found = [first, *results]
    assert [n for n, _ in found] == [n * n for n in range(16)]


@pytest.mark.parametrize(
    ("backend", "scheduler", "message"),
    [
        ("slurm", None, "backend must be one of local, dask"),
        ("dask", None, "needs the address of a scheduler"),
        ("local", "tcp://127.0.0.1:1", "with --backend dask only"),
        ("dask", "127.0.0.1", "is not the address of a scheduler"),
    ],
)
def test_wrong_settings(backend, scheduler, message):
    with (
        pytest.raises((BadInput, DataNotFound), match=message),
        running_on(backend, scheduler, timeout=1),
    ):
        pass


def test_nobody_answers():
    # In a program of its own, as the command is: clients that start while others end may clash.
    code = (
        "from mebench.parallel import running_on\n"
        "with running_on('dask', 'tcp://127.0.0.1:9', timeout=0.5): pass"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "DataNotFound: No Dask scheduler answers at tcp://127.0.0.1:9" in found.stderr


def test_a_search_on_a_cluster_sends_the_products_once_and_gives_the_same(cluster):
    import pickle

    import numpy as np

    from mebench.parallel import sharing
    from mebench.svm import _tasks, nested_search

    rng = np.random.default_rng(0)
    subject, y = np.repeat(np.arange(6), 5), rng.integers(0, 3, 30)
    X = rng.normal(size=(30, 4)) + y[:, None]
    folds = [(np.flatnonzero(subject != s), np.flatnonzero(subject == s)) for s in range(6)]
    grid = {"degree": [2, 3], "gamma": [0.1, 0.5, 1], "coef0": 1, "C": [1, 10]}
    here = nested_search(X @ X.T, y, folds, subject, grid)
    sent = []

    def watched(function, shared, arguments, threads):
        arguments = list(arguments)
        sent.extend(len(pickle.dumps(each)) for each in arguments)
        return sharing(function, shared, arguments, threads)

    original, _tasks.sharing = _tasks.sharing, watched
    try:
        with running_on("dask", cluster.scheduler_address):
            there = nested_search(X @ X.T, y, folds, subject, grid)
    finally:
        _tasks.sharing = original
    for name in ("chosen", "inner_scores", "predictions", "scores", "surface"):
        assert getattr(here, name).tobytes() == getattr(there, name).tobytes()
    assert len(sent) == 6 and max(sent) < 2000  # bytes of a task; the products are none of it
