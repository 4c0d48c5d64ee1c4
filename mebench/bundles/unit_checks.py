"""Level 2 for action units: four counts per unit and database instead of a matrix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..scoring import UnitPredictions
from .bundle import Bundle
from .figures import other_databases, same_numbers
from .report import Check

__all__ = ["unit_arithmetic"]


def unit_arithmetic(bundle: Bundle) -> Iterator[Check]:
    """Counts are those of the predictions, and every score follows from them."""
    counts = bundle.confusion["databases"]
    place = dict(zip(bundle.folds["clip_id"], bundle.folds["dataset"], strict=True))
    said: Counter[tuple[str, str, str]] = Counter()
    for clip, unit, guess in zip(
        bundle.rows["clip_id"], bundle.rows["unit"], bundle.rows["y_pred"], strict=True
    ):
        said[place[clip], unit, guess] += 1
    wrong = [
        f"AU{unit} on {name}"
        for name, part in counts.items()
        for unit, (tp, fp, fn, tn) in part.items()
        if (said[name, unit, "1"], said[name, unit, "0"]) != (tp + fp, fn + tn)
    ]
    strange = other_databases(bundle)
    if wrong or strange or set(place.values()) != set(counts):
        what = wrong[0] if wrong else strange or "other databases"
        text = f"Counts and predictions differ: {what}."
        yield Check(2, "counts", "disproved", text)
        return
    positives = {
        str(u): sum(part[str(u)][0] + part[str(u)][2] for part in counts.values())
        for u in bundle.header["units"]
    }
    stated = bundle.header.get("unit_counts")
    if stated is not None and stated != positives and len(place) == bundle.header.get("n_samples"):
        text = "The counts have other numbers of clips with a unit than the header of the run."
        yield Check(2, "counts", "disproved", text)
        return
    yield Check(2, "counts", "proved", "The counts are those of the predictions that are there.")
    again = _as_counted(bundle)
    parts = {
        "scores": again.scores(),
        "all_ones": again.scores("all_ones"),
        "per_unit": {str(k): v for k, v in again.per_unit().to_dict("index").items()},
        "per_database": {name: again.restricted(name).scores() for name in again.datasets},
    }
    odd = [w for key, v in parts.items() for w in same_numbers(bundle.scores.get(key), v, "")]
    if odd:
        yield Check(2, "scores", "disproved", f"A score does not follow: {odd[0]}.")
    else:
        shown = f"F1 over units {again.scores()['f1_unit_mean']:.4f}"
        yield Check(2, "scores", "proved", f"Every score follows from the counts: {shown}.")
    for name, value in bundle.scores["scores"].items():
        ends = bundle.scores["intervals"].get(name)
        if ends == [None, None]:
            continue
        if not isinstance(ends, list) or not 0 <= ends[0] <= value + 1e-9 <= ends[1] + 2e-9:
            text = f"The interval of {name}, {ends}, cannot be that of {value}."
            yield Check(2, "intervals", "disproved", text)
            return
    yield Check(2, "intervals", "proved", "Every interval holds its score.")


def _as_counted(bundle: Bundle) -> UnitPredictions:
    """Predictions that have these counts, whoever they show: scores know nothing else."""
    rows = []
    for name, part in bundle.confusion["databases"].items():
        for unit, counts in part.items():
            for (truth, guess), n in zip(((1, 1), (0, 1), (1, 0), (0, 0)), counts, strict=True):
                rows += [(name, int(unit), truth, guess)] * n
    table = pd.DataFrame(rows, columns=["dataset", "unit", "y_true", "y_pred"])
    table["clip_id"] = np.arange(len(table)).astype(str)
    table["subject"] = table["fold"] = "1"
    return UnitPredictions(table, {"units": bundle.header["units"]})
