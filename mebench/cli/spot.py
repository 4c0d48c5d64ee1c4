"""mebench spot: expressions in long videos, or spotters on a database of long videos."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from ..errors import BadInput, MebenchError
from .completion import complete
from .console import Stages, out, print_json, say
from .face_options import ALL_FACES, DETECTOR, FACE, check_faces
from .outputs import FORCE, check_folder, check_outputs

if TYPE_CHECKING:
    from ..spotting import Spotting

__all__ = ["spot"]


def spot(
    videos: list[Path] = typer.Argument(
        None, help="Video files, folders of images, or a folder of such."
    ),
    method: str = typer.Option(
        "trajectory",
        help="See `mebench list spotters`; all with --dataset.",
        autocompletion=complete("spotters"),
    ),
    dataset: str | None = typer.Option(
        None,
        help="Evaluate on a database of long videos, such as synthetic-long, or on several, joined "
        "by +; or spot in the unseen videos of megc2025, or in a folder of your own.",
        autocompletion=complete("long", joined=True),
    ),
    data_root: Path | None = typer.Option(None, help="Where that database lies."),
    tune: bool = typer.Option(
        True, help="With --dataset: thresholds from all other subjects, or the method's own."
    ),
    fps: float | None = typer.Option(
        None, help="Frames per second, instead of what the video says; folders say nothing."
    ),
    out_file: Path | None = typer.Option(
        None,
        "--out",
        help="Write the intervals as .csv or .json. With --dataset also the folder "
        "of the run directories, runs if left out, or of the submission.",
    ),
    figure: Path | None = typer.Option(None, help="Draw the curve of the (one) video, as .png."),
    recognise: str | None = typer.Option(
        None,
        help="With --dataset: a method of `mebench list methods` that says which emotion.",
        autocompletion=complete("methods"),
    ),
    truth: Path | None = typer.Option(
        None, help="With --dataset: write what is annotated, as .csv for mebench score-spotting."
    ),
    roc: Path | None = typer.Option(
        None, help="With --dataset: write what each threshold would give, as .csv."
    ),
    detector: str = DETECTOR,
    face: str = FACE,
    all_faces: bool = ALL_FACES,
    iou: float = typer.Option(0.5, help="With --dataset: least overlap of a hit."),
    learn_from: str | None = typer.Option(
        None,
        help="With unseen videos: annotated databases from which thresholds and emotions are "
        "learnt, such as casme-sq-long+samm-long.",
        autocompletion=complete("long", joined=True),
    ),
    submit: str | None = typer.Option(
        None, help="With unseen videos: write the files of a challenge (megc2025) into --out."
    ),
    marks: Path | None = typer.Option(
        None,
        help="With --dataset: CSV with video, cause (blink, talk, turn, light), onset, offset, "
        "by which false alarms are told apart.",
    ),
    fresh: bool = typer.Option(False, "--fresh", help="Forget what an interrupted run has left."),
    pictures: bool | None = typer.Option(
        None,
        "--pictures/--no-pictures",
        help="Keep pictures of hits and misses in the run.  [default: of faces that are made up]",
    ),
    n_jobs: int = typer.Option(-1, help="With --dataset: videos at a time; -1 is all processors."),
    force: bool = FORCE,
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Spot micro- and macro-expressions in long videos.

    Frames are counted from 0. Files of folders of images also get the numbers of the images.
    """
    from ..spotting.curve_figure import check_figure, draw_curves
    from ..spotting.files import as_json, check_ending, save_spotting

    for table in (roc, truth):
        if table is not None and table.suffix != ".csv":
            raise BadInput(f"Tables are written as .csv, found {table.name!r}.")
    if figure is not None:
        check_figure(figure)
    if (dataset is None) == (not videos):
        raise BadInput("Give videos to spot in, or --dataset to evaluate on; one of the two.")
    if dataset is not None:
        if figure is not None:
            raise BadInput("--figure draws the curve of one video; leave it out with --dataset.")
        table = out_file if out_file is not None and out_file.suffix in (".csv", ".json") else None
        check_outputs(table, truth, roc, force=force)
        if submit is not None and table is None:
            check_folder(out_file, force=force)
        from .spot_dataset import Asked, spot_dataset

        spot_dataset(Asked(
            dataset, data_root, method, tune, fps, iou, out_file, recognise, learn_from, submit,
            truth, roc, marks, fresh, pictures, n_jobs, json,
        ))  # fmt: skip
        return
    if out_file is not None:
        check_ending(out_file)
    for given, name in (
        (recognise, "--recognise"), (roc, "--roc"), (truth, "--truth"), (submit, "--submit"),
        (learn_from, "--learn-from"), (marks, "--marks"),
    ):  # fmt: skip
        if given is not None:
            raise BadInput(f"{name} needs a database of videos: give --dataset.")
    from ..spotting import get_spotter, spot_everybody
    from ..spotting import spot as spot_one

    if method == "all":
        raise BadInput("In videos, one method spots at a time; all is for --dataset.")
    spotter = get_spotter(method)
    files = _expanded(videos)
    if figure is not None and len(files) > 1:
        raise BadInput(f"A figure is drawn of one video, and there are {len(files)}.")
    detector = check_faces(detector, face, all_faces)
    if figure is not None and all_faces:
        raise BadInput("A figure is drawn of one person: give --face instead of --all-faces.")
    check_outputs(out_file, figure, force=force)
    found: list[Spotting] = []
    failed: list[str] = []
    with Stages() as stages:
        for file in files:
            try:
                tell = stages.of(file.name)
                if all_faces:
                    found += spot_everybody(
                        file, spotter, fps=fps, detector=detector, progress=tell
                    )
                    continue
                found.append(spot_one(
                    file, spotter, fps=fps, detector=detector, face=face, progress=tell
                ))  # fmt: skip
            except MebenchError as error:
                if len(files) == 1:
                    raise
                failed.append(f"{file}: {error}")
    for problem in failed:
        say(f"Failed: {problem}", file=sys.stderr)
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

    from ..spotting import spotting_notes

    seconds = one.n_frames / one.fps
    say(f"{one.name}: {seconds:.1f} s at {one.fps:g} frames per second, {one.method}")
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
        say("Nothing was spotted.")
    say(one.what_was_looked_at())
    for note in spotting_notes(one):
        say(f"Note: {note}.")


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
