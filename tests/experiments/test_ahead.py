"""What methods do with a clip, compiled before there are clips."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import pytest

from mebench.clip import Clip, FrameFiles
from mebench.experiments import ahead
from mebench.experiments.run import fixed_steps
from mebench.features._mdmo import _main_directions
from mebench.flow.polynomials import _expand, _improve
from mebench.methods import get_method
from mebench.methods.one_pass import extract_together
from mebench.storage.cache import ArrayCache
from mebench.testing import make_clips


@pytest.fixture
def started(monkeypatch):
    """What would be done by another process."""
    calls: list[tuple] = []
    monkeypatch.setattr(ahead, "start", lambda *what: bool(calls.append(what)) or True)
    monkeypatch.setattr(ahead.ahead, "compile_ahead", lambda: bool(calls.append(())) or True)
    return calls


def runs(*names, tuning="nested"):
    return [SimpleNamespace(method=get_method(name), tuning=tuning) for name in names]


def test_a_small_clip_compiles_all_that_a_real_one_needs(tmp_path, monkeypatch):
    monkeypatch.setattr(ahead.ahead, "search_something", lambda: None)
    ahead.compile_methods("nothing of that name", "mdmo")
    kernels = (_main_directions, _expand, _improve)
    before = [set(kernel.signatures) for kernel in kernels]
    assert all(before)
    clip = make_clips(1, n_frames=4, size=(120, 160), seed=3)[0]
    for i, frame in enumerate(clip.frames):
        cv2.imwrite(str(tmp_path / f"{i}.png"), frame)
    paths = tuple(str(tmp_path / f"{i}.png") for i in range(len(clip)))
    real = Clip("real", FrameFiles(paths), landmarks=clip.landmarks)
    cache = ArrayCache(tmp_path / "cache")
    extract_together([fixed_steps(get_method("mdmo"), 0)], [real], cache)
    assert list((tmp_path / "cache").rglob("*"))
    assert [set(kernel.signatures) for kernel in kernels] == before


def test_while_a_corpus_is_drawn_there_is_time_for_few_methods(started):
    assert ahead.compile_ahead(runs("mdmo", "hoof"), drawing=True)
    assert started.pop() == (ahead.__name__, "compile_methods", "hoof", "mdmo")
    assert ahead.compile_ahead(runs("mdmo", "hoof", "fdm", "lbp-top"), drawing=True)
    assert started.pop() == ()


def test_else_the_search_alone_and_only_for_runs_that_have_one(started):
    assert ahead.compile_ahead(runs("mdmo"), drawing=False)
    assert started.pop() == ()
    assert not ahead.compile_ahead(runs("mdmo", tuning="fixed"), drawing=True)
    assert not started
