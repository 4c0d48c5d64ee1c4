import numpy as np
import pytest

from mebench.methods.fitting import as_input
from mebench.storage import rows
from mebench.storage.checkpoint import fingerprint
from mebench.storage.rows import Rows, blocks, gram_matrix


@pytest.fixture
def many(monkeypatch, tmp_path):
    monkeypatch.setattr(rows, "IN_MEMORY", 2000)
    monkeypatch.setattr(rows, "BLOCK", 7)
    X = np.random.default_rng(0).normal(size=(40, 30))
    collected = Rows(tmp_path / "new" / "folder")
    for row in X:
        collected.append(row)
    return X, collected.collected(), tmp_path


def test_many_rows_go_to_a_file_without_a_name(many):
    X, found, folder = many
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, X)
    assert not [f for f in folder.rglob("*") if f.is_file()]


def test_few_rows_and_clips_stay_a_list(monkeypatch):
    monkeypatch.setattr(rows, "IN_MEMORY", 100)
    collected = Rows()
    for row in (np.zeros(2), "a clip", np.zeros(3), np.zeros(30)):
        collected.append(row)
    assert isinstance(collected.collected(), list)


def test_rows_of_other_shapes_are_refused(many):
    X, _, folder = many
    collected = Rows(folder)
    for row in X:
        collected.append(row)
    with pytest.raises(ValueError, match="Row 41"):
        collected.append(np.zeros(3))


def test_several_dimensions(monkeypatch, tmp_path):
    monkeypatch.setattr(rows, "IN_MEMORY", 100)
    collected = Rows(tmp_path)
    for i in range(9):
        collected.append(np.full((4, 3, 2), i, np.float32))
    found = collected.collected()
    assert found.shape == (9, 4, 3, 2) and found.dtype == np.float32 and found[5].max() == 5


def test_blocks_and_products(many):
    X, found, _ = many
    assert [part.stop for part, _ in blocks(found, 15)] == [15, 30, 40]
    for part, some in blocks(found, 15):  # no copy: a file's rows are in the memory once
        assert np.shares_memory(some, found)
        np.testing.assert_array_equal(some, X[part])
    np.testing.assert_array_equal(gram_matrix(found), gram_matrix(X))
    np.testing.assert_allclose(gram_matrix(found), X @ X.T, rtol=1e-13, atol=1e-13)
    assert (gram_matrix(X) == gram_matrix(X).T).all()


def test_few_rows_of_a_file_are_in_the_memory_at_a_time(monkeypatch):
    """Where it does not matter how many: for a hash, and for rows that become doubles."""
    X = np.random.default_rng(1).normal(size=(20, 60)).astype(np.float32)
    found, given_back = rows.mapped(X), []
    monkeypatch.setattr(rows, "_PIECE", 3 * X[0].nbytes)
    release = rows._release
    monkeypatch.setattr(rows, "_release", lambda X: given_back.append(len(X)) or release(X))
    np.testing.assert_array_equal(np.concatenate([some for _, some in rows.pieces(found)]), X)
    assert len(given_back) == 7
    products = gram_matrix(found[:, 20:])
    assert len(given_back) == 7 + 5 + 1  # four rows at a time, and all of them once more
    np.testing.assert_array_equal(products, gram_matrix(X[:, 20:].astype(float)))
    before = len(given_back)
    of_file = fingerprint(X=found)
    assert len(given_back) == before + 7
    assert of_file == fingerprint(X=X)
    assert len(list(rows.pieces(np.zeros((3, 0))))) == 1


def test_rows_of_several_arrays_lie_in_one_array_each(monkeypatch, tmp_path):
    monkeypatch.setattr(rows, "IN_MEMORY", 1000)
    X, short = np.random.default_rng(0).normal(size=(20, 30)), np.arange(20.0).reshape(20, 1)
    clips = [f"clip {i}" for i in range(20)]
    collected = Rows(tmp_path)
    for parts in zip(X, short, clips, strict=True):
        row = np.empty(3, object)
        row[:] = parts
        collected.append(row)
    found = collected.collected()
    assert found.shape == (20, 3) and found.dtype == object and found[:, 2].tolist() == clips
    assert type(found[0, 0]) is np.ndarray
    whole, some = rows.together(found[:, 0]), rows.together(found[[3, 1], 0])
    np.testing.assert_array_equal(whole, X)
    np.testing.assert_array_equal(some, X[[3, 1]])
    np.testing.assert_array_equal(rows.together(found[5:9, 1]), short[5:9])
    assert np.shares_memory(whole, found[0, 0]) and rows._map_of(whole) is not None
    assert rows.together(found[:, 2]) is None
    mixed = found[:, 0].copy()
    mixed[4] = X[4]
    assert rows.together(mixed) is None
    monkeypatch.setattr(rows, "IN_MEMORY", 1000)
    np.testing.assert_array_equal(as_input(found[:, 0]), X)


def test_few_rows_alike_are_an_array():
    collected = Rows()
    for i in range(40):
        collected.append(np.full(3, i, np.float32))
    found = collected.collected()
    assert found.shape == (40, 3) and found.dtype == np.float32 and found[39, 0] == 39
