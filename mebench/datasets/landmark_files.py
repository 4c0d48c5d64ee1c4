"""Landmarks that another program found: OpenFace 2 and py-feat CSV files, and ``.pts`` files.

All are brought to one form: 68 points (x, y) in iBUG order, in pixels, the middle of the first
pixel at (0, 0), and frames counted from 0 in the order of the folder or video.

========  ============================================  ==================  ====================
kind      told by                                       frames from         first pixel at
========  ============================================  ==================  ====================
openface  ``frame``, ``confidence``, ``success``,       1                   (0, 0)
          ``x_0`` … ``y_67``
py-feat   ``FaceRectX`` or ``FaceScore``, ``frame``,    0                   (0, 0)
          ``x_0`` … ``y_67``
csv       ``frame``, ``x_0`` … ``y_67``                 the lowest of       (0, 0)
                                                        0 and 1 in it
pts       ``n_points: 68`` and lines of x and y         the number in its   (1, 1)
                                                        name
========  ============================================  ==================  ====================
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import BadInput, DataNotFound
from ..exact_numbers import as_numbers
from .frames import frame_number

__all__ = ["LandmarkTable", "clip_landmarks", "doubts_about", "read_landmarks"]

_SURE = 0.5  # confidence of OpenFace below which a frame counts as failed (its own threshold: 0.75)
_MOST_FAILED = 0.2  # share of a clip's frames that may be filled in from their neighbours


class LandmarkTable(NamedTuple):
    """Landmarks by frame.

    Attributes
    ----------
    kind : str
        openface, py-feat, csv or pts.
    frames : ndarray of int ``(n,)``
        As the file numbers them, rising.
    points : ndarray ``(n, 68, 2)``
        NaN where the program found no face.
    base : int
        What the file calls the first frame: 0 or 1; -1 where its numbers are those of images.
    """

    kind: str
    frames: np.ndarray
    points: np.ndarray
    base: int


def read_landmarks(path: str | os.PathLike[str]) -> LandmarkTable:
    """Landmarks from a CSV file, a ``.pts`` file, or a folder of ``.pts`` files.

    Of several faces in a frame the one is taken that is there in most frames (OpenFace's
    ``face_id``), else the largest.

    Raises
    ------
    DataNotFound
        There is no such file.
    BadInput
        It holds no 68 points per frame, or coordinates that are no pixels.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "a_7.pts")
    >>> lines = "\\n".join(f"{k + 1} {2 * k + 1}" for k in range(68))
    >>> _ = file.write_text(f"version: 1\\nn_points: 68\\n{{\\n{lines}\\n}}\\n")
    >>> table = read_landmarks(file)
    >>> table.kind, table.frames.tolist(), table.points[0, 3].tolist()
    ('pts', [7], [3.0, 6.0])
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(path.glob("*.pts"))
        if not files:
            raise DataNotFound(f"The folder {path} holds no .pts files.")
        return _numbered(path, files)
    if not path.is_file():
        raise DataNotFound(f"There are no landmarks at {path}.")
    if path.suffix.lower() == ".pts":
        return _numbered(path, [path])
    return _csv(path)


def clip_landmarks(
    table: LandmarkTable, numbers: Sequence[int], chosen: Sequence[int], where: str
) -> np.ndarray:
    """The landmarks of a clip's frames.

    Parameters
    ----------
    table : LandmarkTable
    numbers : sequence of int
        Of all frames of the folder or video that the clip lies in, as their names say.
    chosen : sequence of int
        Those of the clip.
    where : str
        For messages.

    Returns
    -------
    ndarray ``(len(chosen), 68, 2)``, or ``(68, 2)`` where there are landmarks of the first frame
    only

    Raises
    ------
    BadInput
        The frames of the file are neither those of the folder nor those of the clip, or too many
        of them failed.
    """
    if table.kind == "pts" and len(table.frames) == 1:
        if table.frames[0] not in (-1, chosen[0]):
            raise BadInput(
                f"{where}: the landmarks are of frame {table.frames[0]}, and the clip begins with "
                f"{chosen[0]}."
            )
        return table.points[0]
    place = _places(table, numbers, chosen)
    if place is None:
        raise BadInput(
            f"{where}: the landmarks are of {len(table.frames)} frames, {table.frames[0]} to "
            f"{table.frames[-1]}, and neither the {len(numbers)} frames of the folder nor the "
            f"{len(chosen)} of the clip. Are they of another version of it, or cut off?"
        )
    points = np.full((len(chosen), 68, 2), np.nan)
    there = place >= 0
    points[there] = table.points[place[there]]
    return _filled(points, where)


def doubts_about(points: np.ndarray, size: tuple[int, int] | None = None) -> list[str]:
    """Why landmarks ``(68, 2)`` can hardly be those of an upright face in a picture of (H, W).

    Examples
    --------
    >>> from mebench.synthetic.face import LANDMARKS
    >>> doubts_about(LANDMARKS, (720, 960))
    []
    >>> doubts_about(LANDMARKS[:, ::-1], (720, 960))[0]
    'the eyes are not above the mouth: are x and y exchanged, or does y count from below?'
    >>> doubts_about(LANDMARKS / 960)[0]
    'all coordinates are below 2: shares of the picture instead of pixels?'
    """
    if np.abs(points).max() < 2:
        return ["all coordinates are below 2: shares of the picture instead of pixels?"]
    said = []
    eyes, mouth = points[36:48].mean(0), points[48:68].mean(0)
    across = points[42:48].mean(0) - points[36:42].mean(0)
    if mouth[1] <= eyes[1]:
        said.append("the eyes are not above the mouth: are x and y exchanged, or does y count from "
                    "below?")  # fmt: skip
    elif across[0] <= 0:
        said.append("the eye at the left of the picture lies at the right: a mirrored picture, or "
                    "another order of points?")  # fmt: skip
    if size is not None:
        height, width = size
        x, y = points.mean(0)
        if not (0 <= x < width and 0 <= y < height):
            said.append(f"the face lies outside the picture of {width}×{height}: landmarks of the "
                        "uncropped frames?")  # fmt: skip
    return said


