"""The table of a run: for the terminal, and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..scoring import Predictions, UnitPredictions
from ..scoring.marks import INNER_FOLDS
from ..scoring.metrics import get_measure, printed_measures
from ..scoring.subjects import subject_keys
from ..scoring.unit_predictions import UNIT_MEASURES
from .flags import overlapping
from .words import counted, data_of, measure_of, place_of_run, search_words

__all__ = ["markdown", "optimism_line", "show", "show_summary"]

_TUNING = {
    "nested": "Parameters were chosen inside each training fold, {inner} ({n} candidates, pooled "
    "{scoring}).",
    "oracle": "ORACLE: the parameters were chosen on the test predictions themselves ({n} "
    "candidates, pooled {scoring}). This is no estimate of performance on new persons.",
    "fixed": "The method's own parameters were used; nothing was tuned.",
}
_WITHIN = (
    "The classifier's parameters were chosen on the features of each training fold, {inner}; what "
    "learned those features had seen these subjects."
)


def show(
    predictions: Predictions | UnitPredictions, console: Any, said: set[tuple] | None = None
) -> None:
    """Print scores, classes, confusion matrix, protocol and notes to a rich console.

    Parameters
    ----------
    predictions : Predictions or UnitPredictions
    console : rich.console.Console
    said : set, optional
        What was said under the tables before, of the same data and protocol; that is not
        repeated but for warnings, and what is said now is added.
    """
    from rich.table import Table

    console.print(f"\n{_title(predictions)}", style="bold", highlight=False, markup=False)
    for warning in predictions.header.get("warnings", []):
        console.print(warning, style=_ALARM, highlight=False, markup=False)
    for name, header, rows in _parts(predictions):
        table = Table(title=name or None, title_justify="left", title_style="")
        for i, column in enumerate(header):
            table.add_column(column, justify="left" if i == 0 else "right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    said, spared = set() if said is None else said, False
    where = place_of_run(predictions.header)
    for line in _lines(predictions):
        alarming = _alarming(line)
        if (*where, line) in said and not alarming and not line.startswith("LEFT OUT"):
            spared = True
            continue
        said.add((*where, line))
        console.print(line, style=_ALARM if alarming else None, highlight=False, markup=False)
    if spared:
        console.print("Protocol and data otherwise as above.", highlight=False)


def markdown(predictions: Predictions | UnitPredictions) -> str:
    """The same as a Markdown page."""
    out = [f"# {_title(predictions)}", ""]
    for warning in predictions.header.get("warnings", []):
        out += [f"> **{warning}**", ""]
    for name, header, rows in _parts(predictions):
        if name:
            out += [f"**{name}**", ""]
        lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in (header, *rows)]
        out += [lines[0], "|---" + "|---:" * (len(header) - 1) + "|", *lines[1:]]
        out.append("")
    return "\n".join(out + [f"{line}\n" for line in _lines(predictions)])


def _cell(text: str) -> str:
    """Text that ends no cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def show_summary(runs: Iterable[Predictions | UnitPredictions], console: Any) -> None:
    """Print several runs side by side, one row each, the highest UF1 of each experiment first."""
    from rich.table import Table

    table = Table(title="Summary", title_justify="left", title_style="bold")
    facts = ("dataset", "labels", "method", "protocol", "tuning")
    for column in facts:
        table.add_column(column)
    names = _names()
    for column in (*names.values(), "majority UF1"):
        table.add_column(column, justify="right")
    warned = False
    for run in _ranked(runs):
        words = {k: str(run.header.get(k, "")) for k in facts} | {"dataset": data_of(run.header)}
        if not run.complete:
            table.add_row(*words.values(), *["incomplete"] * len(names), "")
            continue
        if isinstance(run, UnitPredictions):
            continue  # F1 of action units is no F1 of classes: never in one column
        scores, head = run.scores(), run.header
        mark = "!" if overlapping(head) else ""
        warned |= bool(mark)
        table.add_row(
            *(words | {"protocol": words["protocol"] + mark}).values(),
            *(_number(scores[k]) for k in names),
            _number(run.scores("y_majority")["uf1"]),
        )
    if table.row_count:
        console.print(table)
    if warned:
        console.print("!: persons overlap between training and test.", style=_ALARM)


def _ranked(runs: Iterable[Predictions | UnitPredictions]) -> list[Any]:
    """By experiment (all but the method) in the order they came, then by UF1, incomplete last."""
    same = ("dataset", "labels", "protocol", "tuning")
    groups: dict[tuple[str, ...], list[Any]] = {}
    for run in runs:
        groups.setdefault(tuple(str(run.header.get(k, "")) for k in same), []).append(run)

    def height(run: Any) -> float:
        return run.scores()["uf1"] if run.complete and isinstance(run, Predictions) else -1.0

    return [run for group in groups.values() for run in sorted(group, key=height, reverse=True)]


