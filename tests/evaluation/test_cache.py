import numpy as np
import pytest

from mebench.evaluation import ArrayCache


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
