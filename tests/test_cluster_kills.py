"""The client, the scheduler and a worker are killed in mid-run: nothing is lost, same bytes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from typer.testing import CliRunner

from mebench.base import Extractor
from mebench.cli import app
from mebench.errors import ClusterLost
from mebench.methods import Method
from mebench.parallel import in_order, running_on, sharing
from mebench.synthetic import write_corpus

N = 24
HERE = "tests.test_cluster_kills"


class Slow(Extractor):
    """Marks of a clip, which take a while; who looked at it is written down."""

    version = 1

    def _row(self, clip):
        time.sleep(0.2)
        with open(os.environ["SEEN"], "a") as file:
            file.write(f"{os.getpid()} {clip.id}\n")
        return np.array([len(clip) / 100.0, clip.offset / 50.0])


SLOW = Method(
    name="slow", title="Slow", citation="none",
    build=lambda: make_pipeline(Slow(), KNeighborsClassifier(1)),
)  # fmt: skip


class Cluster:
    """A scheduler and workers, each a program of its own."""

    def __init__(self, folder, environment, workers=2):
        self.log = open(folder / f"cluster-{time.monotonic_ns()}.log", "w")  # noqa: SIM115
        self.environment, self.programs = environment, []
        place = folder / f"scheduler-{time.monotonic_ns()}.json"
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", place
        )
        wait_for(lambda: place.exists() and place.stat().st_size)
        self.address = json.loads(place.read_text())["address"]
        self.workers = [
            self._start("worker", self.address, "--nthreads", "1", "--no-nanny",
                        "--local-directory", folder / "scratch")
            for _ in range(workers)
        ]  # fmt: skip

    def _start(self, *words):
        one = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + words[0], *map(str, words[1:]),
             "--no-dashboard"], env=self.environment, stderr=self.log, stdout=self.log,
        )  # fmt: skip
        self.programs.append(one)
        return one

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.programs:
            one.kill()
            one.wait()
        self.log.close()


def wait_for(condition, seconds=90):
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found


@pytest.fixture
def environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    root = str(Path(__file__).parents[1])
    return {**os.environ, "PYTHONPATH": root, "MEBENCH_HOME": str(tmp_path / "home")}


def test_a_run_whose_client_scheduler_and_worker_are_killed(tmp_path, environment):
    write_corpus("casme2", tmp_path / "data", plain=True, subjects=6, clips=N, seed=1)
    seen = tmp_path / "seen"

    def words(out, *more):
        said = [
            *("run", "--dataset", "casme2", "--method", f"{HERE}:SLOW", "--no-cache"),
            *("--no-explain", "--data-root", tmp_path / "data", "--out", tmp_path / out, *more),
        ]
        return [str(word) for word in said]

    def lines():
        return seen.read_text().splitlines() if seen.exists() else []

    here = CliRunner().invoke(app, words("here", "--n-jobs", "8"))
    assert here.exit_code == 0, here.output
    assert len(lines()) == N
    seen.unlink()

    def killed(cluster, victim):
        """A run in which, once some more clips were looked at, a program is killed."""
        before = len(lines())
        run = subprocess.Popen(
            [sys.executable, "-m", "mebench",
             *words("there", "--backend", "dask", "--scheduler", cluster.address)],
            env=environment, cwd=Path(__file__).parents[1], text=True,
            stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        wait_for(lambda: len(lines()) >= before + 4 or run.poll() is not None)
        assert run.poll() is None, run.stderr.read()
        (run if victim is None else victim).send_signal(signal.SIGKILL)
        out, said = run.communicate(timeout=120)
        return run.returncode, said

    with Cluster(tmp_path, environment) as cluster:
        killed(cluster, None)
        status, said = killed(cluster, cluster.scheduler)
        assert status == 1
        assert "is gone. What is finished is kept: start scheduler and workers again" in said
        assert "Traceback" not in said
    with Cluster(tmp_path, environment) as cluster:
        status, said = killed(cluster, cluster.workers[0])
        assert status == 0, said
    # Nothing is lost: of 24 clips only those were looked at again that somebody was busy with.
    assert N <= len(lines()) <= N + 6
    assert {line.split()[1] for line in lines()} == {f"casme2/{c}" for c in clips_of(tmp_path)}
    [one], [other] = (list((tmp_path / o).glob("*/predictions.csv")) for o in ("here", "there"))
    assert one.read_bytes() == other.read_bytes()
    left = {p.name for p in (tmp_path / "there").iterdir()}
    assert left == {p.name for p in (tmp_path / "here").iterdir()}


def clips_of(tmp_path):
    import pandas as pd

    [path] = (tmp_path / "here").glob("*/predictions.csv")
    return [name.removeprefix("casme2/") for name in pd.read_csv(path)["clip_id"]]


def test_a_lost_scheduler_is_an_error_and_no_waiting(tmp_path, environment):
    def through(results, kill):
        first = next(results)
        kill()
        return [first, *results]

    with Cluster(tmp_path, environment, workers=1) as cluster, running_on("dask", cluster.address):
        with pytest.raises(ClusterLost, match=f"The scheduler at {cluster.address} is gone"):
            through(sharing(time.sleep, (), [0.2] * 40), cluster.scheduler.kill)
        with pytest.raises(ClusterLost, match="is gone"):
            list(in_order(time.sleep, [(1,)]))
        with pytest.raises(ClusterLost, match="is gone"):
            list(sharing(time.sleep, (), [1]))
