"""Tables for a paper: Markdown, LaTeX (booktabs), CSV; best values marked, flags as footnotes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ..errors import BadInput
from ..scoring import Predictions, UnitPredictions
from ..scoring.metrics import get_measure
from .flags import Flag, flags, is_complete
from .words import interval, measure_of, number, place_of_run, title_of

__all__ = ["FORMATS", "paper_table"]

#: What a table can be written as.
FORMATS = ("markdown", "latex", "csv")

Run = Predictions | UnitPredictions
_MARKS = "abcdefghijklmnopqrstuvwxyz"
_FOOTNOTES = {
    "twin": "Made-up clips in the layout of the database: nothing is said about recordings.",
    "oracle": "Oracle tuning: the parameters were chosen on the test predictions themselves.",
    "overlap": "Persons are in training and test at the same time.",
    "search": "The grid was not searched exhaustively.",
    "spelling": "Persons may be written in several ways, and so be in training and test.",
    "inner": "A step chose its parameters on folds that share persons with what they left out.",
    "incomplete": "Incomplete: folds are missing, so there is no score.",
    "skipped": "Clips were left out.",
    "apex": "Where the apex is not annotated, another frame stands for it.",
    "majority": "The interval reaches down to the baseline.",
    "accuracy": "Accuracy is not above that of always answering the most frequent class.",
    "chance": "The interval of UAR reaches down to chance.",
}


@dataclass
class _Cell:
    value: float
    ends: tuple[float, float]
    best: bool = False


@dataclass
class _Row:
    name: str
    cells: dict[tuple[str, str], _Cell] = field(default_factory=dict)  # by task and measure
    marks: dict[str, list[str]] = field(default_factory=dict)  # by task: letters
    baseline: bool = False


@dataclass
class _Table:
    tasks: dict[str, list[str]]  # task → measures
    rows: list[_Row]
    notes: list[str]


def paper_table(
    runs: Sequence[Run],
    form: str = "markdown",
    *,
    names: Sequence[str] | None = None,
    intervals: bool = True,
    measures: Sequence[str] = ("uf1", "uar", "accuracy"),
    caption: str = "",
) -> str:
    """One table of all runs: a row per method, columns per database.

    Parameters
    ----------
    runs : sequence of Predictions or UnitPredictions
    form : {'markdown', 'latex', 'csv'}
        CSV is long (one row per score) and has all digits.
    names : sequence of str, optional
        What to call the runs, unique within a task. Default: method, and tuning if that is
        oracle.
    intervals : bool, default True
        95 % intervals beside the scores.
    measures : sequence of str, default ('uf1', 'uar', 'accuracy')
        Of classification (:data:`mebench.scoring.MEASURES`); action units have the means of F1.
    caption : str

    Returns
    -------
    str

    Notes
    -----
    The best value of each column is bold. Runs whose score is no estimate of performance on new
    persons (oracle tuning, persons overlapping, folds missing) are marked and never the best.

    Examples
    --------
    >>> table = pd.DataFrame({"clip_id": list("wxyz"), "dataset": "toy", "subject": list("1122"),
    ...     "fold": list("1122"), "y_true": list("abab"), "y_pred": list("abab")})
    >>> run = Predictions(table, {"classes": ["a", "b"], "method": "m_1", "dataset": "toy",
    ...                           "labels": "2class", "protocol": "loso", "tuning": "oracle"})
    >>> print(paper_table([run], intervals=False, measures=["uf1"]))
    | method | UF1 |
    |---|---:|
    | m\\_1 (oracle) <sup>a</sup> | 1.000 |
    <BLANKLINE>
    toy 2class, loso.
    <BLANKLINE>
    <sup>a</sup> Oracle tuning: the parameters were chosen on the test predictions themselves.
    <BLANKLINE>
    """
    if form not in FORMATS:
        raise BadInput(f"A table is written as {', '.join(FORMATS)}; found {form!r}.")
    if not runs:
        raise BadInput("A table needs at least one run.")
    titles = list(names) if names is not None else [_title(run) for run in runs]
    if form == "csv":
        return _csv(runs, titles)
    table = _collect(runs, titles, measures)
    if form == "latex":
        return _latex(table, intervals, caption)
    return _markdown(table, intervals, caption)


def _title(run: Run) -> str:
    oracle = " (oracle)" if run.header.get("tuning") == "oracle" else ""
    return f"{run.header.get('method', '?')}{oracle}"


def _task(run: Run) -> str:
    *data, protocol = place_of_run(run.header)
    return ", ".join(filter(None, (" ".join(filter(None, data)), protocol)))


def _columns(run: Run, measures: Sequence[str]) -> list[str]:
    if isinstance(run, UnitPredictions):
        return ["f1_unit_mean", "f1_database_mean"]
    return [get_measure(m).key for m in measures]


def _collect(runs: Sequence[Run], titles: Sequence[str], measures: Sequence[str]) -> _Table:
    tasks: dict[str, list[str]] = {}
    rows: dict[str, _Row] = {}
    letters: dict[str, str] = {}
    bases: dict[str, _Row] = {}
    honest: dict[tuple[str, str], list[_Cell]] = {}
    for run, title in zip(runs, titles, strict=True):
        task = _task(run)
        tasks.setdefault(task, _columns(run, measures))
        row = rows.setdefault(title, _Row(title))
        if task in row.marks:
            raise BadInput(
                f"Two runs on {task} are called {title!r}: leave one out, or give them names."
            )
        found = flags(run)
        row.marks[task] = _letters(found, letters)
        if not is_complete(run):
            continue
        scores, ends = run.scores(), run.intervals()
        for measure in tasks[task]:
            cell = _Cell(scores[measure], ends[measure])
            row.cells[task, measure] = cell
            if not any(flag.grave for flag in found):
                honest.setdefault((task, measure), []).append(cell)
        base = "all_ones" if isinstance(run, UnitPredictions) else "y_majority"
        if base == "all_ones" or base in run.table:
            name = "all ones" if base == "all_ones" else "majority class"
            under = bases.setdefault(name, _Row(name, baseline=True))
            for measure, value in run.scores(base).items():
                under.cells.setdefault((task, measure), _Cell(value, (value, value)))
    for (_, measure), cells in honest.items():
        best = max if measure_of(measure).higher_is_better else min
        top = best(round(cell.value, 3) for cell in cells)
        for cell in cells if len(cells) > 1 else ():
            cell.best = round(cell.value, 3) == top
    notes = [f"{letter}|{_FOOTNOTES[key]}" for key, letter in letters.items()]
    return _Table(tasks, [*rows.values(), *bases.values()], notes)


def _letters(found: Sequence[Flag], letters: dict[str, str]) -> list[str]:
    for flag in found:
        letters.setdefault(flag.key, _MARKS[len(letters)])
    return sorted({letters[flag.key] for flag in found})


def _all_marks(row: _Row, table: _Table) -> tuple[str, dict[str, str]]:
    """Letters beside the name where they hold for every task, else beside the task's scores."""
    marks = {task: ",".join(row.marks.get(task, [])) for task in table.tasks}
    met = {marks[task] for task in row.marks}
    if len(met) == 1:
        return met.pop(), dict.fromkeys(table.tasks, "")
    return "", marks


