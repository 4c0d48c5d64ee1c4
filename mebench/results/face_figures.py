"""Where on the face a method looks: regions in colour on a face, and as a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .face_outline import outline
from .figure_style import BLUE, COLUMN, GREY, INK, ORANGE, figure, styled

__all__ = ["face_map", "importance_bars", "read_polygons", "region_shapes", "unit_words"]

#: Height of the face crop over its width, as AlignFace makes it.
_ASPECT = 170 / 140


def read_polygons(data: bytes | None) -> dict[str, np.ndarray]:
    """Region name → ``(n, 2)`` of (x, y) from 0 to 1; nothing where the file is of no use."""
    try:
        found = json.loads(data or b"{}")
        shapes = {str(k): np.asarray(v, float) for k, v in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
    return {k: v for k, v in shapes.items() if v.ndim == 2 and v.shape[1] == 2 and len(v) > 2}


def region_shapes(table: pd.DataFrame, polygons: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outline of every region that has a place: its polygon, else its box."""
    out = {}
    for row in table.to_dict("records"):
        name = str(row["group"])
        if name in polygons:
            out[name] = polygons[name]
            continue
        box = [float(row.get(k, np.nan)) for k in ("x0", "y0", "x1", "y1")]
        if np.isfinite(box).all():
            x0, y0, x1, y1 = box
            out[name] = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    return out


def face_map(
    table: pd.DataFrame,
    shapes: Mapping[str, np.ndarray],
    face: np.ndarray | None = None,
    most: int = 5,
) -> Figure:
    """The loss of score by region, on the mean face or on an outline.

    Parameters
    ----------
    table : DataFrame
        ``group, au, drop``.
    shapes : mapping
        Of :func:`region_shapes`.
    face : ndarray ``(H, W)`` or ``(H, W, 3)``, optional
        The mean face; without it an outline of 68 points is drawn.
    most : int, default 5
        Regions that are named.
    """
    with styled():
        tall = 2.5 * (_ASPECT if face is None else face.shape[0] / face.shape[1])
        made = figure(COLUMN, tall + 0.1)
        height = made.get_size_inches()[1]
        axes = made.add_axes((0.02, 0.03 / height, 2.5 / COLUMN, tall / height))
        if face is not None:
            axes.imshow(face, cmap="gray", vmin=0, vmax=255, extent=(0, 1, 1, 0), aspect="auto",
                        alpha=0.85)  # fmt: skip
        else:
            for line in outline():
                axes.plot(*line.T, color=GREY, lw=1.1, zorder=3)
        drops = dict(zip(table["group"].astype(str), table["drop"], strict=True))
        largest = max([0.0, *(d for k, d in drops.items() if k in shapes and d == d)])
        for name, shape in shapes.items():
            share = max(drops[name], 0.0) / largest if largest > 0 and drops[name] > 0 else 0.0
            axes.add_patch(
                Polygon(shape, closed=True, fc=(*to_rgb(ORANGE), 0.04 + 0.72 * share),
                        ec=(*to_rgb(GREY), 0.5), lw=0.5, zorder=2)
            )  # fmt: skip
        units = dict(zip(table["group"].astype(str), table["au"].fillna(""), strict=True))
        named = [n for n in sorted(shapes, key=lambda n: -drops[n]) if drops[n] > 0][:most]
        # Heights of the names at the right, in the order of their regions, none on another.
        centres = {n: shapes[n].mean(0) for n in named}
        named.sort(key=lambda n: (centres[n][1], -centres[n][0]))
        wanted = np.array([centres[n][1] for n in named])
        for name, y in zip(named, _apart(wanted, 0.15, 0.06, 0.94), strict=True):
            x0, y0 = centres[name]
            axes.plot([x0, 1.02], [y0, y], color=INK, lw=0.6, zorder=4, clip_on=False)
            axes.plot([x0], [y0], "o", color=INK, ms=2, zorder=4)
            words = unit_words(units.get(name, ""))
            below = f"{_short(name, 12)}  {drops[name]:+.3f}" if words else f"{drops[name]:+.3f}"
            axes.text(1.04, y, _short(words or name, 15), va="bottom", fontsize=7.5, color=INK,
                      clip_on=False)  # fmt: skip
            axes.text(1.04, y + 0.005, below, va="top", fontsize=6.5, color=GREY, clip_on=False)
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)
        axes.axis("off")
    return made


def importance_bars(table: pd.DataFrame, measure: str = "UF1", most: int = 14) -> Figure:
    """The regions of the largest loss, with intervals where there are any."""
    with styled():
        shown = table.sort_values("drop", ascending=False, kind="stable").head(most)
        made = figure(COLUMN, 0.5 + 0.2 * len(shown))
        height = made.get_size_inches()[1]
        names = [_label(row) for row in shown.to_dict("records")]
        left = min((0.14 + 0.06 * max(map(len, names), default=0)) / COLUMN, 0.5)
        axes = made.add_axes((left, 0.42 / height, 0.95 - left, 1 - 0.46 / height))
        y = np.arange(len(shown))
        drops = shown["drop"].to_numpy(float)
        axes.barh(y, drops, height=0.62, lw=0, alpha=0.75,
                  color=[BLUE if d >= 0 else ORANGE for d in drops])  # fmt: skip
        if {"low", "high"} <= set(shown):
            for place, low, high in zip(y, shown["low"], shown["high"], strict=True):
                if low == low and high == high:
                    axes.plot([low, high], [place, place], color=INK, lw=0.9)
        axes.axvline(0, color=GREY, lw=0.8)
        axes.set_yticks(y, names)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel(f"loss of {measure} when the region is shuffled")
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
    return made


def _label(row: Mapping[str, Any]) -> str:
    units = unit_words(row.get("au"))
    name = _short(str(row["group"]), 14)
    return f"{name}  {_short(units, 16)}" if units else name


def unit_words(units: Any) -> str:
    """Action units, with their prefix once.

    Examples
    --------
    >>> unit_words("AU1+AU4"), unit_words("4, 7"), unit_words(None)
    ('AU1+4', 'AU4, 7', '')
    """
    if units is None or units != units or not str(units).strip():
        return ""
    return "AU" + str(units).strip().replace("AU", "").lstrip()


def _apart(wanted: Sequence[float] | np.ndarray, gap: float, low: float, high: float) -> np.ndarray:
    """Ascending places moved as little as needed to lie `gap` apart within `low` and `high`."""
    out = np.array(wanted, float)
    for i in range(len(out)):
        out[i] = max(out[i], low if i == 0 else out[i - 1] + gap)
    for i in reversed(range(len(out))):
        out[i] = min(out[i], high if i == len(out) - 1 else out[i + 1] - gap)
    return out


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
