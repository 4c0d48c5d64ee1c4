"""Level 4: the truth of the database at hand is attached again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..datasets import Samples, label_sets
from ..datasets.composites import expand
from ..errors import MebenchError
from ..evaluation import get_protocol
from ..scoring import Fold, Predictions, UnitPredictions
from ..scoring.marks import MARKS, marks_of
from .bundle import Bundle
from .contents import as_table, claims, confusion_of, csv_bytes
from .figures import same_numbers
from .names import hashed, key_of, public_names
from .report import Check

__all__ = ["AtHand", "attach", "data_checks", "rows_of", "with_truth"]


@dataclass(frozen=True)
class AtHand:
    """A bundle beside the data that it is about.

    Parameters
    ----------
    bundle : Bundle
        With open names, whatever it had.
    samples : Samples
        The clips of the run: those that it left out are not among them.
    table : DataFrame or None
        The predictions with the truth of the data; None where clips are not those of the data.
    folds : list of Fold or None
        As the protocol makes them of the data; None where it is not known here.
    """

    bundle: Bundle
    samples: Samples
    table: Any
    folds: list[Fold] | None

    @property
    def class_counts(self) -> dict[str, int]:
        """Clips of each class."""
        labels = self.samples.y.tolist()
        return {c: labels.count(c) for c in self.samples.classes}


def rows_of(name: str, labels: str) -> str | None:
    """The label set to load: for action units, one that leaves no clip out."""
    if labels != "au":
        return labels or None
    known = [label_sets(part) for part in expand(name)[0]]
    return next((s for s in ("au", "all") if all(s in sets for sets in known)), None)


def attach(bundle: Bundle, samples: Samples) -> AtHand:
    """Open hashed names, leave out what the run left out, attach the truth, make the folds."""
    opened = _opened(bundle, samples)
    skipped = opened.header.get("skipped") or {}
    kept = samples.take((~samples.table["clip_id"].isin(list(skipped))).to_numpy())
    table = as_table(opened)
    known = kept.table.set_index("clip_id")
    if not set(table["clip_id"]) <= set(known.index):
        return AtHand(opened, kept, None, None)
    if opened.units:
        table["y_true"] = _unit_truth(kept, table)
    else:
        table["y_true"] = known.loc[table["clip_id"], "label"].astype(str).to_numpy()
        if bundle.hashed:  # in the order of the data, as the run had them
            order = {clip: i for i, clip in enumerate(known.index)}
            table = table.sort_values("clip_id", key=lambda c: c.map(order))
            table = table.reset_index(drop=True)
    try:
        name = opened.task[2]
        seed = int(opened.header.get("seed") or 0)
        frame = kept.table
        folds = list(get_protocol(name, seed=seed)(frame))
    except (MebenchError, ValueError, TypeError):
        folds = None
    return AtHand(opened, kept, table, folds)


def data_checks(found: AtHand) -> Iterator[Check]:
    """The checks of level 4."""
    bundle, samples = found.bundle, found.samples
    own, stated = samples.fingerprint(), bundle.header.get("fingerprint")
    if own == stated:
        text = f"The data at hand are those of the run (fingerprint {own})."
        yield Check(4, "fingerprint", "proved", text)
    else:
        text = (
            f"The data at hand have the fingerprint {own}, those of the run {stated}: another "
            "sheet or version, or labels that somebody changed."
        )
        yield Check(4, "fingerprint", "disproved", text)
    yield from _same_pixels(found)
    if samples.label_set and not bundle.units and samples.label_set != bundle.task[1]:
        text = f"The labels at hand are {samples.label_set}, those of the run {bundle.task[1]}."
        yield Check(4, "labels", "disproved", text)
    if found.table is None:
        text = "Clips of the bundle are not in the data at hand, or their names do not match."
        yield Check(4, "clips", "disproved", text)
        return
    yield _same_persons(found)
    yield _same_folds(found)
    yield from _same_figures(found)


def _same_pixels(found: AtHand) -> Iterator[Check]:
    """The frames are those of the run, where it says which it had."""
    stated = found.bundle.header.get("pixels")
    if stated is None:
        return
    own = found.samples.pixels()
    if own is None:
        yield Check(
            4, "pixels", "open", "Whether the frames are those of the run; some are missing."
        )
    elif own == stated:
        yield Check(4, "pixels", "proved", f"Every frame is that of the run (pixels {own}).")
    else:
        text = (
            f"The frames at hand have the hash {own}, those of the run {stated}: another variant?"
        )
        yield Check(4, "pixels", "disproved", text)


def _same_persons(found: AtHand) -> Check:
    truth = found.samples.table.set_index("clip_id")
    table = found.table.drop_duplicates("clip_id")
    for column in ("dataset", "subject"):
        own = truth.loc[table["clip_id"], column].astype(str).to_numpy()
        wrong = own != table[column].to_numpy()
        if wrong.any():
            clip = table["clip_id"].to_numpy()[wrong][0]
            text = f"The clip {clip!r} shows another person, or is of another database."
            return Check(4, "persons", "disproved", text)
    return Check(4, "persons", "proved", f"{len(table)} clips are of the persons that they show.")


def _same_folds(found: AtHand) -> Check:
    if found.folds is None:
        text = f"The folds of the protocol {found.bundle.task[2]!r} cannot be made here."
        return Check(4, "folds", "open", text)
    ids = found.samples.table["clip_id"].to_numpy()
    own = {str(clip): f.name for f in found.folds for clip in ids[f.test]}
    table = found.table.drop_duplicates("clip_id")
    said = dict(zip(table["clip_id"], table["fold"], strict=True))
    wrong = [clip for clip in {**own, **said} if own.get(clip) != said.get(clip)]
    if wrong:
        text = (
            f"{len(wrong)} clips, such as {wrong[0]!r}, are in other folds than the protocol makes "
            "of the data."
        )
        return Check(4, "folds", "disproved", text)
    return Check(4, "folds", "proved", "The protocol makes the same folds of the data.")


def _same_figures(found: AtHand) -> Iterator[Check]:
    bundle = found.bundle
    try:
        run = with_truth(found)
    except MebenchError as error:
        yield Check(4, "scores", "disproved", f"The predictions do not fit the data: {error}")
        return
    wrong = same_numbers(
        bundle.confusion["databases"], confusion_of(run)["databases"], " of the matrix"
    )
    if wrong:
        text = f"With the truth of the data the counts are others: {wrong[0].strip()}."
        yield Check(4, "matrix", "disproved", text)
    else:
        yield Check(4, "matrix", "proved", "The truth of the data gives the same counts.")
    own = claims(run)
    wrong = [
        w for key, value in own.items() for w in same_numbers(bundle.scores.get(key), value, "")
    ]
    if wrong:
        text = f"With the truth of the data a figure is another: {wrong[0].strip()}."
        yield Check(4, "scores", "disproved", text)
    else:
        text = "Scores, intervals, baseline, classes, databases and persons come out again."
        yield Check(4, "scores", "proved", text)
    if isinstance(run, Predictions) and found.folds is not None and "y_majority" in run.table:
        yield _same_majority(found, run)
    yield from _same_file(found)


def with_truth(found: AtHand) -> Predictions | UnitPredictions:
    """The run as it was when it knew the truth.

    Raises
    ------
    BadInput
        The bundle's header and table make no predictions.
    """
    kind = UnitPredictions if found.bundle.units else Predictions
    return kind(found.table, {**found.bundle.header, "complete": True})


def _same_majority(found: AtHand, run: Predictions) -> Check:
    y, classes = found.samples.y, run.classes
    ids = found.samples.table["clip_id"].to_numpy()
    said = dict(zip(run.table["clip_id"], run.table["y_majority"], strict=True))
    for fold in found.folds or []:
        most = classes[int(np.argmax([(y[fold.train] == c).sum() for c in classes]))]
        if any(said.get(str(clip)) != most for clip in ids[fold.test]):
            text = f"The most frequent class of what fold {fold.name!r} trains on is {most}."
            return Check(4, "baseline", "disproved", text)
    return Check(4, "baseline", "proved", "The majority of each training fold is the one stated.")


def _same_file(found: AtHand) -> Iterator[Check]:
    """The table with its truth is, to the byte, the one that the run wrote."""
    stated = found.bundle.header.get("predictions_sha256")
    if not stated and found.bundle.manifest["ids"] == "hashed":
        return  # its table has other names, in another order
    columns = {k: list(map(str, found.table[k])) for k in found.table if k in _written(found)}
    for key, values in found.bundle.rows.items():
        columns[key] = list(values)
    columns = {k: columns[k] for k in _written(found)}
    marks = marks_of(found.bundle.header)
    if marks:  # a run that must not be read as performance says so in its last column
        columns[MARKS] = [marks] * len(found.table)
    if hashlib.sha256(csv_bytes(columns)).hexdigest() == stated:
        text = "With its truth the table is, to the byte, the one that the run wrote."
        yield Check(4, "file", "proved", text)
    else:
        text = (
            "With its truth the table is not the one that the run wrote (checksum): a prediction, "
            "a score or a label was changed."
        )
        yield Check(4, "file", "disproved", text)


def _written(found: AtHand) -> list[str]:
    """The columns of a run's predictions.csv, in their order."""
    first = ["clip_id", "dataset", "subject", "fold"]
    middle = ["unit", "y_true", "y_pred"] if found.bundle.units else ["y_true", "y_pred"]
    return first + middle + [c for c in found.bundle.rows if c not in (*first, *middle)]


