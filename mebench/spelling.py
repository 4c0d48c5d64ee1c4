"""One thing, two spellings: when two written labels, or two written persons, are one.

Two steps, the same for sheets, manifests, predictions, splits and folds:

* :func:`plain` takes away what nobody sees: outer and doubled blanks, no-break spaces, marks of
  no width, and the two ways in which Unicode writes an accent. That goes without saying.
* :func:`label_spellings` and :func:`person_spellings` find what looks like one label or person
  written several ways. Whoever joins them says so.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Mapping

__all__ = [
    "family_of_persons",
    "in_words",
    "label_spellings",
    "person_spellings",
    "plain",
]

#: Marks of no width: byte-order mark, zero-width space and joiners, word joiner, soft hyphen.
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad"))
#: Words before a number that say no more than "subject".
_SUBJECT = frozenset(["s", "sub", "subj", "subject", "sp", "spno"])
#: Databases whose parts show the same persons under the same numbers: how their names begin →
#: whose persons they are. SMIC: VIS and NIR filmed persons of HS (Li et al. 2013). CAS(ME)³ and
#: DFME: nobody says that equal numbers in two parts are two persons, so they count as one.
_FAMILIES = {"smic": "smic", "casme3": "casme3", "dfme": "dfme"}
#: Endings under which one database appears again: whole recordings, macro- beside micro-.
_PARTS = ("-long", "-macro", "-micro")


def plain(text: object) -> str:
    """Text without what nobody sees.

    Examples
    --------
    >>> plain("\\u00a0sub 01 \\u200b"), plain("Ce\\u0301line") == "C\\u00e9line"
    ('sub 01', True)
    """
    written = str(text)
    if written.isascii():
        return " ".join(written.split())
    return " ".join(unicodedata.normalize("NFC", written.translate(_UNSEEN)).split())


def label_spellings(labels: Iterable[str]) -> dict[str, str]:
    """Label → how it is written first. Labels that agree as numbers or but for case are one.

    Examples
    --------
    >>> label_spellings(["0", "tensor(0)", "0.0", "Negative", "negative"])
    {'0': '0', 'tensor(0)': '0', '0.0': '0', 'Negative': 'Negative', 'negative': 'Negative'}
    """
    return _joined(labels, _label_key)


def person_spellings(subjects: Iterable[str]) -> dict[str, str]:
    """Subject → how that person is written first. `subjects` are those of one database.

    ``1``, ``01``, ``1.0``, ``sub01``, ``Sub1`` and ``s1`` look like one person, ``p1`` and ``c1``
    like two. A bare number belongs to the numbers with letters where those have one kind of
    letters only, else to those that say "subject".

    Examples
    --------
    >>> person_spellings(["sub01", "1", "s02", "S2", "anna", "Anna"])
    {'sub01': 'sub01', '1': 'sub01', 's02': 's02', 'S2': 's02', 'anna': 'anna', 'Anna': 'anna'}
    >>> person_spellings(["p1", "c1", "1"])
    {'p1': 'p1', 'c1': 'c1', '1': '1'}
    """
    written = list(dict.fromkeys(subjects))
    parts = {text: _person_parts(text) for text in written}
    letters = {kind for kind, number in parts.values() if number is not None and kind}
    bare = letters.pop() if len(letters) == 1 else "s"
    return _joined(written, lambda text: (parts[text][0] or bare, *parts[text][1:])
                   if parts[text][1] is not None else parts[text])  # fmt: skip


def in_words(spellings: Mapping[str, str]) -> str:
    """Spellings that were joined, in words; "" where each thing has one.

    Examples
    --------
    >>> in_words({"sub01": "sub01", "1": "sub01", "2": "2"})
    'sub01 = 1'
    """
    groups: dict[str, list[str]] = {}
    for text, first in spellings.items():
        if plain(text) != plain(first):
            groups.setdefault(first, [first]).append(text)
    return "; ".join(" = ".join(dict.fromkeys(map(plain, group))) for group in groups.values())


def family_of_persons(dataset: str) -> str:
    """Whose persons a database shows: parts of one database have one answer.

    Examples
    --------
    >>> family_of_persons("smic-vis"), family_of_persons("samm-long"), family_of_persons("casme2")
    ('smic', 'samm', 'casme2')
    """
    name = dataset
    for ending in _PARTS:
        name = name.removesuffix(ending)
    start = re.match("[a-z]+3?", name)
    return _FAMILIES.get(start[0], name) if start else name


def _joined(texts: Iterable[str], key: Callable[[str], Hashable]) -> dict[str, str]:
    first: dict[Hashable, str] = {}
    return {text: first.setdefault(key(text), text) for text in dict.fromkeys(texts)}


def _label_key(text: str) -> Hashable:
    word = plain(text).casefold()
    inner = re.fullmatch(r"(?:tensor|array|(?:np\.|numpy\.)?(?:int|float)\d*)\((.*)\)", word)
    if inner:  # a number of torch or NumPy, printed with its type
        word = re.sub(r",\s*(?:device|dtype)=.*", "", inner[1]).strip()
    try:
        number = float(word) if "_" not in word else math.nan
    except ValueError:
        return word
    return number if math.isfinite(number) else word


def _person_parts(text: str) -> tuple[str, int | None]:
    """Letters and number of a subject, or all of it where it has no number at the end."""
    word = unicodedata.normalize("NFKC", plain(text)).casefold()
    match = re.fullmatch(r"(\D*)([0-9]+)(?:\.0+)?", word)
    if match is None:
        return word, None
    letters = re.sub(r"[\s._-]", "", match[1])
    return ("s" if letters in _SUBJECT else letters), int(match[2])
