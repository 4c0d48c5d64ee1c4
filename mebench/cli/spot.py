"""mebench spot: expressions in long videos, or spotters on a database of long videos."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from ..errors import BadInput, MebenchError
from .console import Stages, out, print_json

if TYPE_CHECKING:
    from ..spotting import Spotting

__all__ = ["spot"]


def spot(
    videos: list[Path] = typer.Argument(
        None, help="Video files, folders of images, or a folder of such."
    ),
    method: str = typer.Option(
        "trajectory", help="See `mebench list spotters`; all with --dataset."
    ),
    dataset: str | None = typer.Option(
        None, help="Evaluate on a database of long videos, such as synthetic-long, instead."
    ),
    data_root: Path | None = typer.Option(None, help="Where that database lies."),
    tune: bool = typer.Option(
        True, help="With --dataset: thresholds from all other subjects, or the method's own."
    ),
    fps: float | None = typer.Option(
        None, help="Frames per second, instead of what the video says; folders say nothing."
    ),
    out_file: Path | None = typer.Option(
        None, "--out", help="Write the intervals as .csv or .json."
    ),
    figure: Path | None = typer.Option(None, help="Draw the curve of the (one) video, as .png."),
    recognise: str | None = typer.Option(
        None, help="With --dataset: a method of `mebench list methods` that says which emotion."
    ),
    truth: Path | None = typer.Option(
        None, help="With --dataset: write what is annotated, as .csv for mebench score-spotting."
    ),
    roc: Path | None = typer.Option(
        None, help="With --dataset: write what each threshold would give, as .csv."
    ),
    n_jobs: int = typer.Option(-1, help="With --dataset: videos at a time; -1 is all processors."),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Spot micro- and macro-expressions in long videos.

    Frames are counted from 0. Files of folders of images also get the numbers of the images.
    """
    from ..spotting.files import as_json, check_ending, check_figure, draw_curves, save_spotting

    if out_file is not None:
        check_ending(out_file)
    for table in (roc, truth):
        if table is not None and table.suffix != ".csv":
            raise BadInput(f"Tables are written as .csv, found {table.name!r}.")
    if (dataset is None) == (not videos):
        raise BadInput("Give videos to spot in, or --dataset to evaluate on; one of the two.")
    if dataset is not None:
        if figure is not None:
            raise BadInput("--figure draws the curve of one video; leave it out with --dataset.")
        _evaluate(dataset, data_root, method, tune, out_file, recognise, truth, roc, n_jobs, json)
        return
    if recognise is not None or roc is not None or truth is not None:
        raise BadInput("--recognise, --roc and --truth need annotated videos: give --dataset.")
    from ..spotting import get_spotter
    from ..spotting import spot as spot_one

    if method == "all":
        raise BadInput("In videos, one method spots at a time; all is for --dataset.")
    if figure is not None:
        check_figure(figure)
    spotter = get_spotter(method)
    files = _expanded(videos)
    if figure is not None and len(files) > 1:
        raise BadInput(f"A figure is drawn of one video, and there are {len(files)}.")
    found, failed = [], []
    with Stages() as stages:
        for file in files:
            try:
                found.append(spot_one(file, spotter, fps=fps, progress=stages.of(file.name)))
            except MebenchError as error:
                if len(files) == 1:
                    raise
                failed.append(f"{file}: {error}")
    for problem in failed:
        print(f"Failed: {problem}", file=sys.stderr)
    if not found:
        raise BadInput(f"Nothing could be spotted in any of the {len(files)} videos.")
    if out_file is not None:
        save_spotting(out_file, found)
    if figure is not None:
        draw_curves(figure, found[0], spotter)
    if json:
        print_json([as_json(one) for one in found])
    else:
        for one in found:
            _print(one)
    if failed:
        raise typer.Exit(3)


def _print(one: Spotting) -> None:
    from rich.table import Table

    seconds = one.n_frames / one.fps
    print(f"{one.name}: {seconds:.1f} s at {one.fps:g} frames per second, {one.method}")
    if len(one.intervals):
        table = Table()
        for column in ("kind", "onset", "apex", "offset", "seconds", "score"):
            table.add_column(column, justify="left" if column == "kind" else "right")
        for row in cast(Any, one.intervals.itertuples()):
            span = f"{row.onset_s:.2f}–{row.offset_s:.2f}"
            marks = (str(row.onset), str(row.apex), str(row.offset))
            table.add_row(row.kind, *marks, span, f"{row.score:.4g}")
        out().print(table)
    else:
        print("Nothing was spotted.")
    for note in one.notes:
        print(f"Note: {note}.")
    if seconds < 2:
        print("Note: shorter than 2 s; most of what a method compares a frame with is missing.")
    if one.fps < 20:
        print(f"Note: at {one.fps:g} frames per second a micro-expression is a few frames long, "
              "too few to trust what is said of it.")  # fmt: skip
    if lost := int((~one.curves["face"]).sum()):
        print(f"Note: no face in {lost} of {one.n_frames} frames.")


