"""Runs side by side: scores, paired tests, ranks over databases, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..scoring import Predictions
from ..scoring.metrics import MEASURES, get_measure
from ..scoring.significance import Friedman, PairedTest, friedman, holm, paired_test
from ..scoring.subjects import subject_keys
from .flags import overlapping
from .words import p_words, place_of_run

__all__ = ["Comparison", "Pair", "Task", "compare"]


@dataclass(frozen=True)
class Pair:
    """Two methods on one task: the tests, and p corrected for the number of pairs of the task."""

    a: str
    b: str
    test: PairedTest
    p_holm: float
    claim: str


@dataclass(frozen=True)
class Task:
    """The runs on one database, label set and protocol."""

    dataset: str
    labels: str
    protocol: str
    rows: list[dict[str, Any]]  # method, scores, interval of the measure, warnings
    pairs: list[Pair] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Database, labels and protocol."""
        return " ".join(w for w in (self.dataset, self.labels, self.protocol) if w)


@dataclass(frozen=True)
class Comparison:
    """Everything that :func:`compare` found."""

    measure: str
    tasks: list[Task]
    ranks: Friedman | None
    remarks: list[str]

    def sentences(self) -> list[str]:
        """What may be claimed, and what may not, in plain words."""
        out = [pair.claim for task in self.tasks for pair in task.pairs]
        return out + [r for task in self.tasks for r in task.remarks] + self.remarks

    def summary(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**asdict(self), "sentences": self.sentences()}


def compare(
    runs: Sequence[Predictions],
    *,
    measure: str = "uf1",
    names: Sequence[str] | None = None,
    titles: Sequence[str] | None = None,
    level: float = 0.05,
    n_permutations: int = 9999,
    seed: int = 0,
) -> Comparison:
    """Put runs side by side and test their differences.

    Runs on the same database, label set and protocol are compared pair by pair on the clips that
    both predicted (:func:`mebench.evaluation.paired_test`), with Holm's correction for the number
    of pairs of that task. Methods that ran on all of two or more tasks are ranked over them
    (:func:`mebench.evaluation.friedman`).

    Parameters
    ----------
    runs : sequence of Predictions
    measure : str, default 'uf1'
        One of :data:`mebench.evaluation.MEASURES`.
    names : sequence of str, optional
        What tells runs apart whose method and tuning are the same, such as their folders.
    titles : sequence of str, optional
        What to call each run, unique within a task and the same over tasks for what is to be
        ranked over them. Default: the method, with tuning and `names` where that is needed.
    level : float, default 0.05
    n_permutations, seed : int
        Of the permutation tests.

    Raises
    ------
    BadInput
        Fewer than two runs, or an unknown measure.
    """
    if len(runs) < 2:
        raise BadInput(f"Comparing takes at least two runs, found {len(runs)}.")
    measure = get_measure(measure).key
    if not all(isinstance(run, Predictions) for run in runs):
        raise BadInput("Runs of action-unit detection cannot be compared with this command.")
    folders = list(names) if names is not None else [f"run {i + 1}" for i in range(len(runs))]
    together: dict[tuple[str, str, str], list[int]] = {}
    for i, run in enumerate(runs):
        together.setdefault(place_of_run(run.header), []).append(i)
    tasks, table = [], {}
    for key, members in together.items():
        own = [runs[i] for i in members]
        called = (
            _titles(own, [folders[i] for i in members])
            if titles is None
            else [titles[i] for i in members]
        )
        tasks.append(_task(key, called, own, measure, level, n_permutations, seed))
        table[tasks[-1].name] = {t: r.scores()[measure] for t, r in zip(called, own, strict=True)}
    frame = pd.DataFrame(table).T
    frame = frame[frame.notna().sum(axis=1) > 1]  # one run alone ranks nothing
    shared = frame.dropna(axis=1) if len(frame) > 1 else frame.iloc[:, :0]
    ranks = friedman(shared) if shared.shape[1] > 1 else None
    return Comparison(measure, tasks, ranks, _over_tasks(ranks, frame, level))


def _titles(runs: list[Predictions], folders: list[str]) -> list[str]:
    """Method names, with tuning where that differs, with the folder where even that is equal."""
    plain = [str(run.header.get("method", "?")) for run in runs]
    tuned = [f"{m} ({run.header.get('tuning', '?')})" for m, run in zip(plain, runs, strict=True)]
    out = []
    for i, method in enumerate(plain):
        if plain.count(method) == 1 and runs[i].header.get("tuning") != "oracle":
            out.append(method)
        else:
            out.append(tuned[i] if tuned.count(tuned[i]) == 1 else f"{tuned[i]} [{folders[i]}]")
    return out


