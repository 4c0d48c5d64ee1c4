"""Figures of runs of spotting: curves with truth, ROC, causes of false alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..figure_style import (
    BLUE,
    COLUMN,
    GREEN,
    GREY,
    INK,
    LINE,
    ORANGE,
    PAGE,
    PALETTE,
    figure,
    styled,
)
from .curves import ROWS, Curve

__all__ = ["causes_figure", "curves_figure", "roc_figure"]

_POINTS = 1200  # of a curve; of more, the highest of each stretch
_CAUSE_COLOURS = {
    "blink": PALETTE[3],
    "talk": PALETTE[5],
    "turn": GREEN,
    "light": PALETTE[4],
    "other": GREY,
}
_HIGH = 3.0  # times the threshold, at which curves are cut off


def curves_figure(
    curve: Curve, fps: float, truth: pd.DataFrame, found: pd.DataFrame, events: pd.DataFrame
) -> Figure:
    """One video: curves over their thresholds, what is annotated below, what was spotted above.

    Parameters
    ----------
    curve : Curve
    fps : float
    truth, found, events : DataFrame
        Of the video.
    """
    with styled():
        made = figure(PAGE, 2.5)
        n = curve.heights.shape[1]
        axes = made.add_axes((0.085, 0.17, 0.905, 0.7))
        for kind, colour, row in zip(ROWS, (BLUE, ORANGE), range(2), strict=True):
            x, y = _thinned(curve.heights[row] / max(curve.bars[row], 1e-12))
            axes.plot(x / fps, np.minimum(y, _HIGH), color=colour, lw=0.8, zorder=3)
            for one in truth[truth["kind"] == kind].to_dict("records"):
                axes.axvspan(one["onset"] / fps, (one["offset"] + 1) / fps, color=colour,
                             alpha=0.22, lw=0, zorder=1)  # fmt: skip
            for one in found[found["kind"] == kind].to_dict("records"):
                hit = one.get("result") != "fp"
                axes.plot([one["onset"] / fps, (one["offset"] + 1) / fps],
                          [_HIGH + 0.25 - 0.18 * row] * 2, color=colour, lw=3.2,
                          ls="-" if hit else (0, (0.6, 0.5)), solid_capstyle="butt",
                          dash_capstyle="butt", zorder=4)  # fmt: skip
        axes.axhline(1.0, color=INK, lw=0.8, ls="--", zorder=2)
        lost = curve.ignored.all(axis=0)
        if lost.any():
            axes.fill_between(np.arange(n) / fps, 0, 1, where=lost, color=LINE, lw=0, alpha=0.7,
                              transform=axes.get_xaxis_transform(), zorder=0)  # fmt: skip
        for cause, colour in _CAUSE_COLOURS.items():
            for one in events[events["cause"] == cause].to_dict("records"):
                axes.plot([one["onset"] / fps, (one["offset"] + 1) / fps], [-0.16] * 2,
                          color=colour, lw=2.4, solid_capstyle="butt", clip_on=False)  # fmt: skip
        axes.set_ylim(-0.25, _HIGH + 0.4)
        axes.set_yticks([0, 1, 2, 3], ["0", "threshold", "2 ×", "3 ×"])
        axes.set_xlim(0, n / fps)
        axes.set_xlabel("seconds")
        keys = [
            *(Line2D([], [], color=c, lw=1.2, label=f"{k} curve") for k, c in
              zip(ROWS, (BLUE, ORANGE), strict=True)),
            Patch(color=GREY, alpha=0.3, label="annotated"),
            Line2D([], [], color=INK, lw=3, label="spotted, right"),
            Line2D([], [], color=INK, lw=3, ls=(0, (0.6, 0.5)), label="false alarm"),
        ]  # fmt: skip
        keys += [Line2D([], [], color=_CAUSE_COLOURS[c], lw=2.4, label=c)
                 for c in dict.fromkeys(events["cause"])]  # fmt: skip
        made.legend(handles=keys, loc="upper right", ncols=len(keys), columnspacing=1.0,
                    handlelength=1.6, borderaxespad=0.1)  # fmt: skip
        return made


def roc_figure(runs: Mapping[str, pd.DataFrame], kind: str) -> Figure:
    """Share of expressions found against share of calm frames in a wrong interval."""
    with styled():
        made = figure(COLUMN, 2.6)
        axes = made.add_axes((0.16, 0.17, 0.8, 0.7))
        for (name, table), colour in zip(runs.items(), _cycle(len(runs)), strict=True):
            rows = table[table["kind"] == kind]
            axes.plot(rows["fpr"], rows["tpr"], color=colour, lw=1.4, label=name)
        axes.set_xlim(0, None)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("calm frames in a wrong interval")
        axes.set_ylabel(f"{kind}-expressions found")
        axes.grid(axis="y")
        if len(runs) <= 8:
            axes.legend(loc="lower right")
        return made


def causes_figure(runs: Mapping[str, pd.DataFrame]) -> Figure:
    """False alarms by cause, one bar per run."""
    with styled():
        made = figure(PAGE, 0.75 + 0.3 * len(runs))
        height = made.get_size_inches()[1]
        axes = made.add_axes((0.2, 0.36 / height, 0.77, 1 - 0.72 / height))
        met = []
        for i, table in enumerate(runs.values()):
            whole = table[table["kind"] == "all"].iloc[0]
            left = 0
            for cause, colour in _CAUSE_COLOURS.items():
                many = int(whole[cause])
                if many:
                    met.append(cause)
                    axes.barh(i, many, left=left, color=colour, height=0.62)
                    left += many
        axes.set_yticks(range(len(runs)), [_short(name) for name in runs])
        axes.set_ylim(len(runs) - 0.5, -0.5)
        axes.set_xlabel("false alarms")
        axes.spines["left"].set_visible(False)
        keys = [Patch(color=c, label=k) for k, c in _CAUSE_COLOURS.items() if k in met]
        if keys:
            made.legend(handles=keys, loc="upper right", ncols=len(keys), borderaxespad=0.1)
        return made


def _thinned(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A curve with so many points as can be seen; peaks stay."""
    step = -(-len(y) // _POINTS)
    if step == 1:
        return np.arange(len(y), dtype=float), y
    padded = np.pad(y, (0, -len(y) % step), mode="edge").reshape(-1, step)
    return np.arange(len(padded)) * float(step) + step / 2, padded.max(axis=1)


def _cycle(n: int) -> Sequence[str]:
    return [PALETTE[i % len(PALETTE)] for i in range(n)]


def _short(name: str, most: int = 26) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