def _under(table: _Table) -> str:
    """What stands under a table of one task, where no column says it."""
    return f"{next(iter(table.tasks))}." if len(table.tasks) == 1 else ""


def _lines(
    table: _Table, shown: Callable[[_Cell], str], raised: Callable[[str], str],
    escape: Callable[[str], str],
) -> list[list[str]]:  # fmt: skip
    out = []
    for row in table.rows:
        beside, marks = _all_marks(row, table)
        line = [escape(row.name) + (raised(beside) if beside else "")]
        for task, measures in table.tasks.items():
            for i, measure in enumerate(measures):
                cell = row.cells.get((task, measure))
                text = "–" if cell is None else shown(cell)
                line.append(text + (raised(marks[task]) if marks[task] and i == 0 else ""))
        out.append(line)
    return out


def _markdown(table: _Table, intervals: bool, caption: str) -> str:
    def shown(cell: _Cell) -> str:
        text = f"**{number(cell.value)}**" if cell.best else number(cell.value)
        return f"{text} [{interval(cell.ends)}]" if _wide(cell, intervals) else text

    several = len(table.tasks) > 1
    header = ["method"] + [
        f"{_md(task)}: {title_of(m)}" if several else title_of(m)
        for task, measures in table.tasks.items()
        for m in measures
    ]
    lines = [_md(caption), ""] if caption else []
    lines += ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
    body = _lines(table, shown, lambda marks: f" <sup>{marks}</sup>", _md)
    lines += ["| " + " | ".join(line) + " |" for line in body]
    notes = [_md(_under(table))] if _under(table) else []
    for note in table.notes:
        letter, text = note.split("|", 1)
        notes.append(f"<sup>{letter}</sup> {text}")
    if intervals:
        notes.append("Brackets: 95 % intervals, bootstrap over persons.")
    return "\n".join(lines) + "\n\n" + "\n\n".join(notes) + ("\n" if notes else "")


