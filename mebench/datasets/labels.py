"""Label sets: from the annotators' words, or the action units, to the classes of a protocol."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .au import units

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ENGINE8",
    "MEGC3",
    "OBJECTIVE",
    "OBJECTIVE_CLASSES",
    "LabelSet",
    "challenge",
    "emotions",
    "engine_classes",
    "objective_class",
    "objective_sets",
    "same",
    "unit_labels",
]


@dataclass(frozen=True)
class LabelSet:
    """Which rows of a database take part in a task, and under which label.

    Parameters
    ----------
    name : str
        As in ``--labels``.
    words : str
        The rule in words, for tables and reports.
    mapping : mapping of str to str
        Value of `column` → class. Rows with other values take no part.
    classes : tuple of str
        In the order in which tables print them.
    column : {"emotion", "objective_class", "au"}
    exclude : frozenset of (subject, clip)
        Rows that take no part although their class does.
    unit : int, optional
        The action unit that is "present" or "absent", where `column` is "au".
    """

    name: str
    words: str
    mapping: Mapping[str, str]
    classes: tuple[str, ...]
    column: str = "emotion"
    exclude: frozenset[tuple[str, str]] = frozenset()
    unit: int | None = None

    def assign(self, table: pd.DataFrame) -> pd.Series:
        """The class of each row, a missing value where the row takes no part."""
        import pandas as pd

        labels = [
            None if (subject, clip) in self.exclude else self.mapping.get(value or "")
            for subject, clip, value in zip(
                table["subject"], table["clip"], self._values(table), strict=True
            )
        ]
        return pd.Series(labels, index=table.index, dtype=object, name="label")

    def _values(self, table: pd.DataFrame) -> Iterable[str | None]:
        if self.unit is None:
            return list(table[self.column])
        cells = [None if v is None or v != v else v for v in table["au"]]
        if all(v is None for v in cells):  # nobody coded units, so none is absent either
            return cells
        return ["present" if self.unit in units(v) else "absent" for v in cells]


def same(*words: str) -> dict[str, str]:
    """The mapping that keeps each of `words` as its own class."""
    return {word: word for word in words}


def emotions(
    name: str, words: str, classes: tuple[str, ...], renamed: Mapping[str, str] | None = None
) -> LabelSet:
    """The label set of these emotions as annotated."""
    return LabelSet(name, words, {**same(*classes), **(renamed or {})}, classes)


def challenge(words: str, annotated: Iterable[str]) -> LabelSet:
    """The three classes of the Micro-Expression Grand Challenge 2019 from annotated emotions."""
    mapping = {e: MEGC3[e] for e in annotated if e in MEGC3}
    return LabelSet("3class", words, mapping, ("negative", "positive", "surprise"))


def engine_classes(mapping: Mapping[str, str]) -> LabelSet:
    """The eight classes under which Emotion Engine joined CASME II and 4DME.

    The same classes in both, whether or not a database has clips of them.
    """
    words = (
        "the eight classes of Emotion Engine on CASME II and 4DME: several emotions together go "
        "to one of them, fear to others"
    )
    return LabelSet("8class", words, mapping, ENGINE8)


def objective_sets(official: bool) -> dict[str, LabelSet]:
    """The label sets ``objective`` (I to VII) and ``objective5`` (I to V)."""
    source = "as in the sheet" if official else "derived from the action units"
    words = {
        "objective": f"objective classes I to VII by action units, {source}",
        "objective5": "objective classes I to V by action units, as in the Micro-Expression "
        f"Grand Challenge 2018, {source}",
    }
    sizes = {"objective": 7, "objective5": 5}
    return {
        name: LabelSet(
            name,
            words[name],
            same(*OBJECTIVE_CLASSES[:n]),
            OBJECTIVE_CLASSES[:n],
            column="objective_class",
        )
        for name, n in sizes.items()
    }


def unit_labels(name: str) -> LabelSet | None:
    """The label set ``au12``: is action unit 12 present? None if the name is no such set.

    What counts is :data:`mebench.datasets.au.RULE`. A clip whose cell is blank has no unit, and
    every clip takes part.

    Examples
    --------
    >>> unit_labels("au12").classes, unit_labels("5class")
    (('absent', 'present'), None)
    """
    match = re.fullmatch(r"au([1-9]\d?)", name)
    if match is None:
        return None
    n, classes = int(match[1]), ("absent", "present")
    return LabelSet(
        name, f"action unit {n} present or absent", same(*classes), classes, "au", unit=n
    )


#: Emotion → class of the Micro-Expression Grand Challenge 2019 (See et al. 2019).
MEGC3 = {
    "happiness": "positive",
    "surprise": "surprise",
    "anger": "negative",
    "contempt": "negative",
    "disgust": "negative",
    "fear": "negative",
    "sadness": "negative",
    "repression": "negative",
}

#: Classes of Davidov et al., "Emotion Engine", as in the authors' notebooks.
ENGINE8 = (
    *("happiness", "positive", "disgust", "negative"),
    *("sadness", "surprise", "repression", "others"),
)

OBJECTIVE_CLASSES = ("I", "II", "III", "IV", "V", "VI", "VII")

#: Objective class → the sets of action units that belong to it; all other sets are VII.
#: After Davison, Merghani & Yap 2018; the sets are those that reproduce the official columns of
#: CAS(ME)³ (860 of 860), CASME II (241 of 255) and SAMM (144 of 159) best: the coders used
#: judgement, so the official column goes before this table wherever there is one.
OBJECTIVE: dict[str, tuple[frozenset[int], ...]] = {
    name: tuple(frozenset(map(int, s.split("+"))) for s in sets.split())
    for name, sets in {
        "I": "6 12 6+12 6+7+12 7+12",
        "II": "1+2 5 25 1+2+25 25+26 5+24",
        "III": "23 4 4+7 4+5 4+5+7 17+24 4+6+7 4+38",
        "IV": "10 9 4+9 4+40 4+5+40 4+7+9 4+9+17 4+7+10 4+5+7+9 7+10",
        "V": "1 15 1+4 6+15 15+17",
        "VI": "1+2+4 20",
    }.items()
}
_CLASS_OF = {coded: name for name, sets in OBJECTIVE.items() for coded in sets}


def objective_class(au: object) -> str | None:
    """Objective class of a set of action units, as the annotators wrote it.

    Parameters
    ----------
    au : str or number
        Read by :func:`mebench.datasets.au.units`.

    Returns
    -------
    str or None
        "I" to "VII"; None where no unit is coded.

    References
    ----------
    A. Davison, W. Merghani, M. H. Yap, "Objective classes for micro-facial expression
    recognition", Journal of Imaging 4(10), 2018.

    Examples
    --------
    >>> [objective_class(au) for au in ("R6+L12B", "1+2", 14, "/")]
    ['I', 'II', 'VII', None]
    """
    coded = units(au)
    return _CLASS_OF.get(coded, "VII") if coded else None
