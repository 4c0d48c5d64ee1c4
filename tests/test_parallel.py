"""Tasks on this machine, and on a Dask cluster of two workers that loses one."""

import os
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pytest
from distributed import LocalCluster

from mebench.errors import BadInput, DataNotFound
from mebench.parallel import Held, beside, in_order, running_on, sharing


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as found:
        yield found


def slow_square(n):
    time.sleep(0.2)
    return n * n, os.getpid()


def test_beside_gives_all_in_order_from_another_thread():
    here = threading.get_ident()

    def consume(items):
        return [(i, threading.get_ident() != here) for i in items]

    assert beside(consume, range(99), ahead=3) == [(i, True) for i in range(99)]
    assert beside(list, []) == []
    arrays = beside(list, (np.full(2, i) for i in range(3)))  # whatever == says of an item
    assert [a.tolist() for a in arrays] == [[0, 0], [1, 1], [2, 2]]


def test_beside_holds_few_and_stops_when_nothing_is_wanted_any_more():
    made = []

    def items():
        for i in range(1000):
            made.append(i)
            yield i

    def few(given):
        return [next(given) for _ in range(5)]

    assert beside(few, items(), ahead=2) == list(range(5))
    assert len(made) < 20


def test_beside_raises_what_either_side_raises():
    def items():
        yield 1
        raise BadInput("the file breaks off")

    def fails(given):
        next(given)
        raise ZeroDivisionError

    with pytest.raises(BadInput, match="breaks off"):
        beside(list, items())
    with pytest.raises(ZeroDivisionError):
        beside(fails, range(1000), ahead=2)
    assert threading.active_count() < 20  # none is left waiting


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


def test_what_is_held_travels_once_and_again_where_no_worker_has_it(cluster, monkeypatch):
    from distributed import Client

    sent, scatter = [], Client.scatter

    def watched(client, data, **options):
        sent.append(data)
        return scatter(client, data, **options)

    monkeypatch.setattr(Client, "scatter", watched)
    held = Held(np.arange(4))
    with running_on("dask", cluster.scheduler_address):
        for numbers in ([1, 2], [3]):
            found = [x.tolist() for x in sharing(np.multiply, (held,), numbers)]
            assert sorted(found) == [[0, n, 2 * n, 3 * n] for n in numbers]
        assert len(sent) == 1
        assert list(sharing(divmod, (Held(7),), [2])) == [(3, 1)]
        assert list(sharing(pow, (2, Held(3)), [5])) == [3] == [pow(2, 3, 5)]
        for worker in list(cluster.workers.values()):  # others will take their places
            os.kill(worker.pid, 9)
        found = [x.tolist() for x in sharing(np.multiply, (held,), [7])]
    assert found == [[0, 7, 14, 21]] and sum(data[0] is held.value for data in sent) == 2


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


def test_a_search_on_a_cluster_sends_the_products_once_and_gives_the_same(cluster, monkeypatch):
    import pickle

    import numpy as np
    from distributed import Client

    from mebench import parallel
    from mebench.svm import _tasks, nested_search

    rng = np.random.default_rng(0)
    subject, y = np.repeat(np.arange(6), 5), rng.integers(0, 3, 30)
    X = rng.normal(size=(30, 4)) + y[:, None]
    folds = [(np.flatnonzero(subject != s), np.flatnonzero(subject == s)) for s in range(6)]
    grid = {"degree": [2, 3], "gamma": [0.1, 0.5, 1], "coef0": 1, "C": [1, 10]}
    here = nested_search(X @ X.T, y, folds, subject, grid)
    sent, scattered, scatter = [], [], Client.scatter

    def watched(function, shared, arguments, *more):
        arguments = list(arguments)
        sent.append([len(pickle.dumps(each)) for each in arguments])
        return sharing(function, shared, arguments, *more)

    def counted(client, data, **options):
        scattered.append(len(pickle.dumps(data)))
        return scatter(client, data, **options)

    for module in (_tasks, parallel):
        monkeypatch.setattr(module, "sharing", watched)
    monkeypatch.setattr(Client, "scatter", counted)
    with running_on("dask", cluster.scheduler_address):
        there = nested_search(X @ X.T, y, folds, subject, grid)
    for name in ("chosen", "inner_scores", "predictions", "scores", "surface"):
        assert getattr(here, name).tobytes() == getattr(there, name).tobytes()
    points, machines = sent
    assert len(points) == len(machines) == 6
    assert max(points) < 2000 and max(machines) < 500  # bytes of a task, none of them products
    assert sum(size > X.shape[0] ** 2 * 8 for size in scattered) == 1


