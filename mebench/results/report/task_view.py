"""The runs on one database, label set and protocol: who did best, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from ...evaluation.protocols import in_words
from ...scoring import Predictions
from ...scoring.metrics import printed_measures
from ...scoring.unit_predictions import UNIT_MEASURES
from .._published import beside, explain_flags
from ..comparison import Comparison, Task, compare
from ..diagram import rank_figure
from ..figures import forest, significance
from ..words import counted, interval, measure_of, number, p_words, task_words, title_of
from .gallery import Gallery
from .run_view import RunView

__all__ = ["TaskView", "draw_ranks_of", "name_runs", "tasks_of"]


@dataclass(eq=False)
class TaskView:
    """One section of scores."""

    place: tuple[str, str, str]
    runs: list[RunView]
    key: str
    comparison: Task | None = None
    figures: dict[str, Markup] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Database, labels and protocol."""
        return task_words(*self.place)

    @property
    def protocol_words(self) -> str:
        """What the protocol does."""
        return in_words(self.place[2]) if self.place[2] else ""

    @property
    def units(self) -> bool:
        """Whether action units are detected."""
        return self.runs[0].units

    @property
    def measures(self) -> list[str]:
        """The columns of scores."""
        if self.units:
            return list(UNIT_MEASURES)
        first = self.runs[0].measure
        return [first, *(one.key for one in printed_measures() if one.key != first)]

    @cached_property
    def ranked(self) -> list[RunView]:
        """Best first; runs whose score is no estimate for new persons come last."""
        return sorted(
            self.runs,
            key=lambda r: (not r.complete, not r.honest, -r.scores.get(r.measure, 0.0)),
        )

    @cached_property
    def published(self) -> pd.DataFrame:
        """Published results on the same task."""
        complete = [r for r in self.runs if r.complete]
        if not complete:
            return pd.DataFrame()
        rows = beside(complete[0].run)
        return rows[rows["source"] != "this run"].drop_duplicates().reset_index(drop=True)

    @cached_property
    def best(self) -> set[tuple[Any, str]]:
        """(run, measure) of the best score of each column, among runs without a grave flag."""
        fair = [r for r in self.runs if r.complete and r.honest]
        out = set()
        for measure in self.measures if len(fair) > 1 else ():
            best = max if measure_of(measure).higher_is_better else min
            top = best(round(r.scores[measure], 3) for r in fair)
            out |= {(r, measure) for r in fair if round(r.scores[measure], 3) == top}
        return out

    @cached_property
    def sources(self) -> list[str]:
        """Sources of the published results with their notes, in the order of their numbers."""
        rows = self.published.to_dict("records")
        return list(dict.fromkeys(_source(row) for row in rows))

    @property
    def published_rows(self) -> list[dict[str, Any]]:
        """Published results, for a table."""
        out = []
        for row in self.published.to_dict("records"):
            values = {m: row.get(m) for m in self.measures}
            values = {m: None if v is None or v != v else float(v) for m, v in values.items()}
            out.append({**{k: row[k] for k in ("method", "part", "clips", "flags")},
                        "found": values, "source": self.sources.index(_source(row)) + 1,
                        "erratum": row["note"].startswith("ERRATUM")})  # fmt: skip
        return out

    @property
    def published_flags(self) -> list[str]:
        """What the flags of published results mean."""
        return explain_flags(self.published) if len(self.published) else []

    @property
    def notes(self) -> list[str]:
        """What the data said, once."""
        return list(dict.fromkeys(str(n) for r in self.runs for n in r.head.get("notes") or []))

    def answer(self) -> str:
        """The finding in one sentence, with its interval and the baseline."""
        place = " ".join(w for w in self.place[:2] if w)
        best = next((r for r in self.ranked if r.complete and r.honest), None)
        if best is None:
            reasons = sorted({f.short for r in self.runs for f in r.flags if f.grave})
            return (
                f"On {place} no run says how well new persons would be recognised "
                f"({', '.join(reasons) or 'no score'})."
            )
        measure = best.measure
        others = sum(r.complete and r.honest for r in self.runs) - 1
        first = f"{best.title} does best of {others + 1}" if others else best.title
        title = "mean F1 over units" if best.units else title_of(measure)
        text = (
            f"On {place}, {first}{', with' if others else ' reaches'} {title} "
            f"{number(best.scores[measure])} (95 % interval "
            f"{interval(best.intervals[measure])}; {counted(best.n_clips, 'clip')} of "
            f"{counted(best.n_subjects, 'person', 'persons')} never trained on)"
        )
        if measure in best.baseline:
            text += f"; {best.baseline_words} gives {number(best.baseline[measure])}"
        return text + "." + self._second(best)

    def _second(self, best: RunView) -> str:
        """What may be said against the next run."""
        rest = [r for r in self.ranked if r is not best and r.complete and r.honest]
        if not rest or self.comparison is None:
            return ""
        for pair in self.comparison.pairs:
            if {pair.a, pair.b} == {best.title, rest[0].title}:
                may = "may" if pair.p_holm <= 0.05 else "may not"
                return (
                    f" It {may} be claimed to be better than {rest[0].title} "
                    f"({p_words(pair.p_holm)})."
                )
        return ""

    def draw(self, gallery: Gallery) -> None:
        """The figures of the section, then those of its runs."""
        rows: list[dict[str, Any]] = []
        for run in self.ranked:
            if not run.complete:
                continue
            low, high = run.intervals[run.measure]
            rows.append({
                "name": run.title, "value": run.scores[run.measure], "low": low, "high": high,
                "baseline": run.baseline.get(run.measure),
                "kind": "run" if run.honest else "flagged",
            })  # fmt: skip
        if rows:
            rows += self._published_marks()
            measure = self.runs[0].measure
            made = forest(rows, title_of(measure), "all ones" if self.units else "majority")
            self.figures["scores"] = gallery.add(
                f"{self.key}-scores", made,
                f"{title_of(measure)} of each run with its 95 % interval, and published values: "
                f"{self.name}.",
            )  # fmt: skip
        if self.comparison is not None and self.comparison.pairs:
            pairs = [{"a": p.a, "b": p.b, "difference": p.test.difference, "p": p.p_holm}
                     for p in self.comparison.pairs]  # fmt: skip
            met = {p["a"] for p in pairs} | {p["b"] for p in pairs}
            names = [r.title for r in self.ranked if r.title in met]
            self.figures["significance"] = gallery.add(
                f"{self.key}-significance", significance(names, pairs),
                f"Differences of UF1 between all pairs of runs, with corrected p: {self.name}.",
            )  # fmt: skip
        for run in self.ranked:
            run.draw(gallery)

    def _published_marks(self, most: int = 8) -> list[dict[str, Any]]:
        """Published values of the very measure, without those that cannot be, best first."""
        rows = self.published
        measure = self.runs[0].measure
        if not len(rows) or measure not in rows:
            return []
        rows = rows[(rows["part"] == "") & rows[measure].notna()]
        rows = rows[~rows["note"].str.startswith("ERRATUM")]
        rows = rows.sort_values(measure, ascending=False, kind="stable").head(most)
        return [{"name": r["method"], "value": float(r[measure]), "kind": "published"}
                for r in rows.to_dict("records")]  # fmt: skip


