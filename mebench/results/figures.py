"""The figures of a report, from plain numbers: each function gives a matplotlib figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from .figure_style import BLUE, COLUMN, GREEN, GREY, INK, ORANGE, PAGE, figure, styled
from .words import p_value

__all__ = [
    "confusion",
    "forest",
    "hyperparameters",
    "per_class",
    "score_surface",
    "significance",
    "subjects",
]

F = TypeVar("F", bound=Callable[..., Any])


def _in_style(draw: F) -> F:
    @wraps(draw)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        with styled():
            return draw(*args, **kwargs)

    return drawn  # type: ignore[return-value]


@_in_style
def forest(rows: Sequence[Mapping[str, Any]], title: str, baseline: str = "majority") -> Figure:
    """Scores with their intervals, one line each.

    Parameters
    ----------
    rows : sequence of mapping
        ``name, value``; ``low, high`` where there is an interval; ``baseline``; ``kind``: 'run',
        'flagged' (no estimate for new persons, drawn hollow) or 'published'.
    title : str
        Of the axis.
    baseline : str
        What the small line on each row is called.
    """
    made = figure(COLUMN, 0.75 + 0.24 * len(rows))
    height = made.get_size_inches()[1]
    left = _margin([r["name"] for r in rows], COLUMN, most=0.44)
    axes = made.add_axes((left, 0.42 / height, 0.97 - left, 1 - 0.7 / height))
    for i, row in enumerate(rows):
        colour = {"run": BLUE, "flagged": ORANGE, "published": GREY}[row["kind"]]
        if row.get("low") is not None and row["low"] == row["low"]:
            axes.plot([row["low"], row["high"]], [i, i], color=colour, lw=1.6,
                      solid_capstyle="round")  # fmt: skip
        if row.get("baseline") is not None:
            axes.plot([row["baseline"]] * 2, [i - 0.3, i + 0.3], color=GREY, lw=1.0)
        hollow = row["kind"] != "run"
        axes.plot(row["value"], i, "D" if row["kind"] == "published" else "o", ms=5,
                  mfc="#ffffff" if hollow else colour, mec=colour, mew=1.3)  # fmt: skip
    axes.set_yticks(range(len(rows)), [_short(r["name"], 26) for r in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xlabel(title)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    kinds = {r["kind"] for r in rows}
    keys = [Line2D([], [], color=BLUE, marker="o", ms=4.5, lw=1.6, label="run, 95 %")]
    if "flagged" in kinds:
        keys.append(Line2D([], [], color=ORANGE, marker="o", mfc="#ffffff", ms=4.5, lw=1.6,
                           label="flagged"))  # fmt: skip
    if "published" in kinds:
        keys.append(Line2D([], [], color=GREY, marker="D", mfc="#ffffff", ms=4.5, lw=0,
                           label="published"))  # fmt: skip
    if any(r.get("baseline") is not None for r in rows):
        keys.append(Line2D([], [], color=GREY, marker="|", ms=7, lw=0, label=baseline))
    _legend(made, keys)
    return made


@_in_style
def confusion(counts: np.ndarray, classes: Sequence[str]) -> Figure:
    """Counts in the cells; the deeper the colour, the larger the share of the row's clips."""
    k = len(classes)
    side = min(0.62 if k < 4 else 0.46, 2.4 / k)
    longest = max(len(_short(c, 14)) for c in classes)
    left, top = 0.3 + 0.068 * longest, 0.36 + (0.052 * longest if k > 3 else 0.1)
    made = figure(left + side * k + 0.1, top + side * k + 0.12)
    width, height = made.get_size_inches()
    axes = made.add_axes(
        (left / width, 0.1 / height, side * k / width, side * k / height)
    )  # square cells
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    for i in range(k):
        for j in range(k):
            colour = BLUE if i == j else ORANGE
            axes.add_patch(
                Rectangle((j + 0.03, i + 0.03), 0.94, 0.94, lw=0, fc=colour,
                          alpha=float(0.04 + 0.5 * shares[i, j]))
            )  # fmt: skip
            axes.text(j + 0.5, i + 0.5, str(counts[i, j]), ha="center", va="center",
                      color=INK if counts[i, j] else GREY, fontsize=9 if k < 6 else 7.5,
                      fontweight="bold" if i == j else "normal")  # fmt: skip
    axes.set_xlim(0, k)
    axes.set_ylim(k, 0)
    names = [_short(c, 14) for c in classes]
    axes.set_yticks(np.arange(k) + 0.5, names)
    axes.set_xticks(np.arange(k) + 0.5, names, rotation=35 if k > 3 else 0,
                    ha="left" if k > 3 else "center", rotation_mode="anchor")  # fmt: skip
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=INK)
    axes.set_ylabel("truth")
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("prediction")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return made


