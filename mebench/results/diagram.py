"""The critical difference diagram: mean ranks, and which of them cannot be told apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..scoring.significance import Friedman

__all__ = ["cliques", "draw_ranks", "rank_figure"]


def draw_ranks(ranks: Friedman, path: str | os.PathLike[str]) -> Path:
    """Draw mean ranks on a line, best on the left; bars join methods within the difference.

    Parameters
    ----------
    ranks : Friedman
    path : path
        Its ending names the format: png, pdf or svg.

    Returns
    -------
    Path

    References
    ----------
    J. Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7, 2006.
    """
    from .figure_style import save

    return save(rank_figure(ranks), path)


def rank_figure(ranks: Friedman) -> Any:
    """The diagram of :func:`draw_ranks` as a matplotlib figure, one page wide."""
    from .figure_style import GREY, INK, ORANGE, PAGE, figure, styled

    k = len(ranks.methods)
    joined = cliques(ranks.ranks, ranks.critical_difference)
    half = (k + 1) // 2
    with styled():
        made = figure(PAGE, 1.25 + 0.16 * len(joined) + 0.27 * half)
        axes = made.add_axes((0.0, 0.0, 1.0, 1.0))
        first = 1.0 + 0.55 * len(joined)
        axes.set_xlim(1 - 0.42 * (k - 1) - 0.2, k + 0.42 * (k - 1) + 0.2)
        axes.set_ylim(first + half, -2.6)
        axes.axis("off")
        axes.plot([1, k], [0, 0], color=INK, lw=1)
        for tick in range(1, k + 1):
            axes.plot([tick, tick], [0, -0.25], color=INK, lw=1)
            axes.text(tick, -0.4, str(tick), ha="center", va="bottom", fontsize=9)
        width = min(ranks.critical_difference, k - 1)
        axes.plot([1, 1 + width], [-1.7, -1.7], color=GREY, lw=1)
        for end in (1, 1 + width):
            axes.plot([end, end], [-1.55, -1.85], color=GREY, lw=1)
        shown = "" if width == ranks.critical_difference else " (longer than the scale)"
        axes.text(1, -1.95, f"critical difference {ranks.critical_difference:.2f}{shown}",
                  ha="left", va="bottom", fontsize=8, color=GREY)  # fmt: skip
        for i, (low, high) in enumerate(joined):
            y = 0.45 + 0.5 * i
            axes.plot([low - 0.03, high + 0.03], [y, y], color=ORANGE, lw=4,
                      solid_capstyle="butt")  # fmt: skip
        for place, method in enumerate(np.argsort(ranks.ranks, kind="stable")):
            rank, name = ranks.ranks[method], ranks.methods[method]
            left = place < half
            y = first + (place if left else k - 1 - place)
            x = 1 - 0.1 if left else k + 0.1
            axes.plot([rank, rank, x], [0, y, y], color=INK, lw=0.8)
            axes.text(x - 0.05 if left else x + 0.05, y, f"{name}  {rank:.2f}",
                      ha="right" if left else "left", va="center", fontsize=9)  # fmt: skip
    return made


def cliques(ranks: list[float], difference: float) -> list[tuple[float, float]]:
    """Longest stretches of mean ranks that lie within the critical difference: (best, worst).

    Examples
    --------
    >>> cliques([1.2, 1.9, 3.5, 3.6], 1.0)
    [(1.2, 1.9), (3.5, 3.6)]
    """
    found = sorted(ranks)
    out: list[tuple[float, float]] = []
    for i, low in enumerate(found):
        within = [r for r in found[i:] if r - low <= difference]
        if len(within) > 1 and (not out or within[-1] > out[-1][1]):
            out.append((low, within[-1]))
    return out
