"""The store of networks: whole or not at all."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from mebench.deep import store


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path))
    return tmp_path


def test_what_is_put_is_got_and_what_is_dropped_is_gone():
    arrays = store.pack([np.eye(2), np.arange(3)])
    store.put("key", {**arrays, "history": np.zeros((0, 2))})
    found = store.get("key")
    assert [a.tolist() for a in store.unpack(found)] == [np.eye(2).tolist(), [0, 1, 2]]
    assert found["history"].shape == (0, 2)
    store.drop("key")
    store.drop("key")
    assert store.get("key") is None


def test_more_than_ten_keep_their_order():
    found = store.unpack(store.pack([np.array(i) for i in range(12)]))
    assert [int(a) for a in found] == list(range(12))


@pytest.mark.parametrize("harm", [lambda b: b[:-3], lambda b: b"x" + b[1:], lambda b: b""])
def test_harm_is_noticed(home, harm):
    store.put("key", {"w0": np.ones(5)})
    (path,) = [p for p in home.rglob("*") if p.is_file()]
    path.write_bytes(harm(path.read_bytes()))
    assert store.get("key") is None


def test_a_network_under_anothers_key_is_none(home):
    """Issue 18, point 10: the key is bound into the checksum."""
    store.put("key", {"w0": np.ones(5)})
    (path,) = [p for p in home.rglob("*") if p.is_file()]
    path.rename(path.with_name("other"))
    assert store.get("other") is None


def test_what_a_killed_one_left_goes_with_the_next(home):
    code = (
        "import os, signal, numpy as np\nfrom mebench.deep import store\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "store.put('key', {'w0': np.ones(1)})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ)
    assert done.returncode == -signal.SIGKILL and list(home.rglob(".writing-*"))
    store.put("other", {"w0": np.ones(1)})
    assert [p.name for p in home.rglob("*") if p.is_file()] == ["other"]


def test_objects_are_never_unpickled(home):
    with pytest.raises(ValueError, match="[Oo]bject"):
        store.put("key", {"w0": np.array([{}], dtype=object)})
    assert store.get("key") is None


def test_digest_tells_types_shapes_and_bounds_apart():
    parts = [(np.zeros(2),), (np.zeros(2, np.float32),), (np.zeros((1, 2)),), ("ab", "c"),
             ("a", "bc"), (1,), ("1",), (None,)]  # fmt: skip
    assert len({store.digest(*p) for p in parts}) == len(parts)
    assert store.digest(np.array(["a"], object)) == store.digest(np.array(["a"], object))


def test_a_folder_that_cannot_be_written_is_a_warning(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("MEBENCH_HOME", str(home / "file"))
    with pytest.warns(RuntimeWarning, match="MEBENCH_HOME"):
        store.put("key", {"w0": np.ones(1)})