def optimism_line(oracle: Predictions, nested: Predictions) -> str:
    """What choosing on the test predictions adds to the score it was chosen by."""
    measure = get_measure(oracle.header["scoring"])
    high, low = oracle.scores()[measure.key], nested.scores()[measure.key]
    return (
        f"{measure.title} {high:.3f} was chosen on the test predictions; nested tuning gives "
        f"{low:.3f}. The difference, {high - low:+.3f}, is optimism."
    )


_ALARM = "bold red"


def _alarming(line: str) -> bool:
    return line.startswith(("ORACLE", "PERSONS", "ONE PERSON", INNER_FOLDS, "INCOMPLETE"))


def _title(predictions: Predictions | UnitPredictions) -> str:
    head, table = predictions.header, predictions.table
    data = " ".join(filter(None, place_of_run(head)[:2]))
    clips, tested = table["clip_id"].nunique(), len(set(subject_keys(table)))
    total = head.get("n_samples", clips)
    size = f"{counted(clips, 'clip')} of {counted(tested, 'subject')}"
    if clips < total:
        size += f" tested, of {total} clips of {head.get('n_subjects', '?')} subjects"
    return f"{head.get('method', '')} on {data}: {size}"


def _parts(
    predictions: Predictions | UnitPredictions,
) -> list[tuple[str, list[str], list[list[str]]]]:
    """(title, header, rows) of each table."""
    if not predictions.complete:
        return []  # no score of some folds as if it were of all
    if isinstance(predictions, UnitPredictions):
        return _unit_parts(predictions)
    classes = predictions.classes
    names = _names()
    scores, intervals = predictions.scores(), predictions.intervals()
    method = str(predictions.header.get("method", "method"))
    main = [
        [method] + [f"{_number(scores[k])} [{_range(intervals[k])}]" for k in names],
    ]
    if "y_majority" in predictions.table:
        baseline = predictions.scores("y_majority")
        main.append(["majority class"] + [_number(baseline[k]) for k in names])
    each = [
        [str(label), f"{int(row.n)}", *(_number(row[k]) for k in ("precision", "recall", "f1"))]
        for label, row in predictions.per_class().iterrows()
    ]
    confusion = [
        [label, *(str(n) for n in row)]
        for label, row in zip(classes, predictions.confusion(), strict=True)
    ]
    out = [("", ["", *names.values()], main)]
    if len(predictions.datasets) > 1:
        rows = [_database_row(predictions, name) for name in predictions.datasets]
        title = "Each database, from the same pooled predictions"
        out.append((title, ["", *names.values()], rows))
    if predictions.header.get("protocol") == "cross-database":
        means = predictions.fold_means()
        row = [_number(means[f"fold_mean_{k}"]) for k in ("uar", "war", "uf1")]
        out.append(("Means of the two directions (FOLD MEANS, the scores of HDE)",
                    ["", "UAR", "WAR", "UF1"], [["mean", *row]]))  # fmt: skip
    out += [
        ("", ["class", "clips", "precision", "recall", "F1"], each),
        ("Confusion matrix (rows: truth, columns: prediction)", ["", *classes], confusion),
    ]
    return out


def _names() -> dict[str, str]:
    """What is printed unasked: key and title."""
    return {one.key: one.title for one in printed_measures()}


def _database_row(predictions: Predictions, name: str) -> list[str]:
    part = predictions.restricted(name)
    scores, intervals = part.scores(), part.intervals()
    return [
        f"{name} ({len(part.table)} clips)",
        *(f"{_number(scores[k])} [{_range(intervals[k])}]" for k in _names()),
    ]


def _unit_parts(predictions: UnitPredictions) -> list[tuple[str, list[str], list[list[str]]]]:
    scores, intervals = predictions.scores(), predictions.intervals()
    ones = predictions.scores("all_ones")
    method = str(predictions.header.get("method", "method"))
    main = [
        [method] + [f"{_number(scores[k])} [{_range(intervals[k])}]" for k in UNIT_MEASURES],
        ["all ones", *(_number(ones[k]) for k in UNIT_MEASURES)],
    ]
    each = [
        [
            f"AU{unit}",
            f"{int(row.positives)}",
            *(_number(row[k]) for k in ("precision", "recall", "f1", "f1_all_ones", "macro_f1")),
        ]
        for unit, row in predictions.per_unit().iterrows()
    ]
    header = ["unit", "clips", "precision", "recall", "F1", "F1 of all ones", "macro-F1"]
    out = [("", ["", *(m.title for m in UNIT_MEASURES.values())], main), ("", header, each)]
    if len(predictions.datasets) > 1:
        parts = {name: predictions.restricted(name) for name in predictions.datasets}
        rows = [[name, _number(part.scores()["f1_unit_mean"]),
                 _number(part.scores("all_ones")["f1_unit_mean"])]
                for name, part in parts.items()]  # fmt: skip
        out.append(("Each database", ["", "F1, mean over units", "all ones"], rows))
    return out