def _opened(bundle: Bundle, samples: Samples) -> Bundle:
    """The bundle with the names that the data at hand have, as far as they can be told."""
    from dataclasses import replace

    t = samples.table
    persons: dict[str, str] = {}
    if bundle.hashed:
        key = key_of(samples)
        pairs = zip(t["dataset"], t["subject"], strict=True)
        persons = {hashed("person", f"{d}/{s}", key): str(s) for d, s in pairs}
        clips = {hashed("clip", str(c), key): str(c) for c in t["clip_id"]}
    else:
        clips = {new: old for old, new in public_names(map(str, t["clip_id"])).items()}

    def fold(name: str) -> str:
        data, _, person = name.rpartition("/")
        return clips.get(name) or (f"{data}/{persons[person]}" if person in persons else name)

    folds = {
        "clip_id": [clips.get(c, c) for c in bundle.folds["clip_id"]],
        "dataset": bundle.folds["dataset"],
        "subject": [persons.get(s, s) for s in bundle.folds["subject"]],
        "fold": [fold(f) for f in bundle.folds["fold"]],
    }
    rows = {**bundle.rows, "clip_id": [clips.get(c, c) for c in bundle.rows["clip_id"]]}
    chosen = bundle.chosen["folds"]
    lists = chosen if isinstance(chosen, Mapping) else {"": chosen}
    new = {k: [{**c, "fold": fold(str(c["fold"]))} for c in v] for k, v in lists.items()}
    header = dict(bundle.header)
    if header.get("skipped"):
        header["skipped"] = {clips.get(c, c): why for c, why in header["skipped"].items()}
    return replace(
        bundle, folds=folds, rows=rows, header=header,
        chosen={**bundle.chosen, "folds": new if isinstance(chosen, Mapping) else new[""]},
    )  # fmt: skip


def _unit_truth(samples: Samples, table: Any) -> list[int]:
    from ..datasets.units import unit_matrix

    matrix, units = unit_matrix(samples.table)
    row = {str(c): i for i, c in enumerate(samples.table["clip_id"])}
    column = {u: i for i, u in enumerate(units)}
    return [
        int(matrix[row[c], column[u]]) if u in column else 0
        for c, u in zip(table["clip_id"], table["unit"], strict=True)
    ]
