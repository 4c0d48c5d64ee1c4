"""mebench run: datasets × methods, from frames to tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .console import Stages, out, print_json

__all__ = ["run"]


def run(
    experiment: Path | None = typer.Argument(
        None,
        help="A TOML file with any of the options below as keys (lists where several are "
        "meant); options on the command line override it.",
    ),
    dataset: list[str] = typer.Option(
        [], "--dataset", "-d", help="Database, or several joined by '+'. May be repeated."
    ),
    method: list[str] = typer.Option(
        [], "--method", "-m", help="Method, or package.module:object. May be repeated."
    ),
    labels: str | None = typer.Option(
        None, help="Label set, such as 5class or 3class; au detects action units."
    ),
    protocol: str | None = typer.Option(
        None,
        help="See mebench list protocols; kfold:10, holdout:0.2 and so on.  [default: loso]",
    ),
    tuning: str | None = typer.Option(
        None, help="nested, oracle (marked as such) or fixed.  [default: nested]"
    ),
    grid: str | None = typer.Option(
        None, help="SVM grid: thesis, coarse, linear or a file.  [default: the method's]"
    ),
    scoring: str | None = typer.Option(
        None, help="What tuning maximises: macro_f1, uar or accuracy.  [default: macro_f1]"
    ),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    variant: str | None = typer.Option(
        None, help="Kind of frames: raw or cropped.  [default: auto]"
    ),
    sheet: str | None = typer.Option(None, help="Annotation sheet, if several lie there."),
    missing: str | None = typer.Option(
        None, help="Clips without frames: error or skip (and count).  [default: error]"
    ),
    on_error: str | None = typer.Option(
        None, help="Clips without a detectable face: error or skip (and count).  [default: error]"
    ),
    seed: int | None = typer.Option(
        None, help="Seed of protocols and steps that draw.  [default: 0]"
    ),
    n_jobs: int | None = typer.Option(
        None, help="Processors to use; -1 is all. Changes nothing but the time.  [default: -1]"
    ),
    no_cache: bool = typer.Option(False, "--no-cache", help="Compute all features anew."),
    out_dir: Path | None = typer.Option(
        None, "--out", help="Folder for the run directories.  [default: runs]"
    ),
    compare_published: bool = typer.Option(
        False,
        "--compare-published",
        help="Print published results beside ours, where database, labels and protocol agree.",
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Evaluate methods on databases and print tables of accuracy, UF1 and UAR."""
    given = {
        "dataset": dataset or None,
        "method": method or None,
        "labels": labels,
        "protocol": protocol,
        "tuning": tuning,
        "grid": grid,
        "scoring": scoring,
        "data_root": data_root,
        "variant": variant,
        "sheet": sheet,
        "missing": missing,
        "on_error": on_error,
        "seed": seed,
        "n_jobs": n_jobs,
        "no_cache": no_cache or None,
        "out": out_dir,
    }
    from ..experiment import run_experiment, settings

    plan = settings(experiment, {k: v for k, v in given.items() if v is not None})
    from ..results import beside, show, show_summary
    from .published import plain_rows, print_published

    console = out()
    runs: list[Any] = []
    with Stages() as stages:
        for outcome in run_experiment(plan, progress=stages):
            runs.append(outcome)
            if not json:
                show(outcome.predictions, console)
                if outcome.remark:
                    console.print(outcome.remark, style="bold red", highlight=False)
                if compare_published:
                    rows = beside(outcome.predictions)
                    if len(rows):
                        print_published(rows)
                    else:
                        console.print("No published result has this database, label set and "
                                      "protocol.")  # fmt: skip
                console.print(f"Run directory: {outcome.folder}", highlight=False, soft_wrap=True)
    if json:
        found = [outcome.summary() for outcome in runs]
        if compare_published:
            for summary, outcome in zip(found, runs, strict=True):
                summary["published"] = plain_rows(beside(outcome.predictions))
        print_json(found[0] if len(found) == 1 else found)
    elif len(runs) > 1:
        show_summary([outcome.predictions for outcome in runs], console)
