"""mebench report: one page from stored runs."""

from __future__ import annotations

from pathlib import Path

import typer

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
    """Write one self-contained HTML page about runs, from the runs alone."""
    from ..errors import BadInput
    from ..results.report import find_runs, write_index, write_report

    if index:
        if faces or figures is not None:
            raise BadInput("--index lists runs only: leave --faces and --figures out.")
        check_outputs(out or Path("index.html"), force=force)
        target = write_index(runs, out or "index.html")
    else:
        check_outputs(out or Path("report.html"), force=force)
        check_folder(figures, force=force)
        target = write_report(runs, out or "report.html", faces=faces, figures=figures)
    n = len(find_runs(runs))
    size = target.stat().st_size
    words = f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(size / 1e3, 1):.0f} kB"
    print(f"{target}: {n} run{'s' if n > 1 else ''}, {words}. Open it in any browser.")
    if figures is not None:
        print(f"Figures: {figures}")
