import os
import pickle
import threading
import time

import numpy as np
import pytest

from mebench.errors import BadInput
from mebench.storage import ArrayCache
from mebench.storage.cache import as_bytes, default_cache


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def entry(cache):
    (file,) = (f for f in cache.folder.rglob("*") if f.is_file())
    return file


@pytest.mark.parametrize(
    "array", [np.arange(6.0).reshape(2, 3), np.zeros(0), np.array(7), np.ones(3, np.uint8)]
)
def test_gives_back_what_was_put(cache, array):
    assert cache.get("key") is None
    cache.put("key", array)
    found = cache.get("key")
    assert found.dtype == array.dtype and found.shape == array.shape
    np.testing.assert_array_equal(found, array)
    assert cache.get("other key") is None


def test_every_damage_counts_as_absent(cache):
    cache.put("key", np.arange(50.0))
    whole = entry(cache).read_bytes()
    for damaged in (b"", whole[:10], whole[:-1], whole[1:], whole + b"x",
                    whole[:100] + bytes([whole[100] ^ 1]) + whole[101:]):  # fmt: skip
        entry(cache).write_bytes(damaged)
        assert cache.get("key") is None
    cache.put("key", np.arange(3.0))
    assert cache.get("key").tolist() == [0, 1, 2]


def test_nothing_is_pickled(cache):
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        cache.put("key", np.array([{}], dtype=object))


def test_leaves_no_partial_files(cache):
    for i in range(5):
        cache.put(f"key{i}", np.arange(i))
    assert len([f for f in cache.folder.rglob("*") if f.is_file()]) == 5


def test_where_nothing_can_be_written_it_warns_once(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    cache = ArrayCache(blocked / "cache")
    with pytest.warns(RuntimeWarning, match="MEBENCH_HOME") as seen:
        cache.put("a", np.zeros(3))
        cache.put("b", np.zeros(3))
    assert len(seen) == 1 and cache.get("a") is None


def used(cache, key, when):
    os.utime(cache._path(key), (when, when))


def test_what_was_not_used_for_longest_goes_first(cache):
    for i, key in enumerate("abcd"):
        cache.put(key, np.zeros(1000))
        used(cache, key, 1000 + i)
    cache.get("a")  # used just now
    size = cache.usage().size // 4
    assert cache.prune(2 * size) == (2, 2 * size)
    assert [key in cache for key in "abcd"] == [True, False, False, True]
    assert cache.usage().entries == 2 and cache.prune(10**9) == (0, 0)


def test_the_limit_holds_while_writing(tmp_path):
    cache = ArrayCache(tmp_path, limit=50_000)
    for i in range(40):
        cache.put(str(i), np.zeros(1000))
        used(cache, str(i), 1000 + i)
        assert cache.usage().size <= 50_000
    assert "39" in cache and "0" not in cache


def test_pruning_touches_nothing_that_is_not_an_entry(cache):
    cache.put("a", np.zeros(3))
    strange = cache.folder / "notes.txt"
    strange.write_text("mine")
    (cache.folder / "ab").mkdir(exist_ok=True)
    (cache.folder / "ab" / "mine.txt").write_text("mine")
    stale, young = cache.folder / "ab" / ".writing-1", cache.folder / "ab" / ".writing-2"
    for path in (stale, young):
        path.write_bytes(b"half")
    os.utime(stale, (time.time() - 7200,) * 2)
    cache.prune(0)
    left = sorted(f.name for f in cache.folder.rglob("*") if f.is_file())
    assert left == [".writing-2", "mine.txt", "notes.txt"]


def test_readers_writers_and_pruners_at_once(cache):
    wrong = []

    def work(number):
        other = ArrayCache(cache.folder, limit=20_000)
        for i in range(60):
            key = str(i % 7)
            other.put(key, np.full(500, i % 7))
            found = other.get(key)
            if found is not None and not (found == i % 7).all():
                wrong.append(key)
            if i % 10 == number:
                other.prune(5_000)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not [f for f in cache.folder.rglob(".writing-*")]


def test_another_folder_takes_what_a_read_only_one_cannot(tmp_path):
    shared = ArrayCache(tmp_path / "shared")
    shared.put("old", np.arange(3))
    (tmp_path / "blocked").write_text("in the way")
    cache = ArrayCache(tmp_path / "blocked" / "cache", spare=tmp_path / "spare")
    cache.put("new", np.arange(4))
    assert cache.get("new").tolist() == [0, 1, 2, 3] and "new" in cache and "old" not in cache
    copied = pickle.loads(pickle.dumps(cache))
    assert copied.get("new").tolist() == [0, 1, 2, 3]


def test_the_limit_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MEBENCH_CACHE_LIMIT", "5GB")
    assert default_cache().limit == 5 * 10**9
    monkeypatch.setenv("MEBENCH_CACHE_LIMIT", "none")
    assert default_cache().limit is None
    monkeypatch.delenv("MEBENCH_CACHE_LIMIT")
    assert 0 < default_cache().limit <= 20 * 10**9
    monkeypatch.setenv("MEBENCH_CACHE_LIMIT", "much")
    with pytest.raises(BadInput, match="MEBENCH_CACHE_LIMIT"):
        default_cache()


@pytest.mark.parametrize("text", ["", "ten", "-1GB", "1XB", "GB", "1e3"])
def test_no_sizes(text):
    with pytest.raises(BadInput, match="10GB"):
        as_bytes(text)
