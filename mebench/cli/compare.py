"""mebench compare: runs side by side, with significance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from .console import out, print_json
from .outputs import FORCE, check_outputs

__all__ = ["compare"]


def compare(
    runs: list[Path] = typer.Argument(
        help="Run directories, such as runs/*; with --against, bundles too."
    ),
    measure: str = typer.Option("uf1", help="Any of `mebench list measures`."),
    level: float = typer.Option(0.05, help="Level of significance."),
    permutations: int = typer.Option(9999, help="Random exchanges of the permutation test."),
    seed: int = typer.Option(0, help="Seed of the random exchanges."),
    figure: Path | None = typer.Option(
        None, help="File for the critical difference diagram (png, svg, pdf)."
    ),
    against: Path | None = typer.Option(
        None,
        help="Folder of a site of mebench leaderboard: where would each run or bundle stand?",
    ),
    force: bool = FORCE,
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Compare runs: scores, paired tests by subjects, ranks, and what may be claimed.

    With --against: runs or bundles, each beside the verified entries of its task.
    """
    from ..errors import BadInput

    if against is not None:
        if figure is not None:
            raise BadInput("A diagram is of several runs: leave --figure or --against out.")
        _stand(runs, against, json)
        return
    from .spotting_runs import compare_runs, of_spotting

    if of_spotting(runs):
        if figure is not None:
            raise BadInput("A critical difference diagram is of runs of recognition.")
        compare_runs(runs, level=level, permutations=permutations, seed=seed, json=json)
        return
    from ..results import compare as run
    from ..results import draw_ranks, load_run

    if figure is not None and figure.suffix.lower() not in (".png", ".pdf", ".svg"):
        raise BadInput(f"Figures are written as .png, .pdf or .svg, found {figure.name!r}.")
    check_outputs(figure, force=force)
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


def _stand(runs: list[Path], site: Path, json: bool) -> None:
    """Print where each would stand on a board."""
    from rich.table import Table

    from ..leaderboard import standing

    found = [standing(run, site) for run in runs]
    if json:
        summaries = [one.summary() for one in found]
        print_json(summaries[0] if len(summaries) == 1 else summaries)
        return
    console = out()
    for one in found:
        console.print(one.sentence(), highlight=False, markup=False, style="bold")
        if one.same:
            console.print("This very bundle is on the board already.", highlight=False)
        table = Table()
        for column in ("", "method", one.entry.measure.upper(), "group", "level", "p"):
            table.add_column(column, justify="left" if column in ("", "method") else "right")
        for row in one.above[:3][::-1]:
            table.add_row(str(row["rank"]), row["method"], f"{row['value']:.3f}", row["group"],
                          str(row["level"]), f"{row['p']:.3f}")  # fmt: skip
        table.add_row("→", one.entry.method, f"{one.entry.value:.3f}", "", str(one.entry.level), "",
                      style="bold")  # fmt: skip
        for row in one.below[:3]:
            table.add_row(str(row["rank"]), row["method"], f"{row['value']:.3f}", row["group"],
                          str(row["level"]), f"{row['p']:.3f}")  # fmt: skip
        console.print(table)
        if one.printed_above or one.printed_below:
            above, below = len(one.printed_above), len(one.printed_below)
            console.print(
                f"Printed on this task, unchecked: {above} higher, {below} not higher.",
                highlight=False,
            )
    console.print(
        "p: from the two intervals, taken as independent; runs on the same clips agree more than "
        "that, so it errs on the side of no difference. It is not corrected for their number.",
        highlight=False,
    )


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
