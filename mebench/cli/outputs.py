"""Files that commands write: looked at before any work is done."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput

__all__ = ["FORCE", "check_folder", "check_outputs"]

FORCE: Any = typer.Option(False, "--force", help="Overwrite files that are there.")


def check_outputs(*paths: Path | None, force: bool = False) -> None:
    """That files can be written: their folders are made, and nothing is overwritten unasked.

    Parameters
    ----------
    *paths : path or None
        None is passed over.
    force : bool, default False
        Whether files that are there may be overwritten.

    Raises
    ------
    BadInput
        One of them is a folder, is there already, or cannot be written; or two are the same.
    """
    seen: set[Path] = set()
    for path in paths:
        if path is None:
            continue
        if path.is_dir():
            raise BadInput(f"{path} is a folder; name a file to write.")
        if path.exists() and not force:
            raise BadInput(
                f"{path} is there already, and is not overwritten: name another file, or say "
                "--force."
            )
        if path.resolve() in seen:
            raise BadInput(f"{path} is to be written twice; name two files.")
        seen.add(path.resolve())
        _check_writable(path.parent, path.name)


def check_folder(folder: Path | None, *, force: bool = False) -> None:
    """That files can be written into a folder, which is made, and is empty unless `force`."""
    if folder is None:
        return
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise BadInput(
            f"The folder {folder} is not empty, and its files are not overwritten: name another "
            "folder, or say --force."
        )
    _check_writable(folder, "figures")


def _check_writable(folder: Path, name: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise BadInput(f"Cannot write {name} into {folder}: {error.strerror}.") from error
