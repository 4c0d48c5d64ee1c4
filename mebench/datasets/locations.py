"""Where a database lies on this machine: an argument, an environment variable, a config file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from ..errors import BadInput, DataNotFound
from ..paths import user_folder, whole_path
from ..storage.lease import write_whole
from .cards import Card

__all__ = ["add", "config_file", "find", "known"]


def find(card: Card, root: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a database.

    Parameters
    ----------
    card : Card
    root : path, optional
        Where it lies. Default: the environment variable ``MEBENCH_<NAME>``, else what
        :func:`add` wrote.

    Raises
    ------
    DataNotFound
        Nobody said where it lies, or there is no such folder. The message names the page
        where the database is requested, the command that registers it, and the synthetic
        alternative.
    """
    if root is not None:
        path, origin = os.fspath(root), "the folder that was given"
    elif os.environ.get(card.variable, "").strip():
        path, origin = os.environ[card.variable].strip(), f"the variable {card.variable}"
    else:
        path, origin = _read_config().get(card.name, ""), f"the config file {config_file()}"
    if not path:
        raise DataNotFound(
            f"{card.title} is not registered on this machine: there is no {card.variable} in the "
            f"environment and no entry in {config_file()}. {_help(card)}"
        )
    folder = Path(path).expanduser()
    if not folder.is_dir():
        wrong = "is not a folder" if folder.exists() else "does not exist"
        raise DataNotFound(f"{card.title}: {folder} ({origin}) {wrong}. {_help(card)}")
    return folder


def add(card: Card, path: str | os.PathLike[str]) -> Path:
    """Remember where a database lies; returns the absolute folder.

    Raises
    ------
    DataNotFound
        `path` is not a folder.
    BadInput
        The config file is damaged, or cannot be written.
    """
    folder = whole_path(Path(path).expanduser())
    if not folder.is_dir():
        wrong = "is not a folder" if folder.exists() else "does not exist"
        raise DataNotFound(f"{folder} {wrong}: give the folder that holds {card.title}.")
    entries = {**_read_config(), card.name: str(folder)}
    target = config_file()
    try:
        write_whole(
            target, json.dumps(entries, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        )
    except BadInput as error:
        raise BadInput(
            f"{error} Set MEBENCH_HOME to a folder of yours, or say where {card.title} lies with "
            f"{card.variable}."
        ) from error
    return folder


def known(cards: Iterable[Card]) -> dict[str, Path]:
    """Those of the databases that are registered here, by environment or config file, and where.

    The folders are not looked at: :func:`find` says whether one is there.
    """
    entries = _read_config()
    found = {}
    for card in cards:
        path = os.environ.get(card.variable, "").strip() or entries.get(card.name)
        if path:
            found[card.name] = Path(path).expanduser()
    return found


def config_file() -> Path:
    """``$MEBENCH_HOME/config/databases.json``, else that file in the user's config folder."""
    return user_folder("config") / "databases.json"


def _read_config() -> dict[str, str]:
    path = config_file()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The config file {path} cannot be read ({error}). {_REPAIR}") from error
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(f"The config file {path} is not valid JSON ({error}). {_REPAIR}") from error
    if not isinstance(entries, dict) or not all(isinstance(v, str) for v in entries.values()):
        raise BadInput(
            f"The config file {path} should be one JSON object of database names and folders. "
            f"{_REPAIR}"
        )
    return entries


_REPAIR = "Repair or delete it, then register the databases again with `mebench data add`."


def _help(card: Card) -> str:
    return (
        f"Request the database at {card.request_page}, then register its folder with "
        f"`mebench data add {card.name} PATH` (or set {card.variable}); "
        "or use the built-in corpus: `--dataset synthetic`."
    )
