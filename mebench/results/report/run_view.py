"""One run as the page shows it: scores, flags, persons, classes, choices, times, explanations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import pandas as pd
from markupsafe import Markup

from ...scoring import Predictions, UnitPredictions
from ...scoring.bootstrap import subject_blocks
from ...scoring.metrics import MEASURES
from ...scoring.subjects import subject_keys
from ..face_figures import face_map, importance_bars, read_polygons, region_shapes
from ..figures import confusion, forest, hyperparameters, per_class, score_surface, subjects
from ..flags import Flag, flags, is_complete
from ..words import (
    counted,
    interval,
    measure_of,
    number,
    place_of_run,
    time_line,
    title_of,
)
from .gallery import Gallery

__all__ = ["RunView"]


@dataclass(eq=False)
class RunView:
    """What a template needs of one run; everything is computed once, when it is asked for."""

    run: Predictions | UnitPredictions
    name: str  # of the folder
    key: str  # unique in the page: run-1, run-2, …
    title: str = ""  # the method, and more where that is not enough to tell runs apart
    figures: dict[str, Markup] = field(default_factory=dict)

    @property
    def head(self) -> dict[str, Any]:
        """The header of the run."""
        return self.run.header

    @property
    def units(self) -> bool:
        """Whether it detects action units."""
        return isinstance(self.run, UnitPredictions)

    @property
    def place(self) -> tuple[str, str, str]:
        """Database, labels and protocol."""
        return place_of_run(self.head)

    @cached_property
    def complete(self) -> bool:
        """Whether every fold is there."""
        return is_complete(self.run)

    @cached_property
    def flags(self) -> list[Flag]:
        """Its warnings."""
        return flags(self.run)

    @property
    def honest(self) -> bool:
        """Whether its score may stand for new persons."""
        return not any(flag.grave for flag in self.flags)

    @property
    def measure(self) -> str:
        """The score that stands for the run."""
        return "f1_unit_mean" if self.units else "uf1"

    @cached_property
    def scores(self) -> dict[str, float]:
        """Nothing where folds are missing."""
        return self.run.scores() if self.complete else {}

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """The same."""
        return self.run.intervals() if self.complete else {}

    @cached_property
    def baseline(self) -> dict[str, float]:
        """The majority class, or all ones."""
        if not self.complete:
            return {}
        if self.units:
            return self.run.scores("all_ones")
        return self.run.scores("y_majority") if "y_majority" in self.run.table else {}

    @property
    def baseline_words(self) -> str:
        """What the baseline does."""
        if self.units:
            return "calling every unit everywhere"
        return "always answering the most frequent class"

    @property
    def n_clips(self) -> int:
        """Tested clips."""
        return int(self.run.table["clip_id"].nunique())

    @property
    def n_subjects(self) -> int:
        """Tested persons."""
        return len(set(subject_keys(self.run.table)))

    def cell(self, measure: str) -> str:
        """A score with its interval."""
        if measure not in self.scores:
            return ""
        return f"{number(self.scores[measure])} [{interval(self.intervals[measure])}]"

    # Parts of the page

    @cached_property
    def databases(self) -> list[dict[str, Any]]:
        """Scores of each database, where there are several."""
        names = self.run.datasets
        if len(names) < 2 or not self.complete:
            return []
        out = []
        for name in names:
            part = self.run.restricted(name)
            scores, ends = part.scores(), part.intervals()
            base = part.scores("all_ones") if self.units else (
                part.scores("y_majority") if "y_majority" in part.table else {})  # fmt: skip
            out.append({
                "name": name, "clips": int(part.table["clip_id"].nunique()),
                "subjects": len(set(subject_keys(part.table))),
                "scores": scores, "intervals": ends, "baseline": base,
            })  # fmt: skip
        return out

    @cached_property
    def persons(self) -> pd.DataFrame:
        """Of each person: clips right and wrong, and what the score owes to them."""
        table = self.run.table
        keys = np.asarray(subject_keys(table)).astype(str)
        right = (table["y_true"] == table["y_pred"]).to_numpy()
        people, where = np.unique(keys, return_inverse=True)
        out = pd.DataFrame(
            {
                "right": np.bincount(where, right).astype(int),
                "wrong": np.bincount(where, ~right).astype(int),
            },
            index=people,
        )
        out["influence"] = self._influence(keys, people)
        if len(self.run.datasets) == 1:
            out.index = [str(k).split("/", 1)[-1] for k in out.index]
        return out

    def _influence(self, keys: np.ndarray, people: np.ndarray) -> np.ndarray:
        if isinstance(self.run, UnitPredictions):
            whole = self.scores.get("f1_unit_mean", np.nan)
            rest = [UnitPredictions(self.run.table[keys != p], self.head).scores()["f1_unit_mean"]
                    if len(people) > 1 else np.nan for p in people]  # fmt: skip
            return whole - np.array(rest)
        t = self.run.table
        blocks = subject_blocks(t["y_true"].to_numpy(object), t["y_pred"].to_numpy(object), keys,
                                self.run.classes)  # fmt: skip
        whole = blocks.sum(0)
        return MEASURES["uf1"](whole) - MEASURES["uf1"](whole - blocks)

    @cached_property
    def classes(self) -> pd.DataFrame:
        """Precision, recall, F1 and clips of each class or unit."""
        if isinstance(self.run, UnitPredictions):
            table = self.run.per_unit()
            table.index = [f"AU{u}" for u in table.index]
            return table.assign(n=table["positives"])
        return self.run.per_class()

    @cached_property
    def choices(self) -> dict[str, dict[str, int]]:
        """How often each value of each tuned parameter was chosen; nothing if nothing was."""
        found: dict[str, Counter[str]] = {}
        for entry in self._chosen():
            for name, value in (entry.get("params") or {}).items():
                found.setdefault(str(name), Counter())[_value(value)] += 1
        if self.head.get("tuning") != "nested":
            return {}
        return {k: dict(sorted(c.items(), key=_numerical)) for k, c in found.items()}

    @cached_property
    def stability(self) -> str:
        """How often the most frequent setting was chosen, in words."""
        sets = Counter(tuple(sorted((k, _value(v)) for k, v in (e.get("params") or {}).items()))
                       for e in self._chosen())  # fmt: skip
        if not self.choices:
            return ""
        _, n = sets.most_common(1)[0]
        total = sum(sets.values())
        inner = [
            float(e["inner_score"]) for e in self._chosen() if e.get("inner_score") is not None
        ]
        text = (
            f"{counted(len(sets), 'different setting')} in {counted(total, 'choice')}; the most "
            f"frequent was chosen {counted(n, 'time')} ({100 * n / total:.0f} %)."
        )
        if inner:
            scoring = measure_of(str(self.head.get("scoring")))
            text += (
                f" Inside the training folds the choices scored {scoring.title} "
                f"{number(float(np.mean(inner)))} on average (from {number(min(inner))} to "
                f"{number(max(inner))})"
            )
            own = self.scores.get(scoring.key)
            text += f"; on the persons left out it is {number(own)}." if own is not None else "."
        return text

    @property
    def fold_rows(self) -> list[dict[str, str]]:
        """The choice of each fold, for a table."""
        if not self.choices:
            return []
        return [
            {"fold": str(e.get("fold", "")), **({"unit": str(e["unit"])} if "unit" in e else {}),
             **{str(k): _value(v) for k, v in (e.get("params") or {}).items()},
             "inner score": number(e.get("inner_score"))}
            for e in self._chosen()
        ]  # fmt: skip

    def _chosen(self) -> list[Mapping[str, Any]]:
        chosen = self.head.get("chosen") or []
        if isinstance(chosen, dict):  # of action units: one list per unit
            return [{**e, "unit": f"AU{u}"} for u, es in chosen.items() for e in es or []]
        return list(chosen)

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Wall seconds of each stage."""
        found = self.head.get("seconds") or {}
        return {str(k): float(v) for k, v in found.items() if isinstance(v, (int, float))}

    @cached_property
    def work(self) -> str:
        """Where the time went, in a line."""
        return time_line(self.head)

    @cached_property
    def memory(self) -> dict[str, float]:
        """Largest memory up to the end of each stage, MiB."""
        found = self.head.get("peak_mib") or {}
        found = found if isinstance(found, dict) else {"": found}
        return {str(k): float(v) for k, v in found.items() if isinstance(v, (int, float))}

    @property
    def peak(self) -> float | None:
        """Largest memory of all, MiB."""
        return max(self.memory.values(), default=None)

    @property
    def zones(self) -> tuple[list[str], list[dict[str, Any]]]:
        """Columns and rows: the loss by part of the face, for all classes and for each."""
        whole, each = (self.run.artifacts.get(f"importance_zones{k}.csv") for k in ("", "_classes"))
        if not isinstance(whole, pd.DataFrame) or not {"zone", "drop", "low", "high"} <= set(whole):
            return [], []
        names: list[str] = []
        parts: dict[tuple[str, str], float] = {}
        if isinstance(each, pd.DataFrame) and {"zone", "class", "drop"} <= set(each):
            names = list(dict.fromkeys(each["class"].astype(str)))
            keys = zip(each["zone"].astype(str), each["class"].astype(str), strict=True)
            parts = dict(zip(keys, each["drop"].astype(float), strict=True))
        rows = [{"zone": str(r["zone"]), "drop": float(r["drop"]), "ends": (r["low"], r["high"]),
                 "each": [parts.get((str(r["zone"]), c), np.nan) for c in names]}
                for r in whole.to_dict("records")]  # fmt: skip
        return names, rows

    @property
    def explained(self) -> list[str]:
        """What a reader of the explanation must know."""
        said = self.head.get("explanation") or {}
        return [str(note) for note in said.get("notes") or []] if isinstance(said, dict) else []

    @property
    def total(self) -> float:
        """Wall seconds of all stages."""
        return sum(self.seconds.values())

    @property
    def class_rows(self) -> list[dict[str, Any]]:
        """Classes or action units, for a table."""
        table = self.classes
        ones = dict(zip(table.index, table.get("f1_all_ones", table["f1"]), strict=True))
        return [{"name": str(name), "n": int(row["n"]), "ones": float(ones[name]),
                 **{k: float(row[k]) for k in ("precision", "recall", "f1")}}
                for name, row in table.iterrows()]  # fmt: skip

    @property
    def person_rows(self) -> list[dict[str, Any]]:
        """Persons, those first to whom the score owes most."""
        table = self.persons.sort_values("influence", ascending=False, kind="stable")
        return [
            {
                "name": str(name),
                "right": int(row["right"]),
                "wrong": int(row["wrong"]),
                "accuracy": float(row["right"] / max(row["right"] + row["wrong"], 1)),
                "influence": float(row["influence"]),
            }
            for name, row in table.iterrows()
        ]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the run was, in short."""
        head = self.head
        clips = str(self.n_clips)
        total = head.get("n_samples")
        if isinstance(total, int) and total > self.n_clips:
            clips += f" of {total}"
        out = [("Clips", clips), ("Persons", str(self.n_subjects))]
        if head.get("n_folds"):
            out.append(("Folds", str(head["n_folds"])))
        tuning = str(head.get("tuning") or "")
        if tuning and head.get("n_candidates") and tuning != "fixed":
            tuning += f", {counted(int(head['n_candidates']), 'candidate')}"
        if head.get("grid"):
            tuning += f" ({head['grid']})"
        if head.get("inner"):
            tuning += f", inner folds {head['inner']}"
        if tuning:
            out.append(("Tuning", tuning))
        for measure in ("uf1", "uar", "accuracy"):
            if measure in self.scores:
                out.append((title_of(measure), self.cell(measure)))
        repeats = head.get("repeats") or {}
        if isinstance(repeats, dict) and self.measure in (repeats.get("mean") or {}):
            spread = (
                f"{number(repeats['mean'][self.measure])} ± {number(repeats['sd'][self.measure])}"
            )
            words = f"{title_of(self.measure)} {spread} (mean, standard deviation)"
            out.append((counted(len(repeats["seeds"]), "seed"), words))
        elif head.get("seed") is not None:
            out.append(("Seed", str(head["seed"])))
        return out

    @property
    def origin(self) -> str:
        """Versions, machine and time."""
        head = self.head
        versions = head.get("versions") or {}
        words = [f"{name} {version}" for name, version in versions.items()]
        words += [str(head[k]) for k in ("platform", "time") if head.get(k)]
        if head.get("fingerprint"):
            words.append(f"fingerprint of the data {head['fingerprint']}")
        return " · ".join(words)

    def draw(self, gallery: Gallery) -> None:
        """Make the run's figures; a part that is not there is left out."""
        about = f"{self.title}, {' '.join(w for w in self.place if w)}"

        def add(kind: str, made: Any, alt: str) -> None:
            self.figures[kind] = gallery.add(f"{self.name}-{kind}", made, f"{alt}: {about}.")

        if self.complete and len(self.databases) > 1:
            rows = [
                {
                    "name": d["name"],
                    "value": d["scores"][self.measure],
                    "kind": "run",
                    "low": d["intervals"][self.measure][0],
                    "high": d["intervals"][self.measure][1],
                    "baseline": d["baseline"].get(self.measure),
                }
                for d in self.databases
            ]
            add("databases", forest(rows, title_of(self.measure), self._baseline_short),
                "Score and interval of each database")  # fmt: skip
        if self.complete and isinstance(self.run, Predictions):
            add("confusion", confusion(self.run.confusion(), self.run.classes),
                "Confusion matrix, counts of clips by true and predicted class")  # fmt: skip
        if self.complete:
            add(
                "classes",
                per_class(self.classes),
                f"Recall, precision and F1 of each {'action unit' if self.units else 'class'}",
            )
            add(
                "subjects",
                subjects(self.persons, "F1" if self.units else "UF1"),
                "Right and wrong answers of each person, and what the score owes to each",
            )
        if self.choices:
            total = sum(next(iter(self.choices.values())).values())
            add("parameters", hyperparameters(self.choices, total),
                "How often each value of each parameter was chosen")  # fmt: skip
        surface = self._frame("surface.csv", ("degree", "C", "gamma", "score"))
        if surface is not None and len(surface) > 1:
            title = title_of(str(self.head.get("scoring")))
            add("surface", score_surface(surface, title), "Score over the grid of parameters")
        importance = self._frame("importance.csv", ("group", "drop"))
        if importance is not None:
            if "au" not in importance:
                importance["au"] = ""
            polygons = self.run.artifacts.get("polygons.json")
            shapes = region_shapes(
                importance, read_polygons(polygons if isinstance(polygons, bytes) else None)
            )
            if shapes:
                add(
                    "face",
                    face_map(importance, shapes, self._mean_face()),
                    "Face with the regions that carried the decisions, named by action units",
                )
            add("importance", importance_bars(importance, "F1" if self.units else "UF1"),
                "Loss of score when a region's features are exchanged, largest first")  # fmt: skip

    @property
    def _baseline_short(self) -> str:
        return "all ones" if self.units else "majority"

    @property
    def surface_is_oracle(self) -> bool:
        """Whether the surface is of the test predictions."""
        return self.head.get("tuning") == "oracle"

    def _frame(self, name: str, needed: tuple[str, ...]) -> pd.DataFrame | None:
        table = self.run.artifacts.get(name)
        if not isinstance(table, pd.DataFrame) or not set(needed) <= set(table) or table.empty:
            return None
        numeric = [c for c in needed if c != "group"]
        out = table.copy()
        out[numeric] = out[numeric].apply(pd.to_numeric, errors="coerce")
        return out.dropna(subset=numeric).reset_index(drop=True)

    def _mean_face(self) -> np.ndarray | None:
        data = self.run.artifacts.get("meanface.png")
        if not isinstance(data, bytes) or not data:
            return None
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _numerical(item: tuple[str, int]) -> tuple[int, float, str]:
    try:
        return 0, float(item[0]), item[0]
    except ValueError:
        return 1, 0.0, item[0]
