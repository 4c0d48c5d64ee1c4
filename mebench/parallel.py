"""The one place that decides where tasks run."""

from __future__ import annotations

import logging
import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import joblib

from .blas import one_blas_thread
from .errors import BadInput, ClusterLost, DataNotFound

__all__ = [
    "BACKENDS",
    "Held",
    "batched",
    "beside",
    "in_order",
    "on_cluster",
    "running_on",
    "sharing",
]

#: Where tasks can run: threads of this process, or the workers of a Dask scheduler.
BACKENDS = ("local", "dask")

_log = logging.getLogger(__name__)


def in_order(
    function: Callable[..., Any], arguments: Iterable[tuple], n_jobs: int | None = None
) -> Iterator[Any]:
    """``function(*each)`` for each of the arguments, in their order, as they become ready.

    Tasks run in threads (the kernels release the interpreter's lock), or wherever an active
    ``joblib.parallel_config`` sends them. A task is a clip or a fold; it must not depend on
    others, nor on where it runs.

    Parameters
    ----------
    function : callable
    arguments : iterable of tuple
    n_jobs : int, optional
        As joblib counts.

    Examples
    --------
    >>> list(in_order(pow, [(2, 3), (3, 2)], n_jobs=2))
    [8, 9]
    """
    run = joblib.Parallel(n_jobs=n_jobs, prefer="threads", return_as="generator")
    with one_blas_thread(), _said_if_lost():
        yield from run(joblib.delayed(function)(*each) for each in arguments)


def beside(consume: Callable[[Iterator[Any]], Any], items: Iterable[Any], ahead: int = 16) -> Any:
    """``consume(items)`` in another thread, while the items come into being in this one.

    Parameters
    ----------
    consume : callable
        Takes an iterator.
    items : iterable
    ahead : int, default 16
        So many items are held at most that `consume` has not asked for.

    Returns
    -------
    Whatever `consume` returns.

    Notes
    -----
    Of two errors that of the items is raised: without them `consume` was given too few. Where
    `consume` ends early, the rest of the items is left.

    Examples
    --------
    >>> beside(sum, range(10))
    45
    """
    waiting: queue.Queue[Any] = queue.Queue(ahead)
    end, over = object(), threading.Event()

    def given() -> Iterator[Any]:
        while (item := waiting.get()) is not end:
            yield item

    def work() -> Any:
        try:
            return consume(given())
        finally:
            over.set()

    def put(item: Any) -> None:
        while not over.is_set():
            with suppress(queue.Full):
                return waiting.put(item, timeout=0.1)

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        try:
            for item in items:
                if over.is_set():
                    break
                put(item)
        finally:
            put(end)
        return future.result()


class Held:
    """Something large that several calls share: it travels to the workers of a cluster once.

    Where it stands among what is ``shared``, tasks are given its value.

    Parameters
    ----------
    value : object
        Must not be changed any more.

    Examples
    --------
    >>> matrix = Held(2)
    >>> [sum(sharing(pow, (matrix,), each)) for each in ([1, 2], [3])]
    [6, 8]
    """

    def __init__(self, value: Any) -> None:
        self.value = value
        self._there: tuple[Any, Any] = (None, None)

    def on(self, client: Any) -> Any:
        """Its future on a cluster."""
        if self._there[0] is not client or self._there[1].status != "finished":
            # In a list: of a tuple each part would be a thing by itself.
            self._there = client, client.scatter([self.value], broadcast=True, hash=False)[0]
        return self._there[1]


def sharing(
    function: Callable[..., Any], shared: tuple, arguments: Iterable[Any], threads: int = 1
) -> Iterator[Any]:
    """``function(*shared, each)`` for each of the arguments, as they become ready, in any order.

    Here they run in threads. On a cluster what is shared travels once to each worker, and with a
    task only what is its own.

    Parameters
    ----------
    function : callable
    shared : tuple
        Large things that all tasks need, such as a matrix of products. What several calls share
        is :class:`Held`.
    arguments : iterable
    threads : int, default 1
        How many at a time here.

    Examples
    --------
    >>> sorted(sharing(pow, (2,), [3, 1, 2]))
    [2, 4, 8]
    """
    if not _clusters:
        run = joblib.Parallel(threads, backend="threading", return_as="generator_unordered")
        shared = _values(shared)
        with one_blas_thread():
            yield from run(joblib.delayed(function)(*shared, each) for each in arguments)
        return
    with _said_if_lost():
        yield from _sharing_there(function, shared, arguments)


