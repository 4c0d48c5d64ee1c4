"""mebench extract and mebench evaluate: features to a file, and external features scored."""

from __future__ import annotations

from pathlib import Path

import typer

from .completion import complete
from .console import Stages, out, print_json
from .console import say as tell
from .interrupts import say
from .outputs import FORCE, check_outputs
from .run import KEPT, finish

__all__ = ["evaluate", "extract"]


def extract(
    dataset: str = typer.Option(
        ..., "--dataset", "-d", help="Database.", autocompletion=complete("datasets", joined=True)
    ),
    method: str = typer.Option(
        ...,
        "--method",
        "-m",
        help="Method, or package.module:object.",
        autocompletion=complete("methods", "families", joined=True),
    ),
    out_file: Path = typer.Option(..., "--out", help="File to write, such as features.npz."),
    table: Path | None = typer.Option(
        None, help="Also write the table of the clips, as `mebench evaluate` reads it."
    ),
    labels: str | None = typer.Option(None, help="Label set.", autocompletion=complete("labels")),
    data_root: Path | None = typer.Option(None, help="Where the database lies."),
    variant: str = typer.Option("auto", help="Kind of frames: raw or cropped."),
    sheet: str | None = typer.Option(None, help="Annotation sheet, if several lie there."),
    missing: str = typer.Option("error", help="Clips without frames: error or skip."),
    on_error: str = typer.Option("error", help="Clips without a face: error or skip."),
    detector: str | None = typer.Option(
        None,
        help="What finds faces; see `mebench list detectors`.  [default: dlib]",
        autocompletion=complete("detectors"),
    ),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    force: bool = FORCE,
) -> None:
    """Write the features of a method (all its steps that learn nothing) to an .npz file."""
    from ..datasets import load
    from ..errors import BadInput
    from ..evaluation.feature_files import save_features
    from ..methods import get_method
    from ..methods.extract import extract as run
    from ..methods.parts import split_pipeline
    from ..storage.cache import default_cache
    from ..storage.lease import write_whole

    check_outputs(out_file, table, force=force)
    recipe = get_method(method).with_detector(detector)
    steps, _ = split_pipeline(recipe.build())
    if not steps or not hasattr(steps[-1], "get_feature_names_out"):
        raise BadInput(f"The method {recipe.name} has no features that are there before fitting.")
    with Stages() as stages:
        samples = load(
            dataset, root=data_root, labels=labels, variant=variant, sheet=sheet,
            missing=missing, colour=recipe.colour, progress=stages.of("making the corpus"),
        )  # fmt: skip
        found = run(
            steps, samples.clips, cache=default_cache(), on_error=on_error, n_jobs=n_jobs,
            progress=stages.of("features"),
        )  # fmt: skip
    samples = samples.take(found.kept)
    X = found.matrix()
    names = [str(name) for name in steps[-1].get_feature_names_out()]
    path = save_features(out_file, samples.table["clip_id"].tolist(), X, names)
    tell(f"{len(X)} clips × {X.shape[1]} features: {path}")
    for clip, reason in found.failed.items():
        tell(f"left out: {clip}: {reason}")
    if table is not None:
        write_whole(table, samples.table.to_csv(index=False))
        tell(f"table: {table}")


def evaluate(
    features: Path = typer.Option(
        ..., help=".npz, .mat, Parquet (features and clip_id), .npy with a CSV, or a CSV."
    ),
    table: Path = typer.Option(..., help="CSV with clip_id, subject, label and maybe dataset."),
    classifier: str = typer.Option(
        "poly-svm",
        help="poly-svm, linear-svm, majority, knn, logistic, forest or package.module:object.",
    ),
    labels: str | None = typer.Option(
        None,
        help="au: detect the action units of the column au instead of the label.",
        autocompletion=complete("labels"),
    ),
    protocol: str = typer.Option(
        "loso",
        help="See mebench list protocols; kfold:10, holdout:0.2 and so on.",
        autocompletion=complete("protocols"),
    ),
    tuning: str = typer.Option(
        "nested",
        help="nested, oracle (marked as such) or fixed.",
        autocompletion=complete("tunings"),
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
        "group-kfold:10 (a tenth of the persons; for steps that learn on very many).",
        autocompletion=complete("inner"),
    ),
    subjects: str = typer.Option(
        "joined", help="joined: 1, 01 and sub01 are one person, with a warning; or as-written."
    ),
    seed: int = typer.Option(0, help="Seed of protocols and classifiers that draw."),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    fresh: bool = typer.Option(
        False, "--fresh", help="Start over: forget what is kept of this run, if interrupted."
    ),
    out_dir: Path = typer.Option(Path("runs"), "--out", help="Folder for the run directory."),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of tables."),
) -> None:
    """Evaluate a classifier on external features, under the same protocols."""
    from ..experiments import run_features
    from ..results import show

    say(KEPT)
    with Stages() as stages:
        outcome = run_features(
            features, table, classifier, labels=labels, protocol=protocol, tuning=tuning, grid=grid,
            scoring=scoring, inner=inner, seed=seed, n_jobs=n_jobs, out=out_dir, progress=stages,
            fresh=fresh, subjects=subjects,
        )  # fmt: skip
    if json:
        print_json(outcome.summary())
        finish([], [outcome])
        return
    console = out()
    show(outcome.predictions, console)
    if outcome.remark:
        console.print(outcome.remark, style="bold red", highlight=False)
    console.print(f"Run directory: {outcome.folder}", highlight=False, soft_wrap=True)
    finish([], [outcome])
