"""mebench new: a package of one's own to begin with."""

from __future__ import annotations

from pathlib import Path

import typer

from .console import advise, say

__all__ = ["app", "method"]

app = typer.Typer(help="Write a package of your own to begin with.", no_args_is_help=True)


@app.command("method")
def method(
    name: str = typer.Argument(help="Name of the method, such as my-method."),
    out: Path = typer.Option(Path("."), "--out", "-o", help="Folder around the package."),
) -> None:
    """Write a package with one method, its entry point and a test of its extractor."""
    from ..scaffold import new_method

    folder = new_method(name, out)
    files = ", ".join(sorted(path.name for path in folder.iterdir()))
    say(f"{folder}: {files}.")
    advise(f"Then: pip install -e {folder} && pytest {folder} && "
           f"mebench run --dataset synthetic --method {name}")  # fmt: skip