def _sharing_there(
    function: Callable[..., Any], shared: tuple, arguments: Iterable[Any]
) -> Iterator[Any]:
    from distributed import as_completed
    from distributed.client import CancelledError

    client, left = _clusters[-1], dict(enumerate(arguments))
    for attempt in range(_ATTEMPTS):
        held = [(i, part.on(client)) for i, part in enumerate(shared) if isinstance(part, Held)]
        rest = [(i, part) for i, part in enumerate(shared) if not isinstance(part, Held)]
        parts = client.scatter(rest, broadcast=True, hash=False) if rest else []
        futures = {
            client.submit(_with_shared, function, held + parts, each, pure=False): i
            for i, each in left.items()
        }
        for future in as_completed(list(futures), loop=client.loop):
            try:
                found = future.result()
            except CancelledError:
                # Every worker that held what is shared is gone: it is sent again.
                if attempt == _ATTEMPTS - 1 or client.status != "running":
                    raise
                continue
            del left[futures[future]]
            yield found
        if not left:
            return


def batched(
    function: Callable[..., Any],
    shared: tuple,
    arguments: Iterable[tuple],
    n_jobs: int | None = None,
) -> Iterator[tuple[int, Any]]:
    """Place and result of ``function(*shared, *each)`` for each of many, perhaps tiny, tasks.

    Here they run in threads and come in order. On a cluster what is shared travels once to each
    worker; the tasks travel in batches, at most 50 for each of the workers that there are now, and
    come as they become ready.

    Parameters
    ----------
    function : callable
    shared : tuple
    arguments : iterable of tuple
    n_jobs : int, optional
        As joblib counts; of threads here.

    Examples
    --------
    >>> list(batched(pow, (2,), [(3,), (1,)]))
    [(0, 8), (1, 2)]
    """
    if not _clusters:
        shared = _values(shared)
        yield from enumerate(in_order(function, ((*shared, *each) for each in arguments), n_jobs))
        return
    tasks = list(enumerate(arguments))
    with _said_if_lost():
        threads = max(1, sum(_clusters[-1].nthreads().values()))
    size = -(-len(tasks) // (_BATCHES * threads))
    batches = [tasks[i : i + size] for i in range(0, len(tasks), size)]
    for results in sharing(_in_batch, (function, *shared), batches):
        yield from results


def _values(shared: tuple) -> tuple:
    return tuple(part.value if isinstance(part, Held) else part for part in shared)


def _in_batch(function: Callable[..., Any], *shared_and_batch: Any) -> list[tuple[int, Any]]:
    *shared, batch = shared_and_batch
    return [(place, function(*shared, *each)) for place, each in batch]


def _with_shared(function: Callable[..., Any], parts: list[tuple[int, Any]], each: Any) -> Any:
    return function(*(part for _, part in sorted(parts, key=lambda p: p[0])), each)


_ATTEMPTS = 3
_BATCHES = 50  # for each worker: enough to keep all busy to the end, few for the scheduler
_LOOK_AFTER = 15.0  # seconds
_clusters: list[Any] = []


def on_cluster() -> bool:
    """Whether tasks are sent to a cluster now."""
    return bool(_clusters)


@contextmanager
def _said_if_lost() -> Iterator[None]:
    """Whatever a lost scheduler or a task that ends its workers makes go wrong, said as that."""
    if not _clusters:
        yield
        return
    from distributed.scheduler import KilledWorker

    client = _clusters[-1]
    try:
        if client.status != "running":  # since an earlier task; what asks now would wait
            raise ConnectionError("no scheduler")
        yield
    except KilledWorker as error:
        raise ClusterLost(
            f"A task ended the workers that did it, the last one {error.last_worker.address}. Most "
            "often their memory was too small: give each more (dask worker --memory-limit), or "
            "look into their logs. What is finished is kept; give the same command again."
        ) from error
    except Exception as error:
        if client.status == "running" and isinstance(error, TimeoutError):
            raise ClusterLost(
                f"The scheduler at {client.scheduler.address} has lost all of its workers. What is "
                "finished is kept: start some, and give the same command again."
            ) from error
        if client.status == "running":
            raise
        raise ClusterLost(
            f"The scheduler at {client.scheduler.address} is gone. What is finished is kept: start "
            "scheduler and workers again, and give the same command, with the new address."
        ) from error


@contextmanager
def _without_workers_said(client: Any, address: str) -> Iterator[None]:
    """Say so where no worker has been left for a while: the scheduler waits for new ones."""
    over = threading.Event()

    def watch() -> None:
        told = False
        while not over.wait(_LOOK_AFTER):
            try:
                there = len(client.nthreads())
            except Exception:  # the scheduler is gone, which whoever waits for a task is told
                return
            if not there and not told:
                _log.warning(
                    "The scheduler at %s has no worker left. Waiting: start some with "
                    "`dask worker %s`, or stop this command, which loses nothing.", address, address
                )  # fmt: skip
            told = not there

    thread = threading.Thread(target=watch, daemon=True, name="workers")
    thread.start()
    try:
        yield
    finally:
        over.set()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the log of distributed: its tracebacks say no more than our errors."""
    loggers = [
        log
        for name, log in logging.root.manager.loggerDict.items()
        if name.split(".")[0] == "distributed" and isinstance(log, logging.Logger)
    ]
    before = [log.level for log in loggers]  # each has a level of its own
    for log in loggers:
        log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for log, level in zip(loggers, before, strict=True):
            log.setLevel(level)


@contextmanager
def running_on(
    backend: str = "local", scheduler: str | None = None, *, timeout: float = 30.0
) -> Iterator[None]:
    """Send all tasks started within to a cluster, through joblib.

    Clips and folds travel as tasks; a clip on disk travels as its paths, so the worker reads the
    frames. A worker that is lost costs its tasks, which others do again. What a worker computes
    does not depend on which it is, so the results are those of a local run.

    Parameters
    ----------
    backend : {'local', 'dask'}, default 'local'
    scheduler : str, optional
        Address of a running Dask scheduler, such as ``tcp://10.0.0.5:8786``; needed by 'dask'.
    timeout : float, default 30
        Seconds to wait for the scheduler and for its first worker.

    Raises
    ------
    BadInput
        An unknown backend, no scheduler named, or Dask is not installed.
    DataNotFound
        Nothing answers at that address, or no worker is connected to it.
    ClusterLost
        From whatever runs within: the scheduler is gone, or a task ends one worker after another.
    """
    if backend not in BACKENDS:
        raise BadInput(f"backend must be one of {', '.join(BACKENDS)}, found {backend!r}.")
    if backend == "local":
        if scheduler is not None:
            raise BadInput(f"A scheduler ({scheduler}) is used with --backend dask only.")
        yield
        return
    if scheduler is None:
        raise BadInput(
            "The backend dask needs the address of a scheduler: --scheduler tcp://HOST:8786 (start "
            "one with `dask scheduler`, and workers with `dask worker tcp://HOST:8786`)."
        )
    # Checked here: a client that is built half lives on and keeps the program from ending.
    if not re.fullmatch(r"[a-z]+://[^\s/]+:\d+/?", scheduler):
        raise BadInput(
            f"{scheduler!r} is not the address of a scheduler; expected protocol, host and port, "
            "such as tcp://10.0.0.5:8786."
        )
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInput(
            "The backend dask needs the package distributed: pip install 'mebench[dask]'."
        ) from error
    try:
        client = Client(scheduler, timeout=timeout, set_as_default=False)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        raise DataNotFound(
            f"No Dask scheduler answers at {scheduler}: {error}. Is it running, and can this "
            "machine reach it?"
        ) from error
    with _quiet():
        try:
            try:
                client.wait_for_workers(1, timeout=timeout)
            except OSError as error:
                raise DataNotFound(
                    f"The scheduler at {scheduler} has no worker: start some with "
                    f"`dask worker {scheduler}`."
                ) from error
            with (
                joblib.parallel_config(backend="dask", client=client),
                _without_workers_said(client, scheduler),
            ):
                _clusters.append(client)
                try:
                    yield
                finally:
                    _clusters.pop()
        finally:
            client.close()
