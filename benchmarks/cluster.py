"""The same evaluation here and on a Dask cluster of two workers, one of which is killed.

Run with --tiny for nine small clips; otherwise the built-in corpus. The predictions must be the
same bytes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time

from distributed import LocalCluster

from mebench.datasets import load
from mebench.evaluation import evaluate
from mebench.parallel import running_on
from mebench.synthetic import write_corpus


def kill_one_when_busy(cluster, killed):
    """SIGKILL the first worker that has something to do."""
    while not killed:
        for worker in list(cluster.workers.values()):
            state = cluster.scheduler.workers.get(worker.worker_address)
            if state is not None and state.processing:
                os.kill(worker.pid, 9)
                killed.append(worker.pid)
                return
        time.sleep(0.01)


def timed(samples, **settings):
    start = time.perf_counter()
    found = evaluate("hoof", samples, grid="linear", cache=False, **settings)
    return found.table.to_csv().encode(), time.perf_counter() - start


def main(tiny):
    with tempfile.TemporaryDirectory() as folder:
        samples = load("synthetic") if not tiny else None
        if samples is None:
            write_corpus("casme2", folder, subjects=3, clips=9, seed=1, scale=0.5)
            samples = load("casme2", root=folder)
        here, seconds = timed(samples, n_jobs=2)
        print(f"hoof on {len(samples)} clips, nothing cached: {seconds:.1f} s here, 2 threads")
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            killed: list[int] = []
            threading.Thread(target=kill_one_when_busy, args=(cluster, killed), daemon=True).start()
            with running_on("dask", cluster.scheduler_address):
                there, seconds = timed(samples)
        same = here == there
        print(
            f"{seconds:.1f} s on 2 workers, their start included, {len(killed)} killed; "
            f"predictions {'the same bytes' if same else 'DIFFER'}"
        )
        return same and len(killed) == 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="nine small clips")
    sys.exit(not main(parser.parse_args().tiny))
