"""The search compiled beside other work."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from mebench.svm import _beside, ahead, nested_search
from mebench.svm._folds import pair_votes
from mebench.svm._ties import settle_votes
from mebench.svm.polysvc import _fit_pair


def test_a_small_search_compiles_all_that_a_real_one_needs():
    ahead.search_something()
    compiled = (pair_votes, settle_votes, _fit_pair)
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


def test_none_is_left_behind(monkeypatch):
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    monkeypatch.setattr(_beside, "_other", sleeping)
    _beside.stop()
    assert sleeping.returncode
