"""Which measure is a claimed score? Everything that predictions can be scored as, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BadInput
from .claims import claim
from .metrics import MEASURES, confusion_matrix, get_measure, macro_precision, uar, uf1, weighted_f1
from .predictions import Predictions
from .subjects import subject_keys

__all__ = ["CANNOT_BE_TOLD", "Recognised", "readings", "recognise"]

#: What no audit of final predictions can see.
CANNOT_BE_TOLD = (
    "Whether parameters, features or the best epoch were chosen on the test clips cannot be told "
    "from predictions: such predictions are scored like any others."
)

_SWAPPED = "macro-precision (UAR with truth and prediction swapped)"


@dataclass(frozen=True)
class Recognised:
    """What a claimed score is.

    Parameters
    ----------
    measure : str
        Under which name it is claimed.
    claimed : str
        As printed.
    value : float
        The measure of that name, from the pooled predictions.
    agrees : bool
        Whether `value` could have been printed as `claimed`.
    readings : list of str
        All measures that could have been, by name.
    nearest : str
        The nearest reading, where none agrees.
    digits : int, default 4
        Digits that `value` is told with: those of the claim, four at least.
    """

    measure: str
    claimed: str
    value: float
    agrees: bool
    readings: list[str]
    nearest: str
    digits: int = 4

    def sentence(self) -> str:
        """The finding in words."""
        name = MEASURES[self.measure].title
        if self.agrees:
            return f"{name} {self.claimed} is the pooled {name}."
        value = f"{self.value:.{self.digits}f}"
        text = f"{name} {self.claimed} is not the pooled {name}, which is {value}."
        if self.readings:
            return f"{text} It is the {' = '.join(self.readings)}."
        return f"{text} It is no measure of these predictions known here; nearest: {self.nearest}."


def recognise(
    predictions: Predictions,
    claims: Mapping[str, str | float],
    *,
    decimals: int | None = None,
    tolerance: float | None = None,
) -> list[Recognised]:
    """Which measure each claimed score really is.

    Parameters
    ----------
    predictions : Predictions
    claims : mapping of str to str or float
        Measure (``accuracy``, ``uf1``, ``uar``, ``weighted_f1``, ``war``) to the printed score.
    decimals, tolerance : optional
        See :func:`mebench.scoring.claim`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"clip_id": list("uvwxyz"), "dataset": "toy",
    ...     "subject": list("112233"), "fold": list("112233"),
    ...     "y_true": list("aaaabb"), "y_pred": list("aabbbb")})
    >>> found = recognise(Predictions(table, {"classes": ["a", "b"]}), {"uar": ".7500"})
    >>> print(found[0].sentence())
    UAR .7500 is the pooled UAR.
    """
    if not claims:
        raise BadInput(f"No score is claimed; there is {', '.join(MEASURES)}.")
    claims = {get_measure(name).key: printed for name, printed in claims.items()}
    known = readings(predictions)
    out = []
    for measure, printed in claims.items():
        said = claim(printed, decimals=decimals, tolerance=tolerance)
        value = known[f"pooled {MEASURES[measure].title}"]
        fitting = [name for name, found in known.items() if said.admits(found)]
        name = min(known, key=lambda k, said=said: abs(known[k] - said.value))  # type: ignore[misc]
        digits = max(4, said.digits)
        nearest = f"{name} ({known[name]:.{digits}f})"
        shown = str(printed) if isinstance(printed, str) and decimals is None else said.printed
        agrees = said.admits(value)
        out.append(Recognised(measure, shown, value, agrees, fitting, nearest, digits))
    return out


def readings(predictions: Predictions) -> dict[str, float]:
    """Every score that has been printed under one name or another: name → value."""
    classes = predictions.classes
    confusion = predictions.confusion()
    swapped = confusion.T
    out = {f"pooled {m.title}": float(m(confusion)) for m in MEASURES.values()}
    truth, guess = confusion.sum(1), confusion.sum(0)
    precision, recall = macro_precision(confusion), macro_precision(swapped)
    weighted_precision = float(
        (np.diag(confusion) / np.maximum(guess, 1) * truth).sum() / max(truth.sum(), 1)
    )
    out[_SWAPPED] = uar(swapped)
    out["macro-precision over all classes"] = precision
    out["weighted precision"] = weighted_precision
    out["weighted F1 with truth and prediction swapped"] = weighted_f1(swapped)
    out["macro-recall over all classes"] = recall
    if precision + recall > 0:
        out["F1 of macro-precision and macro-recall"] = (
            2 * precision * recall / (precision + recall)
        )
    occurring = np.flatnonzero(truth)
    f1 = 2 * np.diag(confusion) / np.maximum(truth + guess, 1)
    out["UF1 over the classes of the truth only"] = float(f1[occurring].mean())
    for c, label in enumerate(classes):
        out[f"F1 of the class {label}"] = float(f1[c])
    parts = {"fold": predictions.table["fold"].to_numpy(object), "subject": _subjects(predictions)}
    if len(predictions.datasets) > 1:
        parts["database"] = predictions.table["dataset"].astype(str).to_numpy(object)
        for name in predictions.datasets:
            own = predictions.restricted(name).confusion()
            for m in MEASURES.values():
                out[f"{m.title} on {name} alone"] = float(m(own))
    for kind, part in parts.items():
        if len(set(part)) > 1:
            out.update(_means(predictions, kind, part))
    return _distinct(out)


def _means(predictions: Predictions, kind: str, part: np.ndarray) -> dict[str, float]:
    """Means over folds, subjects or databases, with and without the classes each part lacks."""
    y = predictions.table["y_true"].to_numpy(object)
    guess = predictions.table["y_pred"].to_numpy(object)
    full, met = [], []
    for value in dict.fromkeys(part):
        here = part == value
        confusion = confusion_matrix(y[here], guess[here], predictions.classes)
        occurring = np.flatnonzero(confusion.sum(0) + confusion.sum(1))
        full.append(confusion)
        met.append(confusion[np.ix_(occurring, occurring)])

    def mean(score: Callable[[np.ndarray], Any], of: list[np.ndarray]) -> float:
        return float(np.mean([score(c) for c in of]))

    out = {f"{kind} mean of {m.title}": mean(m, met) for m in MEASURES.values()}
    out[f"{kind} mean of UF1 over all classes"] = mean(uf1, full)
    out[f"{kind} mean of recall over the classes that occur or are predicted"] = mean(
        lambda c: macro_precision(c.T), met
    )
    out[f"{kind} mean of macro-precision"] = mean(macro_precision, met)
    return out


def _distinct(out: dict[str, float]) -> dict[str, float]:
    """Without readings that are equal by definition to an earlier one here."""
    twins = {
        "macro-precision over all classes": _SWAPPED,
        "macro-recall over all classes": "pooled UAR",
        "UF1 over the classes of the truth only": "pooled UF1",
    }
    for kind in ("fold", "subject", "database"):
        twins[f"{kind} mean of UF1 over all classes"] = f"{kind} mean of UF1"
        twins[f"{kind} mean of recall over the classes that occur or are predicted"] = (
            f"{kind} mean of UAR"
        )
    for twin, first in twins.items():
        if twin in out and first in out and abs(out[twin] - out[first]) < 1e-12:
            del out[twin]
    # Where every subject is a fold, the two means are one.
    for name in [n for n in out if n.startswith("subject mean")]:
        if abs(out[name] - out.get(name.replace("subject", "fold", 1), np.inf)) < 1e-12:
            del out[name]
    for name in [n for n in out if "WAR" in n]:
        if name != "pooled WAR":
            del out[name]  # it is accuracy
    return out


def _subjects(predictions: Predictions) -> np.ndarray:
    return subject_keys(predictions.table)
