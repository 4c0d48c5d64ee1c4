"""mebench train and mebench model: pipelines that last, and their cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from ..errors import BadInput
from .completion import complete
from .console import Stages, print_json, say
from .outputs import FORCE, check_outputs

__all__ = ["app", "info", "train"]

app = typer.Typer(help="What a saved model is.", no_args_is_help=True)


def train(
    dataset: str = typer.Option(
        ...,
        "--dataset",
        "-d",
        help="Database, several joined by '+', or a manifest.",
        autocompletion=complete("datasets", joined=True),
    ),
    method: str = typer.Option(
        ...,
        "--method",
        "-m",
        help="Method, or package.module:object; see mebench list methods.",
        autocompletion=complete("methods", "families", joined=True),
    ),
    out: Path | None = typer.Option(
        None, help="The file to write.  [default: METHOD-DATASET.mebench]"
    ),
    labels: str | None = typer.Option(
        None, help="Label set, such as 5class or 3class.", autocompletion=complete("labels")
    ),
    run: Path | None = typer.Option(
        None,
        help="Folder of a nested run of the same, whose scores the card is to show. Without "
        "it, that evaluation is done first.",
    ),
    protocol: str = typer.Option(
        "loso", help="Of that evaluation.", autocompletion=complete("protocols")
    ),
    grid: str | None = typer.Option(
        None, help="SVM grid: thesis, coarse, linear or a file.", autocompletion=complete("grids")
    ),
    scoring: str = typer.Option(
        "uf1", help="The measure that tuning goes by.", autocompletion=complete("measures")
    ),
    inner: str = typer.Option(
        "loso",
        help="Who is left out while parameters are chosen: loso (one person at a time), or "
        "group-kfold:10 (a tenth of the persons).",
        autocompletion=complete("inner"),
    ),
    head: str | None = typer.Option(None, help="How a network ends: softmax or svm."),
    detector: str | None = typer.Option(
        None,
        help="What finds faces; see `mebench list detectors`.  [default: dlib]",
        autocompletion=complete("detectors"),
    ),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    variant: str = typer.Option("auto", help="Kind of frames: raw or cropped."),
    sheet: str | None = typer.Option(None, help="Annotation sheet, if several lie there."),
    missing: str = typer.Option("error", help="Clips without frames: error or skip."),
    on_error: str = typer.Option("error", help="Clips without a face: error or skip."),
    seed: int = typer.Option(0, help="Seed of steps that draw."),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    no_cache: bool = typer.Option(False, "--no-cache", help="Compute all features anew."),
    force: bool = FORCE,
    json: bool = typer.Option(False, "--json", help="Print the card as JSON."),
) -> None:
    """Fit a method to a whole database and save it with its card.

    The parameters are chosen as in mebench run; the scores in the card are of a nested evaluation,
    never of the clips that the model was fitted to.
    """
    from ..datasets import load
    from ..methods import get_method
    from ..models import card_markdown, check_savable, save_model
    from ..models import train as fit
    from ..models._train import model_file
    from ..results import load_run
    from ..svm import GRIDS, load_grid

    recipe = get_method(method).with_head(head).with_detector(detector)
    check_savable(recipe.build())
    predictions: Any = None if run is None else load_run(run)
    if predictions is not None and "units" in predictions.header:
        raise BadInput(f"{run} detected action units; models name one class per clip.")
    points = grid if grid is None or grid in GRIDS else load_grid(grid)
    path = model_file(recipe.name, dataset) if out is None else out
    if path.is_dir():
        path = path / model_file(recipe.name, dataset)
    check_outputs(path, force=force)
    with Stages() as stages:
        samples = load(
            dataset, root=data_root, labels=labels, variant=variant, sheet=sheet, missing=missing,
            colour=recipe.colour, progress=stages.of("making the synthetic corpus"),
        )  # fmt: skip
        model = fit(
            recipe, samples, dataset=dataset, predictions=predictions,
            run="" if run is None else run.name, protocol=protocol, grid=points, scoring=scoring,
            inner=inner, on_error=on_error, cache=not no_cache, n_jobs=n_jobs, seed=seed,
            progress=stages,
        )  # fmt: skip
        digest = save_model(model, path)
    if json:
        print_json({"file": str(path), "sha256": digest, **model.card})
        return
    say(card_markdown(model.card, digest))
    say(f"Model: {path} ({path.stat().st_size / 1e6:.1f} MB)")


@app.command("info")
def info(
    model: Path = typer.Argument(..., help="A file that mebench train wrote."),
    json: bool = typer.Option(False, "--json", help="Print the card as JSON."),
) -> None:
    """Print the card of a model; the model itself is not loaded."""
    from ..models import card_markdown, read_card

    card, digest = read_card(model)
    if json:
        print_json({"file": str(model), "sha256": digest, **card})
    else:
        say(card_markdown(card, digest))