@_in_style
def per_class(table: pd.DataFrame) -> Figure:
    """Recall as bars, precision and F1 as marks, of each class or action unit.

    Parameters
    ----------
    table : DataFrame
        Index: names; ``recall, precision, f1, n``.
    """
    k = len(table)
    made = figure(COLUMN, 0.85 + 0.27 * k)
    height = made.get_size_inches()[1]
    names = [f"{_short(c, 16)}  {int(n)}" for c, n in zip(table.index, table["n"], strict=True)]
    left = _margin(names, COLUMN)
    axes = made.add_axes((left, 0.42 / height, 0.96 - left, 1 - 0.75 / height))
    y = np.arange(k)
    axes.barh(y, table["recall"], height=0.62, color=BLUE, alpha=0.45, lw=0)
    axes.plot(table["precision"], y, "|", color=INK, ms=9, mew=1.6)
    axes.plot(table["f1"], y, "o", color=ORANGE, ms=4.5)
    axes.set_yticks(y, names)
    axes.set_ylim(k - 0.45, -0.55)
    axes.set_xlim(0, 1.001)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("share")
    keys = [Rectangle((0, 0), 1, 1, fc=BLUE, alpha=0.45, lw=0, label="recall"),
            Line2D([], [], color=INK, marker="|", ms=8, mew=1.6, lw=0, label="precision"),
            Line2D([], [], color=ORANGE, marker="o", ms=4.5, lw=0, label="F1")]  # fmt: skip
    _legend(made, keys)
    return made


@_in_style
def subjects(table: pd.DataFrame, measure: str, most: int = 24) -> Figure:
    """Who carries the score: right and wrong clips, and what the score loses without a person.

    Parameters
    ----------
    table : DataFrame
        Index: names; ``right, wrong, influence`` (score minus the score without the person).
    measure : str
        Its name on the axis.
    most : int, default 24
        With more persons, those of the largest influence either way are shown.
    """
    shown = table
    if len(table) > most:
        shown = table.loc[table["influence"].abs().nlargest(most).index]
    shown = shown.sort_values("influence", ascending=False, kind="stable")
    made = figure(COLUMN, 0.8 + 0.17 * len(shown))
    height = made.get_size_inches()[1]
    left = _margin(shown.index, COLUMN)
    bottom, tall = 0.42 / height, 1 - 0.7 / height
    wide = (0.96 - left - 0.06) / 2
    y = np.arange(len(shown))
    axes = made.add_axes((left, bottom, wide, tall))
    axes.barh(y, shown["right"], height=0.66, color=BLUE, lw=0)
    axes.barh(y, shown["wrong"], left=shown["right"], height=0.66, color=ORANGE, alpha=0.45, lw=0)
    axes.set_yticks(y, [_short(n, 18) for n in shown.index])
    axes.set_xlabel("clips")
    other = made.add_axes((left + wide + 0.06, bottom, wide, tall))
    gains = shown["influence"].to_numpy(float)
    other.barh(y, gains, height=0.66, lw=0, color=[GREEN if g >= 0 else ORANGE for g in gains])
    other.axvline(0, color=GREY, lw=0.8)
    reach = max(float(np.abs(gains).max(initial=0.0)), 0.01) * 1.1
    other.set_xlim(-reach, reach)
    end = float(f"{0.8 * reach:.1g}")
    other.set_xticks([-end, 0, end], [f"−{end:g}", "0", f"+{end:g}"])
    other.set_yticks([])
    other.set_xlabel(f"{measure} owed to the person")
    for a in (axes, other):
        a.set_ylim(len(shown) - 0.4, -0.6)
        a.grid(axis="x")
        a.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4, integer=True)
    keys = [Rectangle((0, 0), 1, 1, fc=BLUE, lw=0, label="right"),
            Rectangle((0, 0), 1, 1, fc=ORANGE, alpha=0.45, lw=0, label="wrong")]  # fmt: skip
    _legend(made, keys)
    return made


