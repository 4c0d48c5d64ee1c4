"""Mean ranks of methods over tasks, and the critical difference diagram as a small picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup, escape
from scipy.stats import rankdata

from ..results.diagram import cliques
from ..scoring.significance import critical_difference

__all__ = ["MeanRanks", "best_of", "diagram", "mean_ranks"]


@dataclass(frozen=True)
class MeanRanks:
    """Methods over the tasks that all of them have.

    Parameters
    ----------
    methods : list of str
    ranks : list of float
        1 is best.
    difference : float
        From which two mean ranks differ (Nemenyi, 5 %).
    tasks : int
    """

    methods: list[str]
    ranks: list[float]
    difference: float
    tasks: int


def mean_ranks(scores: Mapping[str, Mapping[str, float]], of: str) -> MeanRanks | None:
    """Ranks over the tasks of one method, of it and all methods that have these tasks too.

    Parameters
    ----------
    scores : mapping of str to (mapping of str to float)
        Method → task → score.
    of : str

    Returns
    -------
    MeanRanks or None
        None where there are not two methods on two tasks.

    Examples
    --------
    >>> found = mean_ranks({"a": {"x": .9, "y": .8}, "b": {"x": .5, "y": .6}, "c": {"x": 1}}, "a")
    >>> found.methods, found.ranks, round(found.difference, 2)
    (['a', 'b'], [1.0, 2.0], 1.39)
    """
    tasks = list(scores[of])
    methods = [m for m, own in scores.items() if all(t in own for t in tasks)]
    if len(tasks) < 2 or len(methods) < 2:
        return None
    table = np.array([[scores[m][t] for m in methods] for t in tasks]).round(12)
    ranks = np.stack([rankdata(-row) for row in table]).mean(0)
    order = np.argsort(ranks, kind="stable")
    return MeanRanks(
        [methods[i] for i in order],
        ranks[order].tolist(),
        critical_difference(len(methods), len(tasks)),
        len(tasks),
    )


def diagram(found: MeanRanks, of: str = "", most: int = 24) -> Markup:
    """The diagram of Demšar (2006) as an ``<svg>`` that follows the colours of the page.

    Parameters
    ----------
    found : MeanRanks
    of : str, optional
        The method that is set off.
    most : int, default 24
        Of more methods than these, the best and the one that is set off are shown.
    """
    keep = [i for i, m in enumerate(found.methods) if i < most or m == of]
    names, ranks = [found.methods[i] for i in keep], [found.ranks[i] for i in keep]
    lowest, highest = 1.0, float(max(len(found.methods), 2))
    left, width = 190.0, 420.0

    def x(rank: float) -> float:
        return left + width * (rank - lowest) / (highest - lowest)

    bars = cliques(ranks, found.difference)
    half = (len(names) + 1) // 2
    top = 52.0
    first = top + 14 + 7 * len(bars)
    height = first + 19 * half + 8
    parts = [f'<path class="ink" d="M{x(lowest):.1f} {top}H{x(highest):.1f}"/>']
    step = max(1, round((highest - lowest) / 10))
    for tick in np.arange(lowest, highest + 0.5, step):
        parts.append(
            f'<path class="ink" d="M{x(tick):.1f} {top}v-6"/>'
            f'<text x="{x(tick):.1f}" y="{top - 10}" text-anchor="middle">{tick:g}</text>'
        )
    wide = min(found.difference, highest - lowest)
    beyond = "" if wide == found.difference else ", beyond the scale"
    parts.append(
        f'<path class="grey" d="M{x(1):.1f} 18v-6m0 3H{x(1 + wide):.1f}m0-3v6"/>'
        f'<text class="quiet" x="{x(1) + 4:.1f}" y="11" '
        f'dy="-1">critical difference {found.difference:.2f}{beyond}</text>'
    )
    for i, (low, high) in enumerate(bars):
        y = top + 8 + 7 * i
        parts.append(f'<path class="bar" d="M{x(low) - 3:.1f} {y}H{x(high) + 3:.1f}"/>')
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        at_left = place < half
        y = first + 19 * (place if at_left else len(names) - 1 - place) + 8
        end = left - 8 if at_left else left + width + 8
        kind = ' class="own"' if name == of else ""
        anchor = "end" if at_left else "start"
        parts.append(
            f'<path class="thin" d="M{x(rank):.1f} {top}V{y}H{end:.1f}"/>'
            f'<text{kind} x="{end + (-5 if at_left else 5):.1f}" y="{y + 4}" '
            f'text-anchor="{anchor}">{escape(_short(name))} {rank:.2f}</text>'
        )
    best = ", ".join(f"{n} {r:.2f}" for n, r in list(zip(names, ranks, strict=True))[:5])
    title = escape(f"Mean ranks of {len(found.methods)} methods over {found.tasks} tasks: {best}")
    whole = 2 * left + width
    return Markup(
        f'<svg class="figure ranks" role="img" viewBox="0 0 {whole:.0f} {height:.0f}" '
        f'style="width: {whole:.0f}px"><title>{title}</title>{"".join(parts)}</svg>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


def best_of(pairs: Sequence[tuple[str, str, float]]) -> dict[str, dict[str, float]]:
    """Method → task → its best score, from (method, task, score)."""
    out: dict[str, dict[str, float]] = {}
    for method, task, score in pairs:
        own = out.setdefault(method, {})
        own[task] = max(score, own.get(task, -1.0))
    return out
