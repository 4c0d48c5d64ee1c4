"""mebench cite: BibTeX of what a run used."""

from __future__ import annotations

from pathlib import Path

import typer

from .completion import complete
from .console import say

__all__ = ["cite"]


def cite(
    what: list[str] = typer.Argument(
        None,
        help="Run directories, methods or databases.  [default: mebench itself]",
        autocompletion=complete("methods", "datasets"),
    ),
) -> None:
    """Print BibTeX: of mebench, of methods and databases by name, or of all that runs used."""
    from ..errors import BadInput, MebenchError
    from ..results import load_run
    from ..results.citations import cite_dataset, cite_mebench, cite_method, cite_runs

    entries = [cite_mebench()]
    for name in what or []:
        if (Path(name) / "run.json").is_file():
            entries += cite_runs([load_run(name).header])
            continue
        for one in (cite_method, cite_dataset):
            try:
                entries += one(name)
                break
            except MebenchError:
                continue
        else:
            raise BadInput(
                f"{name!r} is no run, method or database (`mebench list methods`, `datasets`)."
            )
    say("\n\n".join(dict.fromkeys(entries)))