def _source(row: Any) -> str:
    return f"{row['source']}. {row['note']}".strip(". ") + "."


def name_runs(views: Sequence[RunView]) -> None:
    """Give runs titles: the method, with tuning or folder where that is needed."""
    for place in dict.fromkeys(v.place for v in views):
        same = [v for v in views if v.place == place]
        # What is tuned on the test clips never goes by the bare name.
        plain = [f"{v.head.get('method', '?')}{_marked(v)}" for v in same]
        tuned = [f"{v.head.get('method', '?')} ({v.head.get('tuning', '?')})" for v in same]
        for i, view in enumerate(same):
            if plain.count(plain[i]) == 1:
                view.title = plain[i]
            elif tuned.count(tuned[i]) == 1:
                view.title = tuned[i]
            else:
                view.title = f"{tuned[i]} [{view.name}]"


def _marked(view: RunView) -> str:
    return " (oracle)" if view.head.get("tuning") == "oracle" else ""


def tasks_of(views: Sequence[RunView]) -> tuple[list[TaskView], Comparison | None]:
    """Runs by task, compared where several are complete."""
    name_runs(views)
    groups: dict[tuple[tuple[str, str, str], bool], list[RunView]] = {}
    for view in views:
        groups.setdefault((view.place, view.units), []).append(view)
    tasks = [
        TaskView(place, runs, f"task-{i}") for i, ((place, _), runs) in enumerate(groups.items(), 1)
    ]
    whole = [v for v in views if v.complete and isinstance(v.run, Predictions)]
    if len(whole) < 2:
        return tasks, None
    found = compare([v.run for v in whole], titles=[v.title for v in whole])  # type: ignore[misc]
    by_place = {(t.dataset, t.labels, t.protocol): t for t in found.tasks}
    for task in tasks:
        if not task.units:
            task.comparison = by_place.get(task.place)
    return tasks, found


def draw_ranks_of(found: Comparison | None, gallery: Gallery) -> Markup | None:
    """The critical difference diagram, where methods are ranked over several tasks."""
    if found is None or found.ranks is None:
        return None
    return gallery.add(
        "critical-difference", rank_figure(found.ranks),
        "Critical difference diagram: mean ranks of the methods over the tasks; a bar joins "
        "those that cannot be told apart.",
    )  # fmt: skip
