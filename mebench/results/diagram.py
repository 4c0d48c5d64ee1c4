"""The critical difference diagram: mean ranks, and which of them cannot be told apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..evaluation.significance import Friedman

__all__ = ["cliques", "draw_ranks"]

# Okabe & Ito 2008: told apart with any colour vision, and by lightness on paper.
_INK, _BAR = "#000000", "#D55E00"


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
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    k = len(ranks.methods)
    joined = cliques(ranks.ranks, ranks.critical_difference)
    half = (k + 1) // 2
    figure = Figure(figsize=(8, 1.3 + 0.16 * len(joined) + 0.3 * half))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    top, step = 0.0, 1.0
    first = 1.0 + 0.55 * len(joined)
    axes.set_xlim(1 - 0.42 * (k - 1) - 0.2, k + 0.42 * (k - 1) + 0.2)
    axes.set_ylim(first + step * half, -2.6)
    axes.axis("off")
    axes.plot([1, k], [top, top], color=_INK, lw=1)
    for tick in range(1, k + 1):
        axes.plot([tick, tick], [top, top - 0.25], color=_INK, lw=1)
        axes.text(tick, top - 0.4, str(tick), ha="center", va="bottom", fontsize=10)
    width = min(ranks.critical_difference, k - 1)
    axes.plot([1, 1 + width], [-1.7, -1.7], color=_INK, lw=1)
    for end in (1, 1 + width):
        axes.plot([end, end], [-1.55, -1.85], color=_INK, lw=1)
    shown = "" if width == ranks.critical_difference else " (longer than the scale)"
    axes.text(1, -1.95, f"critical difference {ranks.critical_difference:.2f}{shown}",
              ha="left", va="bottom", fontsize=9)  # fmt: skip
    for i, (low, high) in enumerate(joined):
        y = 0.45 + 0.5 * i
        axes.plot([low - 0.03, high + 0.03], [y, y], color=_BAR, lw=4, solid_capstyle="butt")
    order = np.argsort(ranks.ranks, kind="stable")
    for place, method in enumerate(order):
        rank, name = ranks.ranks[method], ranks.methods[method]
        left = place < half
        row = place if left else k - 1 - place
        y = first + step * row
        x = 1 - 0.1 if left else k + 0.1
        axes.plot([rank, rank, x], [top, y, y], color=_INK, lw=0.8)
        axes.text(x - 0.05 if left else x + 0.05, y, f"{name}  {rank:.2f}",
                  ha="right" if left else "left", va="center", fontsize=10)  # fmt: skip
    _save(figure, path)
    return path


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


def _save(figure: Any, path: Path) -> None:
    from matplotlib import rc_context

    formats = figure.canvas.get_supported_filetypes()
    if path.suffix[1:] not in formats:
        raise BadInput(f"A figure is written as {', '.join(sorted(formats))}; found {path.name!r}.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # No date in the file: the same ranks, the same bytes.
        metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
        with rc_context({"svg.hashsalt": "mebench"}):
            figure.savefig(path, dpi=200, metadata=metadata.get(path.suffix[1:]))
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
