"""Runs of spotting as a table: Markdown, LaTeX (booktabs), CSV."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...errors import BadInput
from .run import SpottingRun

__all__ = ["COLUMNS", "FORMATS", "spotting_markdown", "spotting_table"]

FORMATS = ("markdown", "latex", "csv")
_KINDS = ("micro", "macro", "all")
#: What a table can show of each kind, and how it is called there.
COLUMNS = {
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "f1_shown": "F1 †",
    "ap": "AP",
    "ap_coco": "AP@[.5:.95]",
    "chance": "chance",
}
_NOTE = "† only videos in which an expression of the kind is annotated."


def spotting_markdown(runs: Sequence[SpottingRun]) -> str:
    """The table that a run keeps beside its scores."""
    return spotting_table(runs, "markdown", measures=("precision", "recall", "f1", "f1_shown"))


def spotting_table(
    runs: Sequence[SpottingRun],
    form: str = "markdown",
    *,
    names: Sequence[str] | None = None,
    intervals: bool = True,
    measures: Sequence[str] = ("f1",),
    caption: str = "",
) -> str:
    """One table of all runs: a row per database and spotter, columns per kind of expression.

    Parameters
    ----------
    runs : sequence of SpottingRun
    form : {'markdown', 'latex', 'csv'}
    names : sequence of str, optional
        Default: the methods.
    intervals : bool, default True
        95 % intervals beside F1.
    measures : sequence of str, default ('f1',)
        Keys of :data:`COLUMNS`.
    caption : str

    Raises
    ------
    BadInput
        Another form or measure.
    """
    if form not in FORMATS:
        raise BadInput(f"A table is written as {', '.join(FORMATS)}; found {form!r}.")
    unknown = [m for m in measures if m not in COLUMNS]
    if unknown:
        raise BadInput(f"Runs of spotting have {', '.join(COLUMNS)}; found {', '.join(unknown)}.")
    titles = list(names) if names is not None else [str(r.header.get("method")) for r in runs]
    scored = [(t, r) for t, r in zip(titles, runs, strict=True) if len(r.scores)]
    if form == "csv":
        return _long(scored)
    best = _best(scored)
    head = ["database", "spotter", *(f"{COLUMNS[m]}, {kind}" for kind in _KINDS for m in measures)]
    strs = any(len(r.recognition) for _, r in scored)
    if strs:
        head.append("STRS")
    rows = []
    for title, run in scored:
        for dataset in dict.fromkeys(run.scores["dataset"]):
            cells = [dataset, title]
            for kind in _KINDS:
                scores = run.score(kind, dataset)
                first = best.get((dataset, kind)) == id(run) and len(runs) > 1
                cells += [_cell(scores, m, intervals, first, form) for m in measures]
            if strs:
                whole = run.recognition[run.recognition["kind"] == "all"] if len(
                    run.recognition) else run.recognition  # fmt: skip
                cells.append(f"{whole['strs'].iloc[0]:.3f}" if len(whole) else "")
            rows.append(cells)
    notes = [_NOTE] if "f1_shown" in measures else []
    unseen = [t for t, r in zip(titles, runs, strict=True) if not len(r.scores)]
    if unseen:
        notes.append(f"Not scored, since nobody has annotated the videos: {', '.join(unseen)}.")
    return (_latex if form == "latex" else _plain)(head, rows, notes, caption)


def _best(scored: Sequence[tuple[str, SpottingRun]]) -> dict[tuple[str, str], int]:
    """Which run has the highest F1 of each database and kind."""
    best: dict[tuple[str, str], tuple[float, int]] = {}
    for _, run in scored:
        for row in run.scores.to_dict("records"):
            key = (row["dataset"], row["kind"])
            if key not in best or row["f1"] > best[key][0]:
                best[key] = (row["f1"], id(run))
    return {key: run for key, (_, run) in best.items()}


def _cell(scores: dict[str, float], measure: str, intervals: bool, best: bool, form: str) -> str:
    value = scores.get(measure, float("nan"))
    if value != value:
        return ""
    text = f"{value:.3f}"
    if best and measure == "f1":
        text = rf"\textbf{{{text}}}" if form == "latex" else f"**{text}**"
    if intervals and measure == "f1" and scores["f1_low"] == scores["f1_low"]:
        text += f" [{scores['f1_low']:.2f}, {scores['f1_high']:.2f}]"
    return text


def _plain(head: list[str], rows: list[list[str]], notes: list[str], caption: str) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |"

    out = [caption, ""] if caption else []
    out += [line(head), line(["---"] * len(head)), *map(line, rows)]
    return "\n".join([*out, *([""] if notes else []), *notes]) + "\n"


def _latex(head: list[str], rows: list[list[str]], notes: list[str], caption: str) -> str:
    def safe(text: str) -> str:
        for letter in "&%$#_":
            text = text.replace(letter, f"\\{letter}")
        marks = {"†": r"$\dagger$", "²": "$^2$", "³": "$^3$", "…": r"\dots{}"}
        for mark, written in marks.items():
            text = text.replace(mark, written)
        return text

    lines = [r"\begin{table}", r"\centering"]
    if caption:
        lines.append(rf"\caption{{{safe(caption)}}}")
    lines += [rf"\begin{{tabular}}{{ll{'r' * (len(head) - 2)}}}", r"\toprule"]
    lines.append(" & ".join(map(safe, head)) + r" \\")
    lines.append(r"\midrule")
    lines += [" & ".join([safe(r[0]), safe(r[1]), *r[2:]]) + r" \\" for r in rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip\footnotesize {safe(note)}" for note in notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _long(scored: Sequence[tuple[str, SpottingRun]]) -> str:
    parts = [run.scores.assign(spotter=title) for title, run in scored]
    if not parts:
        return "spotter,dataset,kind\n"
    whole = pd.concat(parts, ignore_index=True)
    first = ["spotter", "dataset", "kind"]
    return str(whole[[*first, *(c for c in whole if c not in first)]].to_csv(index=False))
