"""The command line: parsing and printing only. Every command calls a function of the library."""

from __future__ import annotations

import os
import sys

import typer

from . import annotate as annotation
from . import audit, cache, compare, data, features, listing, published, report, run, score, table
from . import bundle as bundling
from . import cite as citing
from . import leaderboard as board
from . import new as scaffolding
from . import predict as prediction
from . import reproduce as reproducing
from . import score_spotting as spotting_scores
from . import spot as spotting
from . import train as training
from .console import be_quiet, errors
from .interrupts import watch

__all__ = ["app", "main"]

app = typer.Typer(
    name="mebench",
    help="Honest benchmarks for facial micro-expression recognition.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _program(
    version: bool = typer.Option(False, "--version", help="Print the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
    quiet: bool = typer.Option(
        False, "--quiet", help="No progress bars, and no advice what to do next."
    ),
) -> None:
    if version:
        from .. import __version__

        typer.echo(__version__)
        raise typer.Exit()


app.command("run")(run.run)
app.command("list")(listing.list_)
app.command("extract")(features.extract)
app.command("evaluate")(features.evaluate)
app.command("score")(score.score)
app.command("audit")(audit.audit)
app.command("compare")(compare.compare)
app.command("bundle")(bundling.bundle)
app.command("verify")(bundling.verify)
app.command("leaderboard")(board.leaderboard)
app.command("published")(published.published)
app.command("reproduce")(reproducing.reproduce)
app.command("report")(report.report)
app.command("table")(table.table)
app.command("cite")(citing.cite)
app.command("spot")(spotting.spot)
app.command("score-spotting")(spotting_scores.score_spotting)
app.command("train")(training.train)
app.command("predict")(prediction.predict)
app.command("annotate")(annotation.annotate)
app.add_typer(training.app, name="model")
app.add_typer(data.app, name="data")
app.add_typer(scaffolding.app, name="new")
app.add_typer(cache.app, name="cache")


def main() -> None:
    """Run the program. ``--debug`` (errors with a traceback) and ``--quiet`` may stand anywhere."""
    arguments = sys.argv[1:]
    end = arguments.index("--") if "--" in arguments else len(arguments)
    asked = {"--debug", "--quiet"} & set(arguments[:end])
    arguments = [a for a in arguments[:end] if a not in asked] + arguments[end:]
    if "--quiet" in asked:
        be_quiet()
    _open_what_is_closed()  # before anything else is opened
    watch()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no ≥ shows that it does not
            stream.reconfigure(errors="backslashreplace")
    with errors("--debug" in asked):
        app(arguments, prog_name="mebench")


def _open_what_is_closed() -> None:
    """Standard streams that the caller has closed lead nowhere.

    Python has None for them, and the next file that is opened would get their number.
    """
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
            setattr(sys, name, open(number, "r" if number == 0 else "w", closefd=False))  # noqa: SIM115
