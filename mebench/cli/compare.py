"""mebench compare: runs side by side, with significance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .console import out, print_json

__all__ = ["compare"]


def compare(
    runs: list[Path] = typer.Argument(help="Run directories, such as runs/*."),
    measure: str = typer.Option("uf1", help="Any of `mebench list measures`."),
    level: float = typer.Option(0.05, help="Level of significance."),
    permutations: int = typer.Option(9999, help="Random exchanges of the permutation test."),
    seed: int = typer.Option(0, help="Seed of the random exchanges."),
    figure: Path | None = typer.Option(
        None, help="File for the critical difference diagram (png, svg, pdf)."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Compare runs: scores, paired tests by subjects, ranks, and what may be claimed."""
    from ..errors import BadInput
    from ..results import compare as run
    from ..results import draw_ranks, load_run

    found = run(
        [load_run(folder) for folder in runs],  # type: ignore[misc]
        measure=measure, names=[folder.name for folder in runs], level=level,
        n_permutations=permutations, seed=seed,
    )  # fmt: skip
    if figure is not None:
        if found.ranks is None:
            raise BadInput(
                "A critical difference diagram needs at least two methods that ran on the same "
                "two or more databases (or label sets)."
            )
        draw_ranks(found.ranks, figure)
    if json:
        print_json(found.summary())
        return
    _print(found)
    if figure is not None:
        print(f"Figure: {figure}")


def _print(found: Any) -> None:
    from rich.table import Table

    from ..results.words import INTERVAL_AND_P, p_value
    from ..scoring.metrics import get_measure, printed_measures

    console = out()
    chosen = get_measure(found.measure)
    names = {one.key: one.title for one in printed_measures()}
    names.setdefault(chosen.key, chosen.title)
    for task in found.tasks:
        table = Table(title=task.name, title_justify="left", title_style="bold")
        table.add_column("")
        for column in ("clips", *names.values(), f"95 % of {chosen.title}"):
            table.add_column(column, justify="right")
        table.add_column("not to be read as performance")
        up = chosen.higher_is_better
        for row in sorted(task.rows, key=lambda r: r["scores"][found.measure], reverse=up):
            low, high = row["interval"]
            table.add_row(
                row["method"], str(row["n_clips"]), *(f"{row['scores'][k]:.3f}" for k in names),
                f"{low:.3f}–{high:.3f}", ", ".join(row["warnings"]),
            )  # fmt: skip
        console.print(table)
        if task.pairs:
            pairs = Table()
            for column in ("", "difference", "p", "p (Holm)", "subjects better/worse/equal",
                           "dominance", "clips only a/only b", "odds", "p (McNemar)"):  # fmt: skip
                pairs.add_column(column, justify="left" if not column else "right")
            for pair in task.pairs:
                t = pair.test
                pairs.add_row(
                    f"{pair.a} − {pair.b}", f"{t.difference:+.3f} [{t.low:+.3f}, {t.high:+.3f}]",
                    p_value(t.p_permutation), p_value(pair.p_holm),
                    f"{t.better}/{t.worse}/{t.equal}", f"{t.dominance:+.2f}",
                    f"{t.only_a}/{t.only_b}", f"{t.odds_ratio:.2f}", p_value(t.p_mcnemar),
                )  # fmt: skip
            console.print(pairs)
    for sentence in found.sentences():
        console.print(f"• {sentence}", highlight=False, markup=False)
    console.print(
        "p: permutation of methods within subjects. McNemar's test takes clips as independent, "
        "which clips of one person are not: read it as a lower bound. " + INTERVAL_AND_P,
        highlight=False,
    )  # fmt: skip
