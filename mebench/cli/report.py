"""mebench report: one page from stored runs."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from .console import say
from .outputs import FORCE, check_folder, check_outputs

__all__ = ["report"]


def report(
    runs: list[Path] = typer.Argument(
        help="Run directories, such as runs/*, or folders that hold some."
    ),
    out: Path | None = typer.Option(
        None,
        "--out",
        "-o",
        help="The page. It needs no other file.  [default: report.html, or index.html with "
        "--index]",
    ),
    faces: bool = typer.Option(
        False,
        "--faces",
        help="Show onset, apex and offset of licensed databases too, read from where they are "
        "registered. Look into your licence first.",
    ),
    figures: Path | None = typer.Option(
        None, help="Folder for all figures as PNG, SVG and PDF files."
    ),
    index: bool = typer.Option(
        False, "--index", help="List the runs in one table to sort and filter, instead."
    ),
    force: bool = FORCE,
) -> None:
    """Write one self-contained HTML page about runs, from the runs alone.

    Runs that cannot be read are named and left out; status 3 says so.
    """
    from ..errors import BadInput
    from ..results.report import find_runs, write_index, write_report

    bad: list[Path] = []

    def tell(folder: Path, reason: str) -> None:
        if folder not in bad:
            bad.append(folder)
            say(f"LEFT OUT: {folder}: {reason}", file=sys.stderr)

    if index:
        if faces or figures is not None:
            raise BadInput("--index lists runs only: leave --faces and --figures out.")
        check_outputs(out or Path("index.html"), force=force)
        target = write_index(runs, out or "index.html", left_out=tell)
    else:
        check_outputs(out or Path("report.html"), force=force)
        check_folder(figures, force=force)
        target = write_report(runs, out or "report.html", faces=faces, figures=figures,
                              left_out=tell)  # fmt: skip
    n = len(find_runs(runs)) - len(bad)
    size = target.stat().st_size
    words = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 1):.0f} kB"
    say(f"{target}: {n} run{'s' if n > 1 else ''}, {words}. Open it in any browser.")
    if figures is not None:
        say(f"Figures: {figures}")
    if bad:
        raise typer.Exit(3)
