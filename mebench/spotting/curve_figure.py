"""The curves of a video with what was spotted, as a figure."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import numpy as np

from ..errors import BadInput
from ._spot import Spotting, get_spotter
from .spotter import KINDS, Spotter

__all__ = ["check_figure", "draw_curves"]


def check_figure(path: Path) -> None:
    """That a figure can be written there, before any work is done."""
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise BadInput(f"Figures are written as .png, .pdf or .svg, found {path.name!r}.")


def draw_curves(
    path: str | os.PathLike[str], one: Spotting, spotter: Spotter | None = None
) -> Path:
    """The curves of a video with the spotted intervals, as a figure (``.png``, ``.pdf``, ``.svg``).

    The threshold is a dashed line; grey are frames in which nothing is looked for, and under the
    title stands how many and why.

    Parameters
    ----------
    path : path
    one : Spotting
    spotter : Spotter, optional
        Default: the one of that name in :data:`mebench.spotting.SPOTTERS`.

    Raises
    ------
    BadInput
        Another ending, or a folder that cannot be written to.
    """
    check_figure(Path(path))
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    spotter = get_spotter(one.method) if spotter is None else spotter
    seconds = one.curves.index.to_numpy() / one.fps
    bars, lost = spotter.bars(one.curves, one.fps), ~one.curves["face"].to_numpy(bool)
    colours = ("#b3261e", "#1f5fa8")
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, kind, colour in zip(figure.subplots(2, 1, sharex=True), KINDS, colours, strict=True):
        heights = spotter.heights(one.curves, kind, one.fps)
        axes.plot(seconds, heights, color="0.25", linewidth=0.8)
        axes.axhline(bars[kind], color="0.25", linewidth=0.8, linestyle="--")
        for row in cast(Any, one.intervals[one.intervals["kind"] == kind].itertuples()):
            axes.axvspan(row.onset_s, row.offset_s, color=colour, alpha=0.3, linewidth=0)
            axes.axvline(row.apex_s, color=colour, linewidth=0.8)
        ignored = lost | spotter.ignored(one.curves, kind, one.fps)
        if ignored.any():
            axes.fill_between(seconds, 0, 1, where=ignored, transform=axes.get_xaxis_transform(),
                              color="0.9", linewidth=0, zorder=0)  # fmt: skip
        axes.set_ylabel(f"{kind}-expressions")
        # What is less than usual is of no interest.
        axes.set_ylim(0, 1.08 * max(float(np.nanmax(heights, initial=0.0)), bars[kind]))
        axes.margins(x=0)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
    handles = [
        Line2D([], [], color="0.25", linewidth=0.8, linestyle="--", label="threshold"),
        Patch(color="0.9", label="not looked at"),
        *(Patch(color=c, alpha=0.3, label=k) for k, c in zip(KINDS, colours, strict=True)),
        Line2D([], [], color="0.4", linewidth=0.8, label="apex"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower right", ncols=5, fontsize=8, frameon=False)
    title = f"{one.name}: {one.method}\n{one.what_was_looked_at()}"
    figure.suptitle(title, fontsize=9, x=0.02, ha="left")
    try:
        figure.savefig(path, dpi=130)
    except (ValueError, OSError) as error:
        raise BadInput(f"The figure {path} cannot be written: {error}.") from error
    return Path(path)
