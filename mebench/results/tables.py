"""The table of a run: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..evaluation import Predictions
from ..evaluation.protocols import in_words

__all__ = ["markdown", "optimism_line", "show", "show_summary"]

_NAMES = {"accuracy": "accuracy", "uf1": "UF1", "uar": "UAR"}
_TUNING = {
    "nested": "Parameters were chosen inside each training fold, by leaving out its subjects one "
    "at a time ({n} candidates, pooled {scoring}).",
    "oracle": "ORACLE: the parameters were chosen on the test predictions themselves ({n} "
    "candidates, pooled {scoring}). This is no estimate of performance on new persons.",
    "fixed": "The method's own parameters were used; nothing was tuned.",
}
_SCORING = {"macro_f1": "UF1", "uar": "UAR", "accuracy": "accuracy"}


def show(predictions: Predictions, console: Any) -> None:
    """Print scores, classes, confusion matrix, protocol and notes to a rich console."""
    from rich.table import Table

    console.print(f"\n[bold]{_title(predictions)}[/bold]", highlight=False)
    for name, header, rows in _parts(predictions):
        table = Table(title=name or None, title_justify="left", title_style="")
        for i, column in enumerate(header):
            table.add_column(column, justify="left" if i == 0 else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for line in _lines(predictions):
        console.print(line, style="bold red" if line.startswith("ORACLE") else None,
                      highlight=False, markup=False)  # fmt: skip


def markdown(predictions: Predictions) -> str:
    """The same as a Markdown page."""
    out = [f"# {_title(predictions)}", ""]
    for name, header, rows in _parts(predictions):
        if name:
            out += [f"**{name}**", ""]
        out += ["| " + " | ".join(header) + " |", "|---" + "|---:" * (len(header) - 1) + "|"]
        out += ["| " + " | ".join(row) + " |" for row in rows]
        out.append("")
    return "\n".join(out + [f"{line}\n" for line in _lines(predictions)])


def show_summary(runs: Iterable[Predictions], console: Any) -> None:
    """Print several runs side by side, one row each."""
    from rich.table import Table

    table = Table(title="Summary", title_justify="left", title_style="bold")
    for column in ("dataset", "labels", "method", "tuning"):
        table.add_column(column)
    for column in (*_NAMES.values(), "majority UF1"):
        table.add_column(column, justify="right")
    for run in runs:
        scores, head = run.scores(), run.header
        table.add_row(
            *(str(head.get(k, "")) for k in ("dataset", "labels", "method", "tuning")),
            *(_number(scores[k]) for k in _NAMES),
            _number(run.scores("y_majority")["uf1"]),
        )
    console.print(table)


def optimism_line(oracle: Predictions, nested: Predictions) -> str:
    """What choosing on the test predictions adds to the score it was chosen by."""
    key = {"macro_f1": "uf1"}.get(oracle.header["scoring"], oracle.header["scoring"])
    high, low = oracle.scores()[key], nested.scores()[key]
    return (
        f"{_NAMES[key]} {high:.3f} was chosen on the test predictions; nested tuning gives "
        f"{low:.3f}. The difference, {high - low:+.3f}, is optimism."
    )


def _title(predictions: Predictions) -> str:
    head = predictions.header
    data = " ".join(str(head[k]) for k in ("dataset", "labels") if head.get(k))
    size = f"{len(predictions.table)} clips of {head.get('n_subjects', '?')} subjects"
    return f"{head.get('method', '')} on {data}: {size}"


def _parts(predictions: Predictions) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, header, rows) of each table."""
    classes = predictions.classes
    scores, intervals = predictions.scores(), predictions.intervals()
    method = str(predictions.header.get("method", "method"))
    main = [
        [method] + [f"{_number(scores[k])} [{_range(intervals[k])}]" for k in _NAMES],
    ]
    if "y_majority" in predictions.table:
        baseline = predictions.scores("y_majority")
        main.append(["majority class"] + [_number(baseline[k]) for k in _NAMES])
    each = [
        [str(label), f"{int(row.n)}", *(_number(row[k]) for k in ("precision", "recall", "f1"))]
        for label, row in predictions.per_class().iterrows()
    ]
    confusion = [
        [label, *(str(n) for n in row)]
        for label, row in zip(classes, predictions.confusion(), strict=True)
    ]
    return [
        ("", ["", *_NAMES.values()], main),
        ("", ["class", "clips", "precision", "recall", "F1"], each),
        ("Confusion matrix (rows: truth, columns: prediction)", ["", *classes], confusion),
    ]


def _lines(predictions: Predictions) -> list[str]:
    """The sentences under the tables."""
    head = predictions.header
    lines = [in_words(str(head.get("protocol", ""))) + f" {head.get('n_folds', '?')} folds."]
    tuning = _TUNING.get(str(head.get("tuning")))
    if tuning:
        scoring = _SCORING.get(str(head.get("scoring")), str(head.get("scoring")))
        lines.append(tuning.format(n=head.get("n_candidates"), scoring=scoring))
    lines.append("Brackets: 95 % intervals, bootstrap over subjects.")
    if head.get("skipped"):
        lines.append(f"LEFT OUT: {len(head['skipped'])} clip(s) without a usable face, such as "
                     f"{next(iter(head['skipped']))}; run.json lists all.")  # fmt: skip
    lines += [f"Data: {note}." for note in map(lambda n: str(n).rstrip("."), head.get("notes", []))]
    if head.get("citation"):
        lines.append(f"Method: {head['citation']}.")
    return lines


def _number(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1) if value < 1 else f"{value:.3f}"


def _range(interval: tuple[float, float]) -> str:
    return "–".join(_number(v) for v in interval)
