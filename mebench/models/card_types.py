"""What the keys of a model's card hold, which may come from anybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import BadInput

__all__ = ["check_card"]


def check_card(card: Any, where: str) -> None:
    """That each key some reader relies on holds what :func:`mebench.models.make_card` gives it.

    A key that is not there, or null, is as if nothing were known; the method, the data and the
    evaluation must be there.

    Parameters
    ----------
    card : object
        As JSON gives it.
    where : str
        Of the file, for the message.

    Raises
    ------
    BadInput
        Naming the key, what stands there and what was expected.

    Examples
    --------
    >>> check_card({"method": {}, "data": {"fps": [200]}, "evaluation": {}}, "a.mebench")
    >>> check_card({"method": {}, "data": {"fps": "200"}, "evaluation": {}}, "a.mebench")
    Traceback (most recent call last):
    mebench.errors.BadInput: The card of the model a.mebench cannot be read: data.fps is '200'; \
expected a list of numbers.
    """
    if not _is_table(card):
        raise BadInput(f"The card of the model {where} cannot be read: it is no table of keys.")
    for key, (kind, fits) in _KINDS.items():
        value: Any = card
        for part in key.split("."):
            value = value.get(part) if _is_table(value) else None
        if value is None and key not in _NEEDED:
            continue
        if not fits(value):
            shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}…"
            raise BadInput(
                f"The card of the model {where} cannot be read: {key} is {shown}; expected {kind}."
            )


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_texts(value: Any) -> bool:
    return _is_list(value) and all(isinstance(one, str) for one in value)


def _is_numbers(value: Any) -> bool:
    return _is_list(value) and all(
        isinstance(one, (int, float)) and not isinstance(one, bool) and abs(one) < 1e300
        for one in value
    )


def _all_in(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: _is_table(value) and all(fits(one) for one in value.values())


_NEEDED = ("method", "data", "evaluation")
_TABLE = ("a table of keys and values", _is_table)
_TEXTS = ("a list of texts", _is_texts)
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys((*_NEEDED, "tuning", "versions", "landmark_model", "data.left_out",
                     "tuning.params", "evaluation.scores", "evaluation.majority"), _TABLE),
    **dict.fromkeys(("intended_use", "limits", "licence_notes", "data.notes", "data.licence",
                     "evaluation.warnings"), _TEXTS),
    **dict.fromkeys(("data.classes", "evaluation.per_class"),
                    ("a table of tables", _all_in(_is_table))),
    "evaluation.intervals": ("a table of lists", _all_in(_is_list)),
    "data.fps": ("a list of numbers", _is_numbers),
    "data.seconds": ("three numbers", lambda value: _is_numbers(value) and len(value) == 3),
}  # fmt: skip
