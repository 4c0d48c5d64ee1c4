"""Nothing licensed leaves: which databases are, and what the files of a bundle must not say.

The writer takes only what it knows by name. This looks at what it wrote, as somebody would who
wants to learn the truth of a clip from it, and refuses rather than repairs.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import BadInput
from .archive import MEMBERS

__all__ = ["is_licensed", "refuse_licensed"]

#: Columns and keys that hold what annotators wrote.
_ANNOTATED = {
    *("y_true", "truth", "true", "label", "target", "emotion", "objective_class", "au"),
    *("action_units", "onset", "apex", "offset", "onset_frame", "apex_frame", "offset_frame"),
    *("landmarks", "frames", "image", "images", "picture", "pictures", "marks"),
}
_COLUMNS = {
    "folds.csv": {"clip_id", "dataset", "subject", "fold"},
    "predictions.csv": {"clip_id", "unit", "y_pred", "y_majority"},
}
_MARK = re.compile(r"\b(onset|apex|offset|emotion|AU\s?\d|labell?ed|annotated as)\b", re.I)
_BLOB = re.compile(r"[A-Za-z0-9+/=]{200,}|data:\w+/")
_LONGEST = 20_000  # letters of a text; a combination of all methods has a quarter (our choice)
_FEW = 5  # clips that one text may name


def is_licensed(dataset: str, table_names: Sequence[str]) -> bool:
    """Whether clips of any of these names belong to a database under an agreement.

    Every database that mebench or a plugin knows counts as licensed but the built-in synthetic
    corpus, whatever folder was read: a twin in the layout of a database cannot be told from it by
    its name.

    Parameters
    ----------
    dataset : str
        As in a run's header.
    table_names : sequence of str
        As in its table.

    Examples
    --------
    >>> is_licensed("casme2", ["casme2"]), is_licensed("mine.csv", ["mine"])
    (True, False)
    >>> is_licensed("mine.csv", ["CASME II"]), is_licensed("synthetic", ["synthetic"])
    (True, False)
    """
    from ..datasets.composites import COMPOSITES
    from ..datasets.registry import database, names

    known = set(names()) - {"synthetic"}
    titles = {_letters(database(name).card.title) for name in known}
    words = {*dataset.lower().split("+"), *(str(n).lower() for n in table_names)}
    return any(
        word in known or word in COMPOSITES or _letters(word) in titles or _alias(word)
        for word in words
    )


def refuse_licensed(
    members: Mapping[str, bytes],
    truth: Mapping[str, str],
    classes: Sequence[str],
    *,
    allow_truth: bool = False,
) -> None:
    """Raise if the files of a bundle say more than they may.

    Parameters
    ----------
    members : mapping of str to bytes
    truth : mapping of str to str
        Clip, by the name that the bundle gives it, to its label; for action units, the label is
        the text of its units.
    classes : sequence of str
    allow_truth : bool
        The data are the user's own.

    Raises
    ------
    BadInput
        Names the file and what is in it.
    """
    foreign = sorted(set(members) - set(MEMBERS))
    if foreign:
        raise _refused(foreign[0], "is no file of a bundle")
    for name, data in members.items():
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise _refused(name, "is no text") from None
        if _BLOB.search(text):
            raise _refused(name, "holds what looks like an encoded picture or file")
        if name.endswith(".csv"):
            _look_at_columns(name, text, truth, allow_truth)
        elif name != "manifest.json":
            _look_at_values(name, json.loads(text), truth, set(classes))


def _look_at_columns(name: str, text: str, truth: Mapping[str, str], allow_truth: bool) -> None:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    allowed = _COLUMNS[name] | ({"y_true"} if allow_truth else set())
    for column in rows[0]:
        if column not in allowed and not (name == "predictions.csv" and column[:6] == "score_"):
            raise _refused(name, f"has the column {column!r}")
    if allow_truth or not truth or "unit" in rows[0]:
        return
    ids = [row[rows[0].index("clip_id")] for row in rows[1:]]
    true = [truth.get(i) for i in ids]
    said = {column: [row[i] for row in rows[1:]] for i, column in enumerate(rows[0])}
    scores = {c[6:]: v for c, v in said.items() if c[:6] == "score_"}
    if scores:
        labels = list(scores)
        columns = [[float(v) for v in scores[c]] for c in labels]
        best = [labels[max(range(len(labels)), key=lambda k: r[k])] for r in zip(*columns)]  # noqa: B905
        said["the highest of the scores"] = best
    predicted = said.pop("y_pred", None)
    for column, values in said.items():
        # Predictions may be right. Whatever else names the truth of every clip is the truth.
        if values == true and values != predicted:
            raise _refused(name, f"gives away the truth of every clip in {column}")


def _look_at_values(name: str, value: Any, truth: Mapping[str, str], classes: set[str]) -> None:
    for path, one in _walk(value):
        where = ".".join(path) or "it"
        if path and path[-1].lower() in _ANNOTATED:
            raise _refused(name, f"has a part called {path[-1]!r}")
        if isinstance(one, Mapping):
            met = [key for key in one if key in truth]
            if met and path[-1:] != ("skipped",):
                raise _refused(name, f"tells clips apart in {where}, such as {met[0]!r}")
        elif isinstance(one, list):
            words = [v for v in one if isinstance(v, str) and v in classes]
            if len(words) > len(classes) + 1:
                raise _refused(name, f"lists {len(words)} labels in {where}")
            if len(one) == len(truth) > len(classes) + 1 and all(type(v) is int for v in one):
                raise _refused(name, f"has one number for each clip in {where}")
        elif isinstance(one, str):
            _look_at_text(name, where, one, truth, classes)


def _look_at_text(
    name: str, where: str, text: str, truth: Mapping[str, str], classes: set[str]
) -> None:
    if len(text) > _LONGEST:
        raise _refused(name, f"has a text of {len(text):,} letters in {where}")
    words = re.findall(r"[\w-]+", text)
    if sum(word in classes for word in words) > 4 * len(classes) + 4:
        raise _refused(name, f"lists labels in {where}")
    if "/" not in text and "_" not in text and not any(c.isdigit() for c in text):
        return
    parts = set(re.findall(r"[^\s,;:()'\"]+", text))
    named = [clip for clip in truth if clip in parts or _last(clip) in parts]
    if len(named) > _FEW:
        raise _refused(name, f"names {len(named)} clips in {where}")
    if named and (_MARK.search(text) or any(truth[clip] in words for clip in named)):
        raise _refused(name, f"says something about the clip {named[0]!r} in {where}")


def _last(clip: str) -> str:
    """``sub01/EP02_01f`` of ``casme2/sub01/EP02_01f``: how notes name a clip."""
    return clip.partition("/")[2] or clip


def _walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _walk(one, (*path, str(key)))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, (Mapping, list, str)):
                yield from _walk(one, path)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _alias(word: str) -> bool:
    from ..datasets.registry import _ALIASES

    return word in _ALIASES


def _refused(name: str, why: str) -> BadInput:
    return BadInput(
        f"No bundle was written: {name} {why}. Labels, marks and pictures of a licensed database "
        "must not travel. Take it out of the run's header, or, for data of your own, give --truth."
    )
