"""mebench score-spotting: external spotted intervals against annotated ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput
from .console import out, print_json

__all__ = ["print_scores", "score_spotting"]

#: What stands below every table of scores.
SHOWN = (
    "† only videos in which an expression of the kind is annotated: false positives in others do "
    "not count. Published tables differ in which they print; the challenges count all videos."
)


def score_spotting(
    predictions: Path = typer.Argument(
        help="CSV with video, onset, offset; if there, dataset, kind, apex, score, emotion. Or a "
        "file of a challenge, as it is; a folder or a .zip of such files."
    ),
    truth: Path = typer.Argument(
        help="CSV with video, onset, offset; if there, dataset, kind, apex, subject, emotion. A "
        "row without marks names a video without any expression. Or a folder or a .zip of such."
    ),
    iou: float = typer.Option(0.5, help="Least overlap of a hit, intersection over union."),
    classes: str | None = typer.Option(
        None, help="Emotions that recognition is scored on, separated by commas."
    ),
    length: list[str] = typer.Option(
        [], help="Drop spotted intervals by their frames, such as micro=7-16 or macro=17-."
    ),
    per_video: bool = typer.Option(False, "--per-video", help="Also list every video."),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Score spotted intervals as the challenges do; with emotions, also spot-then-recognise."""
    from ..spotting import count_hits, read_interval_set, strs
    from ..spotting.interval_files import EACH_A_PERSON
    from ..spotting.names import like_truth
    from ..spotting.score import of_length, parse_lengths

    if not 0 < iou <= 1:
        raise BadInput(f"--iou must be above 0 and at most 1, found {iou}.")
    lengths = parse_lengths(",".join(length)) if length else {}
    names = None
    if classes is not None:
        names = [c.strip() for c in classes.split(",")]
        if "" in names or len(set(names)) < len(names):
            raise BadInput(f"--classes names each emotion once, found {classes!r}.")
    meant = read_interval_set(truth, annotated=True)
    given, notes = like_truth(read_interval_set(predictions), meant)
    own = (note for note in given.notes if note != EACH_A_PERSON)
    notes = [*dict.fromkeys([*meant.notes, *own, *notes])]
    found = given.intervals
    if lengths:
        kept = of_length(found, lengths)
        notes.append(f"{len(found) - len(kept)} of {len(found)} intervals dropped by --length")
        found = kept
    counts = count_hits(found, meant.intervals, meant.videos, iou)
    result = _scored(found, meant.intervals, counts, iou)
    result["per_video"] = counts.to_dict("records") if per_video else []
    if "emotion" in found and "emotion" in meant.intervals:
        result["spot_then_recognise"] = strs(
            found, meant.intervals, meant.videos, classes=names, iou=iou
        )
    result["notes"] = notes
    if json:
        print_json(result)
    else:
        _print(result, names or sorted({*meant.intervals.get("emotion", [])} - {""}))


def _scored(found: Any, meant: Any, counts: Any, iou: float) -> dict[str, Any]:
    import numpy as np

    from ..scoring.subjects import subject_keys
    from ..spotting import apex_errors, average_precision, scores_by_database, spotting_scores
    from ..spotting.precision_curve import COCO_IOUS

    one = counts.drop_duplicates(["dataset", "video"])
    result: dict[str, Any] = {
        "videos": len(one),
        "subjects": len(set(subject_keys(one))),
        "iou": iou,
        "scores": spotting_scores(counts).reset_index().to_dict("records"),
    }
    if one["dataset"].nunique() > 1:
        result["by_database"] = scores_by_database(counts).reset_index().to_dict("records")
    if "score" in found and found["score"].notna().all() and len(found):
        for key, ious in (("ap", (iou,)), ("ap_coco", COCO_IOUS)):
            result[key] = average_precision(found, meant, ious)
    if "apex" in found and "apex" in meant:
        errors = np.abs(apex_errors(found, meant, iou))
        result["apex_error"] = float(errors.mean()) if len(errors) else None
    return result


def print_scores(rows: list[dict[str, Any]], title: str, by: str = "kind") -> None:
    """Print rows of scores, both readings of videos without an expression side by side."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    first = ["dataset"] if by == "dataset" else []
    for column in [*first, "kind"]:
        table.add_column(column)
    for column in ("TP", "FP", "FN", "precision", "recall", "F1", "95 %", "FP †", "F1 †"):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            *(str(row[c]) for c in first), str(row["kind"]),
            *(str(int(row[k])) for k in ("tp", "fp", "fn")),
            *(f"{row[k]:.4f}" for k in ("precision", "recall", "f1")),
            f"{row['f1_low']:.3f}–{row['f1_high']:.3f}" if row["f1_low"] == row["f1_low"] else "–",
            str(int(row["fp_shown"])), f"{row['f1_shown']:.4f}",
            end_section=by == "dataset" and row["kind"] == "all",
        )  # fmt: skip
    out().print(table)
    out().print(SHOWN, highlight=False)


def _print(result: dict[str, Any], names: list[str]) -> None:
    console = out()
    people = f"{result['videos']} videos of {result['subjects']} persons"
    title = f"{people}, IoU at least {result['iou']:g}"
    if "by_database" in result:
        print_scores(result["by_database"], title, by="dataset")
        console.print("Overall: all counts of all databases added, by which the challenges rank.",
                      highlight=False)  # fmt: skip
    else:
        print_scores(result["scores"], title)
    if "ap" in result:
        words = "; ".join(
            f"{kind} {result['ap'][kind]:.4f} and {result['ap_coco'][kind]:.4f}"
            for kind in result["ap"]
        )
        console.print(f"AP and AP@[.5:.95]: {words}", highlight=False)
    if result.get("apex_error") is not None:
        console.print(f"Apex error of what was found: {result['apex_error']:.2f} frames (mean).",
                      highlight=False)  # fmt: skip
    if "spot_then_recognise" in result:
        _print_strs(result["spot_then_recognise"], names)
    if result["per_video"]:
        _print_videos(result["per_video"])
    for note in result["notes"]:
        console.print(f"• {note}", highlight=False, markup=False)


def _print_strs(both: dict[str, Any], names: list[str]) -> None:
    console = out()
    console.print(
        f"Spot-then-recognise: STRS {both['strs']:.4f} ({both['strs_low']:.3f}–"
        f"{both['strs_high']:.3f}) = F1 of spotting {both['f1_spotting']:.4f} × F1 of analysis "
        f"{both['f1_analysis']:.4f}, of macro-precision {both['precision_analysis']:.4f} and "
        f"macro-recall {both['recall_analysis']:.4f} on {both['n']} true positives, as the authors "
        "of STRS compute it.", highlight=False,
    )  # fmt: skip
    console.print(
        f"The other reading, with UF1 {both['uf1_analysis']:.4f} over {', '.join(names)} (one "
        f"without a true positive counts 0): {both['strs_uf1']:.4f}.", highlight=False,
        markup=False,
    )  # fmt: skip


def _print_videos(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    named = any(row["dataset"] for row in rows)
    table = Table(title="Each video", title_justify="left")
    for column in [*(["dataset"] if named else []), "video", "subject", "kind"]:
        table.add_column(column, overflow="fold")
    for column in ("TP", "FP", "FN"):
        table.add_column(column, justify="right")
    for row in rows:
        words = [row["dataset"]] if named else []
        table.add_row(*map(str, [*words, row["video"], row["subject"], row["kind"], row["tp"],
                                 row["fp"], row["fn"]]))  # fmt: skip
    out().print(table, markup=False)
