"""The search compiled beside other work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from mebench.svm import _beside, ahead, nested_search
from mebench.svm._folds import walk
from mebench.svm._smo import libsvm_fit
from mebench.svm._ties import keep_decisive


def test_a_small_search_compiles_all_that_a_real_one_needs():
    ahead.search_something()
    compiled = (walk, keep_decisive, libsvm_fit)
    before = [set(kernel.signatures) for kernel in compiled]
    assert all(before)
    rng = np.random.default_rng(1)
    group, y = np.repeat(np.arange(6), 10), rng.integers(0, 4, 60)
    folds = [(np.flatnonzero(group != g), np.flatnonzero(group == g)) for g in range(6)]
    X = rng.random((60, 20)).astype(np.float32)
    nested_search(X @ X.T, y, folds, group, "coarse")
    assert [set(kernel.signatures) for kernel in compiled] == before


def test_nothing_is_started_where_it_is_compiled():
    ahead.search_something()
    assert not ahead.compile_ahead()
    _beside.wait_for_it()  # at once


def test_another_process_is_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(ahead, "_is_compiled", lambda: False)
    (tmp_path / "slow.py").write_text(
        "import pathlib, time\n"
        f"def go(): time.sleep(0.3); pathlib.Path({str(tmp_path / 'done')!r}).touch()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert _beside.start("slow", "go")
    assert not ahead.compile_ahead()  # one is enough
    _beside.wait_for_it()
    assert (tmp_path / "done").exists()
    assert _beside._other is None


def test_a_process_that_cannot_be_or_fails_costs_nothing(monkeypatch):
    assert _beside.start("nothing_of_that_name", "go")
    _beside.wait_for_it()
    monkeypatch.setattr(ahead, "_is_compiled", lambda: False)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert not ahead.compile_ahead()
    ahead.search_something()


def test_an_orphan_ends(tmp_path):
    """The process beside a killed one does not go on."""
    (tmp_path / "slow.py").write_text("import time\ndef go(): time.sleep(60)\n")
    root = str(Path(_beside.__file__).parents[2])
    code = (
        "from mebench.svm import _beside\n"
        "_beside.start('slow', 'go'); print(_beside._other.pid, flush=True)\n"
        "import os; os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), root])},
    )  # fmt: skip
    pid = int(done.stdout)
    until = time.monotonic() + 30
    while _alive(pid) and time.monotonic() < until:
        time.sleep(0.2)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_none_is_left_behind(monkeypatch):
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(_beside, "_other", sleeping)
    _beside.stop()
    assert sleeping.returncode