@_in_style
def hyperparameters(counts: Mapping[str, Mapping[str, int]], n_folds: int) -> Figure:
    """How often each value was chosen: one panel per parameter.

    Parameters
    ----------
    counts : mapping of str to (mapping of str to int)
        Parameter → value → folds.
    n_folds : int
    """
    kept = {name: _most_frequent(values) for name, values in counts.items()}
    # One axis for all parameters: a row each for its name, its values, and a little air.
    rows: list[tuple[float, str, int]] = []
    titles: list[tuple[float, str]] = []
    y = 0.0
    for name, values in kept.items():
        titles.append((y, name))
        rows += [(y + 1 + i, value, n) for i, (value, n) in enumerate(values.items())]
        y += len(values) + 1.6
    made = figure(COLUMN, 0.165 * y + 0.45)
    total = made.get_size_inches()[1]
    left = _margin([value for _, value, _ in rows], COLUMN, least=0.16)
    axes = made.add_axes((left, 0.42 / total, 0.92 - left, 1 - 0.46 / total))
    axes.barh([r[0] for r in rows], [r[2] for r in rows], height=0.7, color=BLUE, alpha=0.8, lw=0)
    for place, _, n in rows:
        axes.text(n + 0.012 * n_folds, place, str(n), va="center", fontsize=7, color=GREY)
    for place, name in titles:
        axes.text(0, place, _short(name, 40), va="center", fontsize=8, color=INK)
    axes.set_yticks([r[0] for r in rows], [_short(r[1], 22) for r in rows])
    axes.set_ylim(y - 1.0, -0.6)
    axes.set_xlim(0, n_folds * 1.06)
    axes.grid(axis="x")
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5, integer=True)
    axes.set_xlabel(f"folds, of {n_folds}")
    return made


def _most_frequent(values: Mapping[str, int], most: int = 8) -> dict[str, int]:
    """All values in their order, or the most frequent and one row for the rest."""
    if len(values) <= most:
        return dict(values)
    kept = sorted(values, key=lambda v: -values[v])[: most - 1]
    rest = [v for v in values if v not in kept]
    shown = {v: n for v, n in values.items() if v in kept}
    return {**shown, f"{len(rest)} others": sum(values[v] for v in rest)}


@_in_style
def score_surface(surface: pd.DataFrame, title: str) -> Figure:
    """The score over the grid: C against γ for each degree, the best coef0 in each cell.

    Parameters
    ----------
    surface : DataFrame
        ``degree, C, gamma, coef0, score``; ``n_chosen`` where folds chose, drawn as dots.
    title : str
        What the score is.
    """
    degrees = sorted(surface["degree"].unique())
    made = figure(PAGE if len(degrees) > 2 else COLUMN, 1.95)
    width = made.get_size_inches()[0]
    # A few hopeless corners would take all the colours.
    low, high = float(surface["score"].quantile(0.05)), float(surface["score"].max())
    left, right = 0.5 / width, 1 - 0.62 / width
    step = (right - left) / len(degrees)
    image: Any = None
    best = surface.iloc[int(surface["score"].to_numpy().argmax())]
    for i, degree in enumerate(degrees):
        part = surface[surface["degree"] == degree]
        cells = part.pivot_table(index="C", columns="gamma", values="score", aggfunc="max")
        axes = made.add_axes((left + i * step, 0.25, step * 0.92, 0.58))
        image = axes.imshow(cells.to_numpy(float), aspect="auto", cmap="cividis", vmin=low,
                            vmax=high, origin="lower", interpolation="nearest")  # fmt: skip
        if "n_chosen" in part:
            chosen = part.groupby(["C", "gamma"])["n_chosen"].sum()
            for (c, gamma), times in chosen[chosen > 0].items():
                axes.plot(cells.columns.get_loc(gamma), cells.index.get_loc(c), "o", mfc="#ffffff",
                          mec=INK, mew=0.5, ms=2 + 1.1 * float(np.sqrt(times)))  # fmt: skip
        if degree == best["degree"]:
            axes.plot(cells.columns.get_loc(best["gamma"]), cells.index.get_loc(best["C"]), "o",
                      mfc="none", mec=ORANGE, mew=1.6, ms=7)  # fmt: skip
        n = len(cells.columns)
        ticks = np.unique(np.linspace(0, n - 1, min(n, 3)).round().astype(int))
        axes.set_xticks(ticks, [f"{cells.columns[t]:.3g}" for t in ticks])
        if len(ticks) > 1:  # so that the ends of neighbours do not touch
            axes.get_xticklabels()[0].set_horizontalalignment("left")
            axes.get_xticklabels()[-1].set_horizontalalignment("right")
        axes.set_yticks(range(len(cells)), [f"{c:g}" for c in cells.index] if i == 0 else [])
        axes.set_title(f"degree {degree:g}", fontsize=8, color=INK, pad=4)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        if i == 0:
            axes.set_ylabel("C")
    made.text((left + right) / 2, 0.03, "γ", ha="center", va="bottom", color=GREY)
    bar = made.add_axes((right + 0.06 / width, 0.25, 0.09 / width, 0.58))
    made.colorbar(image, cax=bar)
    bar.tick_params(length=0, labelsize=7)
    bar.set_title(_short(title, 12), fontsize=7.5, color=GREY, pad=4)
    bar.locator_params(axis="y", nbins=4)
    bar.spines["outline"].set_visible(False)
    return made


