"""Which databases there are, by name; each is imported when it is asked for."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING

from ..errors import BadInput

if TYPE_CHECKING:
    from .loader import Database

__all__ = ["database", "names"]

#: name → module of this package that defines ``DATABASE``
_MODULES = {
    "casme2": "casme2",
    "synthetic": "synthetic",
}


def names() -> list[str]:
    """Names of all databases.

    Examples
    --------
    >>> "casme2" in names()
    True
    """
    return sorted(_MODULES)


def database(name: str) -> Database:
    """The database of that name (upper and lower case are the same).

    Raises
    ------
    BadInput
        No such name; the message lists the known ones and the nearest match.
    """
    key = str(name).strip().lower()
    if key not in _MODULES:
        near = difflib.get_close_matches(key, _MODULES, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise BadInput(f"No database is called {name!r}. Known: {', '.join(names())}.{hint}")
    found: Database = importlib.import_module(f".{_MODULES[key]}", __package__).DATABASE
    return found