def _expanded(paths: list[Path]) -> list[Path]:
    """Videos and folders of images; a folder without images stands for what lies in it."""
    from ..datasets.frames import IMAGE_SUFFIXES, VIDEO_SUFFIXES

    found: list[Path] = []
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else []
        if not inside or any(p.suffix.lower() in IMAGE_SUFFIXES for p in inside):
            found.append(path)
            continue
        below = [p for p in inside if p.suffix.lower() in VIDEO_SUFFIXES or p.is_dir()]
        if not below:
            raise BadInput(f"The folder {path} holds no videos and no images.")
        found += below
    return found


def _evaluate(
    dataset: str, root: Path | None, method: str, tune: bool, out_file: Path | None,
    recognise: str | None, truth_file: Path | None, roc: Path | None, n_jobs: int, json: bool,
) -> None:  # fmt: skip
    from ..datasets.long import load_long
    from ..spotting import KINDS, SPOTTERS, evaluate_spotters, recognise_spotted
    from ..storage.cache import default_cache

    names = list(SPOTTERS) if method == "all" else method.split(",")
    cache = default_cache()
    with Stages() as stages:
        database = load_long(dataset, root, progress=stages.of("making videos"))
        found = evaluate_spotters(
            database,
            names,
            tune=tune,
            cache=default_cache(),
            n_jobs=n_jobs,
            progress=stages.of("spotting"),
        )
        said = [
            recognise_spotted(
                database, e.predictions, recognise, cache=cache,
                n_jobs=n_jobs, progress=stages.of(f"features, {e.spotter.name}"),
            ) for e in found
        ] if recognise is not None else []  # fmt: skip
    if out_file is not None:
        tables = [labelled for labelled, _ in said] or [e.predictions for e in found]
        _write(
            out_file, [t.assign(method=e.spotter.name) for t, e in zip(tables, found, strict=True)]
        )
    if truth_file is not None:
        # Videos without an expression have a row without marks.
        lasts = database.videos.set_index("video")["n_frames"]
        whole = database.truth.merge(database.videos[["video", "subject"]], how="outer")
        _write(truth_file, [whole.assign(n_frames=whole["video"].map(lasts))])
    if roc is not None:
        _write(roc, [
            e.roc(database, kind).assign(method=e.spotter.name, kind=kind)
            for e in found for kind in KINDS
        ])  # fmt: skip
    if json:
        print_json({
            e.spotter.name: {
                "scores": e.scores.reset_index().to_dict("records"),
                "thresholds": e.thresholds.to_dict("records"),
                **({"recognition": said[i][1].reset_index().to_dict("records")} if said else {}),
            }
            for i, e in enumerate(found)
        })  # fmt: skip
        return
    from rich.table import Table

    console, truth = out(), database.truth
    counts = ", ".join(f"{(truth['kind'] == k).sum()} {k}" for k in ("micro", "macro"))
    empty = len(set(database.videos["video"]) - set(truth["video"]))
    people = database.videos["subject"].nunique()
    console.print(
        f"{dataset}: {len(database.videos)} videos of {people} subjects, {counts}; {empty} of "
        "the videos without any", highlight=False,
    )  # fmt: skip
    rule = "leaving one subject out" if tune else "each method's own"
    table = Table(title=f"Spotting, IoU at least 0.5; thresholds: {rule}", title_justify="left")
    for column in ("method", "kind"):
        table.add_column(column)
    for column in ("TP", "FP", "FN", "precision", "recall", "F1", "95 %", "chance", "apex error"):
        table.add_column(column, justify="right")
    for e in found:
        for kind, row in e.scores.iterrows():
            table.add_row(*_cells(e.spotter.name, str(kind), row))
    console.print(table)
    console.print(
        "Chance: as many random intervals of the same lengths in each video. Apex error: mean "
        "frames, of what was found.", highlight=False,
    )  # fmt: skip
    for e, (_, scores) in zip(found, said, strict=False):
        parts = "; ".join(
            f"{kind} {row.strs:.3f} = {row.f1_spotting:.3f} × {row.f1_analysis:.3f}"
            for kind, row in scores.iterrows()
        )
        console.print(f"STRS of {e.spotter.name} then {recognise}: {parts}", highlight=False)
    for note in [*database.notes, *dict.fromkeys(n for e in found for n in e.notes)]:
        console.print(f"• {note}", highlight=False)


def _write(path: Path, tables: list[Any]) -> None:
    import pandas as pd

    try:
        pd.concat(tables, ignore_index=True).to_csv(path, index=False)
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error


def _cells(name: str, kind: str, row: Any) -> list[str]:
    counts = [str(int(row[k])) for k in ("tp", "fp", "fn")]
    ratios = [f"{row[k]:.3f}" for k in ("precision", "recall", "f1")]
    span = f"{row['f1_low']:.2f}–{row['f1_high']:.2f}"
    return [name, kind, *counts, *ratios, span, f"{row['chance']:.3f}", f"{row['apex_error']:.1f}"]