def _lines(predictions: Predictions | UnitPredictions) -> list[str]:
    """The sentences under the tables."""
    head = predictions.header
    if not predictions.complete:
        return _missing(head.get("failed") or {})
    lines = [str(warning) for warning in head.get("warnings", [])]
    if head.get("protocol"):
        from ..evaluation.protocols import in_words

        n = head.get("n_folds", "?")
        lines.append(f"{in_words(str(head['protocol']))} {n} fold{'' if n == 1 else 's'}.")
        lines += _sizes(head)
    tuning, inner = _TUNING.get(str(head.get("tuning"))), _inner(head)
    if head.get("tuning") == "fixed" and _searched(head):
        lines.append(_WITHIN.format(inner=inner))
    elif tuning:
        scoring = measure_of(str(head.get("scoring", "score")))
        n = head.get("n_candidates", "an unknown number of")
        lines.append(tuning.format(n=n, scoring=scoring.title, inner=inner))
    if searched := search_words(head):
        lines.append(searched)
    lines.append("Brackets: 95 % intervals, bootstrap over subjects. WAR is accuracy.")
    if head.get("repeats"):
        units = {one.key: one.title for one in UNIT_MEASURES.values()}
        lines.append(_repeats_line(head["repeats"], _names() if "classes" in head else units))
    if head.get("skipped"):
        lines.append(f"LEFT OUT: {len(head['skipped'])} clip(s) without a usable face, such as "
                     f"{next(iter(head['skipped']))}; run.json lists all.")  # fmt: skip
    lines += [f"Data: {note}." for note in map(lambda n: str(n).rstrip("."), head.get("notes", []))]
    if head.get("citation"):
        lines.append(f"Method: {head['citation']}.")
    return lines


def _sizes(head: Mapping[str, Any]) -> list[str]:
    """How many clips train and are tested in each fold of a list, and who takes no part."""
    split = head.get("split") or {}
    folds, lines = split.get("folds") or [], []
    if there := split.get("strangers"):
        names = ", ".join(there["such_as"])
        lines.append(f"The split names {there['number']} that are not among these data: {names}"
                     f"{', …' if there['number'] > len(there['such_as']) else ''}.")  # fmt: skip
    if not folds or len(folds) > 3:
        return lines
    told = []
    for one in folds:
        val = f" ({one['val']} of them val)" if one["val"] else ""
        name = f"{one['fold']}: trained" if len(folds) > 1 else "Trained"
        told.append(f"{name} on {one['train'] + one['val']} clips{val}, tested on {one['test']}")
    used = folds[0]["train"] + folds[0]["val"] + sum(one["test"] for one in folds)
    named = all(not str(one["fold"]).isdecimal() for one in folds)
    spare = head.get("n_samples", used) - used if named else 0
    rest = f" {spare} of {head['n_samples']} take no part." if spare > 0 else ""
    return [f"{'; '.join(told)}.{rest}", *lines]


def _inner(head: Mapping[str, Any]) -> str:
    """On whom parameters were chosen: the part val of a split, or subjects left out."""
    if any(one["val"] for one in (head.get("split") or {}).get("folds") or []):
        return "on the part val of the split, by training on train; the choice is trained on both"
    name, _, folds = str(head.get("inner") or "").partition(":")
    several = f"in {folds} folds of several ({name}:{folds})" if folds else "one at a time"
    return f"by leaving out its subjects {several}"


def _searched(head: Mapping[str, Any]) -> bool:
    """Whether the classifier chose parameters by itself, in each fold."""
    return "PolySVCSearch(" in str(head.get("pipeline"))


def _repeats_line(repeats: Mapping[str, Any], names: Mapping[str, str]) -> str:
    seeds, scores = repeats["seeds"], repeats["scores"]
    parts = []
    for key, name in names.items():
        if not all(key in s for s in scores):
            continue  # a measure that was not known when the run was made
        values = [s[key] for s in scores]
        parts.append(
            f"{name} {_number(repeats['mean'][key])} ± {_number(repeats['sd'][key])} "
            f"({_range((min(values), max(values)))})"
        )
    return (
        f"{len(seeds)} seeds ({seeds[0]}–{seeds[-1]}), mean ± standard deviation (range): "
        f"{', '.join(parts)}. All else here is of seed {seeds[0]}."
    )


def _missing(failed: Mapping[str, str]) -> list[str]:
    """What an incomplete run says instead of scores."""
    some = "; ".join(f"{name}: {reason}" for name, reason in list(failed.items())[:3])
    more = f"; and {len(failed) - 3} more, all in run.json" if len(failed) > 3 else ""
    return [
        f"INCOMPLETE: {len(failed)} fold{'' if len(failed) == 1 else 's'} failed, so there is no "
        f"score. {some}{more}.",
        "The same command does what is missing; the rest is kept.",
    ]


def _number(value: float) -> str:
    if math.isnan(value):
        return "?"
    return f"{value:.3f}".replace("0.", ".", 1) if value < 0.9995 else f"{value:.3f}"


def _range(interval: tuple[float, float]) -> str:
    return "–".join(_number(v) for v in interval)
