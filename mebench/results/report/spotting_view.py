"""Runs of spotting as the page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import pandas as pd
from markupsafe import Markup

from ..figure_style import data_uri
from ..figures import forest
from ..spotting.comparison import compare_spotting
from ..spotting.figures import causes_figure, curves_figure, roc_figure
from ..spotting.pictures import STRIP
from ..spotting.run import SpottingRun
from ..words import counted, joined
from .gallery import Gallery

__all__ = ["SpottingView", "spotting_context"]

_VIDEOS = 4  # of which curves are drawn: the first that show most
_KINDS = ("micro", "macro", "all")


@dataclass(eq=False)
class SpottingView:
    """What the template needs of one run of spotting."""

    run: SpottingRun
    name: str  # of the folder
    key: str
    title: str = ""
    curves: list[dict[str, Any]] = field(default_factory=list)

    @property
    def head(self) -> dict[str, Any]:
        """The header of the run."""
        return self.run.header

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Scores per database and kind."""
        return self.run.scores.to_dict("records")

    @cached_property
    def whole(self) -> dict[str, dict[str, float]]:
        """Scores of each kind over all databases; nothing of unseen videos."""
        if not len(self.run.scores):
            return {}
        return {kind: found for kind in _KINDS if (found := self.run.score(kind))}

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the run was made of."""
        head = self.head
        found = len(self.run.predictions)
        facts = [
            ("Videos", f"{head['n_videos']} of {counted(head['n_subjects'], 'person', 'persons')}"),
            ("Spotted", str(found)),
            ("Thresholds", {"loso": "from all other persons"}.get(head["protocol"],
                                                                 head["protocol"])),
            ("Least overlap", f"{head['iou']:g}"),
        ]  # fmt: skip
        if self.run.labelled:
            facts.insert(1, ("Annotated", f"{head['n_micro']} micro, {head['n_macro']} macro"))
        else:
            facts.append(("Annotated", "nobody has annotated these videos"))
        if head.get("tuning"):
            facts.append(("Emotions", str(head["tuning"])))
        return facts

    @cached_property
    def thresholds(self) -> list[dict[str, Any]]:
        """Of each fold."""
        return self.run.thresholds.to_dict("records")

    @cached_property
    def video_rows(self) -> list[dict[str, Any]]:
        """Counts of each video, kinds side by side."""
        keys = ["dataset", "video", "subject", "n_frames", "fps"]
        rows = self.run.videos
        wide = rows.pivot_table(index=keys, columns="kind", values=["tp", "fp", "fn"],
                                sort=False, fill_value=0)  # fmt: skip
        out = []
        for key, counts in wide.iterrows():
            row = dict(zip(keys, key, strict=True))
            row["counts"] = {
                kind: [int(counts.get((c, kind), 0)) for c in ("tp", "fp", "fn")]
                for kind in ("micro", "macro") if ("tp", kind) in wide.columns
            }  # fmt: skip
            out.append(row)
        return out

    @cached_property
    def cause_rows(self) -> list[dict[str, Any]]:
        """False alarms by cause; nothing where no cause is marked."""
        return self.run.causes.to_dict("records") if self.head.get("marked") else []

    @cached_property
    def strs(self) -> list[dict[str, Any]]:
        """Spot-then-recognise per kind."""
        return self.run.recognition.to_dict("records")

    @cached_property
    def pictures(self) -> list[dict[str, Any]]:
        """Strips of hits, false alarms and misses, each with its picture."""
        if not len(self.run.pictures):
            return []
        out = []
        sheets = {
            name: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
            for name, data in self.run.files.items()
        }
        words = {"tp": "found", "fp": "false alarm", "fn": "missed", "": "spotted"}
        for row in self.run.pictures.to_dict("records"):
            sheet = sheets.get(str(row["sheet"]))
            if sheet is None:
                continue
            top = int(row["row"]) * STRIP[0]
            strip = sheet[top : top + STRIP[0], : STRIP[1]]
            _, data = cv2.imencode(".webp", strip, [cv2.IMWRITE_WEBP_QUALITY, 80])
            said = words.get(str(row["result"]), "spotted")
            at = {"blink": "at a blink", "talk": "while talking", "turn": "as the head turns",
                  "light": "as the light changes"}.get(str(row["cause"]))  # fmt: skip
            said += f" {at}" if at else ""
            out.append({**row, "said": said, "uri": data_uri(data.tobytes(), "image/webp")})
        return out

    def draw(self, gallery: Gallery) -> None:
        """The curves of some videos."""
        run = self.run
        drawn: list[dict[str, Any]] = []
        many = run.truth["video"].value_counts() if len(run.truth) else pd.Series(dtype=int)
        order = sorted(run.curves, key=lambda v: (-int(many.get(v, 0)), v))
        rates = dict(zip(run.videos["video"], run.videos["fps"], strict=True))
        for video in order[:_VIDEOS]:
            found, truth = (t[t["video"] == video] for t in (run.predictions, run.truth))
            events = run.events
            events = events[events["video"] == video] if len(events) else pd.DataFrame(
                columns=["cause", "onset", "offset"])  # fmt: skip
            made = curves_figure(run.curves[video], float(rates[video]), truth, found, events)
            alt = f"Curves of {self.title} in {video}: {len(found)} spotted, {len(truth)} annotated"
            name = f"curves-{self.title}-{len(drawn) + 1}"
            drawn.append({"video": video, "figure": gallery.add(name, made, alt)})
        self.curves = drawn


def spotting_context(views: Sequence[SpottingView], gallery: Gallery) -> dict[str, Any]:
    """What the section on spotting shows, its figures drawn."""
    _name(views)
    for view in views:
        view.draw(gallery)
    scored = [v for v in views if v.whole]
    figures: dict[str, Markup] = {}
    for kind in ("micro", "macro"):
        rows = [
            {"name": v.title, "value": v.whole[kind]["f1"], "low": v.whole[kind]["f1_low"],
             "high": v.whole[kind]["f1_high"], "kind": "run",
             "baseline": v.whole[kind].get("chance")}
            for v in scored if kind in v.whole
        ]  # fmt: skip
        if rows:
            figures[f"f1 {kind}"] = gallery.add(
                f"spotting-f1-{kind}", forest(rows, f"F1, {kind}-expressions", "chance"),
                f"F1 of {kind}-expressions with 95 % intervals",
            )  # fmt: skip
            curves = {v.title: v.run.roc for v in scored if kind in v.whole and len(v.run.roc)}
            if curves:
                figures[f"roc {kind}"] = gallery.add(
                    f"spotting-roc-{kind}", roc_figure(curves, kind),
                    f"ROC curves of {kind}-expressions",
                )  # fmt: skip
    marked = {v.title: v.run.causes for v in scored if v.cause_rows}
    if marked:
        figures["causes"] = gallery.add(
            "spotting-causes", causes_figure(marked), "False alarms by cause"
        )
    return {
        "views": list(views),
        "scored": scored,
        "figures": figures,
        "unmarked": _unmarked(scored),
        "comparison": compare_spotting(
            [v.run for v in views], names=[v.title for v in views]
        ) if len(views) > 1 else None,
        "title": _page_title(views),
        "answer": _answer(scored),
        "several": any(len(v.run.datasets) > 1 for v in views)
        or len({str(v.head["dataset"]) for v in views}) > 1,
    }  # fmt: skip


def _name(views: Sequence[SpottingView]) -> None:
    """The method, and more where that does not tell runs apart."""
    methods = [str(v.head.get("method")) for v in views]
    places = [str(v.head.get("dataset")) for v in views]
    for view, method, place in zip(views, methods, places, strict=True):
        view.title = method
        if methods.count(method) > 1:
            pairs = list(zip(methods, places, strict=True))
            view.title = f"{method}, {place}" if pairs.count((method, place)) == 1 else view.name


def _unmarked(views: Sequence[SpottingView]) -> str:
    from ...datasets.long.videos import CAUSES

    marked = {c for v in views for c in v.head.get("marked", [])}
    return joined([c for c in CAUSES if c not in marked]) if marked else ""


def _page_title(views: Sequence[SpottingView]) -> str:
    methods = list(dict.fromkeys(str(v.head.get("method")) for v in views))
    data = list(dict.fromkeys(str(v.head.get("dataset")) for v in views))
    first = methods[0] if len(methods) == 1 else counted(len(methods), "spotter")
    return f"{first} on {joined(data)}"


def _answer(views: Sequence[SpottingView]) -> str:
    """The best score of micro-expressions in a sentence."""
    with_micro = [v for v in views if "micro" in v.whole]
    if not with_micro:
        return ""
    best = max(with_micro, key=lambda v: v.whole["micro"]["f1"])
    found = best.whole["micro"]
    lead = f"{best.title} finds" if len(with_micro) == 1 else f"Best of these, {best.title} finds"
    hits, all_ = int(found["tp"]), int(found["tp"] + found["fn"])
    ends = ""
    if found["f1_low"] == found["f1_low"]:
        ends = f" [{found['f1_low']:.2f}, {found['f1_high']:.2f}]"
    return (
        f"{lead} {hits} of {all_} micro-expressions with "
        f"{counted(int(found['fp']), 'false alarm')}, F1 {found['f1']:.3f}{ends}."
    )
