"""mebench predict: what a saved model says of clips."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from ..errors import BadInput
from .completion import complete
from .console import Stages, out, print_json, say
from .face_options import ALL_FACES, FACE, check_faces

__all__ = ["predict"]


def predict(
    model: Path = typer.Argument(..., help="A file that mebench train wrote."),
    clips: list[Path] = typer.Argument(
        None, help="Videos, folders of frames, or CSV files that list such."
    ),
    fps: float | None = typer.Option(None, help="Frames per second, where nothing says it."),
    detector: str | None = typer.Option(
        None,
        help="What finds faces, instead of what the model was trained with; see `mebench "
        "list detectors`.",
        autocompletion=complete("detectors"),
    ),
    face: str = FACE,
    all_faces: bool = ALL_FACES,
    landmarks: Path | None = typer.Option(
        None, help="The dlib landmark model, if it was trained with one of its own."
    ),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    json: bool = typer.Option(False, "--json", help="Print JSON."),
    csv: bool = typer.Option(False, "--csv", help="Print CSV."),
    card: bool = typer.Option(False, "--card", help="Print the model's card, and predict nothing."),
) -> None:
    """Name the class of clips by a saved model, with scores per class and reasons for doubt.

    Nothing is trained. Status 3 says that some clips could not be used.
    """
    from .train import info

    if card:
        info(model, json)
        return
    if json and csv:
        raise BadInput("Choose one of --json and --csv.")
    if not clips:
        raise BadInput(
            "Give clips to predict: videos, folders of frames, or a CSV that lists them."
        )
    from ..models import load_model, open_clips, predict_clips
    from ..models.clips import as_frame
    from ..models.predict import score_kind

    chosen = check_faces(detector or "dlib", face, all_faces)
    loaded = load_model(model, landmarks=landmarks)
    opened = open_clips(clips, fps=fps, colour=loaded.colour)
    with Stages() as stages:
        found = predict_clips(
            loaded, opened, n_jobs=n_jobs, progress=stages.of("clips"),
            detector=chosen if detector else None, face="all" if all_faces else face,
        )  # fmt: skip
    if json:
        print_json({
            "model": {"file": str(model), "name": loaded.name, "classes": loaded.classes},
            "scores_are": score_kind(loaded),
            "clips": [
                {"clip_id": one.clip_id, "label": one.label, "scores": dict(one.scores),
                 "warnings": list(one.warnings), "problem": one.problem or None}
                for one in found
            ],
        })  # fmt: skip
    elif csv:
        say(as_frame(found).to_csv(index=False, lineterminator="\n"), end="")
    else:
        from rich.table import Table
        from rich.text import Text

        table = Table(title=f"{loaded.name}; scores: {score_kind(loaded)}", title_justify="left")
        table.add_column("clip", overflow="fold")
        table.add_column("label")
        for name in loaded.classes:
            table.add_column(Text(name), justify="right")
        for one in found:
            scores = [f"{one.scores[c]:.3f}" if c in one.scores else "" for c in loaded.classes]
            table.add_row(Text(one.clip_id), Text(one.label or "–"), *scores)
        out().print(table)
        for one in found:
            for warning in one.warnings:
                say(f"{one.clip_id}: {warning}")
            if one.problem:
                say(f"{one.clip_id}: NOT PREDICTED: {one.problem}")
        say(
            "A label is the class that a movement resembles most, not what somebody feels "
            "(mebench predict MODEL --card)."
        )
    failed = [one for one in found if one.label is None]
    if failed:
        say(f"{len(failed)} of {len(found)} clips could not be used.", file=sys.stderr)
        raise typer.Exit(3)
