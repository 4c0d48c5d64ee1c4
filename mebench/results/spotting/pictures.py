"""Hits and misses as pictures: onset, apex, offset, and what changed between, of some of each."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
import pandas as pd

from ...clip import Clip, grey
from ...datasets.long import LongVideos
from ...spotting.matching import matches
from ...synthetic.signed import are_made_up

__all__ = ["STRIP", "hit_pictures"]

#: Height and width of one picture; four stand side by side.
TILE = (96, 120)
STRIP = (TILE[0], 4 * TILE[1])
_EACH = 6  # of a kind of expression and a result
_FULL = 40.0  # grey levels of change that are shown in full


def hit_pictures(
    database: LongVideos, predictions: pd.DataFrame, *, iou: float = 0.5, faces: bool | None = None
) -> tuple[pd.DataFrame, dict[str, bytes]]:
    """Some hits, false alarms and misses of each kind, those of the highest scores first.

    Parameters
    ----------
    database : LongVideos
    predictions : DataFrame
        With ``result`` and ``cause``.
    iou : float, default 0.5
    faces : bool, optional
        Whether faces may be shown. Default: only where they are made up.

    Returns
    -------
    table : DataFrame
        ``sheet, row, result`` (tp, fp, fn), ``kind, cause, video, onset, apex, offset``; empty
        where no face may be shown.
    files : dict of str to bytes
        ``pictures.webp``: strips one below the other.
    """
    if faces is None:
        faces = are_made_up(database.clips)
    chosen = _chosen(database, predictions, iou) if faces else pd.DataFrame()
    if not len(chosen):
        return pd.DataFrame(), {}
    clips = {clip.id: clip for clip in database.clips}
    sheet = np.full((len(chosen) * STRIP[0], STRIP[1]), 255, np.uint8)
    for i, row in enumerate(cast(Any, chosen.itertuples())):
        sheet[i * STRIP[0] : (i + 1) * STRIP[0]] = _strip(clips[row.video], row)
    table = chosen.assign(sheet="pictures.webp", row=range(len(chosen)))
    columns = ["sheet", "row", "result", "kind", "cause", "video", "onset", "apex", "offset"]
    done, data = cv2.imencode(".webp", sheet, [cv2.IMWRITE_WEBP_QUALITY, 80])
    return table[columns], {"pictures.webp": data.tobytes()} if done else {}


def _chosen(database: LongVideos, predictions: pd.DataFrame, iou: float) -> pd.DataFrame:
    """A few of each kind and result; of the false alarms, of each cause in turn."""
    truth = database.truth
    found = set(matches(predictions, truth, iou)["truth"])
    missed = truth[[i not in found for i in truth.index]].assign(result="fn", cause="", score=0.0)
    marks = ["video", "kind", "onset", "apex", "offset", "result", "cause", "score"]
    every = pd.concat([predictions[marks], missed[marks]], ignore_index=True)
    every["apex"] = pd.to_numeric(every["apex"], errors="coerce")
    every = every.sort_values(["score", "video", "onset"], ascending=[False, True, True])
    every["turn"] = every.groupby(["kind", "result", "cause"]).cumcount()
    every = every.sort_values("turn", kind="stable")
    few = every.groupby(["kind", "result"], sort=False).head(_EACH)
    order = {"tp": 0, "": 0, "fp": 1, "fn": 2}
    few = few.assign(order=few["result"].map(order), micro=few["kind"] != "micro")
    return few.sort_values(["micro", "order", "turn"], kind="stable").reset_index(drop=True)


def _strip(clip: Clip, row: Any) -> np.ndarray:
    last = len(clip) - 1
    onset, offset = (min(max(int(v), 0), last) for v in (row.onset, row.offset))
    apex = (onset + offset) // 2 if pd.isna(row.apex) else min(max(int(row.apex), 0), last)
    order = sorted({onset, apex, offset})
    frames = dict(zip(order, grey(clip.read(order)), strict=True))
    tiles = [_fit(frames[i]) for i in (onset, apex, offset)]
    change = np.abs(tiles[1].astype(float) - tiles[0].astype(float))
    tiles.append(np.asarray(255 - np.clip(change / _FULL, 0, 1) * 255, np.uint8))
    return np.hstack(tiles)


def _fit(frame: np.ndarray) -> np.ndarray:
    """The middle of a frame, in the shape of a tile."""
    height, width = frame.shape
    aspect = TILE[1] / TILE[0]
    if width / height > aspect:
        wide = round(height * aspect)
        frame = frame[:, (width - wide) // 2 : (width - wide) // 2 + wide]
    else:
        high = round(width / aspect)
        frame = frame[(height - high) // 2 : (height - high) // 2 + high]
    return np.asarray(cv2.resize(frame, TILE[::-1], interpolation=cv2.INTER_AREA))
