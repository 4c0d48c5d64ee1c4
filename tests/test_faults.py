"""The real program, killed, interrupted, and run twice at once."""

import os
import signal
import subprocess
import time

import faulting
import pytest
from faulting import after, killed, make_experiment, results, run, start

BUSY = """
import numpy as np
from numba import njit
from sklearn.pipeline import make_pipeline
from mebench.base import Extractor
from mebench.svm import PolySVC

@njit(nogil=True)
def spin(x):
    while x > 0:  # for ever: only a signal ends it
        x += 1e-9
    return x

class Busy(Extractor):
    def _row(self, clip):
        open("busy", "w").close()
        return np.array([spin(1.0)])

    def _names(self):
        return ["never"]

model = make_pipeline(Busy(), PolySVC())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = make_experiment(tmp_path_factory.mktemp("faults"))
    (made / "busy_method.py").write_text(BUSY)
    return made


@pytest.fixture(scope="module")
def expected(folder):
    """Two workers, nothing cached, nobody disturbs."""
    found = run(folder, "whole", "--no-cache", "--n-jobs", "2", home=folder / "home0")
    assert found.returncode == 0, found.stderr
    assert len(results(folder / "whole")) == 2
    return results(folder / "whole")


def hidden_in(out):
    return sorted(str(f.relative_to(out)) for f in out.glob(".*"))


def test_killed_at_every_stage_it_ends_with_the_same_bytes(folder, expected):
    out, home = folder / "killed", folder / "home1"
    parts = []

    def at(pattern, more=0):
        before = len(list(out.glob(pattern)))
        return lambda: len(list(out.glob(pattern))) > before + more

    for when in (
        lambda: at(".work/*/features/*/*"),
        lambda: at(".work/*/features/*/*", 20),
        lambda: at(".work/*/*/*.parts"),
        lambda: at(".writing-*"),
        lambda: at("*lbp*/run.json"),
        lambda: at(".writing-*/new/run.json"),
        lambda: after(1.5),
    ):
        parts.append(killed(start(folder, "killed", "--no-cache", home=home), when()))
    assert sum(parts) >= 4, "the program was really killed"
    found = run(folder, "killed", "--no-cache", home=home)
    assert found.returncode == 0, found.stderr
    assert results(out) == expected
    assert hidden_in(out) == []


def test_one_worker_cold_and_warm_cache_same_bytes(folder, expected):
    home = folder / "home2"
    for out in ("cold", "warm"):
        found = run(folder, out, "--n-jobs", "1", home=home)
        assert found.returncode == 0, found.stderr
        assert results(folder / out) == expected


def test_two_programs_at_once_do_not_disturb_each_other(folder, expected):
    both = [start(folder, "both", home=folder / "home3") for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert results(folder / "both") == expected
    assert hidden_in(folder / "both") == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 2)])
def test_interrupts_end_a_busy_kernel(folder, number, jobs):
    (folder / "busy").unlink(missing_ok=True)
    process = subprocess.Popen(
        [*faulting.command("busy-runs")[:4], "-d", "clips.csv", "-m", "busy_method:model",
         "--n-jobs", str(jobs), "--out", "busy-runs"],
        cwd=folder, env=faulting.environment(folder / "home4"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not (folder / "busy").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(1.0)  # the kernel is compiled by now, and runs
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "the same command goes on" in errors and "Traceback" not in errors


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="mounting needs root")
def test_a_full_disk_is_a_sentence_and_the_run_goes_on_later(folder, expected, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", small])
    if mounted.returncode:
        pytest.skip("this container may not mount")
    try:
        found = run(folder, str(small / "runs"), home=folder / "home5")
        assert found.returncode in (1, 3) and "Traceback" not in found.stderr
        assert "Make room" in found.stderr and not results(small / "runs")
        subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
        found = run(folder, str(small / "runs"), home=folder / "home5")
        assert found.returncode == 0, found.stderr
        assert results(small / "runs") == expected
        assert hidden_in(small / "runs") == []
    finally:
        subprocess.run(["umount", small], check=True)
