"""mebench published: results from the literature, with sources and flags."""

from __future__ import annotations

from typing import Any

import typer

from .completion import complete
from .console import out, print_json

__all__ = ["plain_rows", "print_published", "published"]

#: Headings of scores whose names are too long for a column.
_SHORT = {
    "spotting_f1_macro": "F1 macro-expr.", "spotting_f1_micro": "F1 micro-expr.",
    "spotting_f1": "F1 spotting", "analysis_f1": "F1 analysis", "strs": "STRS",
}  # fmt: skip


def published(
    database: str | None = typer.Option(
        None, "--database", "--dataset", "-d", help="Database.", autocompletion=complete("datasets")
    ),
    labels: str | None = typer.Option(None, help="Label set.", autocompletion=complete("labels")),
    protocol: str | None = typer.Option(
        None, help="Protocol.", autocompletion=complete("protocols")
    ),
    method: str | None = typer.Option(
        None,
        "--method",
        "-m",
        help="Part of the method's name.",
        autocompletion=complete("methods"),
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of a table."),
) -> None:
    """List published results: scores, protocol, source, flags and errata."""
    from ..results._published import published as find

    rows = find(database=database, labels=labels, protocol=protocol, method=method)
    if json:
        print_json(plain_rows(rows))
    else:
        print_published(rows)


def print_published(rows: Any) -> None:
    """Print rows of published results, then their flags, notes and sources."""
    from rich.table import Table

    from ..results._published import SCORES, explain_flags

    console = out()
    shown = [s for s in SCORES if rows[s].notna().any()]
    sources = {s: i for i, s in enumerate(dict.fromkeys(rows["source"]), 1)}
    notes = {n: chr(97 + i % 26) * (1 + i // 26)
             for i, n in enumerate(dict.fromkeys(n for n in rows["note"] if n))}  # fmt: skip
    table = Table()
    for column in ("database", "labels", "protocol", "method", "clips", *shown, "flags", "source"):
        side: Any = "right" if column in shown else "left"
        table.add_column(_SHORT.get(column, column), overflow="fold", justify=side)
    for row in rows.to_dict("records"):
        place = f"{row['database']} · {row['part']}" if row["part"] else row["database"]
        mark = f" ({notes[row['note']]})" if row["note"] else ""
        table.add_row(
            place, row["labels"], row["protocol"], row["method"] + mark,
            row["clips"],
            *("" if row[s] != row[s] else f"{row[s]:.4f}" for s in shown),
            row["flags"], f"[{sources[row['source']]}]",
            style="bold" if row["source"] == "this run" else None,
        )  # fmt: skip
    console.print(table, markup=False)
    for line in explain_flags(rows):
        console.print(line, highlight=False, markup=False)
    console.print("No flag does not mean clean: most papers do not say how they chose parameters.")
    for note, mark in notes.items():
        console.print(f"({mark}) {note}", highlight=False, markup=False)
    for source, number in sources.items():
        console.print(f"[{number}] {source}", highlight=False, markup=False)


def plain_rows(rows: Any) -> list[dict[str, Any]]:
    """Rows for JSON, None where nothing is printed."""
    return [{k: None if v != v else v for k, v in row.items()} for row in rows.to_dict("records")]
