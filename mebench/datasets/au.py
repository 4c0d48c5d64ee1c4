"""Action units as annotators write them: ``R4+L12B``, ``15 or 17``, ``AU7(k)``, ``2?``.

Rules
-----
* Tokens are separated by ``+`` or a comma, also the full-width ones (``＋ ， 、``).
* A token is an optional ``AU``, an optional side ``L`` or ``R``, a number, an optional
  intensity ``A`` to ``E``, and the marks ``?`` (the coder was not sure) and ``(k)`` (the unit was
  held through the whole clip, as 4DME marks it); case and spaces do not matter.
* ``or`` binds its two neighbours only: in ``4 + 12 or 15``, unit 4 is certain and 15 is the
  alternative of 12. :func:`units` takes the first-named alternative (our choice).
* :func:`units` merges the two sides, ignores intensity, counts uncertain units as present and
  held ones (``(k)``) as absent, because they do not move.
* An empty cell, ``/`` or ``-`` codes no unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import BadInput

__all__ = ["ActionUnit", "parse_aus", "units"]

_TOKEN = re.compile(
    r"(?P<q1>\?)?(?:AU)?(?P<side>[LR])?(?:AU)?(?P<number>\d{1,2})(?P<intensity>[A-E])?"
    r"(?P<marks>(?:\?|\(K\))*)"
)


@dataclass(frozen=True)
class ActionUnit:
    """One coded unit.

    Parameters
    ----------
    number : int
        Of the Facial Action Coding System (Ekman & Friesen 1978).
    side : {"", "L", "R"}
        "" where both sides move.
    intensity : {"", "A", "B", "C", "D", "E"}
        "" where nobody coded it.
    uncertain : bool
        Marked ``?``.
    held : bool
        Marked ``(k)``: there, but not moving.
    alternative : int
        0 for a unit named outright or first, 1, 2, … for those after ``or``.
    """

    number: int
    side: str = ""
    intensity: str = ""
    uncertain: bool = False
    held: bool = False
    alternative: int = 0


def parse_aus(text: object) -> tuple[ActionUnit, ...]:
    """The action units of one cell, in the order in which they are written.

    Parameters
    ----------
    text : str, int or float
        A number is the one unit of that number; None and NaN are empty.

    Raises
    ------
    BadInput
        A token that is not an action unit.

    Examples
    --------
    >>> parse_aus("R4 + l12B")
    (ActionUnit(number=4, side='R', intensity='', uncertain=False, held=False, alternative=0),
     ActionUnit(number=12, side='L', intensity='B', uncertain=False, held=False, alternative=0))
    >>> [(u.number, u.alternative) for u in parse_aus("4，12 or 15")]
    [(4, 0), (12, 0), (15, 1)]
    """
    written = _text(text)
    if written in ("", "/", "-"):
        return ()
    found = []
    for token in re.split(r"[+,＋，、]", written):
        if not token:
            continue  # "4+" and "4++7" are slips of the pen
        for alternative, name in enumerate(token.split("OR")):
            match = _TOKEN.fullmatch(name)
            if match is None:
                raise BadInput(
                    f"{name!r} in the action units {str(text)!r} is not an action unit: expected a "
                    "number with an optional L or R before it and A–E, ? or (k) after it."
                )
            marks = match["marks"]
            found.append(
                ActionUnit(
                    number=int(match["number"]),
                    side=match["side"] or "",
                    intensity=match["intensity"] or "",
                    uncertain=bool(match["q1"]) or "?" in marks,
                    held="K" in marks,
                    alternative=alternative,
                )
            )
    return tuple(found)


def units(text: object) -> frozenset[int]:
    """The set of units that are present: sides merged, first alternatives, held ones left out.

    Examples
    --------
    >>> sorted(units("R4C+L4+7?+14(k)")), sorted(units("12 or 15")), sorted(units("/"))
    ([4, 7], [12], [])
    """
    return frozenset(u.number for u in parse_aus(text) if u.alternative == 0 and not u.held)


def _text(value: object) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return (
        "".join(str(value).split()).upper().replace("（", "(").replace("）", ")").replace("？", "?")
    )
