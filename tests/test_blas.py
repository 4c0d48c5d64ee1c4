"""Linear algebra in one thread, and as before afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from mebench.blas import one_blas_thread
from mebench.parallel import in_order, sharing


def threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def two_before():
    with threadpool_limits(2, user_api="blas"):
        if threads() != {2}:
            pytest.skip("this BLAS cannot have two threads")
        yield
        assert threads() == {2}


def test_one_thread_within_and_nested():
    with one_blas_thread():
        assert threads() == {1}
        with one_blas_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_a_thread_that_leaves_first_changes_nothing():
    def inside():
        with one_blas_thread():
            return threads()

    with ThreadPoolExecutor(1) as pool, one_blas_thread():
        assert pool.submit(inside).result() == {1}
        assert threads() == {1}
    assert threads() == {2}


def test_an_error_restores():
    with pytest.raises(ZeroDivisionError), one_blas_thread():
        raise ZeroDivisionError
    assert threads() == {2}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_tasks_have_one_each(n_jobs):
    assert list(in_order(threads, [(), ()], n_jobs)) == [{1}, {1}]
    assert list(sharing(lambda _: threads(), (), [0, 1], n_jobs)) == [{1}, {1}]


def test_tasks_that_nobody_waits_for_restore_too():
    running = in_order(threads, [()] * 3, 1)
    assert next(running) == {1}
    running.close()
    assert threads() == {2}
