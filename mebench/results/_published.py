"""Published results, each with its source, its protocol and what is wrong with it."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInput
from ..exact_numbers import as_numbers
from ..scoring import Predictions, UnitPredictions
from .words import is_twin

__all__ = ["FLAGS", "SCORES", "beside", "explain_flags", "place_of", "published"]

#: What the flags mean. No flag does not mean clean: most papers do not say how C was chosen.
FLAGS = {
    "G": "parameters, blocks or fusion chosen on the evaluation folds",
    "S": "persons on both sides of a fold",
    "T": "a transformation fitted on all data, test clips included, or possibly so",
    "E": "best epoch on the test clips",
    "P": "part of the subjects or classes",
    "V": "videos that show no expression of the kind left out",
    "?": "protocol unclear",
}

#: Columns of scores, as shares. ``f1`` is an F1 whose kind its source does not state;
#: ``analysis_f1`` is that of spot-then-recognise, of macro-precision and macro-recall.
SCORES = (
    *("accuracy", "uf1", "uar", "f1", "weighted_f1"),
    *("f1_unit_mean", "f1_database_mean"),
    *("spotting_f1_macro", "spotting_f1_micro", "spotting_f1", "analysis_f1", "strs"),
)
_ALIASES = {"smic-hs": "smic", "smic_hs": "smic"}
_UNIONS = {
    (frozenset({"smic", "casme2", "samm"}), "3class"): "megc2019",
    (frozenset({"casme2", "samm"}), "objective5"): "megc2018",
}
_TOGETHER = ("megc2019", "megc2018")


def published(
    *,
    database: str | None = None,
    labels: str | None = None,
    protocol: str | None = None,
    method: str | None = None,
) -> pd.DataFrame:
    """The published results that come with the package.

    Every number was seen in the source that is named; a later paper or repository that quotes a
    number is named as such. ``part`` is the database within a composite. Where a source does
    not say which classes it used, ``labels`` is ``unstated``.

    Parameters
    ----------
    database, labels, protocol : str, optional
        Rows with this very value (``database`` also finds the parts of composites).
    method : str, optional
        Rows whose method contains this, in upper or lower case.

    Returns
    -------
    DataFrame
        ``database, part, labels, protocol, method, clips``, the scores :data:`SCORES` (NaN where
        not printed), ``flags`` (:data:`FLAGS`), ``source`` and ``note``, with any erratum.

    Examples
    --------
    >>> rows = published(database="megc2019", method="lbp-top")
    >>> rows[["part", "uf1", "uar"]].values.tolist()[:2]
    [['', 0.5882, 0.5785], ['smic', 0.2, 0.528]]
    >>> rows["note"].iloc[1].split(":")[0]
    'ERRATUM'
    """
    rows = _read()
    chosen = np.ones(len(rows), bool)
    if database is not None:
        wanted = _ALIASES.get(database, database)
        chosen &= ((rows["database"] == wanted) | (rows["part"] == wanted)).to_numpy()
    for column, value in (("labels", labels), ("protocol", protocol)):
        if value is not None:
            chosen &= (rows[column] == value).to_numpy()
    if method is not None:
        found = rows["method"].str.lower().str.contains(method.lower(), regex=False)
        chosen &= found.to_numpy()
    if not chosen.any():
        known = ", ".join(sorted(set(rows["database"])))
        raise BadInput(
            f"No published result fits. There are results on {known}; `mebench published` lists "
            "all, with their labels and protocols."
        )
    return rows[chosen].reset_index(drop=True)


def beside(predictions: Predictions | UnitPredictions) -> pd.DataFrame:
    """Published results on the same database, labels and protocol, with ours on top.

    Parameters
    ----------
    predictions : Predictions
        Of :func:`mebench.evaluation.evaluate`; the header says database, labels and protocol.

    Returns
    -------
    DataFrame
        Columns of :func:`published`; empty where nothing agrees. The rows of each part of a
        composite come after one of ours, scored on that part.
    """
    head = predictions.header
    labels = str(head.get("labels", ""))
    database, protocol = place_of(
        str(head.get("dataset", "")), labels, str(head.get("protocol", ""))
    )
    rows = _read()
    if is_twin(head):  # made-up clips are nothing to set beside recordings
        rows = rows[:0]
    same = (rows["database"] == database) & (rows["labels"] == labels)
    rows = rows[same & (rows["protocol"] == protocol)]
    out: list[dict[str, Any]] = []
    for part in dict.fromkeys(rows["part"]):
        own = predictions
        if part:
            names = {_ALIASES.get(name, name): name for name in predictions.datasets}
            if part not in names:
                continue
            own = predictions.restricted(names[part])
        scores = own.scores()
        flags = "G" if head.get("tuning") == "oracle" else ""
        out.append(
            {
                **dict.fromkeys(rows.columns, ""),
                **{k: rows.iloc[0][k] for k in ("database", "labels", "protocol")},
                **dict.fromkeys(SCORES, np.nan),
                **{k: scores[k] for k in SCORES if k in scores},
                "part": part,
                "method": f"{head.get('method', 'ours')} (this run)",
                "clips": str(own.table["clip_id"].nunique()),
                "flags": flags,
                "source": "this run",
            }
        )
        out += rows[rows["part"] == part].to_dict("records")
    return pd.DataFrame(out, columns=rows.columns)


def explain_flags(rows: pd.DataFrame) -> list[str]:
    """One line for each flag that occurs."""
    met = "".join(rows["flags"])
    return [f"{flag}: {words}" for flag, words in FLAGS.items() if flag in met]


def place_of(database: str, labels: str, protocol: str) -> tuple[str, str]:
    """Under which database and protocol published results stand: one thing has several names.

    Examples
    --------
    >>> place_of("smic-hs+casme2+samm", "3class", "loso")
    ('megc2019', 'composite')
    """
    names = [_ALIASES.get(name, name) for name in database.lower().split("+")]
    name = _UNIONS.get((frozenset(names), labels), "+".join(names))
    if name in _TOGETHER and protocol == "loso":
        protocol = "composite"  # the same thing by two names
    return name, protocol


def _read() -> pd.DataFrame:
    """Results of recognition, then those of spotting in long videos, which have other scores."""
    parts = []
    for name in ("published.csv", "published_spotting.csv"):
        with resources.files(__package__).joinpath(name).open(encoding="utf-8") as file:
            parts.append(pd.read_csv(file, dtype=str, keep_default_na=False))
    rows = pd.concat(parts, ignore_index=True).fillna("")
    for column in SCORES:
        rows[column] = as_numbers(rows[column])
    words = [c for c in parts[0].columns if c not in SCORES]
    place = words.index("flags")
    return rows[[*words[:place], *SCORES, *words[place:]]]
