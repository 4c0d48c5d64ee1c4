"""Public docstrings of the rooms of features say what is near, and what they name is there."""

import importlib
import inspect
import re

import pytest

PACKAGES = (
    "mebench.features",
    "mebench.features.sparse_coding",
    "mebench.flow",
    "mebench.preprocessing",
)


def public():
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            if callable(getattr(module, name)):
                yield package, name


def found(name, package, home):
    """An object by its name beside the one that names it, or by its full name."""
    if "." in name:
        module, _, last = name.rpartition(".")
        return hasattr(importlib.import_module(module), last)
    return any(hasattr(importlib.import_module(where), name) for where in (package, home))


@pytest.mark.parametrize(("package", "name"), list(public()))
def test_see_also_names_what_is_there(package, name):
    one = getattr(importlib.import_module(package), name)
    text = (inspect.getdoc(one) or "") + "\n"  # Python 3.13 cuts indentation itself
    section = re.search(r"^See Also\n-+\n((?: *\S.*\n)+)", text, flags=re.M)
    assert section, f"{name} has no See Also"
    named = re.findall(r"^(\S+) : \S", section[1], flags=re.M)
    assert named
    for other in named:
        assert other != name and found(other, package, one.__module__), other
