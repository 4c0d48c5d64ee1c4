"""Other people's packages: what they register by entry points, found when it is first needed.

A package that declares, in its ``pyproject.toml``::

    [project.entry-points."mebench.methods"]
    my-method = "my_package:METHOD"

is known to ``--method my-method`` as soon as it is installed. The groups are those of
:data:`GROUPS`. Nothing is looked up before a list is first read, and methods and databases are
imported only when they are asked for by name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import BadInput

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["GROUPS", "Registry", "named", "registered", "target"]

T = TypeVar("T")

_log = logging.getLogger(__name__)

#: What a package can bring, and the object that its entry point names.
GROUPS = {
    "mebench.methods": "a mebench.methods.Method, an estimator, or a function that gives one",
    "mebench.datasets": "a mebench.datasets.database.Database",
    "mebench.spotters": "a mebench.spotting.Spotter",
    "mebench.measures": "a mebench.scoring.metrics.Measure",
    "mebench.protocols": "a function from the table of samples to folds",
}


@lru_cache
def named(kind: str) -> dict[str, EntryPoint]:
    """Entry points of a kind by name; nothing of theirs is imported.

    Of several packages that give the same name, the first by name of package is taken.

    Parameters
    ----------
    kind : str
        ``methods``, ``datasets`` and so on.
    """
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=f"mebench.{kind}"), key=_package):
        if point.name in found:
            if point.value != found[point.name].value:
                _log.warning(
                    "%s and %s both bring %r; that of %s is taken.",
                    _package(found[point.name]), _package(point), point.name,
                    _package(found[point.name]),
                )  # fmt: skip
            continue
        found[point.name] = point
    return found


def target(kind: str, name: str) -> Any:
    """What the entry point of that name stands for.

    Raises
    ------
    BadInput
        Its package cannot be imported; the message names it.
    """
    point = named(kind)[name]
    try:
        return point.load()
    except Exception as error:  # whatever somebody's package does when it is imported
        raise BadInput(
            f"{name!r} comes from the package {_package(point)}, which cannot be used: "
            f"{type(error).__name__}: {error}. Update or uninstall it."
        ) from error


class Registry(dict[str, T]):
    """A list of things by name that other packages add to, when it is first read.

    Parameters
    ----------
    own : mapping
        What mebench itself has.
    fill : callable
        Adds what other packages have. It is called once, before the first look at the names.

    Examples
    --------
    >>> found = Registry({"a": 1}, lambda: found.update(b=2))
    >>> list(found), "b" in found
    (['a', 'b'], True)
    """

    def __init__(self, own: Mapping[str, T], fill: Callable[[], Any]) -> None:
        super().__init__(own)
        self._fill: Callable[[], Any] | None = fill

    def _filled(self) -> None:
        fill, self._fill = self._fill, None
        if fill is not None:
            fill()

    def __getitem__(self, name: str) -> T:
        if not super().__contains__(name):
            self._filled()
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        self._filled()
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self._filled()
        return super().__iter__()

    def __len__(self) -> int:
        self._filled()
        return super().__len__()

    def keys(self) -> Any:
        """Names of all."""
        self._filled()
        return super().keys()

    def values(self) -> Any:
        """All, without their names."""
        self._filled()
        return super().values()

    def items(self) -> Any:
        """Names and what they stand for."""
        self._filled()
        return super().items()

    def get(self, name: str, default: Any = None) -> Any:
        """What a name stands for, or `default`."""
        self._filled()
        return super().get(name, default)


def registered(kind: str, register: Callable[[str, Any], Any]) -> Callable[[], None]:
    """What fills a :class:`Registry`: every entry point of a kind is handed to `register`.

    What cannot be imported, or is refused, is told in the log and left out.
    """

    def fill() -> None:
        for name in named(kind):
            try:
                register(name, target(kind, name))
            except BadInput as error:
                _log.warning("%s", error)
            except Exception as error:  # an object of the wrong kind
                _log.warning("%r of the package %s is not used: %s", name,
                             _package(named(kind)[name]), error)  # fmt: skip

    return fill


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value.partition(":")[0]
