"""Files of features and predictions as people keep them; nothing is ever unpickled."""

import io
import os
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from mebench.arrays import packed, read_arrays, read_rows
from mebench.errors import BadInput, DataNotFound
from mebench.evaluation.feature_files import read_features, save_features
from mebench.scoring import read_predictions

IDS = ["c0", "c1", "c2", "sub01_EP02"]
X = np.arange(12.0).reshape(4, 3) / 7


def npz(path, **arrays):
    np.savez(path, **arrays)


def as_npz(path):
    npz(path, features=X, clip_id=IDS)


def as_npy(path):
    np.save(path, X)
    path.with_suffix(".csv").write_text("clip_id,subject\n" + "".join(f"{i},1\n" for i in IDS))


def as_mat(path):
    """A cell array of text, as MATLAB saves it."""
    savemat(path, {"features": X, "clip_id": np.array(IDS, object)[:, None]})


def as_char_matrix(path):
    savemat(path, {"features": X, "clip_id": np.array(IDS)})


def as_wide(path):
    table = pd.DataFrame(X, columns=["a", "b", "c"])
    table.insert(1, "clip_id", IDS)
    table.to_parquet(path)


def as_lists(path):
    pd.DataFrame({"clip_id": IDS, "features": list(X)}).to_parquet(path)


@pytest.mark.parametrize(
    ("write", "suffix"),
    [(as_npz, "npz"), (as_npy, "npy"), (as_mat, "mat"), (as_char_matrix, "mat"),
     (as_wide, "parquet"), (as_lists, "pq")],
    ids=lambda x: getattr(x, "__name__", x),
)  # fmt: skip
def test_features_of_every_kind(tmp_path, write, suffix):
    path = tmp_path / f"features.{suffix}"
    write(path)
    ids, found = read_features(path)
    assert ids == IDS and found.dtype == np.float64
    np.testing.assert_array_equal(found, X)


def test_what_save_features_writes_is_read(tmp_path):
    ids, found = read_features(save_features(tmp_path / "x.npz", IDS, X, ["a", "b", "c"]))
    assert ids == IDS and (found == X).all()


def test_other_names_and_bytes(tmp_path):
    npz(tmp_path / "x.npz", X=X.astype(np.float32), ids=np.array(IDS, "S"))
    ids, found = read_features(tmp_path / "x.npz")
    assert ids == IDS and found.dtype == np.float64


def test_one_column_and_numbers_as_ids(tmp_path):
    savemat(tmp_path / "one.mat", {"features": X[:, :1], "clip_id": np.arange(1.0, 5)[:, None]})
    ids, found = read_features(tmp_path / "one.mat")
    assert ids == ["1", "2", "3", "4"] and found.shape == (4, 1)


def test_an_array_of_objects_is_named_with_the_remedy(tmp_path):
    """np.savez(features=X, clip_id=df.clip_id.to_numpy()), which pickles the ids."""
    path = tmp_path / "object_ids.npz"
    np.savez(path, features=X, clip_id=pd.Series(IDS, dtype=object).to_numpy())
    with pytest.raises(BadInput, match=r"clip_id is an array of Python objects.*to_numpy\(str\)"):
        read_features(path)
    np.savez(path, features=X.astype(object), clip_id=IDS)
    with pytest.raises(BadInput, match=r": features is an array of.*astype\(float\)"):
        read_features(path)


class Boom:
    def __reduce__(self):
        return (exec, ("import os; os.environ['MEBENCH_BOOM'] = 'yes'",))


