"""A limit of memory: fewer threads, the same predictions, or a clear error."""

import joblib
import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.svm import _tasks, memory_limit, search_grid
from mebench.svm.memory import parse_size, threads_within


@pytest.mark.parametrize("text", ["", "lots", "-4GB", "0GB", "4 GBs", "4XB"])
def test_what_is_no_size(text):
    with pytest.raises(BadInput, match="such as 4GB"):
        parse_size(text)


def test_threads_are_as_many_as_fit_and_no_more_than_processors():
    processors = joblib.cpu_count()
    assert threads_within(-1, 0, 1) == threads_within(10 * processors, 0, 1) == processors
    with memory_limit("100MB"):
        assert threads_within(1000, 40_000_000, 30_000_000) == min(2, processors)
        assert threads_within(1000, 40_000_000, 60_000_000) == 1
        with memory_limit("1GB"):  # the inner one does not widen the outer
            assert threads_within(1000, 40_000_000, 60_000_000) == 1
    assert threads_within(1, 10**15, 10**15) == 1


def test_a_search_within_a_limit(make_data):
    data = make_data(n=60)
    grid = {"degree": [2, 3], "C": [1, 10], "gamma": 0.1, "coef0": 1}
    free = search_grid(data.gram, data.y, data.folds, grid, n_jobs=2)
    with memory_limit("20MB"):
        bound = search_grid(data.gram, data.y, data.folds, grid, n_jobs=2)
    np.testing.assert_array_equal(free, bound)
    with memory_limit("50kB"), pytest.raises(BadInput, match="the limit is 0 MB. Give more"):
        search_grid(data.gram, data.y, data.folds, grid)


def test_samples_of_a_class_are_brought_together_only_where_there_is_room(make_data, monkeypatch):
    data = make_data(n=60)
    grid = {"degree": [2, 3], "C": [1, 10], "gamma": 0.1, "coef0": 1}
    together = search_grid(data.gram, data.y, data.folds, grid)
    asked = []
    monkeypatch.setattr(_tasks, "has_room", lambda size: bool(asked.append(size)))
    apart = search_grid(data.gram, data.y, data.folds, grid)
    np.testing.assert_array_equal(together, apart)
    assert asked and asked[0] > 2 * data.gram.nbytes
