"""Named arrays from the files that other programs write: .npz, .npy, .mat, Parquet.

Nothing here is ever unpickled: an array of Python objects is refused by name, with the remedy.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .array_sizes import check_size
from .errors import BadInput, DataNotFound
from .paths import ending
from .tables import read_csv, shortened

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["SUFFIXES", "packed", "read_arrays", "read_rows"]

PARQUET = (".parquet", ".pq")

#: What :func:`read_arrays` reads.
SUFFIXES = (".npz", ".npy", ".mat", *PARQUET)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """All arrays of a file by name; the one of an ``.npy`` has the name ``''``.

    Parameters
    ----------
    path : path
        ``.npz``, ``.npy``, ``.mat`` (up to version 7) or Parquet, whose columns are arrays; a
        column of lists of one length is an array of two dimensions.

    Returns
    -------
    dict of str to ndarray
        Of numbers, or of text; cell arrays of text are text. Of length one along no axis but
        the first: MATLAB's n × 1 is ``(n,)``.

    Raises
    ------
    DataNotFound
        The file cannot be read.
    BadInput
        It is damaged or of another kind, or an array holds Python objects, which only
        unpickling could read.

    See Also
    --------
    read_rows : The same, or CSV, as a table of text.
    mebench.evaluation.feature_files.read_features : Features and clip ids out of them.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in SUFFIXES:
        raise BadInput(f"{path} is of an unknown kind; arrays are read from {', '.join(SUFFIXES)}.")
    try:
        if ending(path).is_file():
            check_size(path)
        if kind in PARQUET:
            return _parquet(path)
        return _matlab(path) if kind == ".mat" else _numpy(path)
    except BadInput:
        raise
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error}.") from error
    except ImportError as error:
        raise BadInput(
            f"{path}: reading Parquet needs the package pyarrow: `pip install pyarrow`, or save "
            "the file as .npz or CSV."
        ) from error
    except Exception as error:  # the readers of damaged files raise anything
        if kind == ".mat" and isinstance(error, NotImplementedError):
            raise BadInput(
                f"{path} is a MATLAB file of version 7.3 (HDF5): save it with "
                "save(file, 'features', 'clip_id', '-v7')."
            ) from error
        raise BadInput(f"{path} cannot be read as {kind}: {shortened(error)}.") from error


def packed(arrays: Mapping[str, Any], compress: bool = False) -> bytes:
    """Arrays as the bytes of an ``.npz``; the same arrays, the same bytes.

    As ``np.savez`` writes them, but under any name (it has parameters of its own: an array called
    ``file`` is an error, and ``allow_pickle`` an array before NumPy 2.1), and nothing is pickled.

    Raises
    ------
    ValueError
        An array holds objects of Python.

    Examples
    --------
    >>> import io, numpy as np
    >>> np.load(io.BytesIO(packed({"file": [1, 2]})))["file"].tolist()
    [1, 2]
    """
    import zipfile

    import numpy as np

    buffer = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_rows(path: str | os.PathLike[str], needed: Sequence[str] = ()) -> pd.DataFrame:
    """A table as text: a CSV (:func:`mebench.tables.read_csv`), or the arrays of another file.

    Parameters
    ----------
    path : path
        Of any other suffix than those of :data:`SUFFIXES`, a CSV.
    needed : sequence of str
        Columns that must be there.

    Raises
    ------
    DataNotFound, BadInput
        As :func:`read_arrays` and :func:`mebench.tables.read_csv`; or columns differ in length.
    """
    import pandas as pd

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        return read_csv(path, needed)
    columns = {k: v for k, v in read_arrays(path).items() if v.ndim == 1}
    missing = [name for name in needed if name not in columns]
    if missing:
        there = ", ".join(columns) or "none"
        raise BadInput(f"{path} has the columns {there[:500]}; it lacks {', '.join(missing)}.")
    sizes = {len(column) for column in columns.values()}
    if len(sizes) > 1:
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        raise BadInput(f"{path} has columns of different lengths: {lengths[:500]}.")
    text = {name: [_text(value) for value in column] for name, column in columns.items()}
    return pd.DataFrame(text, dtype=object)


def _numpy(path: Path) -> dict[str, np.ndarray]:
    import numpy as np

    found = _unpickled(path, "its array", lambda: np.load(path, allow_pickle=False))
    if path.suffix.lower() == ".npy":
        if not isinstance(found, np.ndarray):
            raise BadInput(f"{path} is an .npz by its content. Call it so.")
        return {"": found}
    if isinstance(found, np.ndarray):
        raise BadInput(f"{path} is an .npy by its content. Call it so.")
    with found:
        return {name: _unpickled(path, name, lambda: found[name]) for name in found.files}  # noqa: B023


def _unpickled(path: Path, name: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise BadInput(
            f"{path}: {name} is an array of Python objects, or a pickle, which only unpickling "
            "could read; mebench never unpickles, since that can run anything. Save text as "
            f"text and numbers as numbers, such as np.savez(file, {_AS_TEXT[name == 'features']})."
        ) from error


_AS_TEXT = ("clip_id=table.clip_id.to_numpy(str)", "features=features.astype(float)")


def _matlab(path: Path) -> dict[str, np.ndarray]:
    import numpy as np
    from scipy.io import loadmat

    out = {}
    for name, value in loadmat(path, squeeze_me=False).items():
        if name.startswith("__"):
            continue
        array = np.asarray(value)
        if array.dtype == object:  # a cell array
            cells = [np.asarray(cell).ravel() for cell in array.ravel(order="F")]
            if any(len(cell) > 1 for cell in cells):
                raise BadInput(
                    f"{path}: the cells of {name} are no single texts or numbers; save a matrix, "
                    "or a cell array with one text in each cell."
                )
            array = np.array([str(cell[0]) if len(cell) else "" for cell in cells])
        elif array.dtype.kind == "U":
            array = np.array([text.rstrip() for text in array.ravel()])
        elif array.dtype.names is not None:
            raise BadInput(f"{path}: {name} is a struct; save its fields as variables.")
        elif array.ndim == 2 and 1 in array.shape and max(array.shape) > 1:
            array = array.ravel()
        out[name] = array
    return out


def _parquet(path: Path) -> dict[str, np.ndarray]:
    import numpy as np
    import pyarrow.parquet as pq

    table, out = pq.read_table(path), {}
    for name in table.column_names:
        values = table.column(name).to_pylist()
        if any(isinstance(v, (bytes, dict)) for v in values):
            raise BadInput(f"{path}: the column {name} holds bytes or records; expected numbers "
                           "or text.")  # fmt: skip
        lists = [v for v in values if isinstance(v, list)]
        if lists and (len(lists) < len(values) or len({len(v) for v in lists}) > 1):
            raise BadInput(f"{path}: the lists of the column {name} differ in length.")
        if any(isinstance(v, str) for v in values):
            out[name] = np.array(["" if v is None else str(v) for v in values])
        else:
            out[name] = np.array([np.nan if v is None else v for v in values])
    return out


def _text(value: Any) -> str:
    """A cell as a CSV would have it; a whole number that is kept as a float has no point."""
    if isinstance(value, float) and math.isnan(value):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
