"""Learning rates that change from epoch to epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import BadInput

__all__ = ["check_schedule", "learning_rate"]

_LEAST_GAIN = 1e-4  # that counts as better, as in Keras
_FORMS = "plateau, plateau:FACTOR:PATIENCE:LEAST, drop-at:EPOCH, drop-at:EPOCH:FACTOR, " \
    "halve-after:EPOCH"  # fmt: skip


def learning_rate(rate: float, schedule: str | None, losses: Sequence[float]) -> float:
    """The rate of the next epoch.

    Parameters
    ----------
    rate : float
        Of the first epoch.
    schedule : str, optional
        ``'plateau'`` is ``plateau:0.5:3:1e-6``: half as much whenever the loss has not fallen for
        three epochs, and 1e-6 at least. ``drop-at:30`` is a tenth from epoch 30 on;
        ``halve-after:35`` half as much in every second epoch after 35. Epochs count from 0.
    losses : sequence of float
        Of the epochs so far; only a plateau looks at them.

    Examples
    --------
    >>> [learning_rate(1.0, "plateau", losses) for losses in ([], [3, 2], [3, 2, 2, 2, 2])]
    [1.0, 1.0, 0.5]
    >>> learning_rate(1.0, "drop-at:2", [0, 0]), learning_rate(1.0, "halve-after:1", [0] * 5)
    (0.1, 0.25)
    """
    kind, numbers = check_schedule(schedule)
    if kind == "plateau":
        return _after_plateaus(rate, losses, *numbers)
    epoch = len(losses)
    if kind == "drop-at":
        return rate * (numbers[1] if epoch >= numbers[0] else 1.0)
    if kind == "halve-after":
        halved = sum(e % 2 == 0 for e in range(int(numbers[0]) + 1, epoch + 1))
        return float(rate / 2**halved)
    return rate


def check_schedule(schedule: str | None) -> tuple[str, tuple[float, ...]]:
    """The kind of a schedule and its numbers.

    Raises
    ------
    BadInput
        No such schedule.

    Examples
    --------
    >>> check_schedule("plateau")
    ('plateau', (0.5, 3.0, 1e-06))
    """
    if schedule is None:
        return "constant", ()
    kind, *parts = str(schedule).split(":")
    defaults = {"plateau": (0.5, 3.0, 1e-6), "drop-at": (None, 0.1), "halve-after": (None,)}
    try:
        given = [float(p) for p in parts]
        usual = defaults[kind]
        numbers = tuple(n for n in (*given, *usual[len(given) :]) if n is not None)
        if len(given) > len(usual) or len(numbers) < len(usual) or not np.isfinite(numbers).all():
            raise ValueError
    except (KeyError, ValueError):
        raise BadInput(f"schedule must be None or {_FORMS}; found {schedule!r}.") from None
    return kind, numbers


def _after_plateaus(
    rate: float, losses: Sequence[float], factor: float, patience: float, least: float
) -> float:
    best, waited = np.inf, 0
    for loss in losses:
        if loss < best - _LEAST_GAIN:
            best, waited = loss, 0
            continue
        waited += 1
        if waited >= patience:
            rate, waited = max(rate * factor, least) if rate > least else rate, 0
    return float(rate)
