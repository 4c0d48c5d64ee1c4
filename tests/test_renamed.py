"""Names that were changed are still found, with a warning; models that hold them are read."""

import importlib

import pytest

from mebench.models.allowed_types import trusted_types
from mebench.renamed import RENAMED


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_the_old_name_is_the_new_class(old, new):
    where, _, name = new.rpartition(".")
    now = getattr(importlib.import_module(where), name)
    assert now.__name__ == name and name in importlib.import_module(where).__all__
    module, _, before = old.rpartition(".")
    for place in (module, module.rpartition(".")[0]):  # the module, and its package
        with pytest.warns(FutureWarning, match=f"{before} is called {name} now"):
            assert getattr(importlib.import_module(place), before) is now
    assert trusted_types()[old] is now is trusted_types()[new]


@pytest.mark.parametrize("module", ["mebench.preprocessing", "mebench.methods.combination.early"])
def test_other_names_are_missing_as_ever(module):
    with pytest.raises(AttributeError, match=r"has no attribute 'Nothing'"):
        _ = importlib.import_module(module).Nothing
    assert not hasattr(importlib.import_module(module), "__path_of_nothing__")
