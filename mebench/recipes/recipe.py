"""A recipe: the rows of a published table, how they were made, and how they should be."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import BadInput, DataNotFound, did_you_mean

__all__ = ["MEASURES", "Recipe", "Row", "get_recipe", "names"]

#: What may be printed, and which of our measures is set beside it.
MEASURES = {
    "accuracy": "accuracy",
    "uf1": "uf1",
    "uar": "uar",
    "weighted_f1": "weighted_f1",
    "f1": "uf1",
    "f1_unit_mean": "f1_unit_mean",
    "f1_database_mean": "f1_database_mean",
    "spotting_f1": "f1",
}
#: Settings of a side, as of an experiment.
_SETTINGS = frozenset(
    ["protocol", "tuning", "method", "grid", "scoring", "seed", "repeats", "head", "pretrain",
     "also_train", "single_frames", "on_error", "missing", "variant", "sheet"]
)  # fmt: skip
_TOP = frozenset(
    ["title", "source", "flags", "differences", "notes", "printed", "honest", "rows", "kind"]
)
_ROW = frozenset(["dataset", "labels", "method", "name", "flags", "note", "printed", "honest"])


@dataclass(frozen=True)
class Row:
    """One row of a published table.

    Parameters
    ----------
    dataset, method : str
        As for ``mebench run``; of a spotting recipe a database of long videos and a spotter.
    labels : str or None
    name : str
        What the table calls it.
    values : mapping of str to float
        What is printed, by measure; none where nothing could be checked.
    printed, honest : mapping
        Settings of the two runs.
    flags : str
        Of the printed number, see :data:`mebench.results.published.FLAGS`.
    note : str
    """

    dataset: str
    method: str
    labels: str | None
    name: str
    values: Mapping[str, float]
    printed: Mapping[str, Any]
    honest: Mapping[str, Any]
    flags: str = ""
    note: str = ""

    @property
    def key(self) -> str:
        """By which ``--only`` finds it."""
        pretrain = self.printed.get("pretrain")
        parts = [self.dataset, self.labels or "", self.method, f"first-{pretrain}"]
        return " ".join(parts[: 3 + bool(pretrain)])


@dataclass(frozen=True)
class Recipe:
    """A published table.

    Parameters
    ----------
    name : str
        Of the file, and on the command line.
    title, source : str
    kind : {'recognition', 'spotting'}
    differences : tuple of str
        What of the authors' procedure is not redone, and why.
    notes : tuple of str
    rows : tuple of Row
    """

    name: str
    title: str
    source: str
    rows: tuple[Row, ...]
    kind: str = "recognition"
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def measures(self) -> list[str]:
        """Those that are printed, in order; accuracy and UF1 where nothing is."""
        found = [m for m in MEASURES if any(m in row.values for row in self.rows)]
        usual = ["spotting_f1"] if self.kind == "spotting" else ["accuracy", "uf1"]
        return found or usual

    def only(self, patterns: Iterable[str]) -> Recipe:
        """The rows whose dataset, labels or method is one of `patterns` (``*`` for anything).

        Raises
        ------
        BadInput
            There is none.
        """
        wanted = [p.strip().lower() for p in patterns]
        if not wanted:
            return self
        rows = tuple(
            row for row in self.rows
            if any(
                fnmatch(text.lower(), p)
                for p in wanted
                for text in (row.key, row.dataset, row.labels or "", row.method, row.name)
            )
        )  # fmt: skip
        if not rows:
            there = sorted({text for row in self.rows for text in (row.dataset, row.method)})
            raise BadInput(
                f"No row of {self.name} is called {', '.join(wanted)}; there is {', '.join(there)}."
            )
        return Recipe(
            self.name, self.title, self.source, rows, self.kind, self.differences, self.notes
        )


def names() -> list[str]:
    """The recipes that come with the package.

    Examples
    --------
    >>> "varanka2020" in names()
    True
    """
    return sorted(
        entry.name.removesuffix(".toml")
        for entry in resources.files(__package__).iterdir()
        if entry.name.endswith(".toml")
    )


def get_recipe(name: str | os.PathLike[str]) -> Recipe:
    """The recipe of that name, or of a TOML file of your own.

    Raises
    ------
    BadInput
        No such recipe, or one that says something that cannot be.
    DataNotFound
        No such file.

    Examples
    --------
    >>> recipe = get_recipe("varanka2020")
    >>> len(recipe.rows), recipe.rows[1].values
    (16, {'accuracy': 0.4756, 'uf1': 0.4173})
    """
    text = os.fspath(name)
    if text.endswith(".toml"):
        try:
            return _parsed(Path(text).stem, Path(text).read_text(encoding="utf-8"))
        except OSError as error:
            raise DataNotFound(f"The recipe {text} cannot be read: {error.strerror}.") from error
    if text not in names():
        raise BadInput(
            f"No recipe is called {text!r}.{did_you_mean(text, names())} There is "
            f"{', '.join(names())}; or give a .toml file of your own."
        )
    file = resources.files(__package__).joinpath(f"{text}.toml")
    return _parsed(text, file.read_text(encoding="utf-8"))


def _parsed(name: str, text: str) -> Recipe:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"The recipe {name} is not valid TOML: {error}.") from error
    _only_known(f"The recipe {name}", found, _TOP)
    for key in ("title", "source", "rows"):
        if not found.get(key):
            raise BadInput(f"The recipe {name} lacks {key}.")
    kind = found.get("kind", "recognition")
    if kind not in ("recognition", "spotting"):
        raise BadInput(f"The recipe {name}: kind is recognition or spotting, not {kind!r}.")
    sides = {side: found.get(side, {}) for side in ("printed", "honest")}
    for side, settings in sides.items():
        _only_known(f"The recipe {name}, {side}", settings, _SETTINGS)
    rows = tuple(_row(name, i, row, sides, found.get("flags", "")) for i, row in
                 enumerate(found["rows"]))  # fmt: skip
    return Recipe(
        name, found["title"], found["source"], rows, kind,
        tuple(found.get("differences", ())), tuple(found.get("notes", ())),
    )  # fmt: skip


def _row(
    name: str, number: int, row: Mapping[str, Any], sides: Mapping[str, Mapping[str, Any]],
    flags: str,
) -> Row:  # fmt: skip
    where = f"The recipe {name}, row {number + 1}"
    _only_known(where, row, _ROW | set(MEASURES))
    for key in ("dataset", "method"):
        if not isinstance(row.get(key), str):
            raise BadInput(f"{where} lacks {key}.")
    values = {m: row[m] for m in MEASURES if m in row}
    for measure, value in values.items():
        if not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise BadInput(f"{where}: {measure} is a share from 0 to 1, not {value!r}.")
    for side in sides:
        _only_known(f"{where}, {side}", row.get(side, {}), _SETTINGS)
    return Row(
        row["dataset"], row["method"], row.get("labels"), row.get("name", row["method"]), values,
        {**sides["printed"], **row.get("printed", {})},
        {**sides["honest"], **row.get("honest", {})},
        row.get("flags", flags), row.get("note", ""),
    )  # fmt: skip


def _only_known(where: str, found: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise BadInput(
            f"{where} has {', '.join(unknown)}, which means nothing here; known are "
            f"{', '.join(sorted(known))}."
        )
