"""mebench reproduce: published tables, redone as printed and honestly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .completion import complete
from .console import Stages, in_words, out, print_json
from .console import say as tell
from .interrupts import say
from .run import KEPT

__all__ = ["reproduce"]


def reproduce(
    name: str | None = typer.Argument(
        None,
        help="A recipe, or a .toml file of your own. Without one they are listed.",
        autocompletion=complete("recipes"),
    ),
    only: list[str] = typer.Option(
        [], "--only", help="Rows of this dataset or method only; * for anything. May be repeated."
    ),
    data_root: Path | None = typer.Option(
        None, help="Folder with a folder for each database.  [default: where they are registered]"
    ),
    n_jobs: int | None = typer.Option(None, help="Processors to use; -1 is all.  [default: -1]"),
    backend: str = typer.Option("local", help="Where folds are computed: local, or dask."),
    scheduler: str | None = typer.Option(None, help="Address of a running Dask scheduler."),
    no_cache: bool = typer.Option(False, "--no-cache", help="Compute all features anew."),
    fresh: bool = typer.Option(False, "--fresh", help="Start over, if interrupted."),
    quick: bool = typer.Option(
        False,
        "--quick",
        help="A small grid and one epoch: to see that it runs. The numbers mean nothing.",
    ),
    out_dir: Path | None = typer.Option(
        None,
        "--out",
        help="Folder for runs, table and page.  [default: reproduced/NAME, or NAME-quick]",
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Say what is needed and how long it takes; write nothing."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Redo a published table: printed, as printed by us, and honestly, side by side.

    Interrupted or failed in part, the same command goes on where it was. Status 3 says that some
    of it could not be done.
    """
    from ..recipes import forecast, get_recipe, names, write_page
    from ..recipes import reproduce as redo
    from ..recipes.page import explained, lines_of

    if name is None:
        _list([get_recipe(one) for one in names()], json)
        return
    recipe = get_recipe(name).only(only)
    usual = Path("reproduced") / (recipe.name + ("-quick" if quick else ""))
    folder = out_dir if out_dir is not None else usual
    given: dict[str, Any] = {
        "n_jobs": n_jobs, "no_cache": no_cache or None, "fresh": fresh or None,
        "quick": quick or None,
    }  # fmt: skip
    if dry_run:
        _foretell(list(forecast(recipe, data_root=data_root, out=folder, **given)), json)
        return
    say(KEPT)
    from ..parallel import running_on

    redone = []
    with running_on(backend, scheduler), Stages() as stages:
        for one in redo(recipe, out=folder, data_root=data_root, progress=stages, **given):
            redone.append(one)
            write_page(recipe, redone, folder)  # what is there is there, whatever comes
    said = explained(recipe, redone)
    if json:
        print_json({"recipe": recipe.name, "rows": lines_of(recipe, redone), "remarks": said})
    else:
        _print(recipe, redone, said, folder)
    if any(side.reason for one in redone for side in (one.printed, one.honest)):
        raise typer.Exit(3)


def _list(recipes: list[Any], json: bool) -> None:
    if json:
        print_json([
            {"name": r.name, "title": r.title, "source": r.source, "rows": len(r.rows),
             "datasets": sorted({row.dataset for row in r.rows})}
            for r in recipes
        ])  # fmt: skip
        return
    from rich.table import Table

    table = Table()
    for column in ("recipe", "what", "rows", "databases"):
        table.add_column(column, overflow="fold")
    for r in recipes:
        data = ", ".join(dict.fromkeys(row.dataset for row in r.rows))
        table.add_row(r.name, r.title, str(len(r.rows)), data)
    out().print(table, markup=False)
    out().print("mebench reproduce NAME --dry-run says what is needed.", highlight=False)


def _foretell(found: list[dict[str, Any]], json: bool) -> None:
    """What each row needs, what there is to do, and how long it takes in all."""
    if json:
        print_json(found)
        return
    from rich.table import Table

    console = out()
    table = Table()
    for column in ("row", "side", "features", "folds"):
        table.add_column(column, overflow="fold")
    for line in found:
        table.add_row(f"{line['name']} on {line['dataset']}", line["side"], *_told(line))
    console.print(table, markup=False)
    missing = sorted({name for line in found for name in line["missing"]})
    for name in missing:
        tell(
            f"{name} is not there: mebench data info {name} says where to ask for it, mebench data "
            f"add {name} FOLDER where it lies; or give --data-root."
        )
    known = [line["seconds"] for line in found if line.get("seconds") and not line.get("finished")]
    seconds = sum((s["features"] or 0) + (s["folds"] or 0) for s in known)
    open_ = sum(s["folds"] is None for s in known)
    more = f", and {open_} run(s) of which it is not known" if open_ else ""
    tell(f"In all about {in_words(seconds)} for what is there{more}. Nothing was written.")


def _told(line: dict[str, Any]) -> tuple[str, str]:
    if line.get("reason"):
        return str(line["reason"]), ""
    if line.get("finished"):
        return "finished", "finished"
    seconds, basis = line["seconds"], line["basis"]
    left = line["clips"] - line["cached"] - line["coming"]
    features = f"{left} of {line['clips']} clips to do"
    if left:
        features += f", about {in_words(seconds['features'])} ({basis['features']})"
    kept = f"{line['parts']} parts are kept; " if line["parts"] else ""
    if seconds["folds"] is None:
        return features, kept + str(basis["folds"])
    return features, f"{kept}about {in_words(seconds['folds'])} ({basis['folds']})"


def _print(recipe: Any, redone: list[Any], said: list[str], folder: Path) -> None:
    from rich.table import Table

    from ..recipes.page import HEADINGS, lines_of, shown

    console = out()
    table = Table(title=recipe.title)
    for i, column in enumerate(HEADINGS):
        table.add_column(column, overflow="fold", justify="right" if 4 <= i <= 7 else "left")
    for line in lines_of(recipe, redone):
        table.add_row(*shown(line))
    console.print(table, markup=False)
    for sentence in said:
        console.print(sentence, highlight=False, markup=False)
    console.print(f"Written: {folder / 'table.csv'}, table.md, index.html", highlight=False)
