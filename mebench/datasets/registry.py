"""Which databases there are, by name; each is imported when it is asked for."""

from __future__ import annotations

import difflib
import importlib
import os
from dataclasses import replace
from pathlib import Path

from .. import plugins
from ..errors import BadInput
from . import locations
from .composites import COMPOSITES, is_manifest
from .database import Database

__all__ = ["add", "database", "known", "names", "register_dataset"]

#: name → module of this package, and what it calls the database
_MODULES = {
    "4dme": "fourdme:DATABASE",
    "casme": "casme:DATABASE",
    "casme-sq": "cas_me_2:DATABASE",
    "casme2": "casme2:DATABASE",
    "casme3a": "cas_me_3:A",
    "casme3c": "cas_me_3:C",
    "ckplus": "ckplus:DATABASE",
    "dfme": "dfme:DATABASE",
    "dfme-test-a": "dfme:TEST_A",
    "dfme-test-b": "dfme:TEST_B",
    "dfme-train": "dfme:TRAIN",
    "meview": "meview:DATABASE",
    "mmew": "mmew:DATABASE",
    "samm": "samm:DATABASE",
    "smic-hs": "smic:HS",
    "smic-nir": "smic:NIR",
    "smic-vis": "smic:VIS",
    "synthetic": "synthetic:DATABASE",
}
#: Databases of other packages, by name.
_REGISTERED: dict[str, Database] = {}
#: Other ways to write a name. CAS(ME)² is casme-sq, since casme2 is CASME II.
_ALIASES = {
    "cas(me)2": "casme-sq",
    "cas(me)^2": "casme-sq",
    "casme^2": "casme-sq",
    "casmeii": "casme2",
    "casme-ii": "casme2",
    "ck": "ckplus",
    "ck+": "ckplus",
    "cas(me)3": "casme3a",
    "cas(me)^3": "casme3a",
    "casme3": "casme3a",
    "smic": "smic-hs",
}


def names() -> list[str]:
    """Names of all databases.

    Examples
    --------
    >>> "casme2" in names()
    True
    """
    return sorted({*_MODULES, *_REGISTERED, *plugins.named("datasets")})


def database(name: str) -> Database:
    """The database of that name (upper and lower case are the same), or of a manifest's path.

    Raises
    ------
    BadInput
        No such name; the message lists the known ones and the nearest match.
    """

    if is_manifest(name):
        return importlib.import_module(".manifest", __package__).manifest(name)
    key = str(name).strip().lower()
    key = _ALIASES.get(key, key)
    if key in COMPOSITES:
        parts = ", ".join(COMPOSITES[key].parts)
        raise BadInput(f"{name!r} is made of several databases: {parts}. Name one of them here.")
    if key in _REGISTERED:
        return _REGISTERED[key]
    if key not in _MODULES and key in plugins.named("datasets"):
        return register_dataset(key, plugins.target("datasets", key))
    if key not in _MODULES:
        near = difflib.get_close_matches(key, [*names(), *COMPOSITES], n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise BadInput(
            f"No database is called {name!r}. Known: {', '.join([*names(), *sorted(COMPOSITES)])}; "
            f"or give the path of a manifest (.csv, .parquet).{hint}"
        )
    module, attribute = _MODULES[key].split(":")
    found: Database = getattr(importlib.import_module(f".{module}", __package__), attribute)
    return found


def register_dataset(name: str, one: Database) -> Database:
    """Make a database known by a name, as those of mebench are.

    Parameters
    ----------
    name : str
        Lower case; it replaces the one on the card, so that both are the same.
    one : Database

    Returns
    -------
    Database

    Raises
    ------
    BadInput
        It is none, or the name stands for something else.

    See Also
    --------
    mebench.datasets.load
    """
    if not isinstance(one, Database):
        raise BadInput(f"A database is a mebench.datasets.database.Database, found {one!r}.")
    taken = name in _MODULES or name in _ALIASES or name in COMPOSITES or is_manifest(name)
    if taken or name != name.strip().lower() or "+" in name or name in _REGISTERED:
        raise BadInput(f"A database cannot be called {name!r}: that name means something else.")
    _REGISTERED[name] = replace(one, card=replace(one.card, name=name))
    return _REGISTERED[name]


def add(name: str, path: str | os.PathLike[str]) -> Path:
    """Remember where a database lies (:func:`mebench.datasets.locations.add`)."""
    one = database(name)
    if one.locate is not None:
        raise BadInput(
            f"{one.card.title} needs no registering: mebench makes it where it is needed."
        )
    return locations.add(one.card, path)


def known() -> dict[str, Path]:
    """Databases that are registered here, and their folders."""
    every = map(database, names())
    return locations.known(one.card for one in every if one.locate is None)
