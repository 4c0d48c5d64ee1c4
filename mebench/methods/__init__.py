"""Named methods: what ``--method`` understands."""

from __future__ import annotations

import difflib
import importlib
import sys
from pathlib import Path
from typing import Any

from ..errors import BadInput
from .method import Method

__all__ = ["METHODS", "Method", "get_method"]

#: Name of each method and the module that defines it as ``METHOD``.
METHODS = {
    "lbp-top": "lbp_top",
    "mdmo": "mdmo",
    "sparse-mdmo": "sparse_mdmo",
    "bi-woof": "bi_woof",
    "hoof": "hoof",
    "3d-fft": "fft3d",
}


def get_method(method: Any) -> Method:
    """The method that a name, an import path or an estimator stands for.

    Parameters
    ----------
    method : str, Method or estimator
        A name of :data:`METHODS`; ``package.module:object``, where the object is an estimator,
        a Method, or a function without arguments that gives one; a Method; or any scikit-learn
        classifier or pipeline that takes clips.

    Raises
    ------
    BadInput
        Nothing of that name, or something that is no estimator.

    Examples
    --------
    >>> get_method("mdmo").name
    'mdmo'
    """
    if isinstance(method, Method):
        return method
    if isinstance(method, str):
        if method in METHODS:
            return importlib.import_module(f"{__name__}.{METHODS[method]}").METHOD
        if ":" not in method:
            near = difflib.get_close_matches(method, METHODS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadInput(
                f"Unknown method {method!r}.{hint} There is {', '.join(METHODS)}; your own is "
                "named as package.module:object."
            )
        return _named(_imported(method), method)
    return _named(method, type(method).__name__)


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:  # the console script, unlike `python -m`, does not look here
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise BadInput(
            f"Cannot load the method {path!r}: {error}. Expected package.module:object, "
            "importable from the current folder or installed."
        ) from error


def _named(found: Any, name: str) -> Method:
    from sklearn.base import clone

    if isinstance(found, Method):
        return found
    if isinstance(found, type) or (callable(found) and not hasattr(found, "get_params")):
        made = found()
        return _named(made, name) if not isinstance(made, Method) else made
    if not hasattr(found, "fit") or not hasattr(found, "get_params"):
        raise BadInput(
            f"{name} is {type(found).__name__}, not a scikit-learn estimator: it needs fit, "
            "predict and get_params."
        )
    return Method(name, lambda: clone(found))
