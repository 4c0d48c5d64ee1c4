"""mebench run: datasets × methods, from frames to tables."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import typer

from .completion import complete
from .console import Stages, advise, in_words, out, print_json, verbose
from .console import say as tell
from .interrupts import say

__all__ = ["KEPT", "finish", "run"]

KEPT = (
    "Interrupted. What is finished is kept: the same command goes on from there (with --fresh it "
    "starts over)."
)


def run(
    experiment: Path | None = typer.Argument(
        None,
        help="A TOML file with any of the options below as keys (lists where several are "
        "meant); options on the command line override it.",
    ),
    dataset: list[str] = typer.Option(
        [],
        "--dataset",
        "-d",
        help="Database, or several joined by '+'. May be repeated.",
        autocompletion=complete("datasets", joined=True),
    ),
    method: list[str] = typer.Option(
        [],
        "--method",
        "-m",
        help="Method, or package.module:object. May be repeated.",
        autocompletion=complete("methods", "families", joined=True),
    ),
    labels: str | None = typer.Option(
        None,
        help="Label set, such as 5class or 3class; au detects action units.",
        autocompletion=complete("labels"),
    ),
    protocol: str | None = typer.Option(
        None,
        help="See mebench list protocols; kfold:10, holdout:0.2 and so on.  [default: loso]",
        autocompletion=complete("protocols"),
    ),
    tuning: str | None = typer.Option(
        None,
        help="nested, oracle (marked as such) or fixed.  [default: nested]",
        autocompletion=complete("tunings"),
    ),
    grid: str | None = typer.Option(
        None,
        help="SVM grid: thesis, coarse, linear or a file.  [default: the method's]",
        autocompletion=complete("grids"),
    ),
    scoring: str | None = typer.Option(
        None,
        help="The measure that tuning goes by (`mebench list measures`).  [default: uf1]",
        autocompletion=complete("measures"),
    ),
    search: str | None = typer.Option(
        None,
        help="exhaustive, or halving: fewer points of the grid on more persons (marked as such).  "
        "[default: exhaustive]",
    ),
    inner: str | None = typer.Option(
        None,
        help="Who is left out while parameters are chosen: loso (one person at a time), or "
        "group-kfold:10 (a tenth of the persons; for steps that learn on very many).  "
        "[default: loso]",
        autocompletion=complete("inner"),
    ),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    variant: str | None = typer.Option(
        None, help="Kind of frames: raw or cropped.  [default: auto]"
    ),
    sheet: str | None = typer.Option(None, help="Annotation sheet, if several lie there."),
    missing: str | None = typer.Option(
        None, help="Clips without frames: error or skip (and count).  [default: error]"
    ),
    apex: str | None = typer.Option(
        None,
        help="Where the apex is missing or lies on the onset: middle, fft or strain.  [default: as "
        "annotated; a method that needs one takes the middle]",
    ),
    on_error: str | None = typer.Option(
        None, help="Clips without a detectable face: error or skip (and count).  [default: error]"
    ),
    seed: int | None = typer.Option(
        None, help="Seed of protocols and steps that draw.  [default: 0]"
    ),
    head: str | None = typer.Option(
        None, help="How a network ends: softmax or svm.  [default: the method's own]"
    ),
    pretrain: str | None = typer.Option(
        None,
        help="Train a network on this database first, such as ck+, and go on from there in "
        "every fold.",
        autocompletion=complete("datasets"),
    ),
    also_train: str | None = typer.Option(
        None,
        help="Put this database on the training side of every fold; never tested.",
        autocompletion=complete("datasets"),
    ),
    detector: str | None = typer.Option(
        None,
        help="What finds faces; see `mebench list detectors`.  [default: dlib]",
        autocompletion=complete("detectors"),
    ),
    repeats: int | None = typer.Option(
        None, help="Run with so many seeds, and give mean and spread.  [default: 1]"
    ),
    n_jobs: int | None = typer.Option(
        None, help="Processors to use; -1 is all. Changes nothing but the time.  [default: -1]"
    ),
    backend: str = typer.Option(
        "local", help="Where clips and folds are computed: local, or dask (see --scheduler)."
    ),
    scheduler: str | None = typer.Option(
        None, help="Address of a running Dask scheduler, such as tcp://10.0.0.5:8786."
    ),
    no_cache: bool = typer.Option(False, "--no-cache", help="Compute all features anew."),
    no_explain: bool = typer.Option(
        False, "--no-explain", help="Do not find out which regions carried the decisions."
    ),
    fresh: bool = typer.Option(
        False, "--fresh", help="Start over: forget what is kept of these runs, if interrupted."
    ),
    out_dir: Path | None = typer.Option(
        None, "--out", help="Folder for the run directories.  [default: runs]"
    ),
    test: str | None = typer.Option(
        None,
        help="Train on --dataset and predict this database, such as dfme-test-a, which may have "
        "no labels.",
        autocompletion=complete("datasets"),
    ),
    memory: str | None = typer.Option(
        None,
        help="Let the search of SVM grids take at most so much, such as 4GB; it then uses fewer "
        "threads.",
    ),
    predictions: Path | None = typer.Option(
        None,
        help="With --test: write the predictions to this file, in the organisers' form: .csv, or "
        "of DFME a .zip or .txt with the numbers of the classes in the order of the sheet.",
    ),
    compare_published: bool = typer.Option(
        False,
        "--compare-published",
        help="Print published results beside ours, where database, labels and protocol agree.",
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what there is to do and how long it takes; write nothing."
    ),
    talk: bool = typer.Option(
        False, "--verbose", help="Write a log to standard error: stages, cache, times, versions."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Evaluate methods on databases and print tables of accuracy, UF1 and UAR.

    Interrupted or failed in part, the same command goes on where it was. Status 3 says that
    something failed and the rest is done.
    """
    given = {
        "dataset": dataset or None,
        "method": method or None,
        "labels": labels,
        "protocol": protocol,
        "tuning": tuning,
        "grid": grid,
        "scoring": scoring,
        "search": search,
        "inner": inner,
        "data_root": data_root,
        "variant": variant,
        "sheet": sheet,
        "missing": missing,
        "apex": apex,
        "on_error": on_error,
        "seed": seed,
        "head": head,
        "pretrain": pretrain,
        "also_train": also_train,
        "detector": detector,
        "repeats": repeats,
        "n_jobs": n_jobs,
        "no_cache": no_cache or None,
        "no_explain": no_explain or None,
        "fresh": fresh or None,
        "out": out_dir,
        "test": test,
        "predictions": predictions,
        "memory": memory,
    }
    say(KEPT)
    if talk:
        verbose()
    from ..experiments import Failure, run_experiment, settings

    plan = settings(experiment, {k: v for k, v in given.items() if v is not None})
    if dry_run:
        _foretell(plan, json)
        return
    from ..parallel import running_on
    from ..svm import memory_limit

    if plan["test"] is not None:
        from .predicted_part import predict_part

        with memory_limit(plan["memory"]), running_on(backend, scheduler):
            predict_part(plan, json, talk)
        return
    from ..results import beside, show, show_summary
    from ..results.words import time_line
    from .published import plain_rows, print_published

    console = out()
    runs: list[Any] = []
    failures: list[Any] = []
    said: set[tuple] = set()
    limit = memory_limit(plan["memory"])
    with limit, running_on(backend, scheduler), Stages(quiet=talk) as stages:
        for outcome in run_experiment(plan, progress=stages):
            if isinstance(outcome, Failure):
                failures.append(outcome)
                continue
            runs.append(outcome)
            if not json:
                show(outcome.predictions, console, said)
                if outcome.remark:
                    console.print(outcome.remark, style="bold red", highlight=False)
                if compare_published and outcome.complete:
                    rows = beside(outcome.predictions)
                    if len(rows):
                        print_published(rows)
                    else:
                        console.print("No published result has this database, label set and "
                                      "protocol.")  # fmt: skip
                if line := time_line(outcome.predictions.header):
                    tell(line)
                console.print(f"Run directory: {outcome.folder}", highlight=False, soft_wrap=True)
    if json:
        found = [outcome.summary() for outcome in runs]
        if compare_published:
            for summary, outcome in zip(found, runs, strict=True):
                if outcome.complete:
                    summary["published"] = plain_rows(beside(outcome.predictions))
        found += [failure.summary() for failure in failures]
        print_json(found[0] if len(found) == 1 else found)
        finish(failures, runs)
        return
    if len(runs) > 1:
        show_summary([outcome.predictions for outcome in runs], console)
    if runs:
        advise(f"Report: {_report_of([outcome.folder for outcome in runs])}")
    finish(failures, runs)


