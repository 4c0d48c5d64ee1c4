"""Which methods there are, by name; each is imported when it is asked for."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from .. import plugins
from ..errors import BadInput, did_you_mean
from .method import Method

__all__ = ["FAMILIES", "METHODS", "expand", "get_method", "imported", "register_method"]

_log = logging.getLogger(__name__)

_OURS: dict[str, str | Method] = {
    "lbp-top": "lbp_top",
    "mdmo": "mdmo",
    "sparse-mdmo": "sparse_mdmo",
    "bi-woof": "bi_woof",
    "hoof": "hoof",
    "3d-fft": "fft3d",
    "hog-top": "hog_top",
    "higo-top": "higo_top",
    "higo": "higo",
    "fhofo": "fhofo",
    "fdm": "fdm",
    "osf": "osf",
    "osw-lbp-top": "osw_lbp_top",
    "bi-woof-phase": "bi_woof_phase",
    "glmm-lbp-top": "glmm_lbp_top",
    "frame-lbp": "frame_lbp",
    "lbp-sip": "lbp_sip",
    "lbp-mop": "lbp_mop",
    "lbp-xyot": "lbp_xyot",
    "elbptop": "elbptop",
    "cbp-top": "cbp_top",
    "stclqp": "stclqp",
    "stlbp-ip": "stlbp_ip",
    "tics-lbp-top": "tics_lbp_top",
    "megc2019-lbp-top": "megc2019_lbp_top",
    "osf-osw": "osf_osw",
    "lbp-cbp-top": "lbp_cbp_top",
    "cnn-svm": "cnn_svm",
    **{
        f"cnn-{name}": f"cnn:cnn-{name}"
        for name in ("ststnet", "off-apexnet", "residual-3d", "residual-3d-fft", "conv3d-bilstm",
                     "bilstm", "attention", "backbone")
    },
    **{
        f"emotion-engine-{kind}{seen}": f"authors:emotion-engine-{kind}{seen}"
        for kind, others in {
            "3dcnn": ("", "-magnified", "-magnified-flow", "-flow-lbp", "-spectrum"),
            "cnn-bilstm": ("", "-magnified", "-magnified-flow", "-flow-lbp", "-spectrum"),
            "spectrum": ("", "-flow", "-magnified", "-magnified-flow", "-flow-lbp"),
        }.items()
        for seen in others
    },
    **{
        f"marzban-{name}": f"authors:marzban-{name}"
        for name in ("cnn-bilstm", "cnn-bilstm-small", "resnet50", "resnet50-one-frame",
                     "resnet50-small")
    },
    **{
        f"toyama-resnet{name}": f"authors:toyama-resnet{name}"
        for name in (
            *("".join(parts) for parts in product(
                ("", "-abn"), ("", "-arcface"), ("", "-3frames"), ("", "-rois")
            )),
            "-small", "-abn-arcface-3frames-rois-small",
        )
    },
}  # fmt: skip

#: What stands for a method of another package that was not asked for yet.
_ELSEWHERE = "elsewhere"


def _names_elsewhere() -> None:
    for name in plugins.named("methods"):
        if name in FAMILIES or ":" in name or METHODS.setdefault(name, _ELSEWHERE) != _ELSEWHERE:
            _log.warning("A method of another package is called %r, a name that is taken.", name)


#: The methods by name: the module of this package that defines each, or the method itself. Those
#: of other packages come last.
METHODS: dict[str, str | Method] = plugins.Registry(_OURS, _names_elsewhere)

#: Names that stand for several methods: all those of a family, in the order of METHODS.
FAMILIES = {
    "handcrafted": "every handcrafted descriptor, each with its own classifier",
    "combination": "the named combinations of them",
    "cnn": "small networks after the literature, and the hybrid of one with handcrafted features",
    "authors": "networks as their authors built them, as far as a text or code gives their layers",
}


def get_method(method: Any) -> Method:
    """The method that a name, an import path or an estimator stands for.

    Parameters
    ----------
    method : str, Method or estimator
        A name of :data:`METHODS`; a combination of names, such as ``stack:lbp-top+mdmo``
        (:func:`mebench.methods.combination.combine`); ``package.module:object``, where the
        object is an estimator, a Method, or a function without arguments that gives one; a
        Method; or any scikit-learn classifier or pipeline that takes clips.

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
            known = METHODS[method]
            if isinstance(known, Method):
                return known
            if known == _ELSEWHERE:
                made = replace(_named(plugins.target("methods", method), method), name=method)
                METHODS[method] = made
                return made
            module, _, one = known.partition(":")
            found = importlib.import_module(f".{module}", __package__)
            return found.METHODS[one] if one else found.METHOD
        names = _combination()
        if names.is_combination(method):
            kind, _, members = method.partition(":")
            return names.combine(kind, members)
        if ":" not in method:
            raise BadInput(
                f"Unknown method {method!r}.{did_you_mean(method, METHODS)} `mebench list methods` "
                f"names all {len(METHODS)}; {', '.join(FAMILIES)} stand for many of them. Your "
                "own is named as package.module:object, a combination as stack:NAME+NAME."
            )
        return _named(imported(method), method)
    return _named(method, type(method).__name__)


