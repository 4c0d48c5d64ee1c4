"""The clips as the page shows them: strips, answers, margins, and what spoke for the answer."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import pandas as pd

from ...scoring import Predictions
from ..face_figures import unit_words
from ..figure_style import ORANGE, data_uri
from ..flow_colour import flow_picture
from ..strips import TILE
from .run_view import RunView

__all__ = ["Clips", "clips_of", "wheel"]

#: Regions that are named per clip.
_PARTS = 6
_COLUMNS = 16
#: Bytes of all pictures of a page; where there are more, they are made smaller (our choice, so
#: that a page of 7,500 clips stays below 5 MB).
_PICTURES = 2_400_000
_SMALLER = ((0.75, 55), (0.5, 55), (0.5, 35), (0.375, 35), (0.25, 30), (0.125, 30))
#: Characters of the clips' data beyond which it is packed, and unpacked when it is looked at.
_PLAIN = 400_000


@dataclass
class Clips:
    """All that the page's clips need: pictures once, rows per run."""

    sheets: list[dict[str, Any]] = field(default_factory=list)  # uri and size of each picture file
    sets: list[list[dict[str, Any]]] = field(default_factory=list)  # clips of each set of samples
    runs: list[dict[str, Any]] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """For the page's script."""
        sheets = [{k: v for k, v in sheet.items() if k != "uri"} for sheet in self.sheets]
        return {"sheets": sheets, "sets": self.sets, "runs": self.runs}

    def packed(self) -> str:
        """The same as base64 of gzipped JSON where it is long; "" where it is not."""
        text = json.dumps(self.data(), separators=(",", ":"))
        if len(text) <= _PLAIN:
            return ""
        return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()

    def worst(self, key: str, most: int = 8) -> list[dict[str, Any]]:
        """The errors furthest ahead of the truth, ready for a template."""
        run = next((r for r in self.runs if r["key"] == key), None)
        if run is None:
            return []
        rows = [row for row in run["rows"] if row["truth"] != row["said"]]
        rows.sort(key=lambda r: -r.get("behind", -np.inf))
        clips = self.sets[run["set"]]
        return [{**clips[row["clip"]], **row, "truth": run["classes"][row["truth"]],
                 "said": run["classes"][row["said"]], "groups": run["groups"],
                 "sheets": self.sheets} for row in rows[:most]]  # fmt: skip


def clips_of(views: Sequence[RunView], faces: Mapping[str, Mapping[str, Any]]) -> Clips:
    """Clips of all classification runs.

    Parameters
    ----------
    views : sequence of RunView
    faces : mapping
        By key of a run, strips with faces (:func:`mebench.results.strips.make_strips`) to show
        instead of those that the run keeps.
    """
    out = Clips()
    places: dict[str, int] = {}  # fingerprint of the pictures and clips → place in `sets`
    names: dict[bytes, int] = {}  # picture file → place in `sheets`
    for view in views:
        if not isinstance(view.run, Predictions):
            continue
        strips = faces.get(view.key, view.run.artifacts)
        known = _strip_rows(strips, out, names)
        table = view.run.table
        ids = table["clip_id"].astype(str).tolist()
        # Runs on the same samples share one list of clips and one set of pictures.
        mark = repr((sorted(ids), sorted((k, v["sheet"]) for k, v in known.items())))
        if mark not in places:
            places[mark] = len(out.sets)
            out.sets.append([
                {"id": i, "dataset": str(d), "subject": str(s), **known.get(i, {})}
                for i, d, s in zip(ids, table["dataset"], table["subject"], strict=True)
            ])  # fmt: skip
        where = {clip["id"]: i for i, clip in enumerate(out.sets[places[mark]])}
        rows = _answers(view.run, where)
        groups = _parts(view.run.artifacts.get("contributions.csv"), rows, ids)
        groups = _with_units(groups, view.run.artifacts.get("importance.csv"))
        maps = _maps(view.run.artifacts.get("gradcam.npz"), ids, out)
        for row, clip_id in zip(rows, ids, strict=True):
            if clip_id in maps:
                row["map"] = maps[clip_id]
        out.runs.append({
            "key": view.key, "title": view.title, "place": " ".join(view.place[:2]),
            "set": places[mark], "classes": view.run.classes, "groups": groups, "rows": rows,
        })  # fmt: skip
    for place, data in zip(names.values(), _fitting(list(names)), strict=True):
        out.sheets[place]["uri"] = data_uri(data, "image/webp")
    return out


