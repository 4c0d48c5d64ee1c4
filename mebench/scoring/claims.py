"""Claimed scores: the number as printed, and what it may stand for."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from ..errors import BadInput

__all__ = ["Claim", "claim"]


class Claim(NamedTuple):
    """A printed score as a share, and how far the true value may be from it by rounding."""

    value: float
    slack: float
    #: The share with the digits that count.
    printed: str = ""

    @property
    def digits(self) -> int:
        """After the point, of the share."""
        return len(self.printed.partition(".")[2].partition(" ")[0])

    def admits(self, value: float) -> bool:
        """Whether `value` could have been printed so."""
        return abs(value - self.value) <= self.slack


def claim(
    printed: str | float, *, decimals: int | None = None, tolerance: float | None = None
) -> Claim:
    """A claimed score, read as it was printed.

    Parameters
    ----------
    printed : str or float
        ``".5280"``, ``"0.528"``, ``"52.80"`` or ``"52.80%"``: more than 1 is percent. Of text the
        digits are counted; a number does not tell how many were printed.
    decimals : int, optional
        Digits after the point, as printed. Default: those of the text; 4 for a number (2 in
        percent).
    tolerance : float, optional
        Largest distance, as a share, instead of half a unit of the last digit.

    Raises
    ------
    BadInput
        No number from 0 to 1, or to 100.

    Examples
    --------
    >>> [(c.value, round(c.slack, 8), c.printed) for c in (claim(".5280"), claim("52.8%"))]
    [(0.528, 5e-05, '0.5280'), (0.528, 0.0005, '0.528')]
    """
    text = str(printed).strip()
    try:
        number = Decimal(text.rstrip("%").strip())
    except InvalidOperation:
        raise BadInput(f"A score is a number such as .5280 or 52.80, found {text!r}.") from None
    percent = text.endswith("%") or (number.is_finite() and number > 1)
    if not number.is_finite() or not 0 <= number <= (100 if percent else 1):
        raise BadInput(f"A score lies from 0 to 1, or to 100 in percent; found {text!r}.")
    exponent = number.as_tuple().exponent
    own = max(0, -exponent) if isinstance(exponent, int) else 0
    if decimals is None:
        decimals = own if isinstance(printed, str) else 2 if percent else 4
    exact = number / 100 if percent else number
    digits = decimals + (2 if percent else 0)
    shown = f"{exact:.{max(digits, own + digits - decimals)}f}" + (
        "" if tolerance is None else f" ± {tolerance:g}"
    )
    half = 0.5 * 10.0**-digits if tolerance is None else tolerance
    # Both roundings of a half are allowed; 1e-12 is for the binary form of decimal numbers.
    return Claim(float(exact), half + 1e-12, shown)