def test_folds_on_a_cluster_are_batches_of_numbers_and_give_the_same(cluster, monkeypatch):
    """132 inner fits of a step that learns: at most 50 tasks a worker, and no rows in them."""
    import pickle

    import numpy as np
    import pandas as pd
    from sklearn.decomposition import PCA
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline

    from mebench import parallel
    from mebench.evaluation import evaluate_features
    from mebench.methods.combination import LateFusion, blocks

    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 48)
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(48)], "dataset": "toy",
                          "subject": np.repeat(np.arange(12), 4).astype(str),
                          "label": np.array(["a", "b", "c"])[y]})  # fmt: skip
    X = rng.normal(size=(48, 200)) + y[:, None]
    single = make_pipeline(PCA(2, random_state=0), KNeighborsClassifier())
    tune = {"kneighborsclassifier__n_neighbors": [1, 3]}
    both = LateFusion([("one", KNeighborsClassifier(1)), ("two", KNeighborsClassifier(3))], "stack")

    def answers():
        return [
            evaluate_features(single, X, table, tune=tune),
            evaluate_features(both, blocks(X, X[:, :50]), table),
        ]

    here = answers()
    tasks = []

    def watched(function, shared, arguments, *more):
        arguments = list(arguments)
        tasks.append([len(pickle.dumps(each)) for each in arguments])
        return sharing(function, shared, arguments, *more)

    sharing = parallel.sharing
    monkeypatch.setattr(parallel, "sharing", watched)
    with running_on("dask", cluster.scheduler_address):
        there = answers()
    for one, other in zip(here, there, strict=True):
        assert one.table.to_csv() == other.table.to_csv()
        assert one.header["chosen"] == other.header["chosen"]
    inner, final, *members = tasks
    assert len(inner) == 66 and len(final) == 12 and len(members) == 2
    assert max(inner) < 200 < X[0].nbytes
    assert max(max(m) for m in members) < 2000  # the places of the samples, no features


def test_inner_folds_of_several_persons_and_fixed_machines_are_tasks_too(cluster, monkeypatch):
    import numpy as np
    import pandas as pd
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from mebench import parallel
    from mebench.evaluation import evaluate_features
    from mebench.svm import PolySVC

    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 120)
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(120)], "dataset": "toy",
                          "subject": np.repeat(np.arange(60), 2).astype(str),
                          "label": np.array(["a", "b", "c"])[y]})  # fmt: skip
    X = rng.normal(size=(120, 4)) + y[:, None]
    grid = {"degree": 1, "gamma": 1, "coef0": 0, "C": [0.1, 1]}
    scaled = make_pipeline(StandardScaler(), PolySVC())

    def answers(n_jobs=1):
        return [
            evaluate_features(PolySVC(), X, table, tuning="fixed", n_jobs=n_jobs),
            evaluate_features(scaled, X, table, protocol="group-kfold:6", grid=grid,
                              inner="group-kfold:3", n_jobs=n_jobs),
        ]  # fmt: skip

    here, tasks = answers(), []

    def watched(function, shared, arguments, *more):
        arguments = list(arguments)
        tasks.append(len(arguments))
        return sharing(function, shared, arguments, *more)

    sharing = parallel.sharing
    for one, other in zip(here, answers(2), strict=True):
        assert one.table.to_csv() == other.table.to_csv()
    monkeypatch.setattr(parallel, "sharing", watched)
    with running_on("dask", cluster.scheduler_address):
        there = answers()
    for one, other in zip(here, there, strict=True):
        assert one.table.to_csv() == other.table.to_csv()
        assert one.header["chosen"] == other.header["chosen"]
    assert tasks == [60, 18, 6], "60 machines; three inner folds of each of six folds"
