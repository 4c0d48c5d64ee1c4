"""One page from stored runs, that needs nothing beside it; and an index over many runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ...errors import BadInput
from ...paths import whole_path
from ...storage.lease import write_whole
from ..store import load_run
from .left_out import LeftOut, drawn

__all__ = [
    "find_runs",
    "run_names",
    "writable",
    "write_index",
    "write_report",
    "write_text",
]


def write_report(
    folders: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    faces: bool = False,
    figures: str | os.PathLike[str] | None = None,
    left_out: LeftOut | None = None,
) -> Path:
    """Write one self-contained HTML page about runs.

    Parameters
    ----------
    folders : sequence of path
        Run directories, or folders that hold some.
    out : path
        The page. It needs no other file and loads nothing.
    faces : bool, default False
        Read onset, apex and offset of every clip from the registered databases and show them.
        Look into your licence first: such a page holds pictures of persons. Persons whose
        database forbids to publish their face are left out.
    figures : path, optional
        Folder for all figures of the page as PNG (300 dpi), SVG and PDF.
    left_out : callable (folder, reason), optional
        Told of each run that cannot be read, which is then left out; without it, and where none
        can be read, that is an error.

    Returns
    -------
    Path

    Raises
    ------
    DataNotFound
        A run is not there; with `faces`, a database is not.
    BadInput
        A run is damaged, nothing to report on, or a place that cannot be written to, as when the
        folder of `out` or the one around `figures` does not exist.
    """
    from ..spotting import is_spotting, load_spotting_run
    from .faces import strips_with_faces
    from .gallery import Gallery
    from .page import page
    from .run_view import RunView
    from .spotting_view import SpottingView

    writable(out)
    if figures is not None:
        writable(figures)
    found = find_runs(folders)
    names = dict(zip(found, run_names(found), strict=True))

    def view(folder: Path) -> RunView | SpottingView:
        ident = f"run-{found.index(folder) + 1}"
        if is_spotting(folder):
            return SpottingView(load_spotting_run(folder), names[folder], ident)
        return RunView(load_run(folder), names[folder], ident)

    def pages(views: list[RunView | SpottingView]) -> tuple[str, Gallery]:
        runs = [v for v in views if isinstance(v, RunView)]
        spotted = [v for v in views if isinstance(v, SpottingView)]
        return page(runs, strips_with_faces(runs) if faces and runs else None, spotted)

    text, gallery = drawn(found, view, pages, left_out)
    target = write_text(out, text)
    if figures is not None:
        gallery.write(figures)
    return target


def write_index(
    folders: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    left_out: LeftOut | None = None,
) -> Path:
    """Write one page that lists many runs, to sort and to filter.

    Parameters
    ----------
    folders : sequence of path
        Run directories, or folders that hold some.
    out : path
        The page. Rows link to the runs' folders, seen from here.
    left_out : callable (folder, reason), optional
        As in :func:`write_report`.

    Returns
    -------
    Path
    """
    from .index import index

    writable(out)
    return write_text(out, index(find_runs(folders), Path(out).parent, left_out))


def find_runs(folders: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Run directories among `folders` and within them, each once, in their order.

    Raises
    ------
    BadInput
        There is none.
    """
    out: list[Path] = []
    for given in map(Path, folders):
        if (given / "run.json").is_file() or not given.is_dir():
            out.append(given)  # what is no run says so when it is read
            continue
        inside = sorted(p.parent for p in given.glob("**/run.json") if not _hidden(p, given))
        if not inside:
            raise BadInput(
                f"There is no run in {given}. A run is a folder with run.json and "
                "predictions.csv, as `mebench run` writes it."
            )
        out += inside
    if not out:
        raise BadInput("No run was named: give run directories, such as runs/*.")
    return list(dict.fromkeys(out))


def _hidden(path: Path, below: Path) -> bool:
    """Whether a run is still being written, or is about to be replaced."""
    return any(part.startswith(".") for part in path.relative_to(below).parts)


def run_names(folders: Sequence[Path]) -> list[str]:
    """Names of the folders, with that of the parent where two are equal."""
    names = [whole_path(folder).name for folder in folders]
    return [
        f"{whole_path(folder).parent.name}/{name}" if names.count(name) > 1 else name
        for folder, name in zip(folders, names, strict=True)
    ]


def writable(out: str | os.PathLike[str]) -> Path:
    """The path of a file or folder to be made, if the folder around it is there.

    Raises
    ------
    BadInput
        It is not: a slip in a path shall not leave a tree of folders behind.
    """
    target = Path(out)
    if not target.parent.is_dir():
        raise BadInput(
            f"Cannot write {target}: there is no folder {target.parent}. Make it first, or name "
            "another place."
        )
    return target


def write_text(out: str | os.PathLike[str], text: str) -> Path:
    """Write a page as UTF-8, into a folder that is there."""
    return write_whole(writable(out), text)
