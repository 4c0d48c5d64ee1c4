"""mebench score: all measures of external predictions."""

from __future__ import annotations

from pathlib import Path

import typer

from .console import out, print_json, split_names

__all__ = ["score"]


def score(
    predictions: Path = typer.Argument(
        help="CSV with y_true, y_pred, subject, and if there clip_id, dataset, fold, score_<class>."
    ),
    classes: str | None = typer.Option(
        None, help="All classes, separated by commas, where some occur in no row."
    ),
    subjects: str = typer.Option(
        "joined", help="joined: 1, 01 and sub01 are one person, with a warning; or as-written."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Score external predictions: all measures with intervals, per database and per class."""
    from ..results import show
    from ..scoring import read_predictions
    from ..scoring.metrics import printed_measures

    found = read_predictions(
        predictions, classes=split_names(classes, "--classes"), subjects=subjects
    )
    if json:
        print_json({**found.summary(), **found.header})
        return
    console = out()
    show(found, console)
    if found.header["folds_given"]:
        means = found.fold_means()
        text = ", ".join(
            f"{one.title} {means[f'fold_mean_{one.key}']:.4f}" for one in printed_measures()
        )
        console.print(f"FOLD MEANS, which some papers print; not the pooled scores: {text}.",
                      highlight=False)  # fmt: skip