@pytest.mark.parametrize("name", ["x.npz", "x.npy", "x.mat", "x.parquet"])
def test_nothing_is_unpickled(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(pickle.dumps(Boom()))
    with pytest.raises(BadInput):
        read_arrays(path)
    np.save(tmp_path / "objects.npy", np.array([Boom()], object))
    with pytest.raises(BadInput, match="never unpickles"):
        read_arrays(tmp_path / "objects.npy")
    assert "MEBENCH_BOOM" not in os.environ


def test_an_npy_alone_takes_the_order_it_is_given_and_says_so(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(BadInput, match=r"put x.csv beside it"):
        read_features(tmp_path / "x.npy")
    with pytest.warns(UserWarning, match="in the order of the table"):
        ids, _ = read_features(tmp_path / "x.npy", IDS)
    assert ids == IDS
    with pytest.warns(UserWarning), pytest.raises(BadInput, match=r"shape \(4, 3\)"):
        read_features(tmp_path / "x.npy", IDS[:2])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"features": X}, "lacks clip_id"),
        ({"clip_id": IDS}, "lacks features"),
        ({"features": X[:, :2].T, "clip_id": IDS}, "transpose them"),
        ({"features": X[:3], "clip_id": IDS}, "expected \\(n, d\\)"),
        ({"features": np.array([["a"] * 3] * 4), "clip_id": IDS}, "no numeric features"),
        ({"features": np.where(X > 1, np.nan, X), "clip_id": IDS}, "clip c2 are not all finite"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_refusals(tmp_path, arrays, message):
    npz(tmp_path / "x.npz", **arrays)
    with pytest.raises(BadInput, match=message):
        read_features(tmp_path / "x.npz")


def test_other_files(tmp_path):
    with pytest.raises(DataNotFound):
        read_features(tmp_path / "missing.mat")
    (tmp_path / "x.mat").write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\0\2IM" + bytes(400))
    with pytest.raises(BadInput, match=r"7\.3|cannot be read"):
        read_features(tmp_path / "x.mat")
    savemat(tmp_path / "s.mat", {"features": {"a": X}, "clip_id": IDS})
    with pytest.raises(BadInput, match="features is a struct"):
        read_features(tmp_path / "s.mat")
    np.save(tmp_path / "really.npy", X)
    (tmp_path / "really.npy").rename(tmp_path / "called.npz")
    with pytest.raises(BadInput, match=r"an \.npy by its content"):
        read_features(tmp_path / "called.npz")
    pd.DataFrame({"clip_id": IDS, "features": [[1.0], [1.0, 2.0], [1.0], [1.0]]}).to_parquet(
        tmp_path / "x.parquet"
    )
    with pytest.raises(BadInput, match="differ in length"):
        read_features(tmp_path / "x.parquet")


ROWS = {"subject": [1, 1, 2, 2], "y_true": [0, 1, 0, 1], "y_pred": [0, 1, 1, 1]}


@pytest.mark.parametrize("suffix", ["npz", "mat", "parquet", "csv"])
def test_predictions_of_every_kind(tmp_path, suffix):
    path = tmp_path / f"mine.{suffix}"
    if suffix == "npz":
        np.savez(path, **ROWS)
    elif suffix == "mat":
        savemat(path, {k: np.array(v, float)[:, None] for k, v in ROWS.items()})
    elif suffix == "parquet":
        pd.DataFrame(ROWS).to_parquet(path)
    else:
        pd.DataFrame(ROWS).to_csv(path, index=False)
    found = read_predictions(path)
    assert found.classes == ["0", "1"] and found.header["n_subjects"] == 2
    assert found.scores()["accuracy"] == 0.75


def test_rows_are_text(tmp_path):
    np.savez(tmp_path / "x.npz", a=[1.0, 2.5, np.nan], b=["x", "", "z"], ignored=np.zeros((3, 2)))
    table = read_rows(tmp_path / "x.npz", ["a"])
    assert table.to_dict("list") == {"a": ["1", "2.5", ""], "b": ["x", "", "z"]}
    with pytest.raises(BadInput, match="it lacks c"):
        read_rows(tmp_path / "x.npz", ["c"])
    np.savez(tmp_path / "y.npz", a=[1], b=[1, 2])
    with pytest.raises(BadInput, match="different lengths: a 1, b 2"):
        read_rows(tmp_path / "y.npz")


@pytest.mark.parametrize("compress", [False, True])
def test_packed_is_what_numpy_writes(compress):
    arrays = {"x": np.arange(6.0).reshape(2, 3), "a b": np.array(["ä", "b"]), "n": np.int64(3)}
    buffer = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(buffer, **arrays)
    assert packed(arrays, compress) == buffer.getvalue()


def test_packed_takes_every_name_and_no_objects():
    with np.load(io.BytesIO(packed({"file": 1, "allow_pickle": 2}))) as found:
        assert found.files == ["file", "allow_pickle"] and found["file"] == 1
    with pytest.raises(ValueError, match="[Oo]bject"):
        packed({"x": np.array([{}], dtype=object)})