def _latex(table: _Table, intervals: bool, caption: str) -> str:
    def shown(cell: _Cell) -> str:
        text = rf"\textbf{{{_tex(number(cell.value))}}}" if cell.best else _tex(number(cell.value))
        if _wide(cell, intervals):
            text += rf" {{\scriptsize [{_tex(interval(cell.ends))}]}}"
        return text

    n = sum(map(len, table.tasks.values()))
    out = [
        "% needs \\usepackage{booktabs}",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_tex(caption or _caption(table))}}}",
        rf"\begin{{tabular}}{{l{'r' * n}}}",
        r"\toprule",
    ]
    if len(table.tasks) > 1:
        heads = [rf"\multicolumn{{{len(m)}}}{{c}}{{{_tex(t)}}}" for t, m in table.tasks.items()]
        out.append(" & " + " & ".join(heads) + r" \\")
        first = 2
        rules = []
        for measures in table.tasks.values():
            rules.append(rf"\cmidrule(lr){{{first}-{first + len(measures) - 1}}}")
            first += len(measures)
        out.append(" ".join(rules))
    titles = [_tex(title_of(m)) for measures in table.tasks.values() for m in measures]
    out += [" & ".join(["Method", *titles]) + r" \\", r"\midrule"]
    body = _lines(table, shown, lambda marks: rf"\textsuperscript{{{marks}}}", _tex)
    ruled = False
    for row, line in zip(table.rows, body, strict=True):
        if row.baseline and not ruled:
            out.append(r"\midrule")
            ruled = True
        out.append(" & ".join("--" if c == "–" else c for c in line) + r" \\")
    out += [r"\bottomrule", r"\end{tabular}"]
    notes = []
    for note in table.notes:
        letter, text = note.split("|", 1)
        notes.append(rf"\textsuperscript{{{letter}}}\,{_tex(text)}")
    if intervals:
        notes.append(_tex("Brackets: 95 % intervals, bootstrap over persons."))
    if notes:
        out += [r"\par\smallskip", r"{\footnotesize " + r"\quad ".join(notes) + r"\par}"]
    out.append(r"\end{table}")
    return "\n".join(out) + "\n"


def _caption(table: _Table) -> str:
    best = "Bold: the best of the runs without oracle tuning and without overlap of persons."
    return " ".join(w for w in (_under(table), best) if w)


def _wide(cell: _Cell, intervals: bool) -> bool:
    return intervals and cell.ends[0] != cell.ends[1]


def _csv(runs: Sequence[Run], titles: Sequence[str]) -> str:
    rows = []
    for run, title in zip(runs, titles, strict=True):
        head = run.header
        facts = {"method": title, **{k: head.get(k, "") for k in ("dataset", "labels", "protocol",
                                                                  "tuning")}}  # fmt: skip
        marks = "; ".join(flag.short for flag in flags(run))
        facts |= {"clips": run.table["clip_id"].nunique(), "flags": marks}
        if not is_complete(run):
            rows.append({**facts, "measure": ""})
            continue
        units = isinstance(run, UnitPredictions)
        base = run.scores("all_ones" if units else "y_majority") if (
            units or "y_majority" in run.table) else {}  # fmt: skip
        ends = run.intervals()
        rows += [
            {**facts, "measure": m, "value": v, "low": ends[m][0], "high": ends[m][1],
             "baseline": base.get(m)} for m, v in run.scores().items()
        ]  # fmt: skip
    columns = ["dataset", "labels", "protocol", "method", "tuning", "clips", "measure", "value",
               "low", "high", "baseline", "flags"]  # fmt: skip
    return pd.DataFrame(rows).reindex(columns=columns).to_csv(index=False, lineterminator="\n")


def _md(text: str) -> str:
    """Text that Markdown leaves alone."""
    text = " ".join(str(text).split())
    for sign in "\\`*_[]|#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$",
    "#": r"\#", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "[": "{[}", "]": "{]}", "–": "--", "—": "---", "−": "$-$", "×": r"$\times$", "±": r"$\pm$",
    "·": r"$\cdot$", "γ": r"$\gamma$", "≤": r"$\leq$", "≥": r"$\geq$", "…": r"\ldots{}",
    "‘": "`", "’": "'", "“": "``", "”": "''",
}  # fmt: skip


def _tex(text: str) -> str:
    """Text that LaTeX prints as it is; a letter that its fonts lack becomes its nearest, or '?'."""
    out = []
    for sign in " ".join(str(text).split()):
        if sign in _TEX:
            out.append(_TEX[sign])
        elif sign.isascii():
            out.append(sign if sign.isprintable() else "?")
        elif "À" <= sign <= "ž" and sign.isalpha():  # Latin letters, which every LaTeX has
            out.append(sign)
        else:
            plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
            out.append("".join(_TEX.get(c, c) for c in plain if c.isprintable()) or "?")
    return "".join(out)
