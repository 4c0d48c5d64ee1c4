"""Old names: what was called otherwise before is still found, with a warning that says so."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["RENAMED", "finder", "keep_paths"]

#: Full names of classes as they were, and as they are. Saved models may hold the old ones.
RENAMED = {
    "mebench.methods.combination.early.FuseBlocks": "mebench.methods.combination.early.SideBySide",
    "mebench.preprocessing.texture.Texture": "mebench.preprocessing.texture.StructureTexture",
}


def finder(module: str, otherwise: Callable[[str], Any] | None = None) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module, or of its package, that lost a name.

    What was never renamed is asked for from `otherwise`.

    Examples
    --------
    >>> from mebench.preprocessing import StructureTexture
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     finder("mebench.preprocessing")("Texture") is StructureTexture
    True
    >>> print(caught[0].message)
    Texture is called StructureTexture now; the old name will go.
    """

    home = module.replace("._", ".")  # the module may have got an underscore since

    def find(name: str) -> Any:
        for old, new in RENAMED.items():
            where, _, last = old.rpartition(".")
            if last == name and f"{where}.".startswith(f"{home}."):
                into, _, called = new.rpartition(".")
                warnings.warn(
                    f"{name} is called {called} now; the old name will go.",
                    FutureWarning,
                    stacklevel=2,
                )
                return getattr(importlib.import_module(into), called)
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return find


class _Elsewhere(ModuleType):
    """A module under the path that it had, imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        # What import machinery and tools ask of every module.
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        package, _, module = self.__name__.rpartition(".")
        return getattr(importlib.import_module(f"{package}._{module}"), name)


def keep_paths(package: str, *later: str) -> None:
    """Let modules with an underscore be imported by the path that they had without it.

    A function of the same name hid them there; scripts and saved models may still name them.

    Parameters
    ----------
    package : str
        Whose modules are imported already.
    *later : str
        Old names of those that are imported when they are asked for.
    """
    start = f"{package}._"
    for name in [n for n in sys.modules if n.startswith(start) and "." not in n[len(start) :]]:
        sys.modules.setdefault(f"{package}.{name[len(start) :]}", sys.modules[name])
    for name in later:
        sys.modules.setdefault(f"{package}.{name}", _Elsewhere(f"{package}.{name}"))
