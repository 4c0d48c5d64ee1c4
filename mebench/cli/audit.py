"""mebench audit: is a published figure possible, what is it, and what leaks are worth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from .completion import complete
from .console import Stages, out, print_json, say

__all__ = ["audit"]


def audit(
    predictions: Path | None = typer.Argument(
        None, help="CSV of predictions: which measure is each claimed score?"
    ),
    counts: str | None = typer.Option(
        None, help="Clips per class, such as 70,51,43: can the claimed scores be?"
    ),
    uf1: str | None = typer.Option(None, help="Claimed UF1, as printed (.2000 is not .2)."),
    uar: str | None = typer.Option(None, help="Claimed UAR."),
    accuracy: str | None = typer.Option(None, help="Claimed accuracy."),
    weighted_f1: str | None = typer.Option(None, help="Claimed weighted F1 (with predictions)."),
    claim: list[str] = typer.Option(
        [], help="NAME=VALUE: a claim of any other measure (`mebench list measures`)."
    ),
    decimals: int | None = typer.Option(None, help="Digits printed.  [default: those given]"),
    tolerance: float | None = typer.Option(
        None, help="Largest distance instead of half a unit of the last digit."
    ),
    spotting: str | None = typer.Option(
        None,
        help="Claims on spotting, such as tp=6,fp=217,fn=202,recall=.0288,f1=.0278: can they be? "
        "Also total, precision, analysis-precision, analysis-recall, analysis-f1, uf1, uar, strs.",
    ),
    split: Path | None = typer.Option(
        None, help="CSV with clip_id, subject and split (train, test) or fold: what crosses?"
    ),
    features: Path | None = typer.Option(
        None,
        help="Features of the clips: with --split for near-duplicates, with --table for leaks.",
    ),
    duplicates: float = typer.Option(
        0.01, help="Near-duplicates: distance as a share of the median distance."
    ),
    table: Path | None = typer.Option(
        None, help="CSV with clip_id, subject, label: what are leaks worth on these features?"
    ),
    classifier: str = typer.Option("linear-svm", help="As in mebench evaluate."),
    grid: str | None = typer.Option(
        None, help="SVM grid.  [default: the classifier's]", autocompletion=complete("grids")
    ),
    protocols: str = typer.Option("loso,kfold,lovo", help="Which to set side by side."),
    seed: int = typer.Option(0, help="Seed of protocols and classifiers that draw."),
    n_jobs: int = typer.Option(-1, help="Processors to use; -1 is all."),
    subjects: str = typer.Option(
        "joined", help="joined: 1, 01 and sub01 are one person, with a warning; or as-written."
    ),
    json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """Audit published figures, predictions, splits and evaluations.

    --counts with claimed scores: is there any confusion matrix that has them?
    --spotting with printed counts and scores: possible or not, and which was meant?
    PREDICTIONS with claimed scores: which measure is each of them really?
    --split (with --features): persons, clips and near-duplicates in train and test.
    --features with --table: the same features under clean and leaky evaluation.
    """
    from ..errors import BadInput
    from ..scoring.metrics import get_measure

    claims = {
        name: value
        for name, value in (
            ("uf1", uf1), ("uar", uar), ("accuracy", accuracy), ("weighted_f1", weighted_f1),
        )
        if value is not None
    }  # fmt: skip
    for one in claim:
        name, sign, value = one.partition("=")
        if not sign:
            raise BadInput(f"--claim is NAME=VALUE, such as war=.61; found {one!r}.")
        claims[get_measure(name.strip()).key] = value.strip()
    asked = (counts, predictions, split, table, spotting)
    kinds = [thing is not None for thing in asked]
    if sum(kinds) != 1:
        raise BadInput(
            "Name one thing to audit: --counts 70,51,43 with claimed scores, a file of "
            "predictions with claimed scores, --spotting tp=…, --split FILE, or --features FILE "
            "--table FILE."
        )
    if spotting is not None:
        _spotting(spotting, tolerance, json)
    elif counts is not None:
        _possible(counts, claims, decimals, tolerance, json)
    elif predictions is not None:
        _recognise(predictions, claims, decimals, tolerance, subjects, json)
    elif split is not None:
        _split(split, features, duplicates, subjects, json)
    elif table is not None:
        if features is None:
            raise BadInput("What leaks are worth is seen on features: add --features FILE.")
        _leakage(
            features, table, classifier, grid, protocols.split(","), seed, n_jobs, subjects, json
        )


def _possible(
    counts: str, claims: dict[str, str], decimals: int | None, tolerance: float | None, json: bool
) -> None:
    from dataclasses import asdict

    from ..errors import BadInput
    from ..scoring.feasible import feasible

    try:
        numbers = [int(part) for part in counts.replace("/", ",").split(",")]
    except ValueError:
        raise BadInput(
            f"--counts takes clips per class such as 70,51,43; found {counts!r}."
        ) from None
    if "weighted_f1" in claims:
        raise BadInput("From counts, UF1, UAR and accuracy can be checked; weighted F1 cannot.")
    found = feasible(numbers, decimals=decimals, tolerance=tolerance, **claims)
    if json:
        print_json(
            {**asdict(found), "nearest": found.nearest.tolist(), "sentence": found.sentence()}
        )
        return
    console = out()
    console.print(found.sentence(), highlight=False, style="bold red" if not found.possible else "")
    words = "One that has them" if found.possible else "The nearest that can be"
    names = {"uf1": "UF1", "uar": "UAR", "accuracy": "accuracy"}
    own = ", ".join(f"{n} {found.nearest_scores[k]:.{found.digits}f}" for k, n in names.items())
    console.print(f"{words} ({own}; rows: truth, columns: prediction):", highlight=False)
    for row in found.nearest.tolist():
        console.print("  " + " ".join(f"{n:5d}" for n in row), highlight=False)


def _spotting(text: str, tolerance: float | None, json: bool) -> None:
    from dataclasses import asdict

    from ..scoring.spotting_audit import audit_spotting
    from ..scoring.spotting_claims import parse_spotting_claims

    found = audit_spotting(parse_spotting_claims(text), tolerance=tolerance)
    if json:
        print_json({**asdict(found), "possible": found.possible})
        return
    for sentence in found.sentences():
        wrong = sentence.startswith("IMPOSSIBLE")
        out().print(sentence, highlight=False, markup=False, style="bold red" if wrong else "")


def _recognise(
    path: Path, claims: dict[str, str], decimals: int | None, tolerance: float | None,
    subjects: str, json: bool,
) -> None:  # fmt: skip
    from dataclasses import asdict

    from ..scoring import read_predictions
    from ..scoring.claim_readings import CANNOT_BE_TOLD, recognise

    predictions = read_predictions(path, subjects=subjects)
    found = recognise(predictions, claims, decimals=decimals, tolerance=tolerance)
    warnings = predictions.header["warnings"]
    if json:
        rows = [{**asdict(row), "sentence": row.sentence()} for row in found]
        print_json({"claims": rows, "warnings": warnings, "remark": CANNOT_BE_TOLD})
        return
    console = out()
    for row in found:
        console.print(row.sentence(), highlight=False, markup=False,
                      style="bold red" if not row.agrees else "")  # fmt: skip
    for warning in warnings:
        console.print(warning, highlight=False, style="bold red")
    console.print(CANNOT_BE_TOLD, highlight=False)


def _split(path: Path, features: Path | None, duplicates: float, subjects: str, json: bool) -> None:
    from dataclasses import asdict

    import numpy as np

    from ..arrays import read_rows
    from ..errors import BadInput
    from ..evaluation.feature_files import read_features
    from ..scoring.split_audit import audit_split
    from ..scoring.subjects import alike_warning

    table, X = read_rows(path, ["clip_id", "subject"]), None
    if features is not None:
        ids, X = read_features(features, table["clip_id"])
        place = {clip: row for row, clip in enumerate(ids)}
        lost = [clip for clip in table["clip_id"] if clip not in place]
        if lost:
            raise BadInput(f"{features} has no features of {len(lost)} clips, such as {lost[0]!r}.")
        X = X[np.array([place[clip] for clip in table["clip_id"]])]
    found = audit_split(table, X, tolerance=duplicates, subjects=subjects)
    named = table if "dataset" in table else table.assign(dataset="")
    if subjects == "as-written" and (doubt := alike_warning(named)):
        say(doubt, file=sys.stderr)
    if json:
        print_json([asdict(row) for row in found])
    elif not found:
        near = "" if features is None else ", no near-duplicate"
        say(f"Nothing crosses from train to test: no person, no clip{near}.")
    else:
        names = {"person": "PERSONS", "clip": "CLIPS", "near-duplicate": "NEAR-DUPLICATES",
                 "fitted on all": "FITTED ON ALL", "spelling": "SPELLING"}  # fmt: skip
        for row in found:
            fold = f" (fold {row.fold})" if row.fold else ""
            out().print(f"{names[row.kind]}{fold}: {row.count}: {row.what}", highlight=False,
                        markup=False)  # fmt: skip
    if found:
        raise typer.Exit(1)


def _leakage(
    features: Path, table: Path, classifier: str, grid: str | None, protocols: list[str],
    seed: int, n_jobs: int, subjects: str, json: bool,
) -> None:  # fmt: skip
    from rich.table import Table

    from ..evaluation.feature_files import join, read_features, read_table
    from ..evaluation.leakage import leakage_cost
    from ..methods.classifiers import get_classifier
    from ..svm import GRIDS, load_grid

    recipe = get_classifier(classifier)
    samples = read_table(table, subjects=subjects)
    X, samples = join(*read_features(features, samples["clip_id"]), samples)
    points: Any = recipe.grid if grid is None else grid if grid in GRIDS else load_grid(grid)
    with Stages() as stages:
        found = leakage_cost(
            recipe.build(), X, samples, grid=points, tune=recipe.tune, protocols=protocols,
            seed=seed, n_jobs=n_jobs, progress=stages,
        )  # fmt: skip
    if json:
        print_json(found.to_dict("records"))
        return
    shown = Table(title=f"{recipe.name} on {len(X)} clips", title_justify="left")
    for column in ("protocol", "tuning", "leaks", "accuracy", "UF1", "UAR", "gain in UF1"):
        shown.add_column(column)
    for row in found.to_dict("records"):
        shown.add_row(
            row["protocol"], row["tuning"], row["leaks"],
            *(f"{row[k]:.3f}" for k in ("accuracy", "uf1", "uar")), f"{row['uf1_gain']:+.3f}",
        )  # fmt: skip
    console = out()
    console.print(shown)
    console.print("The gain over the first row is what the leak is worth, not what the method is.")
