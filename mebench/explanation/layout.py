"""Layout: which region each column of a method's features speaks for, and where it lies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from ..features.anatomy import ZONES, feature_regions, region_polygons, region_units, region_zones
from ..features.regions import region_names
from ..preprocessing import AlignFace

__all__ = ["Layout", "layout_of"]

_FINEST = 10  # blocks a side; exchanging one of more than that many changes next to nothing
_COARSE = 8  # blocks a side at most, where finer ones are taken together


@dataclass(frozen=True)
class Layout:
    """Regions of the columns that a model learns from.

    Parameters
    ----------
    columns : ndarray of str ``(n_features,)``
        The group of each column; 'rest' where it belongs to no region.
    table : DataFrame
        One row per group: ``group``; ``au``, the action units whose places lie in it; ``x0, y0,
        x1, y1``, its box in shares of the aligned face (NaN where unknown); ``zone``, the part of
        the face, or ''.
    polygons : dict of str to ndarray ``(n_vertices, 2)``
        Outlines of landmark regions.
    face : dict or None
        Size, width and eye row of the aligned crop; None where faces are not aligned.
    """

    columns: np.ndarray
    table: pd.DataFrame
    polygons: dict[str, np.ndarray]
    face: dict[str, Any] | None

    @property
    def groups(self) -> list[str]:
        """Names of the groups, in the order of the table."""
        return self.table["group"].tolist()

    @property
    def zones(self) -> dict[str, list[str]]:
        """The groups of each part of the face; empty where it is not known or there is but one."""
        found = {z: self.table["group"][self.table["zone"] == z].tolist() for z in ZONES}
        found = {zone: groups for zone, groups in found.items() if groups}
        return found if len(found) > 1 else {}

    def members(self, group: str) -> np.ndarray:
        """Numbers of the group's columns, ascending."""
        return np.asarray(self._places[group])

    @cached_property
    def _places(self) -> Mapping[str, np.ndarray]:
        return pd.Series(self.columns, dtype=object).groupby(self.columns).indices


def layout_of(steps: Sequence[Any]) -> Layout | None:
    """The layout of what the given steps make of a clip; None where they name no region.

    Parameters
    ----------
    steps : sequence of transformer
        From clips to features. Members of a ``FeatureUnion``, or branches of pipelines side by
        side, are laid out one by one, their groups prefixed ``member:``.

    Examples
    --------
    >>> from mebench.methods import get_method
    >>> found = layout_of([step for _, step in get_method("mdmo").build().steps[:-1]])
    >>> len(found.columns), found.table.loc[28, ["group", "au"]].tolist()
    (72, ['roi28', 'AU12+AU14+AU15+AU20'])
    """
    face: dict[str, Any] | None = None
    for place, step in enumerate(steps):
        members = getattr(step, "branches", None) or getattr(step, "transformer_list", None)
        if members is not None:
            before = list(steps[:place])
            parts = [(name, layout_of([*before, *_steps(member)])) for name, member in members]
            return _joined(parts)
        if isinstance(step, AlignFace):
            face = {"size": list(step.size), "width": step.width, "eye_row": step.eye_row}
    for step in reversed(steps):
        if hasattr(step, "get_feature_names_out") or hasattr(step, "feature_regions"):
            try:
                return _of_extractor(step, face)
            except (AttributeError, ValueError):
                continue  # such as a Normalizer, whose names depend on what comes before
    return None


def _steps(member: Any) -> list[Any]:
    return [step for _, step in member.steps] if isinstance(member, Pipeline) else [member]


def _of_extractor(extractor: Any, face: dict[str, Any] | None) -> Layout | None:
    columns = feature_regions(extractor)
    if not any(columns):
        return None
    regions = getattr(extractor, "regions", None)
    where = {} if face is None else {**face, "size": tuple(face["size"])}
    polygons: dict[str, np.ndarray] = {}
    if regions is not None and set(columns) - {""} <= set(region_names(regions)):
        polygons = region_polygons(regions, **where)
    merged = {}
    if isinstance(regions, (tuple, list)) and max(regions) > _FINEST:
        merged = _merged(columns, max(regions))
        boxes: dict[str, list[np.ndarray]] = {}
        for old, new in merged.items():
            boxes.setdefault(new, []).append(polygons[old])
        polygons = {name: _box_of(np.concatenate(found)) for name, found in boxes.items()}
    # '' would not survive a CSV file: it reads as missing.
    columns = np.array([merged.get(c, c) or "rest" for c in columns], object)
    groups = list(dict.fromkeys(columns))
    # What lies where on a face is known only where faces are aligned, or regions follow them.
    known = face is not None or isinstance(regions, str)
    units = region_units(polygons, **where) if known else {}
    zones = region_zones(polygons, **where) if known else {}
    rows = []
    for group in groups:
        polygon = polygons.get(group)
        low, high = (
            (np.full(2, np.nan),) * 2 if polygon is None else (polygon.min(0), polygon.max(0))
        )
        named = "+".join(f"AU{n}" for n in units.get(group, []))
        rows.append([group, named, *np.round([*low, *high], 5), zones.get(group, "")])
    table = pd.DataFrame(rows, columns=["group", "au", "x0", "y0", "x1", "y1", "zone"])
    drawn = polygons if isinstance(regions, str) else {}
    return Layout(columns, table, drawn, face)


def _merged(columns: np.ndarray, finest: int) -> dict[str, str]:
    """Blocks of a fine grid, and the coarser block that each of them is counted to."""
    step = -(-finest // _COARSE)
    out = {}
    for name in dict.fromkeys(columns):
        match = re.fullmatch(r"block(\d+),(\d+)", name)
        if match:
            r, c = (int(n) // step * step for n in match.groups())
            out[name] = f"blocks{r}-{r + step - 1},{c}-{c + step - 1}"
    return out


def _box_of(points: np.ndarray) -> np.ndarray:
    (x0, y0), (x1, y1) = points.min(0), points.max(0)
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def _joined(parts: Sequence[tuple[str, Layout | None]]) -> Layout | None:
    """The layouts of several members side by side; all must be known, or columns would shift."""
    if not parts or any(part is None for _, part in parts):
        return None
    known = [(name, part) for name, part in parts if part is not None]
    return Layout(
        np.concatenate([[f"{name}:{c}" for c in part.columns] for name, part in known]).astype(
            object
        ),
        pd.concat(
            [part.table.assign(group=f"{name}:" + part.table["group"]) for name, part in known],
            ignore_index=True,
        ),
        {f"{name}:{k}": p for name, part in known for k, p in part.polygons.items()},
        known[0][1].face,
    )
