"""Where the time goes."""

from __future__ import annotations

import threading
import time

from mebench import timing
from mebench.results.words import time_line


def test_time_counts_once_where_it_was_spent():
    before = timing.taken()
    with timing.spending("tuning"):
        time.sleep(0.02)
        with timing.spending("decode"):
            time.sleep(0.05)
        with timing.spending("decode"):
            time.sleep(0.05)
    found = timing.since(before)
    assert list(found) == ["decode", "tuning"]  # in the order of a run
    assert found["decode"] >= 0.1
    assert 0.02 <= found["tuning"] < 0.1


def test_threads_are_added_and_errors_count():
    before = timing.taken()

    def work() -> None:
        with timing.spending("flow"):
            time.sleep(0.05)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        with timing.spending("faces"):
            time.sleep(0.02)
            raise RuntimeError
    except RuntimeError:
        pass
    for thread in threads:
        thread.join()
    found = timing.since(before)
    assert found["flow"] >= 0.15
    assert found["faces"] >= 0.02


def test_the_line_of_a_run():
    assert time_line({}) == ""
    alone = {"pass": {"seconds": {"decode": 2.0, "descriptors": 1.0}, "runs": 1},
             "seconds": {"decode": 0.5, "tuning": 120.0}}  # fmt: skip
    assert time_line({"work": alone}) == (
        "Time, over all threads: decode 2.5 s, descriptors 1.0 s, tuning 120 s."
    )
    cached = {"pass": {"seconds": {}, "runs": 1}, "seconds": {"tuning": 3.0}}
    assert time_line({"work": cached}) == (
        "Time, over all threads: features from the cache; tuning 3.0 s."
    )
    there = {"work": cached, "features_from_cache": 0, "seconds": {"features": 49.1}}
    assert time_line(there) == (
        "Time, over all threads: features 49.1 s of waiting for the cluster's workers; "
        "tuning 3.0 s."
    )