def expand(methods: Iterable[Any]) -> list[Any]:
    """The same methods, with the names of :data:`FAMILIES` replaced by their members' names.

    A name that would stand twice stands where it stood first.

    Examples
    --------
    >>> expand(["mdmo", "handcrafted"])[:3]
    ['mdmo', 'lbp-top', 'sparse-mdmo']
    """
    found: list[Any] = []
    for method in methods:
        family = isinstance(method, str) and method in FAMILIES
        for one in [n for n in METHODS if _family(n) == method] if family else [method]:
            if not any(one is other or (isinstance(one, str) and one == other) for other in found):
                found.append(one)
    return found


def _family(name: str) -> str:
    """The family of a method; none of one of another package that cannot be imported."""
    try:
        return get_method(name).family
    except BadInput as error:
        if METHODS[name] != _ELSEWHERE:
            raise
        _log.warning("%s", error)
        return ""


def register_method(method: Method) -> Method:
    """Make a method known by its name, as those of mebench are.

    Parameters
    ----------
    method : Method

    Returns
    -------
    Method
        The same one.

    Raises
    ------
    BadInput
        Another method has that name, or the name has a colon, which makes an import path.

    See Also
    --------
    get_method
    """
    if ":" in method.name or method.name in FAMILIES:
        raise BadInput(
            f"A method cannot be called {method.name!r}: that name means something else."
        )
    if METHODS.setdefault(method.name, method) is not method:
        raise BadInput(f"There is a method {method.name!r} already; give yours another name.")
    return method


def _combination() -> Any:
    """What understands names such as ``stack:lbp-top+mdmo``; it builds on this module."""
    return importlib.import_module(".combination.names", __package__)


def imported(path: str, what: str = "method") -> Any:
    """The object at ``package.module:object``, importable from the current folder too."""
    module, _, name = path.partition(":")
    here = str(Path.cwd())
    if here not in sys.path:  # the console script, unlike `python -m`, does not look here
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)
    except (Exception, SystemExit) as error:  # the module runs as it is imported
        kinds = _combination().COMBINATIONS
        hint = did_you_mean(f"{module}:", [f"{kind}:" for kind in kinds])
        raise BadInput(
            f"Cannot load the {what} {path!r}: {error}.{hint} Expected package.module:object, "
            "importable from the current folder or installed"
            + (
                f"; or a combination, such as stack:NAME+NAME, of the kinds {', '.join(kinds)}."
                if what == "method"
                else "."
            )
        ) from error


def _made(factory: Any, name: str) -> Any:
    """What a function or class without arguments gives."""
    try:
        return factory()
    except BadInput:
        raise
    except (Exception, SystemExit) as error:
        raise BadInput(
            f"{name} gives no method: calling it without arguments raised "
            f"{type(error).__name__}: {error}."
        ) from error


def _named(found: Any, name: str) -> Method:
    from sklearn.base import clone

    if isinstance(found, Method):
        return found
    if isinstance(found, type) or (callable(found) and not hasattr(found, "get_params")):
        made = _made(found, name)
        return _named(made, name) if not isinstance(made, Method) else made
    if not hasattr(found, "fit") or not hasattr(found, "get_params"):
        raise BadInput(
            f"{name} is {type(found).__name__}, not a scikit-learn estimator: it needs fit, "
            "predict and get_params."
        )
    return Method(name, lambda: clone(found), family="own")
