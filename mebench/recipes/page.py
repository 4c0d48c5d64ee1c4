"""The result of a recipe on disk: a table for programs, one for people, and a page."""

from __future__ import annotations

import csv
import html
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..results._published import FLAGS
from ..storage.lease import write_whole
from .recipe import Recipe
from .redo import Redone

__all__ = ["explained", "lines_of", "shown", "write_page"]

_COLUMNS = (
    *("dataset", "labels", "method", "measure", "printed", "as printed", "low", "high", "honest"),
    *("owed to the protocol", "verdict", "flags", "note"),
)


def lines_of(recipe: Recipe, redone: Sequence[Redone]) -> list[dict[str, Any]]:
    """The lines of the side-by-side table."""
    return [line for one in redone for line in one.table(recipe.measures)]


def explained(recipe: Recipe, redone: Sequence[Redone]) -> list[str]:
    """What the printed numbers owe to their protocol, in sentences.

    Parameters
    ----------
    recipe : Recipe
    redone : sequence of Redone
    """
    said = []
    if any(one.quick for one in redone):
        said.append("QUICK: a small grid and one epoch. These numbers mean nothing.")
    made_up = any(one.made_up for one in redone)
    if made_up:
        said.append(
            "MADE-UP DATA: the clips are synthetic, so nothing printed can be reproduced from "
            "them; the columns show that the recipe runs, and what its protocol is worth there."
        )
    lines = lines_of(recipe, redone)
    flags = dict.fromkeys(f for line in lines for f in line["flags"] if f in FLAGS)
    for flag in flags:
        worth = [
            line["owed to the protocol"]
            for line in lines
            if flag in line["flags"] and line["owed to the protocol"] is not None
        ]
        mean = f"; in these rows the printed protocol gives {sum(worth) / len(worth):+.3f} on " \
            f"average over the honest one ({len(worth)} numbers)" if worth else ""  # fmt: skip
        said.append(f"{flag}: {FLAGS[flag]}{mean}.")
    sides = [_words(recipe, side) for side in ("printed", "honest")]
    said.append(f"As printed: {sides[0]}. Honest: {sides[1]}.")
    said += list(recipe.differences)
    said += list(recipe.notes)
    for one in redone:
        for side, found in (("as printed", one.printed), ("honest", one.honest)):
            if found.reason:
                said.append(f"{one.row.name} on {one.row.dataset}, {side}, not run: {found.reason}")
    return said


def write_page(
    recipe: Recipe, redone: Sequence[Redone], out: str | os.PathLike[str]
) -> dict[str, Path]:
    """Write ``table.csv``, ``table.md`` and ``index.html`` into a folder, each whole.

    Returns
    -------
    dict of str to Path
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    lines, said = lines_of(recipe, redone), explained(recipe, redone)
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(lines)
    texts = {
        "table.csv": buffer.getvalue(),
        "table.md": _markdown(recipe, lines, said),
        "index.html": _html(recipe, lines, said),
    }
    paths = {name: folder / name for name in texts}
    for name, text in texts.items():
        write_whole(paths[name], text)
    return paths


def shown(line: dict[str, Any]) -> list[str]:
    """The cells of a line as people read them."""
    ours = _number(line["as printed"])
    if line["low"] is not None and line["low"] == line["low"]:
        ours += f" [{_number(line['low'])}, {_number(line['high'])}]"
    gap = line["owed to the protocol"]
    return [
        line["dataset"], line["labels"], line["method"], line["measure"],
        _number(line["printed"]), ours, _number(line["honest"]),
        "" if gap is None else f"{gap:+.3f}", line["flags"], line["verdict"],
    ]  # fmt: skip


#: Above :func:`shown`.
HEADINGS = (
    *("dataset", "labels", "method", "measure", "printed", "as printed, by us", "honest"),
    *("difference", "flags", "verdict"),
)


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.4f}"


def _words(recipe: Recipe, side: str) -> str:
    settings = [dict(row.printed if side == "printed" else row.honest) for row in recipe.rows]
    every = {k: v for k, v in settings[0].items() if all(s.get(k) == v for s in settings)}
    text = ", ".join(f"{k} {v}" for k, v in every.items())
    return text + (" (some rows otherwise)" if any(s != every for s in settings) else "")


def _markdown(recipe: Recipe, lines: list[dict[str, Any]], said: list[str]) -> str:
    def cells(row: Sequence[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|") for c in row) + " |"

    rule = cells(["---" if i < 4 else "---:" for i in range(len(HEADINGS))])
    rows = [cells(shown(line)) for line in lines]
    head = [f"# {recipe.title}", "", f"Source: {recipe.source}.", ""]
    return "\n".join([*head, cells(HEADINGS), rule, *rows, "", *(f"- {s}" for s in said), ""])


def _html(recipe: Recipe, lines: list[dict[str, Any]], said: list[str]) -> str:
    e = html.escape
    head = "".join(f"<th>{e(c)}</th>" for c in HEADINGS)
    rows = "".join(
        f"<tr>{''.join(f'<td>{e(c)}</td>' for c in shown(line))}</tr>\n" for line in lines
    )
    remarks = "".join(f"<li>{e(s)}</li>\n" for s in said)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>{e(recipe.name)}: {e(recipe.title)}</title>\n<style>\n"
        "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;"
        "color:#1a1a1a;background:#fff}\n"
        "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\n"
        "th,td{border-bottom:1px solid #ddd;padding:.35rem .6rem;text-align:left}\n"
        "td:nth-child(n+5):nth-child(-n+8){text-align:right;white-space:nowrap}\n"
        "th{border-bottom:2px solid #333}\n"
        "</style></head><body>\n"
        f"<h1>{e(recipe.title)}</h1>\n<p>{e(recipe.source)}</p>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n"
        f"<ul>\n{remarks}</ul>\n</body></html>\n"
    )
