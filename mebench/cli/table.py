"""mebench table: stored runs as a table for a paper."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from .console import say
from .outputs import FORCE, check_outputs

__all__ = ["table"]


def table(
    runs: list[Path] = typer.Argument(
        help="Run directories, such as runs/*, or folders that hold some."
    ),
    form: str | None = typer.Option(
        None,
        "--format",
        "-f",
        help="markdown, latex or csv.  [default: by --out (.md, .txt, .tex, .csv), or markdown]",
    ),
    out: Path | None = typer.Option(None, "--out", "-o", help="File.  [default: the terminal]"),
    measure: list[str] = typer.Option(
        ["uf1", "uar", "accuracy"], help="Any of `mebench list measures`. May be repeated."
    ),
    intervals: bool = typer.Option(True, help="95 % intervals beside the scores."),
    caption: str = typer.Option("", help="Of the table."),
    force: bool = FORCE,
) -> None:
    """Print runs as one table: Markdown, LaTeX (booktabs) or CSV."""
    from ..errors import BadInput
    from ..results import load_run
    from ..results.paper import paper_table
    from ..results.report import find_runs, run_names, write_text
    from ..results.report.left_out import drawn
    from ..results.report.run_view import RunView
    from ..results.report.task_view import name_runs
    from .spotting_runs import of_spotting, table_of_runs

    endings = {".md": "markdown", ".txt": "markdown", ".tex": "latex", ".csv": "csv"}
    ending = ".md" if out is None else out.suffix.lower()
    if form is None and ending not in endings:
        raise BadInput(
            f"What a file with the ending {ending!r} shall hold cannot be told: end the name in "
            f"{', '.join(endings)}, or say --format markdown, latex or csv."
        )
    wanted = endings[ending] if form is None else form
    if out is not None:
        check_outputs(out, force=force)
    found = find_runs(runs)
    if of_spotting(found):
        chosen = measure if measure != ["uf1", "uar", "accuracy"] else ["f1"]
        text = table_of_runs(found, wanted, chosen, intervals, caption)
        if out is None:
            say(text, end="")
        else:
            say(f"Table: {write_text(out, text)}")
        return
    names = dict(zip(found, run_names(found), strict=True))
    bad: list[Path] = []

    def tell(folder: Path, reason: str) -> None:
        if folder not in bad:
            bad.append(folder)
            say(f"LEFT OUT: {folder}: {reason}", file=sys.stderr)

    def drawing(views: list[RunView]) -> str:
        name_runs(views)
        return paper_table(
            [view.run for view in views], wanted, names=[view.title for view in views],
            intervals=intervals, measures=measure, caption=caption,
        )  # fmt: skip

    text = drawn(found, lambda f: RunView(load_run(f), names[f], names[f]), drawing, tell)
    if out is None:
        say(text, end="")
    else:
        say(f"Table: {write_text(out, text)}")
    if bad:
        raise typer.Exit(3)