def _task(
    key: tuple[str, str, str],
    titles: list[str],
    runs: list[Predictions],
    measure: str,
    level: float,
    n_permutations: int,
    seed: int,
) -> Task:
    rows = [
        {
            "method": title,
            "n_clips": len(run.table),
            "scores": run.scores(),
            "interval": run.intervals()[measure],
            "warnings": _warnings(run),
        }
        for title, run in zip(titles, runs, strict=True)
    ]
    tests: list[tuple[str, str, PairedTest, list[str]]] = []
    remarks = []
    answers = [_Answers.of(run) for run in runs]
    for i in range(len(runs)):
        for j in range(i + 1, len(runs)):
            a, b = titles[i], titles[j]
            both = _paired(runs[i], runs[j], answers[i], answers[j])
            if isinstance(both, str):
                remarks.append(f"{a} and {b} cannot be compared: {both}")
                continue
            own, other = both
            lost = max(len(runs[i].table), len(runs[j].table)) - len(own.clips)
            if lost:
                remarks.append(f"{a} and {b} are compared on the {len(own.clips)} clips that both "
                               f"predicted; {lost} others were left out.")  # fmt: skip
            found = paired_test(
                own.truth,
                own.said,
                other.said,
                own.subjects,
                runs[i].classes,
                measure=measure,
                n_permutations=n_permutations,
                seed=seed,
            )
            tests.append((a, b, found, [*_warnings(runs[i]), *_warnings(runs[j])]))
    corrected = holm([test.p_permutation for _, _, test, _ in tests])
    where = " ".join(w for w in key if w)
    pairs = [
        Pair(a, b, test, p, _claim(where, a, b, test, p, len(tests), level, warned))
        for (a, b, test, warned), p in zip(tests, corrected, strict=True)
    ]
    return Task(*key, rows=rows, pairs=pairs, remarks=remarks)


class _Answers(NamedTuple):
    """What a run says of each clip, and whose clip it is."""

    clips: np.ndarray
    truth: np.ndarray
    said: np.ndarray
    subjects: np.ndarray

    @classmethod
    def of(cls, run: Predictions) -> _Answers:
        clips, truth, said = (
            run.table[column].to_numpy(object) for column in ("clip_id", "y_true", "y_pred")
        )
        return cls(clips, truth, said, subject_keys(run.table))

    def at(self, rows: list[int]) -> _Answers:
        return _Answers(*(column[rows] for column in self))


def _paired(
    a: Predictions, b: Predictions, said_a: _Answers, said_b: _Answers
) -> tuple[_Answers, _Answers] | str:
    """Answers on the clips that both predicted, or the reason why there are none to compare."""
    if set(a.classes) != set(b.classes):
        return f"their classes differ ({', '.join(a.classes)}; {', '.join(b.classes)})."
    if not np.array_equal(said_a.clips, said_b.clips):
        place = {clip: row for row, clip in enumerate(said_b.clips)}
        kept = [row for row, clip in enumerate(said_a.clips) if clip in place]
        if not kept:
            return "no clip was predicted by both."
        said_a = said_a.at(kept)
        said_b = said_b.at([place[clip] for clip in said_a.clips])
    differs = said_a.truth != said_b.truth
    if differs.any():
        return f"they disagree about the truth, as of the clip {said_a.clips[differs][0]!r}."
    return said_a, said_b


def _warnings(run: Predictions) -> list[str]:
    out = ["persons overlap"] if overlapping(run.header) else []
    return [*out, "oracle tuning"] if run.header.get("tuning") == "oracle" else out


def _claim(
    where: str,
    a: str,
    b: str,
    test: PairedTest,
    p: float,
    n_pairs: int,
    level: float,
    warned: list[str],
) -> str:
    """The plain sentence."""
    if test.difference < 0:
        a, b = b, a
    high, low = max(test.score_a, test.score_b), min(test.score_a, test.score_b)
    ends = (test.low, test.high) if test.difference >= 0 else (-test.high, -test.low)
    title = MEASURES[test.measure].title
    many = f", corrected for {n_pairs} comparisons" if n_pairs > 1 else ""
    numbers = (
        f"{title} {high:.3f} against {low:.3f}, difference {abs(test.difference):.3f} "
        f"[{ends[0]:+.3f} to {ends[1]:+.3f}], {p_words(p)}{many}, {test.n_subjects} subjects"
    )
    if p <= level:
        text = f"On {where}, it may be claimed that {a} is better than {b} ({numbers})."
    else:
        text = (
            f"On {where}, it may not be claimed that {a} is better than {b} ({numbers}): a "
            "difference of this size comes about by chance too easily."
        )
        floor = 2.0 ** (1 - test.n_subjects)
        if floor > level:
            text += f" With {test.n_subjects} subjects no difference could be significant."
    if warned:
        why = " and ".join(sorted(set(warned)))
        text += f" And nothing is claimed about new persons, because of {why}."
    return text


def _over_tasks(ranks: Friedman | None, frame: pd.DataFrame, level: float) -> list[str]:
    if len(frame) < 2:
        return []
    if ranks is None:
        return ["No two methods ran on all of these tasks, so they cannot be ranked over them."]
    out = []
    order = np.argsort(ranks.ranks, kind="stable")
    listed = ", ".join(f"{ranks.methods[i]} {ranks.ranks[i]:.2f}" for i in order)
    found = "differ" if ranks.p <= level else "cannot be said to differ"
    out.append(
        f"Over {ranks.n_datasets} tasks the methods {found} (Friedman chi-square "
        f"{ranks.statistic:.2f}, {p_words(ranks.p)}, Kendall's W {ranks.kendalls_w:.2f}); mean "
        f"ranks: {listed}."
    )
    for pair in ranks.pairs:
        a, b = (pair["a"], pair["b"]) if pair["difference"] >= 0 else (pair["b"], pair["a"])
        may = "may" if pair["p_holm"] <= level and ranks.p <= level else "may not"
        out.append(
            f"Over these tasks, it {may} be claimed that {a} is better than {b} (mean difference "
            f"{abs(pair['difference']):.3f}, Wilcoxon {p_words(pair['p_holm'])} after Holm)."
        )
    if ranks.n_datasets < 6:
        out.append(
            f"With {ranks.n_datasets} tasks Wilcoxon's test cannot reach p = 0.05, whatever the "
            "scores; six are the fewest."
        )
    return out
