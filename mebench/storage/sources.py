"""Which files hold the code of a user's own steps: what they import included."""

from __future__ import annotations

import ast
import functools
import importlib.util
import inspect
import sys
import sysconfig
import types
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["CannotFollow", "source_files", "without_addresses"]


class CannotFollow(Exception):
    """Code whose source is no file, such as a class typed at a prompt."""


def source_files(value: Any) -> list[Path]:
    """The files, outside of installed packages, that decide what an object does.

    Those are the files of its class and the classes it derives from, of functions and objects
    among its parameters, and all that these files import, at any depth and wherever in the file
    the import stands. What is imported by a name made at run time is not found.

    Parameters
    ----------
    value : object
        An estimator, a pipeline, a function, or lists and mappings of these.

    Raises
    ------
    CannotFollow
        Some of the code is in no file.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> source_files(SVC())
    []
    """
    found: dict[str, None] = {}
    todo = [name for name in _modules_of(value, set()) if not _installed_name(name)]
    while todo:
        name = todo.pop()
        path = _file_of(name)
        if path is None or path in found or _installed(path):
            continue
        found[path] = None
        todo += [n for n in _imports(path, name) if not _installed_name(n)]
    return sorted(map(Path, found))


def without_addresses(text: str) -> str:
    """A repr without addresses in memory, which are of this process alone.

    Examples
    --------
    >>> without_addresses("FunctionTransformer(func=<function f at 0x7f00c0ffee>)")
    'FunctionTransformer(func=<function f>)'
    """
    import re

    return re.sub(r" at 0x[0-9a-fA-F]+", "", text)


def _modules_of(value: Any, seen: set[int]) -> Iterator[str]:
    """Names of the modules that define the classes and functions in an object."""
    if id(value) in seen or value is None or isinstance(value, (str, bytes, int, float, complex)):
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from _modules_of(one, seen)
        return
    if isinstance(value, functools.partial):
        yield from _modules_of([value.func, *value.args, *value.keywords.values()], seen)
        return
    if isinstance(value, (types.FunctionType, types.MethodType)):
        yield value.__module__ or "__main__"
        return
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    yield from (kind.__module__ for kind in kinds)
    if hasattr(value, "get_params") and not isinstance(value, type):
        yield from _modules_of(list(value.get_params(deep=False).values()), seen)


def _file_of(name: str) -> str | None:
    """The file of a module; None for what is compiled in."""
    module = sys.modules.get(name)
    if module is not None:
        try:
            return inspect.getsourcefile(module) or module.__file__
        except TypeError:
            if name == "__main__" or getattr(module, "__spec__", None) is None:
                raise CannotFollow(f"{name} is in no file") from None
            return None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    return spec.origin if spec is not None and spec.has_location else None


@lru_cache(maxsize=1024)
def _installed_name(name: str) -> bool:
    top = name.split(".")[0]
    return (top in sys.stdlib_module_names and top != "__main__") or top == "mebench"


def _installed(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package."""
    parts = Path(path).parts
    if "site-packages" in parts or "dist-packages" in parts:
        return True
    roots = {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    return any(Path(root) in Path(path).parents for root in roots if root)


def _imports(path: str, name: str) -> Iterable[str]:
    """Names of the modules that a file imports anywhere, those in it as in ``from a import b``."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    module = sys.modules.get(name)
    package = getattr(module, "__package__", None)
    if package is None:
        package = name if Path(path).name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                yield from (".".join(parts[: i + 1]) for i in range(len(parts)))
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            parts = base.split(".")
            yield from (".".join(parts[: i + 1]) for i in range(len(parts)) if base)
            yield from (f"{base}.{alias.name}" for alias in node.names if base)
