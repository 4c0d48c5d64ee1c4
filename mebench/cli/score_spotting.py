"""mebench score-spotting: anybody's spotted intervals against anybody's annotated ones."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import typer

from ..errors import BadInput
from .console import out, print_json

__all__ = ["score_spotting"]


def score_spotting(
    predictions: Path = typer.Argument(
        help="CSV with video, onset, offset; if there, kind, apex, score, emotion."
    ),
    truth: Path = typer.Argument(
        help="CSV with video, onset, offset; if there, kind, apex, subject, emotion. A row without "
        "marks names a video without any expression."
    ),
    iou: float = typer.Option(0.5, help="Least overlap of a hit, intersection over union."),
    classes: str | None = typer.Option(
        None, help="Emotions that recognition is scored on, separated by commas."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Score spotted intervals as the challenges do; with emotions, also spot-then-recognise."""
    import numpy as np

    from ..spotting import apex_errors, count_hits, read_intervals, spotting_scores, strs

    if not 0 < iou <= 1:
        raise BadInput(f"--iou must be above 0 and at most 1, found {iou}.")
    found, _ = read_intervals(predictions)
    meant, videos = read_intervals(truth)
    scores = spotting_scores(count_hits(found, meant, videos, iou))
    result: dict[str, object] = {
        "videos": len(videos),
        "subjects": int(videos["subject"].nunique()),
        "iou": iou,
        "scores": scores.reset_index().to_dict("records"),
    }
    if "apex" in found and "apex" in meant:
        errors = np.abs(apex_errors(found, meant, iou))
        result["apex_error"] = float(errors.mean()) if len(errors) else None
    names: list[str] | None = None
    if "emotion" in found and "emotion" in meant:
        names = [c.strip() for c in classes.split(",")] if classes else None
        result["spot_then_recognise"] = strs(found, meant, videos, classes=names, iou=iou)
    if json:
        print_json(result)
        return
    from rich.table import Table

    console = out()
    table = Table(title=f"{len(videos)} videos, IoU at least {iou:g}", title_justify="left")
    for column in ("kind", "TP", "FP", "FN", "precision", "recall", "F1", "95 %"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind, row in scores.iterrows():
        counts = [str(int(row[k])) for k in ("tp", "fp", "fn")]
        ratios = [f"{row[k]:.4f}" for k in ("precision", "recall", "f1")]
        table.add_row(str(kind), *counts, *ratios, f"{row['f1_low']:.3f}–{row['f1_high']:.3f}")
    console.print(table)
    if result.get("apex_error") is not None:
        console.print(f"Apex error of what was found: {result['apex_error']:.2f} frames (mean).",
                      highlight=False)  # fmt: skip
    if "emotion" in found and "emotion" in meant:
        both = cast(dict[str, float], result["spot_then_recognise"])
        over = names or sorted(set(meant["emotion"].astype(str)))
        console.print(
            f"Spot-then-recognise: STRS {both['strs']:.4f} = F1 of spotting "
            f"{both['f1_spotting']:.4f} × F1 of recognition {both['f1_analysis']:.4f} (on "
            f"{both['n']} true positives; mean over {', '.join(over)}, of which one without a true "
            "positive counts 0).", highlight=False,
        )  # fmt: skip