@_in_style
def significance(names: Sequence[str], pairs: Sequence[Mapping[str, Any]]) -> Figure:
    """Differences of all pairs: the row's score minus the column's.

    Parameters
    ----------
    names : sequence of str
        Best first.
    pairs : sequence of mapping
        ``a, b, difference`` (a − b), ``p`` corrected.
    """
    k = len(names)
    side = min(0.52, 2.6 / k)
    longest = max(len(_short(n, 20)) for n in names)
    left, top = 0.15 + 0.066 * longest, 0.1 + 0.05 * longest
    # The last name leans out to the right.
    made = figure(max(left + side * k + 0.1 + 0.045 * longest, 2.4), top + side * k + 0.3)
    width, height = made.get_size_inches()
    axes = made.add_axes((left / width, 0.25 / height, side * k / width, side * k / height))
    place = {n: i for i, n in enumerate(names)}
    for pair in pairs:
        for sign, (a, b) in ((1, (pair["a"], pair["b"])), (-1, (pair["b"], pair["a"]))):
            gain, sure = sign * pair["difference"], pair["p"] <= 0.05
            i, j = place[a], place[b]
            colour = BLUE if gain > 0 else ORANGE
            axes.add_patch(
                Rectangle((j + 0.03, i + 0.03), 0.94, 0.94, lw=1.4 if sure else 0,
                          fc=(*_rgb(colour), 0.45 if sure else 0.12),
                          ec=colour if sure else "none")
            )  # fmt: skip
            text = f"{gain:+.2f}".replace("-", "−")
            axes.text(j + 0.5, i + 0.42, text, ha="center", va="center", color=INK,
                      fontsize=7.5, fontweight="bold" if sure else "normal")  # fmt: skip
            axes.text(j + 0.5, i + 0.74, f"p {p_value(pair['p'])}", ha="center",
                      va="center", color=INK, fontsize=5.5)  # fmt: skip
    axes.set_xlim(0, k)
    axes.set_ylim(k, 0)
    short = [_short(n, 20) for n in names]
    axes.set_yticks(np.arange(k) + 0.5, short)
    axes.set_xticks(np.arange(k) + 0.5, short, rotation=40, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelcolor=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)
    made.text(0.04, 0.05 / height, "row minus column; framed: p ≤ .05 after Holm", fontsize=6.5,
              color=GREY)  # fmt: skip
    return made


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)


def _legend(made: Figure, keys: Sequence[Any]) -> None:
    height = made.get_size_inches()[1]
    made.legend(handles=list(keys), loc="upper right", ncols=len(keys), borderaxespad=0.0,
                bbox_to_anchor=(0.99, 1 - 0.02 / height), handlelength=1.2, columnspacing=1.1,
                handletextpad=0.45)  # fmt: skip


def _margin(names: Any, width: float, least: float = 0.1, most: float = 0.4) -> float:
    """Share of the width that the names at the left take."""
    longest = max((len(_short(str(n), 26)) for n in names), default=0)
    return min(max((0.16 + 0.066 * longest) / width, least), most)


def _short(text: object, most: int) -> str:
    text = str(text)
    return text if len(text) <= most else text[: most - 1] + "…"
