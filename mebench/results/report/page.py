"""The page itself: views, figures and clips put into the template."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from ... import __version__
from ..comparison import Comparison
from ..flags import Flag
from ..strips import TILE
from ..words import INTERVAL_AND_P, counted, interval, joined, number, p_value, title_of
from .clip_view import clips_of, wheel
from .gallery import Gallery
from .run_view import RunView
from .spotting_view import SpottingView, spotting_context
from .task_view import TaskView, draw_ranks_of, tasks_of

__all__ = ["page", "shared", "template"]


def page(
    views: Sequence[RunView],
    faces: Mapping[str, Mapping[str, Any]] | None = None,
    spotted: Sequence[SpottingView] = (),
) -> tuple[str, Gallery]:
    """The whole page as text, and its figures.

    Parameters
    ----------
    views : sequence of RunView
    faces : mapping, optional
        By key of a run, strips to show instead of its own.
    spotted : sequence of SpottingView
        Runs of spotting, in a section of their own; without others they have the page.
    """
    gallery = Gallery()
    if not views:
        context = spotting_context(spotted, gallery)
        return template("spotting.html").render(**shared(), spotting=context), gallery
    tasks, comparison = tasks_of(views)
    for task in tasks:
        task.draw(gallery)
    ranks = draw_ranks_of(comparison, gallery)
    ordered = [run for task in tasks for run in task.ranked]
    clips = clips_of(ordered, faces or {})
    stages = list(dict.fromkeys(stage for run in ordered for stage in run.seconds))
    shown = [clip for clips_ in clips.sets for clip in clips_]
    text = template("page.html").render(
        **shared(),
        title=_title(tasks),
        tasks=tasks,
        views=ordered,
        alarms=_alarms(tasks),
        facts=_facts(tasks, ordered),
        comparison=_comparison(comparison),
        ranks=ranks,
        clips=clips,
        stages=stages,
        slowest=max([run.total for run in ordered] + [1e-9]),
        any_peak=any(run.peak for run in ordered),
        wheel=wheel(),
        has_parts=any("parts" in row for run in clips.runs for row in run["rows"]),
        faces_left_out=any(clip.get("pictures") == 1 for clip in shown),
        any_units=any(task.units for task in tasks),
        spotting=spotting_context(spotted, gallery) if spotted else None,
    )
    return text, gallery


def shared() -> dict[str, Any]:
    """What every page has: style, script, and how numbers are written."""
    script = _source("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "version": __version__,
        # These three are files of this package, not external text.
        "style": Markup(_source("style.css")),
        "script": Markup(script),
        "script_hash": f"sha256-{digest}",
    }


@lru_cache
def template(name: str) -> Any:
    """A template of this package; whatever is put into it is escaped."""
    environment = Environment(
        loader=PackageLoader(__package__, "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "number": number,
        "p_value": p_value,
        "INTERVAL_AND_P": INTERVAL_AND_P,
        "interval": interval,
        "counted": counted,
        "title_of": title_of,
        "tile": TILE,
    }
    return environment.get_template(name)


def _source(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _title(tasks: Sequence[TaskView]) -> str:
    runs = [run for task in tasks for run in task.runs]
    methods = list(dict.fromkeys(str(run.head.get("method", "?")) for run in runs))
    data = list(dict.fromkeys(task.place[0] for task in tasks if task.place[0]))
    first = methods[0] if len(methods) == 1 else counted(len(methods), "method")
    if not data:
        return first
    where = joined(data) if len(data) < 5 else counted(len(data), "database")
    return f"{first} on {where}"


def _alarms(tasks: Sequence[TaskView]) -> list[tuple[Flag, str]]:
    """Warnings of all tasks, the grave ones first, each with the runs that it is about."""
    met: dict[tuple[str, str], list[tuple[Flag, TaskView, RunView]]] = {}
    for task in tasks:
        for run in task.ranked:
            for flag in run.flags:
                met.setdefault((flag.key, flag.general or flag.text), []).append((flag, task, run))
    out = []
    for found in met.values():
        where = []
        for task in dict.fromkeys(task for _, task, _ in found):
            runs = list(dict.fromkeys(run for _, t, run in found if t is task))
            names = "all" if len(runs) == len(task.runs) > 1 else joined([r.title for r in runs])
            place = " ".join(w for w in task.place[:2] if w)
            where.append(f"{names} on {place}" if len(tasks) > 1 else names)
        flag = found[0][0]
        if len(found) > 1 and flag.general:
            flag = replace(flag, text=flag.general)
        out.append((flag, "; ".join(where)))
    return sorted(out, key=lambda pair: not pair[0].grave)


def _facts(tasks: Sequence[TaskView], runs: Sequence[RunView]) -> list[tuple[str, str]]:
    def several(values: list[str]) -> str:
        return ", ".join(dict.fromkeys(v for v in values if v)) or "–"

    facts = [("Runs", str(len(runs)))]
    facts.append(("Data", several([" ".join(w for w in t.place[:2] if w) for t in tasks])))
    sizes = [
        f"{counted(max(r.n_clips for r in t.runs), 'clip')}, "
        f"{counted(max(r.n_subjects for r in t.runs), 'person', 'persons')}"
        for t in tasks
    ]
    facts.append(("Tested", "; ".join(dict.fromkeys(sizes))))
    facts.append(("Protocol", several([t.place[2] for t in tasks])))
    facts.append(("Tuning", several([str(r.head.get("tuning") or "") for r in runs])))
    days = sorted({str(r.head.get("time", ""))[:10] for r in runs} - {""})
    if days:
        facts.append(("Run", days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"))
    return facts


def _comparison(found: Comparison | None) -> dict[str, Any] | None:
    """Pairs as rows, the better one first; sentences over all tasks."""
    if found is None:
        return None
    pairs = []
    for task in found.tasks:
        for pair in task.pairs:
            t = pair.test
            turned = t.difference < 0
            a, b = (pair.b, pair.a) if turned else (pair.a, pair.b)
            ends = (-t.high, -t.low) if turned else (t.low, t.high)
            persons = (t.worse, t.better) if turned else (t.better, t.worse)
            grave = "because of" in pair.claim.rsplit("And nothing is claimed", 1)[-1]
            claim = "yes" if pair.p_holm <= 0.05 else "no"
            pairs.append({
                "task": " ".join(w for w in (task.dataset, task.labels) if w), "better": a,
                "other": b, "difference": abs(t.difference), "ends": ends, "p": pair.p_holm,
                "persons": f"{persons[0]} / {persons[1]} / {t.equal}",
                "dominance": abs(t.dominance), "mcnemar": t.p_mcnemar,
                "claim": "not about new persons" if grave else claim,
            })  # fmt: skip
    remarks = [remark for task in found.tasks for remark in task.remarks]
    if not (pairs or found.remarks or remarks):
        return None
    return {
        "pairs": pairs,
        "several": len({p["task"] for p in pairs}) > 1,
        "overall": _overall(found),
        "remarks": remarks,
    }


def _overall(found: Comparison) -> list[str]:
    """The sentences over all tasks; what may not be claimed is counted, not listed."""
    denied = [s for s in found.remarks if "it may not be claimed" in s]
    kept = [s for s in found.remarks if s not in denied]
    if denied:
        pairs = counted(len(denied), "pair")
        kept.insert(1, f"Of {pairs} of methods it may not be claimed, over these tasks, that one "
                       "is better than the other.")  # fmt: skip
    return kept
