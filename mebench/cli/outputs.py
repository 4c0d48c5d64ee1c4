"""Files that commands write: looked at before any work is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput
from ..paths import whole_path
from ..storage.lease import check_file

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
        check_file(path)
        if path.exists() and not force:
            raise BadInput(
                f"{path} is there already, and is not overwritten: name another file, or say "
                "--force."
            )
        if whole_path(path) in seen:
            raise BadInput(f"{path} is to be written twice; name two files.")
        seen.add(whole_path(path))
    for path in seen:
        _make(path.parent)


def check_folder(folder: Path | None, *, force: bool = False) -> None:
    """That files can be written into a folder, which is made, and is empty unless `force`."""
    if folder is None:
        return
    check_file(folder / "figures")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise BadInput(
            f"The folder {folder} is not empty, and its files are not overwritten: name another "
            "folder, or say --force."
        )
    _make(folder)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"No folder can be made at {folder}: {error.strerror}.") from error
