"""What a clip shows: onset, apex, offset and the motion between, small enough to keep in a run."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pandas as pd

from ..clip import Clip, grey
from ..datasets import Samples
from ..datasets.cards import Card
from ..datasets.registry import database
from ..errors import BadInput, MebenchError
from ..exact_numbers import as_written
from ..flow import ALIGNMENT_POINTS, align_flow, fit_affine, flow
from ..methods.extract import extract
from ..preprocessing import FindLandmarks
from ..preprocessing.face import face_transform, warp
from ..storage.cache import default_cache
from ..synthetic.signed import are_made_up
from .flow_colour import flow_picture

__all__ = ["TILE", "apex_of", "make_strips", "run_strips", "strip_steps", "tiles_of"]

#: Height and width of one picture, in pixels.
TILE = (112, 96)
#: Pictures are measured at twice that size.
_FACE = (2 * TILE[0], 2 * TILE[1])
#: Motion below this many pixels never gets full colour, or the noise of a still face would.
_FAINT = 0.4
#: Clips in one picture file: its sides stay below the 16,383 pixels that WebP allows.
_CLIPS = 512
_COLUMNS = 8


def strip_steps(landmarks: bool = True, faces: bool = False) -> list[Any]:
    """The steps that make the tiles of a clip."""
    return [*([FindLandmarks()] if landmarks else []), _Tiles(faces)]


def run_strips(
    samples: Samples, *, cache: bool = True, landmarks: bool = True
) -> Mapping[str, Any]:
    """The strips that a run keeps, made once for all methods that ran on `samples`.

    Whatever goes wrong is a warning and no strips: a picture never costs a score.

    Parameters
    ----------
    samples : Samples
    cache : bool, default True
        Whether to keep and use measured tiles in the user's cache.
    landmarks : bool, default True
        Whether to look for faces. False shows every clip whole, where the method needs no face.

    Returns
    -------
    mapping
        As :func:`make_strips`, or empty.
    """
    try:
        return _once(samples, cache, landmarks)
    except Exception as error:
        warnings.warn(
            f"No strips of the clips were made ({type(error).__name__}: {error}); the run's "
            "report will do without them.",
            RuntimeWarning,
            stacklevel=2,
        )
        return {}


@lru_cache(maxsize=4)  # samples are compared by identity
def _once(samples: Samples, cache: bool, landmarks: bool) -> dict[str, Any]:
    return make_strips(samples, cache=cache, landmarks=landmarks)


def make_strips(
    samples: Samples,
    *,
    faces: bool | None = None,
    cache: bool = True,
    n_jobs: int | None = -1,
    landmarks: bool = True,
) -> dict[str, Any]:
    """Pictures of all clips, and a table of where each stands.

    Parameters
    ----------
    samples : Samples
    faces : bool, optional
        Whether onset, apex and offset are shown beside the flow. Default: only for a synthetic
        corpus, whose faces nobody's licence covers. Persons whose database forbids to publish
        their face are never shown.
    cache : bool, default True
    n_jobs : int, default -1
    landmarks : bool, default True
        Whether to look for faces.

    Returns
    -------
    dict
        ``strips.csv`` — ``clip_id, sheet, row, column, pictures`` (4 with faces, else 1),
        ``onset, apex, offset`` (0-based, within the clip), ``frames``, ``fps``, ``apex_source``,
        ``full_colour`` (motion in pixels of the original frame that has full colour), ``units``
        and ``emotion`` where annotated — and ``strips-1.webp``, ``strips-2.webp``, …

    Notes
    -----
    Where landmarks are found, all pictures are registered to the first frame's landmarks, and
    the affine motion of points that expressions hardly move is taken out of the flow (as MDMO
    does). A clip without landmarks is shown whole. The flow is that of DIS, for speed.
    """
    if faces is None:
        faces = are_made_up(samples.clips)
    hidden = _unpublishable(samples) if faces else np.zeros(len(samples), bool)
    tiles = tiles_of(samples, faces=faces, cache=cache, n_jobs=n_jobs, landmarks=landmarks)
    rows, out = [], {}
    width = 4 if faces else 1
    columns = _COLUMNS if faces else 2 * _COLUMNS
    table = samples.table
    for first in range(0, len(samples), _CLIPS):
        part = range(first, min(first + _CLIPS, len(samples)))
        sheet = np.full(
            (-(-len(part) // columns) * TILE[0], columns * width * TILE[1], 3), 255, np.uint8
        )
        name = f"strips-{first // _CLIPS + 1}.webp"
        for place, i in enumerate(part):
            clip = samples.clips[i]
            row, column = divmod(place, columns)
            picture, full = _strip(tiles[i], faces and not hidden[i])
            y, x = row * TILE[0], column * width * TILE[1]
            # Without its faces a strip keeps its place: the flow stands last.
            x += (width * TILE[1]) - picture.shape[1]
            sheet[y : y + TILE[0], x : x + picture.shape[1]] = picture
            rows.append(
                {
                    "clip_id": clip.id,
                    "sheet": name,
                    "row": row,
                    "column": column,
                    "pictures": width,
                    "hidden": bool(hidden[i]),
                    "onset": clip.onset,
                    "apex": apex_of(clip),
                    "offset": clip.offset,
                    "frames": len(clip),
                    "fps": clip.fps,
                    "apex_source": _apex_source(clip, table, i),
                    "full_colour": round(full, 2),
                    "units": _word(table, "au", i),
                    "emotion": _word(table, "emotion", i),
                }
            )
        out[name] = _webp(sheet)
    # As it will be read back, so that a page made now and one made from the run are the same.
    text = pd.DataFrame(rows).to_csv(index=False)
    return {"strips.csv": pd.read_csv(io.StringIO(text), **as_written()), **out}


def apex_of(clip: Clip) -> int:
    """The apex, or the middle frame where nobody annotated one."""
    last = len(clip) - 1 if clip.offset is None else clip.offset
    return (clip.onset + last) // 2 if clip.apex is None else clip.apex


def tiles_of(
    samples: Samples,
    *,
    faces: bool = False,
    cache: bool = True,
    n_jobs: int | None = -1,
    landmarks: bool = True,
) -> list[np.ndarray]:
    """Flow and, with `faces`, three frames of every clip.

    Returns
    -------
    list of ndarray ``(112, 96, 2 or 5)``, float16
        u and v in pixels of the original frame, then onset, apex, offset in grey levels.
    """
    store = default_cache() if cache else None
    clips = samples.clips
    found = extract(
        strip_steps(landmarks, faces), clips, cache=store, on_error="skip", n_jobs=n_jobs,
        what="strips",
    )  # fmt: skip
    out: dict[int, np.ndarray] = dict(zip(found.kept.tolist(), found.rows, strict=True))
    left = [i for i in range(len(clips)) if i not in out]
    plain = extract(
        [_Tiles(faces)], [clips[i] for i in left], cache=store, n_jobs=n_jobs,
        what="strips without landmarks",
    )  # fmt: skip
    out |= dict(zip(left, plain.rows, strict=True))
    return [out[i] for i in range(len(clips))]


class _Tiles:
    """A step as :func:`mebench.methods.extract.extract` wants it: clip in, array out."""

    version = 1
    reads_few = True

    def __init__(self, faces: bool) -> None:
        self.faces = faces

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"faces": self.faces}

    def transform(self, clips: list[Clip]) -> np.ndarray:
        return np.stack([self._tile(clip) for clip in clips])

    def _tile(self, clip: Clip) -> np.ndarray:
        last = len(clip) - 1 if clip.offset is None else clip.offset
        frames = grey(clip.read([clip.onset, apex_of(clip), last]))
        landmarks = clip.first_landmarks
        if landmarks is None:
            height, width = frames.shape[1:]
            scale = min(_FACE[0] / height, _FACE[1] / width)
            A = np.array([
                [scale, 0.0, (_FACE[1] - scale * width) / 2],
                [0.0, scale, (_FACE[0] - scale * height) / 2],
            ])  # fmt: skip
        else:
            A = face_transform(landmarks, _FACE)
        crop = warp(frames, A, _FACE)
        crop = np.clip(np.round(crop), 0, 255).astype(np.uint8)
        motion = flow(crop[0], crop[1], "dis")
        if landmarks is not None:
            points = landmarks @ A[:, :2].T + A[:, 2]
            with suppress(BadInput):  # landmarks on one line: then the flow stays as it is
                motion = align_flow(motion, fit_affine(motion, points[list(ALIGNMENT_POINTS)]))
        motion = motion / np.hypot(A[0, 0], A[1, 0])
        layers = [motion[..., 0], motion[..., 1], *(crop if self.faces else ())]
        small = [cv2.resize(np.asarray(a, np.float32), TILE[::-1], interpolation=cv2.INTER_AREA)
                 for a in layers]  # fmt: skip
        return np.stack(small, axis=-1).astype(np.float16)


def _strip(tile: np.ndarray, faces: bool) -> tuple[np.ndarray, float]:
    """The pictures side by side, and the motion of full colour."""
    motion = tile[..., :2].astype(float)
    full = max(float(np.percentile(np.hypot(motion[..., 0], motion[..., 1]), 99)), _FAINT)
    pictures = [flow_picture(motion, full)]
    if faces:
        shown = np.clip(np.round(tile[..., 2:].astype(float)), 0, 255).astype(np.uint8)
        pictures = [*(np.repeat(shown[..., k, None], 3, 2) for k in range(3)), *pictures]
    return np.concatenate(pictures, axis=1), full


def _unpublishable(samples: Samples) -> np.ndarray:
    """Which clips are of persons whose face must not be published."""
    table = samples.table
    out = np.zeros(len(samples), bool)
    for name in set(table["dataset"].astype(str)):
        try:
            card: Card = database(name).card
        except MebenchError:
            continue
        bare = {s.removeprefix("sub").lstrip("0") for s in card.unpublishable}
        subject = table["subject"].astype(str).str.removeprefix("sub").str.lstrip("0")
        out |= ((table["dataset"].astype(str) == name) & subject.isin(bare)).to_numpy()
    return out


def _apex_source(clip: Clip, table: pd.DataFrame, i: int) -> str:
    if clip.apex is None:
        return "middle"
    return _word(table, "apex_source", i) or "annotated"


def _word(table: pd.DataFrame, column: str, i: int) -> str:
    if column not in table:
        return ""
    value = table[column].iloc[i]
    return "" if value is None or value != value else str(value)


def _webp(picture: np.ndarray) -> bytes:
    bgr = np.ascontiguousarray(picture[..., ::-1])
    return cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 62])[1].tobytes()
