"""Runs of spotting in the commands that read runs: compare and table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import BadInput
from .console import out, print_json

__all__ = ["compare_runs", "of_spotting", "table_of_runs"]


def of_spotting(folders: Sequence[Path]) -> bool:
    """Whether the runs are of spotting; those of recognition cannot stand beside them."""
    from ..results.spotting import is_spotting

    which = [is_spotting(folder) for folder in folders]
    if any(which) and not all(which):
        mine = [f.name for f, spotting in zip(folders, which, strict=True) if spotting]
        raise BadInput(
            f"Runs of spotting and of recognition have no score in common; {', '.join(mine[:5])} "
            "are of spotting. Name one kind or the other."
        )
    return bool(which) and all(which)


def compare_runs(
    folders: Sequence[Path], *, level: float, permutations: int, seed: int, json: bool
) -> None:
    """Print runs side by side, and what may be claimed of their differences."""
    from rich.table import Table

    from ..results.spotting import compare_spotting, load_spotting_run
    from ..results.words import p_value
    from .score_spotting import SHOWN

    runs = [load_spotting_run(folder) for folder in folders]
    found = compare_spotting(runs, names=_titles(folders), n_permutations=permutations, seed=seed)
    if json:
        print_json(found.summary())
        return
    console = out()
    table = Table(title="Spotting", title_justify="left")
    for column in ("run", "database", "kind"):
        table.add_column(column, overflow="fold")
    for column in ("TP", "FP", "FN", "precision", "recall", "F1", "95 %", "F1 †", "AP"):
        table.add_column(column, justify="right")
    for row in sorted(found.rows, key=lambda r: (r["dataset"], r["kind"], -r["f1"])):
        ap = row.get("ap", float("nan"))
        table.add_row(
            row["name"], row["dataset"], row["kind"],
            *(str(int(row[k])) for k in ("tp", "fp", "fn")),
            *(f"{row[k]:.3f}" for k in ("precision", "recall", "f1")),
            f"{row['f1_low']:.2f}–{row['f1_high']:.2f}" if row["f1_low"] == row["f1_low"] else "–",
            f"{row['f1_shown']:.3f}", f"{ap:.3f}" if ap == ap else "–",
        )  # fmt: skip
    console.print(table)
    console.print(SHOWN, highlight=False)
    if found.pairs:
        pairs = Table(title="Differences of F1", title_justify="left")
        for column in ("", "kind", "difference", "p", "p (Holm)", "persons better/worse/equal"):
            pairs.add_column(column, justify="left" if column in ("", "kind") else "right")
        for pair in found.pairs:
            pairs.add_row(
                f"{pair.a} − {pair.b}", pair.kind,
                f"{pair.difference:+.3f} [{pair.low:+.3f}, {pair.high:+.3f}]", p_value(pair.p),
                p_value(pair.p_holm), f"{pair.better}/{pair.worse}/{pair.equal}",
            )  # fmt: skip
        console.print(pairs)
    for sentence in found.sentences(level):
        console.print(f"• {sentence}", highlight=False, markup=False)
    console.print("p: exchange of the spotters' answers within persons.", highlight=False)


def table_of_runs(
    folders: Sequence[Path], form: str, measures: Sequence[str], intervals: bool, caption: str
) -> str:
    """The runs as a table for a paper."""
    from ..results.spotting import load_spotting_run, spotting_table

    runs = [load_spotting_run(folder) for folder in folders]
    return spotting_table(
        runs, form, names=_titles(folders), intervals=intervals, measures=measures, caption=caption
    )


def _titles(folders: Sequence[Path]) -> list[str]:
    """The methods where they tell the runs of a database apart, else the folders."""
    from ..results.report import run_names
    from ..results.spotting import load_spotting_run

    heads = [load_spotting_run(folder).header for folder in folders]
    methods = [str(head.get("method")) for head in heads]
    keys = [(m, head.get("dataset")) for m, head in zip(methods, heads, strict=True)]
    return methods if len(set(keys)) == len(keys) == len(set(methods)) else run_names(list(folders))