def _fitting(sheets: Sequence[bytes]) -> list[bytes]:
    """The pictures, all made smaller alike where they are too many bytes for a page.

    The page is told their first size, by which it finds the tiles.
    """
    total, found = sum(map(len, sheets)), list(sheets)
    for share, quality in _SMALLER:
        if total <= _PICTURES:
            break
        # The largest tells what to expect, so that not all are made again and again.
        largest = max(sheets, key=len)
        ratio = len(_smaller(largest, share, quality)) / len(largest)
        if ratio * sum(map(len, sheets)) > _PICTURES and share > _SMALLER[-1][0]:
            continue
        found = [_smaller(sheet, share, quality) for sheet in sheets]
        total = sum(map(len, found))
    return found


def _smaller(sheet: bytes, share: float, quality: int) -> bytes:
    image = cv2.imdecode(np.frombuffer(sheet, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None  # its size was read before
    less = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".webp", less, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()


def _strip_rows(
    strips: Mapping[str, Any], out: Clips, names: dict[bytes, int]
) -> dict[str, dict[str, Any]]:
    """Clip id → where its strip stands and what was noted about it."""
    table = strips.get("strips.csv")
    if not isinstance(table, pd.DataFrame) or not {"clip_id", "sheet", "row", "column",
                                                   "pictures"} <= set(table):  # fmt: skip
        return {}
    found: dict[str, dict[str, Any]] = {}
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        data = strips.get(str(row["sheet"]))
        if not isinstance(data, bytes):
            continue
        if data not in names:
            size = _size(data)
            if size is None:
                continue
            names[data] = len(out.sheets)
            out.sheets.append({"uri": data_uri(data, "image/webp"), "height": size[0],
                               "width": size[1]})  # fmt: skip
        found[str(row["clip_id"])] = {
            "sheet": names[data],
            "row": int(row["row"]),
            "column": int(row["column"]),
            "pictures": int(row["pictures"]),
            "hidden": bool(row.get("hidden")),
            **{k: row.get(k) for k in ("onset", "apex", "offset", "frames", "fps", "full_colour")},
            "apex_source": str(row.get("apex_source") or ""),
            "units": str(row.get("units") or ""),
            "emotion": str(row.get("emotion") or ""),
        }
    return found


def _answers(run: Predictions, where: Mapping[str, int]) -> list[dict[str, Any]]:
    """Truth, answer, and by how much the answer led (NaN-free, None where there are no scores)."""
    table, classes = run.table, run.classes
    place = {c: i for i, c in enumerate(classes)}
    columns = [f"score_{c}" for c in classes]
    scores = None
    if len(classes) > 1 and all(c in table for c in columns):
        scores = table[columns].to_numpy(float)
    rows = []
    for i, (clip, truth, said) in enumerate(
        zip(table["clip_id"].astype(str), table["y_true"], table["y_pred"], strict=True)
    ):
        row: dict[str, Any] = {"clip": where[clip], "truth": place.get(truth, 0),
                               "said": place.get(said, 0), "margin": None}  # fmt: skip
        if scores is not None and np.isfinite(scores[i]).all():
            others = np.delete(scores[i], row["said"])
            runner = int(np.delete(np.arange(len(classes)), row["said"])[others.argmax()])
            row["margin"] = round(float(scores[i, row["said"]] - others.max()), 3)
            row["runner"] = runner
            row["behind"] = round(float(scores[i, row["said"]] - scores[i, row["truth"]]), 3)
        rows.append(row)
    return rows


def _parts(table: Any, rows: list[dict[str, Any]], ids: Sequence[str]) -> list[str]:
    """Put the largest contributions into each row, as (group, value); the names of the groups."""
    if not isinstance(table, pd.DataFrame) or not {"clip_id", "group", "value"} <= set(table):
        return []
    values = pd.to_numeric(table["value"], errors="coerce").to_numpy(float)
    names = table["group"].astype(str).tolist()
    groups = list(dict.fromkeys(names))
    place = {g: i for i, g in enumerate(groups)}
    found: dict[str, list[list[float]]] = {}
    clips = table["clip_id"].astype(str).tolist()
    for i in np.argsort(-np.abs(values), kind="stable").tolist():  # the largest first, NaN last
        parts = found.setdefault(clips[i], [])
        if len(parts) < _PARTS and values[i] == values[i]:
            parts.append([place[names[i]], _three(values[i])])
    for row, clip_id in zip(rows, ids, strict=True):
        if found.get(clip_id):
            row["parts"] = found[clip_id]
    return groups


def _with_units(groups: list[str], importance: Any) -> list[str]:
    """Names of regions with their action units."""
    if not isinstance(importance, pd.DataFrame) or not {"group", "au"} <= set(importance):
        return groups
    units = dict(zip(importance["group"].astype(str), importance["au"].fillna(""), strict=True))
    return [f"{g} · {unit_words(units[g])}" if units.get(g) else g for g in groups]


def _maps(data: Any, ids: Sequence[str], out: Clips) -> dict[str, list[int]]:
    """Class activation maps as one more picture file: clip id → [sheet, row, column]."""
    if not isinstance(data, bytes):
        return {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            maps = {k: np.asarray(found[k], float) for k in found.files if k in set(ids)}
    except (OSError, ValueError, zipfile.BadZipFile):
        return {}
    maps = {k: m for k, m in maps.items() if m.ndim == 2 and m.size and np.isfinite(m).all()}
    if not maps:
        return {}
    rows = -(-len(maps) // _COLUMNS)
    sheet = np.full((rows * TILE[0], _COLUMNS * TILE[1], 3), 255, np.uint8)
    colour = np.array([int(ORANGE[i : i + 2], 16) for i in (1, 3, 5)], float)
    where = {}
    for i, (clip_id, value) in enumerate(maps.items()):
        r, c = divmod(i, _COLUMNS)
        share = np.clip(value, 0, None) / max(float(value.max()), 1e-12)
        big = cv2.resize(share, TILE[::-1], interpolation=cv2.INTER_LINEAR)[..., None]
        picture = np.round(255 * (1 - big) + big * colour).astype(np.uint8)
        sheet[r * TILE[0] : (r + 1) * TILE[0], c * TILE[1] : (c + 1) * TILE[1]] = picture
        where[clip_id] = [len(out.sheets), r, c]
    coded = cv2.imencode(".webp", np.ascontiguousarray(sheet[..., ::-1]),
                         [cv2.IMWRITE_WEBP_QUALITY, 60])[1].tobytes()  # fmt: skip
    out.sheets.append({"uri": data_uri(coded, "image/webp"), "height": sheet.shape[0],
                       "width": sheet.shape[1]})  # fmt: skip
    return where


def wheel(size: int = 96) -> str:
    """The legend of the flow's colours, as a picture inside the page."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    reach = (size - 1) / 2
    field_ = np.stack([x, y], axis=-1) / reach
    picture = flow_picture(field_, 1.0)
    picture[np.hypot(x, y) > reach] = 255
    alpha = (np.hypot(x, y) <= reach).astype(np.uint8) * 255
    coded = cv2.imencode(".png", np.dstack([picture[..., ::-1], alpha]))[1].tobytes()
    return data_uri(coded, "image/png")


def _size(data: bytes) -> tuple[int, int] | None:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else image.shape[:2]


def _three(value: float) -> float:
    return float(f"{value:.3g}")
