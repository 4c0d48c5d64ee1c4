"""A test part: train on one database, predict another or a part nobody labelled."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..datasets import Samples
from ..datasets.database import Database
from ..datasets.loader import load_annotations, load_unlabelled
from ..datasets.registry import database
from ..deep._running import running
from ..errors import BadInput
from ..evaluation import Predictions, evaluate
from ..results import load_run, provenance, save_run
from ..scoring.subjects import Fold
from ..storage.lease import write_whole
from ..storage.run_folder import check_place
from ..svm import GRIDS, load_grid
from .answers import answers_place, check_numbers, write_answers
from .plan import UNITS, Run, plan_runs
from .resume import Work
from .run import samples_of
from .run_key import run_key

__all__ = ["PartOutcome", "run_test"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class PartOutcome:
    """What became of a test part.

    Parameters
    ----------
    predictions : Predictions
        Of the tested clips; where nobody labelled them, ``y_true`` stands for nothing.
    labelled : bool
        Whether there is a truth, so that scores mean something.
    folder : path or None
        The run directory, where there is a truth.
    file : path or None
        The predictions in the organisers' form.
    without : tuple of str
        Clips of the part that could not be used, and so have no prediction.
    trained : mapping of str to int
        Clips that trained, by the part of the release that they are from ("" where there are none).
    """

    predictions: Predictions
    labelled: bool
    folder: Path | None
    file: Path | None
    without: tuple[str, ...] = ()
    trained: Mapping[str, int] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """For a program to read."""
        told = Counter(self.predictions.table["y_pred"])
        return {
            **(self.predictions.summary() if self.labelled else {}),
            "predicted": {c: told[c] for c in self.predictions.header["classes"]},
            "folder": None if self.folder is None else str(self.folder),
            "file": None if self.file is None else str(self.file),
            "without_prediction": list(self.without),
            "trained_on": dict(self.trained),
            **self.predictions.header,
        }


def run_test(plan: Mapping[str, Any], progress: Progress | None = None) -> PartOutcome:
    """Train on the dataset of a plan, tune inside it, and predict the part called ``test``.

    Clips of the test part never train, also where the dataset holds them. Parameters are chosen
    by leaving training persons out; the labels of the test part, where there are
    any, are looked at only to score.

    Parameters
    ----------
    plan : mapping
        As :func:`mebench.experiments.plan.settings` gives it, with one dataset, label set,
        method and tuning; ``test`` names a database, ``predictions`` the file to write.
    progress : callable, optional
        Called with (stage, done, total).

    Raises
    ------
    BadInput
        Several runs, nothing to train on, or no labels and no file to write to.
    """
    asked = _the_run(plan)
    part = database(plan["test"])
    target = None if plan["predictions"] is None else answers_place(Path(plan["predictions"]), part)
    train = samples_of(plan, asked.dataset, asked.labels, asked.method.colour, progress)
    if target is not None:
        check_numbers(target, part, _answers_root(plan, asked), train.classes)
    tested, labelled = _test_samples(plan, part, train, asked)
    if not labelled and target is None:
        raise BadInput(
            f"{part.card.title} has no labels, so there is no score: say where to write the "
            "predictions with --predictions out.csv."
        )
    samples, division = _joined(train, tested)
    check_place(plan["out"])
    grid = plan["grid"]
    if isinstance(grid, (str, os.PathLike)) and str(grid) not in GRIDS:
        grid = load_grid(grid)
    work = Work(plan["out"], plan["fresh"])
    key = run_key(plan, asked, samples, grid)
    keep = work.open(key)
    done = work.finished(key) if labelled else None
    folder: Path | None
    if done is not None:
        kept, folder = load_run(done[0]), done[0]
        assert isinstance(kept, Predictions)
        found = kept
    else:
        known = None if labelled else Counter(train.y[_own(train, tested)])
        found = _predicted(plan, asked, samples, division, grid, keep, known, progress)
        folder = save_run(found, plan["out"]) if labelled else None
        if folder is not None and found.complete:
            work.finish(key, folder, "")
    mine = train.table[_own(train, tested)]
    trained = dict(Counter(mine["part"].fillna("") if "part" in mine else [""] * len(mine)))
    if target is not None:
        form = _form(plan, asked, part, found, tested.table)
        write_answers(
            target, form, lambda: len(load_annotations(part, _root(plan, asked, part))[0])
        )
        said = {**found.header, "dataset": asked.dataset, "test": part.card.name,
                "trained_on": trained}  # fmt: skip
        beside = target.with_name(target.name + ".json")
        write_whole(beside, json.dumps(said, indent=2, default=str))
    if found.complete:
        work.close()
    there = set(found.table["clip_id"])
    without = tuple(name for name in map(str, tested.table["clip_id"]) if name not in there)
    return PartOutcome(found, labelled, folder, target, without, trained)


def _the_run(plan: Mapping[str, Any]) -> Run:
    runs = plan_runs(plan)
    if len(runs) != 1 or plan["repeats"] != 1:
        raise BadInput(
            f"--test takes one dataset, label set, method and tuning; found {len(runs)} runs and "
            f"{plan['repeats']} repeats. Give one command for each."
        )
    asked = runs[0]
    if asked.labels == UNITS:
        raise BadInput("--test predicts one label per clip: name one unit, such as --labels au12.")
    if asked.tuning == "oracle":
        raise BadInput("An oracle looks at the test labels; --test takes nested or fixed tuning.")
    if asked.protocol != "loso":
        raise BadInput(
            f"--test says by itself what trains and what is tested; leave --protocol "
            f"{asked.protocol} out."
        )
    return replace(asked, protocol=f"test:{plan['test']}")


def _test_samples(
    plan: Mapping[str, Any], part: Database, train: Samples, asked: Run
) -> tuple[Samples, bool]:
    """The clips to predict; where nobody labelled them, under a label that stands for nothing."""
    clips, table, notes = load_unlabelled(
        part, _root(plan, asked, part), labels=asked.labels or train.label_set or None,
        variant=plan["variant"], missing=plan["missing"], colour=asked.method.colour,
    )  # fmt: skip
    labelled = bool(table["label"].notna().any())
    if labelled:
        rows = np.flatnonzero(table["label"].notna())
        clips, table = [clips[i] for i in rows], table.iloc[rows].reset_index(drop=True)
    else:
        table = table.assign(label=Counter(train.y).most_common(1)[0][0])
    return Samples(clips, table, train.classes, notes, train.label_set), labelled


def _root(plan: Mapping[str, Any], asked: Run, part: Database) -> Path:
    """Where the test part lies: with the dataset, if that is of the same family."""
    mine = database(asked.dataset) if "+" not in asked.dataset else None
    related = mine is not None and _family(mine) == _family(part)
    return part.root(plan["data_root"] if related else None)


def _family(one: Database) -> str:
    return (one.family or one.card).name


def _joined(train: Samples, tested: Samples) -> tuple[Samples, Callable]:
    """Both as one, and the protocol that trains on the one and tests the other."""
    ids, own = set(tested.table["clip_id"]), _own(train, tested)
    if not own.any():
        raise BadInput("Every clip of the dataset is in the test part; nothing is left to train.")
    train = train.take(own)
    if len(set(train.y)) < 2:
        raise BadInput("The clips left to train on have one class only; choose another label set.")
    table = pd.concat([train.table, tested.table], ignore_index=True)
    notes = [*train.notes, *(f"test part: {note}" for note in tested.notes)]
    samples = Samples([*train.clips, *tested.clips], table, train.classes, notes, train.label_set)

    def division(table: pd.DataFrame) -> Iterator[Fold]:
        test = table["clip_id"].isin(ids).to_numpy()
        yield Fold("test", np.flatnonzero(~test), np.flatnonzero(test))

    return samples, division


def _own(train: Samples, tested: Samples) -> np.ndarray:
    """Which clips of the dataset are not in the test part."""
    return ~train.table["clip_id"].isin(set(tested.table["clip_id"])).to_numpy()


def _predicted(
    plan: Mapping[str, Any], asked: Run, samples: Samples, division: Callable, grid: Any,
    keep: Path, known: Mapping[str, int] | None, progress: Progress | None,
) -> Predictions:  # fmt: skip
    """Of the test part; ``known`` are the clips of each class where that has no labels."""

    def staged(stage: str, done: int, total: int) -> None:
        if progress is not None:
            progress(f"{asked.method.name} on {asked.dataset}: {stage}", done, total)

    with running(staged, keep=not plan["no_cache"]):
        found = evaluate(
            asked.method, samples, protocol=division, tuning=asked.tuning, grid=grid,
            scoring=plan["scoring"], search=plan["search"], inner=plan["inner"],
            on_error=plan["on_error"], cache=not plan["no_cache"], n_jobs=plan["n_jobs"],
            seed=plan["seed"], progress=staged, keep=keep,
            explain=known is None and not plan["no_explain"],
        )  # fmt: skip
    head: dict[str, Any] = {
        "dataset": asked.dataset,
        "labels": samples.label_set or asked.labels,
        **found.header,
        "protocol": asked.protocol,
    }
    if known is not None:  # the label that the tested were given stands for nothing
        head["class_counts"] = {c: known.get(c, 0) for c in head["classes"]}
    if isinstance(plan["grid"], (str, os.PathLike)):
        head["grid"] = str(plan["grid"])
    return replace(found, header={**head, **provenance()})


def _form(
    plan: Mapping[str, Any], asked: Run, part: Database, found: Predictions, table: pd.DataFrame
) -> pd.DataFrame:
    """The predictions as the organisers of the database want them, else one line per clip."""
    scores = [c for c in found.table if str(c).startswith("score_")]
    told = found.table[["clip_id", "y_pred", *scores]]
    rows = table[["clip_id", "subject", "clip"]].merge(told, on="clip_id", how="inner")
    rows = rows.rename(columns={"y_pred": "prediction"})
    if part.answers is None:
        return rows
    return part.answers(_answers_root(plan, asked), rows)


def _answers_root(plan: Mapping[str, Any], asked: Run) -> Path:
    """Where the sheets lie that say how answers are numbered: with the (first) dataset."""
    return database(asked.dataset.split("+")[0]).root(plan["data_root"])
