"""The command line: parsing and printing only. Every command calls a function of the library."""

from __future__ import annotations

import sys

import typer

from . import audit, compare, data, features, listing, published, run, score
from .console import errors

__all__ = ["app", "main"]

app = typer.Typer(
    name="mebench",
    help="Honest benchmarks for facial micro-expression recognition.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _program(
    version: bool = typer.Option(False, "--version", help="Print the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
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
app.command("published")(published.published)
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the program; errors are one paragraph unless ``--debug`` stands anywhere."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    with errors(debug):
        app(arguments, prog_name="mebench")