def finish(failures: list[Any], runs: list[Any]) -> None:
    """Name what failed, and leave with status 3 if anything did."""
    short = [run for run in runs if not run.complete]
    if not failures and not short:
        return
    for failure in failures:
        tell(f"FAILED: {failure.what}: {failure.reason}", file=sys.stderr)
    for run in short:
        n = len(run.predictions.header["failed"])
        tell(f"INCOMPLETE: {run.folder.name}: {n} failed, see run.json there", file=sys.stderr)
    tell(
        f"{len(failures)} of {len(runs) + len(failures)} runs failed, {len(short)} lack folds. The "
        "same command does only what is missing.",
        file=sys.stderr,
    )
    raise typer.Exit(3)


def _foretell(plan: Any, json: bool) -> None:
    """Print what there is to do."""
    from ..experiments.run import forecasts

    found = list(forecasts(plan))
    if json:
        print_json(found)
        return
    for one in found:
        tell(one["run"])
        if "reason" in one:
            tell(f"  nothing can be said: {one['reason']}")
            continue
        if one["finished"]:
            tell("  finished before this command was interrupted")
            continue
        seconds, basis = one["seconds"], one["basis"]
        before = f"{one['coming']} come from the runs above, " if one["coming"] else ""
        tell(
            f"  features of {one['clips']} clips: {one['cached']} are kept, {before}"
            f"{one['clips'] - one['cached'] - one['coming']} to compute"
            f"{_takes(seconds['features'])} "
            f"({basis['features']})"
        )
        tell(
            f"  folds: {one['parts']} finished parts are kept"
            f"{_takes(seconds['folds'])} ({basis['folds']})"
        )
    tell("Nothing was written.")


def _takes(seconds: float | None) -> str:
    return "" if seconds is None else f", about {in_words(seconds)}"


def _report_of(folders: list[Path]) -> str:
    """The command for a page about the runs."""
    if len(folders) == 1:
        return shlex.join(["mebench", "report", str(folders[0]), "--out",
                           str(folders[0] / "report.html")])  # fmt: skip
    named = folders if len(folders) <= 6 else [folders[0].parent]
    return shlex.join(["mebench", "report", *map(str, named), "--out", "report.html"])