def _places(
    table: LandmarkTable, numbers: Sequence[int], chosen: Sequence[int]
) -> np.ndarray | None:
    """The row of the table for each frame of the clip, -1 for none; None if they do not fit."""
    row = {int(frame): i for i, frame in enumerate(table.frames)}
    wanted = list(chosen)
    order = {number: i for i, number in enumerate(numbers)}
    last = int(table.frames[-1]) - max(table.base, 0) + 1
    if table.base < 0:
        keys = wanted if set(row) <= set(numbers) else None
    elif last == len(numbers):  # of the whole folder
        keys = [order[number] + table.base for number in wanted]
    elif last == len(wanted):  # of the clip alone
        keys = [i + table.base for i in range(len(wanted))]
    elif set(wanted) <= set(row) and set(row) <= set(numbers):
        keys = wanted  # by the numbers of the images
    else:
        keys = None
    return None if keys is None else np.array([row.get(k, -1) for k in keys])


def _filled(points: np.ndarray, where: str) -> np.ndarray:
    """Failed frames take the landmarks of the nearest one that did not fail."""
    good = np.flatnonzero(np.isfinite(points).all(axis=(1, 2)))
    failed = len(points) - len(good)
    if failed > _MOST_FAILED * len(points):
        raise BadInput(
            f"{where}: {failed} of {len(points)} frames have no landmarks; at most a fifth may be "
            "filled in."
        )
    nearest = np.abs(np.arange(len(points))[:, None] - good).argmin(axis=1)
    return points[good[nearest]]


def _numbered(path: Path, files: Sequence[Path]) -> LandmarkTable:
    numbers = [frame_number(f.name) for f in files]
    if len(files) > 1 and None in numbers:
        raise BadInput(f"{files[numbers.index(None)]} has no frame number in its name.")
    pairs = sorted((-1 if n is None else n, f) for n, f in zip(numbers, files, strict=True))
    points = np.stack([_pts(file) for _, file in pairs])
    return LandmarkTable("pts", np.array([n for n, _ in pairs]), points, -1)


def _pts(file: Path) -> np.ndarray:
    """A .pts file's points, from MATLAB's counting of pixels from 1 brought to 0."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise DataNotFound(f"The landmarks {file} cannot be read: {error.strerror}.") from error
    inside = text.partition("{")[2].partition("}")[0]
    try:
        rows = [[float(v) for v in line.split()] for line in inside.splitlines() if line.strip()]
        points = np.array(rows)
    except ValueError:
        points = np.zeros(0)
    if points.shape != (68, 2) or not np.isfinite(points).all():
        raise BadInput(
            f"{file}: expected 68 lines of x and y between braces, found {len(points)} points. "
            "Other numbers of points cannot be used."
        )
    return points - 1


def _csv(path: Path) -> LandmarkTable:
    import pandas as pd

    from ..tables import read_csv

    table = read_csv(path)
    table.columns = [str(c).strip() for c in table.columns]
    names = [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    missing = [n for n in ("frame", *names) if n not in table]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise BadInput(
            f"{path}: the columns {', '.join(missing[:3])}{more} are missing; expected frame and "
            "x_0 … x_67, y_0 … y_67, as OpenFace 2 (-2Dfp) and py-feat write them."
        )
    numbers = table[[*names, "frame"]].apply(as_numbers)
    table = pd.concat([table.drop(columns=numbers.columns), numbers], axis=1)
    if table["frame"].isna().any():
        line = int(table["frame"].isna().to_numpy().argmax()) + 2
        raise BadInput(f"{path}, line {line}: the frame is no number.")
    kind = "csv"
    if "FaceRectX" in table or "FaceScore" in table:
        kind = "py-feat"
    elif "success" in table:
        kind = "openface"
        trust = pd.to_numeric(table["success"], errors="coerce").fillna(0) > 0
        if "confidence" in table:
            trust &= pd.to_numeric(table["confidence"], errors="coerce").fillna(0) >= _SURE
        table.loc[~trust, names] = np.nan
    table = _one_face(table, names)
    frames = table["frame"].to_numpy().astype(int)
    x, y = (table[part].to_numpy(float) for part in (names[:68], names[68:]))
    points = np.stack([x, y], axis=2)
    points[(points == 0).all(axis=(1, 2))] = np.nan
    if not len(frames):
        raise BadInput(f"{path} lists no frames.")
    base = 0 if kind == "py-feat" or frames.min() == 0 else 1
    known = points[np.isfinite(points).all(axis=(1, 2))]
    if len(known) and (doubt := doubts_about(np.median(known, axis=0))):
        raise BadInput(f"{path}: {doubt[0]}")
    return LandmarkTable(kind, frames, points, base)


def _one_face(table, names):  # type: ignore[no-untyped-def]
    """One row per frame."""
    if "face_id" in table and table["face_id"].nunique() > 1:
        table = table[table["face_id"] == table["face_id"].mode().iloc[0]]
    if table["frame"].duplicated().any():
        wide = table[names[:68]].max(axis=1) - table[names[:68]].min(axis=1)
        table = table.assign(_wide=wide.fillna(-1)).sort_values(["frame", "_wide"])
        table = table.drop_duplicates("frame", keep="last")
    return table.sort_values("frame").reset_index(drop=True)
