"""Where on the face a method looks: regions in colour on a face, and as a list."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from .face_outline import outline
from .figure_style import BLUE, COLUMN, GREY, INK, ORANGE, figure, styled, text_width

__all__ = ["face_map", "importance_bars", "read_polygons", "region_shapes", "unit_words"]

#: Height of the face crop over its width, as AlignFace makes it.
_ASPECT = 170 / 140
#: Height of a line of a label, in inches.
_LINE = 0.125


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
        drops = dict(zip(table["group"].astype(str), table["drop"], strict=True))
        units = dict(zip(table["group"].astype(str), table["au"].fillna(""), strict=True))
        named = [n for n in sorted(shapes, key=lambda n: -drops[n]) if drops[n] > 0][:most]
        labels = {n: _map_label(n, unit_words(units.get(n, "")), drops[n]) for n in named}
        # The face takes what the longest label leaves.
        longest = max(
            [text_width(t, size) for lines in labels.values() for t, size, _ in lines] + [0.0]
        )
        wide = min(COLUMN - 0.27 - longest, 2.5)
        tall = wide * (_ASPECT if face is None else face.shape[0] / face.shape[1])
        room = max(tall, sum((len(lines) + 0.4) * _LINE for lines in labels.values()))
        made = figure(COLUMN, room + 0.1)
        height = made.get_size_inches()[1]
        axes = made.add_axes(
            (0.07 / COLUMN, (height - tall) / 2 / height, wide / COLUMN, tall / height)
        )
        if face is not None:
            axes.imshow(face, cmap="gray", vmin=0, vmax=255, extent=(0, 1, 1, 0), aspect="auto",
                        alpha=0.85)  # fmt: skip
        else:
            for line in outline():
                axes.plot(*line.T, color=GREY, lw=1.1, zorder=3)
        largest = max([0.0, *(d for k, d in drops.items() if k in shapes and d == d)])
        for name, shape in shapes.items():
            share = max(drops[name], 0.0) / largest if largest > 0 and drops[name] > 0 else 0.0
            axes.add_patch(
                Polygon(shape, closed=True, fc=(*to_rgb(ORANGE), 0.04 + 0.72 * share),
                        ec=(*to_rgb(GREY), 0.5), lw=0.5, zorder=2)
            )  # fmt: skip
        # Heights of the names at the right, in the order of their regions, none on another.
        centres = {n: shapes[n].mean(0) for n in named}
        named.sort(key=lambda n: (centres[n][1], -centres[n][0]))
        wanted = np.array([centres[n][1] for n in named])
        halves = np.array([(len(labels[n]) + 0.4) * _LINE / tall / 2 for n in named])
        over = (room / tall - 1) / 2  # what the labels need above and below the face
        for name, y in zip(named, _apart(wanted, halves, -over, 1 + over), strict=True):
            x0, y0 = centres[name]
            axes.plot([x0, 1 + 0.05 / wide], [y0, y], color=INK, lw=0.6, zorder=4, clip_on=False)
            axes.plot([x0], [y0], "o", color=INK, ms=2, zorder=4)
            top = y - (len(labels[name]) - 1) * _LINE / tall / 2
            for i, (text, size, colour) in enumerate(labels[name]):
                axes.text(1 + 0.1 / wide, top + i * _LINE / tall, text, va="center_baseline",
                          fontsize=size, color=colour, clip_on=False)  # fmt: skip
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)
        axes.axis("off")
    return made


def _map_label(name: str, units: str, drop: float) -> list[tuple[str, float, str]]:
    """The lines of a label, each with its size and colour: nothing of the units is cut off."""
    lines = [(text, 7.5, INK) for text in _broken(units or _short(name, 40), 16)]
    below = f"{_short(name, 16)}  {drop:+.3f}" if units else f"{drop:+.3f}"
    return [*lines, (below, 6.5, GREY)]


def _broken(text: str, most: int) -> list[str]:
    """Lines of at most `most` letters, broken after plus signs, commas, hyphens and blanks.

    Examples
    --------
    >>> _broken("AU16+17+18+23+24+25+26+28", 16)
    ['AU16+17+18+23+', '24+25+26+28']
    """
    lines = [""]
    for piece in re.findall(r"[^+, _-]*[+, _-]*", text):
        for part in (piece[i : i + most] for i in range(0, len(piece), most)):
            if lines[-1] and len((lines[-1] + part).rstrip()) > most:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines]


def importance_bars(table: pd.DataFrame, measure: str = "UF1", most: int = 14) -> Figure:
    """The regions of the largest loss, with intervals where there are any."""
    with styled():
        shown = table.sort_values("drop", ascending=False, kind="stable").head(most)
        labels = [_bar_label(row) for row in shown.to_dict("records")]
        heights = np.array([max(0.2, 0.08 + 0.115 * len(lines)) for lines in labels])
        total = float(heights.sum())
        made = figure(COLUMN, total + 0.5)
        height = made.get_size_inches()[1]
        longest = max([text_width(t, 7.5) for lines in labels for t in lines] + [0.0])
        left = (0.1 + longest) / COLUMN
        axes = made.add_axes((left, 0.42 / height, 0.95 - left, 1 - 0.46 / height))
        y = heights.cumsum() - heights / 2
        drops = shown["drop"].to_numpy(float)
        axes.barh(y, drops, height=0.125, lw=0, alpha=0.75,
                  color=[BLUE if d >= 0 else ORANGE for d in drops])  # fmt: skip
        if {"low", "high"} <= set(shown):
            for place, low, high in zip(y, shown["low"], shown["high"], strict=True):
                if low == low and high == high:
                    axes.plot([low, high], [place, place], color=INK, lw=0.9)
        axes.axvline(0, color=GREY, lw=0.8)
        axes.set_yticks(y, ["\n".join(lines) for lines in labels])
        axes.set_ylim(total, 0)
        words = f"loss of {measure} when the region is exchanged"
        fits = text_width(words, 8) < (0.95 - left) * COLUMN
        axes.set_xlabel(words, loc="center" if fits else "right")
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
    return made


def _bar_label(row: Mapping[str, Any]) -> list[str]:
    """Name and units in one line, or in as many as the units need."""
    units = unit_words(row.get("au"))
    name = _short(str(row["group"]), 20)
    if len(name) + len(units) <= 22:
        return [f"{name}  {units}".rstrip()]
    return [name, *_broken(units, 22)]


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


def _apart(wanted: np.ndarray, halves: np.ndarray, low: float, high: float) -> np.ndarray:
    """Ascending places moved as little as needed that what reaches `halves` to both sides of
    each lies within `low` and `high`, none on another."""
    out = np.array(wanted, float)
    for i in range(len(out)):
        out[i] = max(out[i], (low if i == 0 else out[i - 1] + halves[i - 1]) + halves[i])
    for i in reversed(range(len(out))):
        last = i == len(out) - 1
        out[i] = min(out[i], (high if last else out[i + 1] - halves[i + 1]) - halves[i])
    return out


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
