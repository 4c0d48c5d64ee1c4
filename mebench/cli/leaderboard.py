"""mebench leaderboard: a static site from bundles."""

from __future__ import annotations

from pathlib import Path

import typer

from .console import print_json, say

__all__ = ["leaderboard"]


def leaderboard(
    folder: Path = typer.Argument(help="Folder with bundles in it or below it."),
    out: Path = typer.Option(Path("site"), "--out", "-o", help="Folder of the site."),
    title: str = typer.Option(
        "Micro-expression recognition: results that can be checked", help="Title of the site."
    ),
    url: str = typer.Option("", help="Where the site will be found, for the feed."),
    certificates: Path | None = typer.Option(
        None, help="Folder of certificates.  [default: those beside the bundles]"
    ),
    no_printed: bool = typer.Option(
        False, "--no-printed", help="Leave results out that were only printed."
    ),
    strict: bool = typer.Option(
        False, "--strict", help="Leave with status 1 if a bundle is not accepted."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """Build a static site from verified bundles and published results; it needs no server."""
    from ..leaderboard import write_site

    index = write_site(folder, out, title=title, url=url, certificates=certificates,
                       printed=not no_printed)  # fmt: skip
    size = sum((out / name).stat().st_size for name in index["files"])
    if json:
        print_json({"site": str(out), "bytes": size, "entries": len(index["entries"]),
                    "rejected": index["rejected"]})  # fmt: skip
    else:
        say(f"{out / 'index.html'}: {len(index['entries'])} verified runs, "
              f"{len(index['files'])} files, {size / 1e6:.1f} MB.")  # fmt: skip
        for row in index["rejected"]:
            say(f"NOT ACCEPTED: {row['file']}: {row['reason']}")
    if strict and index["rejected"]:
        raise typer.Exit(1)
