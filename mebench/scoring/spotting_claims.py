"""Claims on spotting, as they are printed: counts, and scores with the rounding they leave open."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ..errors import BadInput

__all__ = ["COUNTS", "SCORES", "Printed", "parse_spotting_claims", "read_count", "read_score"]

#: What can be claimed, and how it is called in sentences.
SCORES = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "analysis-precision": "precision of the analysis",
    "analysis-recall": "recall of the analysis",
    "analysis-f1": "F1 of the analysis",
    "uf1": "UF1 of the analysis",
    "uar": "UAR of the analysis",
    "strs": "STRS",
}
COUNTS = {
    "tp": "true positives",
    "fp": "false positives",
    "fn": "false negatives",
    "total": "annotated intervals",
}


@dataclass(frozen=True)
class Printed:
    """A printed number and how far the true one may be from it, by rounding."""

    text: str
    value: float
    slack: float

    def admits(self, value: float, more: float = 0.0) -> bool:
        return abs(value - self.value) <= self.slack + more + 1e-12

    @property
    def ends(self) -> tuple[float, float]:
        return max(0.0, self.value - self.slack), self.value + self.slack


def parse_spotting_claims(text: str) -> dict[str, str]:
    """``tp=6,fp=217,recall=.0288`` as a mapping.

    Raises
    ------
    BadInput
        Another form, an unknown name, or one that stands twice.

    Examples
    --------
    >>> parse_spotting_claims("tp=6, f1=.0278")
    {'tp': '6', 'f1': '.0278'}
    """
    out: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        name = name.strip().lower()
        if not equals or name not in {**SCORES, **COUNTS} or name in out:
            raise BadInput(
                f"Claims on spotting are written as tp=6,fp=217,recall=.0288; known are "
                f"{', '.join([*COUNTS, *SCORES])}, each once. Found {part.strip()!r}."
            )
        out[name] = value.strip()
    return out


def read_count(name: str, value: str | float) -> int:
    """A printed count."""
    text = str(value).strip()
    if not text.isdecimal():
        raise BadInput(f"{COUNTS[name]} ({name}) are a whole number, found {text!r}.")
    return int(text)


def read_score(value: str | float, tolerance: float | None) -> Printed:
    """A printed score; more than 1 is kept as it is, unless it says percent."""
    text = str(value).strip()
    try:
        number = Decimal(text.rstrip("%").strip())
    except InvalidOperation:
        raise BadInput(f"A score is a number such as .0278, found {text!r}.") from None
    if not number.is_finite() or number < 0:
        raise BadInput(f"A score is a number from 0 to 1, found {text!r}.")
    exponent = number.as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    share = 100 if text.endswith("%") else 1
    slack = 0.5 * 10.0**-digits / share if tolerance is None else tolerance
    return Printed(text, float(number) / share, slack)
