"""Searches that were done before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mebench.evaluation import evaluate_features, one_gram
from mebench.storage import ArrayCache
from mebench.svm import PolySVC


@pytest.fixture
def given():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(40)], "dataset": "toy",
        "subject": [f"s{i % 5}" for i in range(40)],
        "label": rng.choice(["glad", "sad", "cross"], 40),
    })  # fmt: skip
    return rng.normal(size=(40, 6)) + pd.factorize(table["label"])[0][:, None], table


def test_a_search_is_done_once(given, tmp_path, monkeypatch):
    X, table = given
    done = []
    search = one_gram.nested_search
    monkeypatch.setattr(
        one_gram, "nested_search", lambda *a, **k: (done.append(1), search(*a, **k))[1]
    )

    cache = ArrayCache(tmp_path / "cache")

    def run(X, store=cache, scoring="uf1"):
        return evaluate_features(PolySVC(), X, table, grid="coarse", keep=tmp_path / "keep",
                                 store=store, scoring=scoring)  # fmt: skip

    first, second = run(X), run(X)
    assert len(done) == 1
    pd.testing.assert_frame_equal(first.table, second.table)
    assert first.header["chosen"] == second.header["chosen"]
    assert first.artifacts.keys() == second.artifacts.keys()
    moved = X.copy()
    moved[7, 2] = np.nextafter(moved[7, 2], 9)  # the last bit of one feature
    run(moved)
    assert len(done) == 2
    run(X, scoring="uar")
    assert len(done) == 3
    run(X, store=None)
    assert len(done) == 4


def test_a_damaged_entry_is_searched_anew(given, tmp_path):
    X, table = given
    store = ArrayCache(tmp_path / "cache")

    def run():
        return evaluate_features(
            PolySVC(), X, table, grid="coarse", keep=tmp_path / "keep", store=store
        )

    first = run()
    for path in (tmp_path / "cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-9])
    pd.testing.assert_frame_equal(run().table, first.table)
