"""Action units as annotators write them: ``R4+L12B``, ``15 or 17``, ``ref(7B)+43``, ``2?``.

Grammar (upper and lower case are the same, and so are full-width signs)
------------------------------------------------------------------------
::

    cell     =  [ item { separator item } ]      separator: + , ; & 、 and, or a blank
    item     =  choice { or choice }             or: "or", "/", "@" or 或
    choice   =  unit | "(" cell ")" | "ref" choice
    unit     =  [?] [prefix] [letters] number [intensity] { mark }
    prefix   =  AU | AD | M                      action descriptors and movements
    letters  =  one or two of L R T B U A C D E, perhaps with "/" between: L12, T23, A/L12
    intensity = A to E, or two of them: 12B, 10A/B
    mark     =  ? | (?) | (k) | (ref)

* Before a number, ``L`` and ``R`` are sides, ``T`` and ``B`` the top and the bottom lip, ``U`` is
  one side without saying which, and ``A``, ``C``, ``D``, ``E`` are intensities. ``B`` is an
  intensity too where the unit is none of the lips.
* ``or`` binds its two neighbours only: in ``4 + 12 or 15``, unit 4 is certain and 15 is the
  alternative of 12; brackets bind more.
* ``?`` says that the coder was not sure, ``(k)`` that the unit was held through the whole clip (as
  4DME marks it), ``ref(…)`` that it was there in the reference frame already.
* An empty cell, ``/``, ``-`` or the code 0 (a neutral face) codes no unit.
* Whatever else stands in a cell (``soft focus``, ``12F``, ``4_7``, a lone ``?``) is an unread
  piece: :func:`read_aus` names it and reads the rest.

What counts as present is :data:`RULE`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

__all__ = ["RULE", "ActionUnit", "Reading", "parse_aus", "read_aus", "units"]

#: Which units :func:`units` counts, in words (our choice): for cards and tables.
RULE = (
    "sides merged, intensities ignored, uncertain units (?) counted; of units joined by `or` the "
    "one named first; units held through the clip (k) or there in the reference frame ref(…) not; "
    "pieces that cannot be read code no unit"
)

#: Units of the lips, which the manual scores at the top (T) or the bottom (B) alone.
_LIPS = frozenset([8, 10, 16, 17, 18, 22, 23, 24, 25, 26, 27, 28, 32])
_BLANK = frozenset(["", "/", "\\", "-", "0", "nan", "none", "n/a", "na"])
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_DEEPEST = 20  # brackets in brackets; nobody writes more than two

_UNIT = re.compile(
    r"""(?P<unsure>\?\s*)?
    (?:(?:AU|AD|M)\s*)?
    (?P<letters>(?:[LRTBUACDE]\s*(?:/\s*)?){0,2}) (?:AU\s*)?
    (?P<number>[0-9]{1,2})
    (?:\s*(?P<intensity>[A-E](?:\s*[/-]\s*[A-E])?|\([A-E]\)))?
    (?!\w|[.:-][0-9])
    (?P<marks>(?:\s*(?:\?|\(\s*(?:k|\?|ref)\s*\)))*)""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS = re.compile(
    r"""(?P<or>or\b|或者?|[/@]) | (?P<and>[+,;&、]|and\b) | (?P<open>[(\[]) | (?P<close>[)\]])
    | (?P<ref>ref(?:erence)?\b\.?\s*[:=]?) | (?P<word>[^\s+,;&、()\[\]/@]+)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True)
class ActionUnit:
    """One coded unit, action descriptor or movement.

    Parameters
    ----------
    number : int
        Of the Facial Action Coding System (Ekman & Friesen 1978).
    side : {"", "L", "R", "U", "T", "B"}
        Left, right, one of them, top lip, bottom lip; "" where both move.
    intensity : str
        "A" to "E", two of them as in "A/B", or "" where nobody coded it.
    uncertain : bool
        Marked ``?``.
    held : bool
        Marked ``(k)`` or ``ref``: there, but not moving.
    alternative : int
        0 for a unit named outright or first, 1, 2, … for those after ``or``.
    """

    number: int
    side: str = ""
    intensity: str = ""
    uncertain: bool = False
    held: bool = False
    alternative: int = 0


class Reading(NamedTuple):
    """What a cell says: the units as written, and the pieces that could not be read."""

    units: tuple[ActionUnit, ...]
    unread: tuple[str, ...]


def read_aus(cell: object) -> Reading:
    """The action units of one cell in the order in which they are written, and what is not read.

    Parameters
    ----------
    cell : str, int or float
        A number is the one unit of that number; None and NaN are empty.

    Examples
    --------
    >>> found = read_aus("R14+17+soft focus")
    >>> [u.number for u in found.units], found.unread
    ([14, 17], ('soft focus',))
    >>> [(u.number, u.alternative) for u in read_aus("(R6 or R12)+R15").units]
    [(6, 0), (12, 1), (15, 0)]
    """
    text = _text(cell)
    if text.casefold() in _BLANK:
        return Reading((), ())
    return _Parser(text).reading()


def parse_aus(cell: object) -> tuple[ActionUnit, ...]:
    """The action units of one cell; :func:`read_aus` without the unread pieces.

    Examples
    --------
    >>> parse_aus("R4 + l12B")
    (ActionUnit(number=4, side='R', intensity='', uncertain=False, held=False, alternative=0),
     ActionUnit(number=12, side='L', intensity='B', uncertain=False, held=False, alternative=0))
    >>> [(u.number, u.alternative) for u in parse_aus("4，12 or 15")]
    [(4, 0), (12, 0), (15, 1)]
    """
    return read_aus(cell).units


def units(cell: object) -> frozenset[int]:
    """The set of units that are present under :data:`RULE`.

    Examples
    --------
    >>> sorted(units("R4C+L4+7?+14(k)")), sorted(units("12 or 15")), sorted(units("/"))
    ([4, 7], [12], [])
    >>> sorted(units("ref(7B)+43")), sorted(units("10A/B")), sorted(units("?"))
    ([43], [10], [])
    """
    return frozenset(u.number for u in parse_aus(cell) if u.alternative == 0 and not u.held)


class _Parser:
    """Recursive descent over one cell; what has no place in the grammar is collected."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str, ActionUnit | None]] = []
        self.unread: list[str] = []
        self.at = 0
        deepest = depth = 0
        for sign in text:
            depth += (sign in "([") - (sign in ")]")
            deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            self.unread.append(text)
        else:
            self._scan(text)

    def _scan(self, text: str) -> None:
        at = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
            elif match := _UNIT.match(text, at):
                self.tokens.append(("unit", match[0], _unit(match)))
                at = match.end()
            else:
                match = _SIGNS.match(text, at)
                assert match is not None and match.lastgroup is not None  # words take the rest
                self.tokens.append((match.lastgroup, match[0], None))
                at = match.end()

    def reading(self) -> Reading:
        found: list[ActionUnit] = []
        while self.at < len(self.tokens):
            found += self._cell()
            if self.at < len(self.tokens):  # a bracket that nothing opened
                self.at += 1
                self.unread.append(")")
        return Reading(tuple(found), tuple(self.unread))

    def _kind(self) -> str:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else ""

    def _cell(self) -> list[ActionUnit]:
        found: list[ActionUnit] = []
        while self._kind() not in ("", "close"):
            if self._kind() == "and":
                self.at += 1  # "4+" and "4++7" are slips of the pen
            else:
                found += self._item()
        return found

    def _item(self) -> list[ActionUnit]:
        choices = [self._choice()]
        while self._kind() == "or":
            sign = self.tokens[self.at][1]
            self.at += 1
            before = len(choices[-1])
            choices.append([] if self._kind() in ("", "and", "close") else self._choice())
            if sign not in "/@" and not (before and choices[-1]):
                self.unread.append(sign)
        there = [choice for choice in choices if choice]
        return [replace(u, alternative=u.alternative + i) for i, c in enumerate(there) for u in c]

    def _choice(self) -> list[ActionUnit]:
        kind, text, unit = self.tokens[self.at]
        if kind == "or":  # nothing stands before it
            return []
        self.at += 1
        if unit is not None:
            return [unit] if unit.number else []
        if kind == "ref" and self._kind() in ("unit", "open"):
            return [replace(u, held=True) for u in self._choice()]
        if kind == "open":
            found = self._cell()
            if self._kind() == "close":
                self.at += 1
            else:
                self.unread.append("(")
            return found
        words = [text]
        while self._kind() == "word":
            words.append(self.tokens[self.at][1])
            self.at += 1
        piece = " ".join(words)
        if piece.strip(".:!\"'"):
            self.unread.append(piece)
        return []


def _unit(match: re.Match[str]) -> ActionUnit:
    number, marks = int(match["number"]), match["marks"].upper()
    sides, intensity = set(), (match["intensity"] or "").upper().strip("()")
    for letter in re.findall("[A-Z]", match["letters"].upper()):
        if letter in "LRTU" or (letter == "B" and number in _LIPS):
            sides.add(letter)
        else:
            intensity = intensity or letter
    return ActionUnit(
        number=number,
        side=sides.pop() if len(sides) == 1 else "",
        intensity=re.sub(r"\s*[/-]\s*", "/", intensity),
        uncertain=bool(match["unsure"]) or "?" in marks,
        held="K" in marks or "REF" in marks,
    )


def _text(value: object) -> str:
    if value is None or value != value:  # NaN is the one value that differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).translate(_FULL_WIDTH).strip()
    return re.sub(r"^([0-9]+)\.0+$", r"\1", text)  # a program wrote a column with gaps
