"""Combinations by name: ``stack:lbp-top+mdmo``; and by hand from Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from sklearn.pipeline import Pipeline

from ...errors import BadInput, did_you_mean
from ...svm import PolySVC
from ..method import Method
from ..parts import split_pipeline
from ..registry import expand, get_method
from .branches import Branches
from .early import SideBySide
from .late import LateFusion
from .rules import FEWEST

__all__ = ["COMBINATIONS", "Combination", "combine", "is_combination"]

#: Longest name, because folders of runs bear it.
LONGEST = 120


class Combination(NamedTuple):
    """What a prefix stands for."""

    words: str
    citation: str
    fuse: dict[str, Any] | None  # parameters of SideBySide; None: late fusion


_STACKING = "D. Wolpert, Neural Networks 5(2), 1992; K. M. Ting and I. H. Witten, JAIR 10, 1999"

#: The prefixes. PCA keeps 95 % of a block's variance, selection 500 of its columns (our choices).
COMBINATIONS = {
    "early": Combination("Features side by side, each block scaled", "", {}),
    "early-pca": Combination(
        "Features side by side, each block to its principal components and scaled", "",
        {"pca": 0.95},
    ),
    "early-ratio": Combination(
        "Features side by side, each block's 500 columns of largest variance ratio, scaled",
        "H. Kato et al., APSIPA ASC 2021", {"select": 500},
    ),
    "scores": Combination(
        "Mean of normalised scores",
        "J. Kittler et al., IEEE TPAMI 20(3), 1998; A. Jain et al., Pattern Recognition 38(12), "
        "2005", None,
    ),
    "vote": Combination(
        "Majority vote", "L. Lam and C. Y. Suen, IEEE Trans. SMC A 27(5), 1997", None
    ),
    "stack": Combination("Stacking by logistic regression", _STACKING, None),
    "stack-forest": Combination("Stacking by a random forest", _STACKING, None),
}  # fmt: skip


def is_combination(name: str) -> bool:
    """Whether a name begins with a prefix of :data:`COMBINATIONS` and a colon.

    Examples
    --------
    >>> is_combination("vote:mdmo+hoof"), is_combination("my.module:method")
    (True, False)
    """
    return ":" in name and name.split(":")[0] in COMBINATIONS


def combine(
    kind: str,
    members: Sequence[Any] | str,
    *,
    name: str | None = None,
    title: str = "",
    citation: str = "",
) -> Method:
    """A method made of others.

    Each member keeps its own preprocessing, features, classifier and grid; members of an early
    fusion lose their classifiers to a common one.

    Parameters
    ----------
    kind : {'early', 'early-pca', 'early-ratio', 'scores', 'vote', 'stack', 'stack-forest'}
        See :class:`SideBySide` and :class:`LateFusion`.
    members : list of str, Method or estimator; or str
        What :func:`mebench.methods.get_method` takes; or names joined by ``+``, among them names
        of groups, which stand for all in the group.
    name, title, citation : str, optional
        Default: made from the members.

    Returns
    -------
    Method

    Raises
    ------
    BadInput
        An unknown kind or member, a member named twice, too few, or a name too long for a folder.

    Examples
    --------
    >>> method = combine("stack", ["lbp-top", "mdmo"])
    >>> method.name, [name for name, _ in method.build()[-1].members]
    ('stack:lbp-top+mdmo', ['lbp-top', 'mdmo'])
    """
    if kind not in COMBINATIONS:
        raise BadInput(
            f"There is no combination {kind!r}.{did_you_mean(kind, COMBINATIONS)} There is "
            f"{', '.join(COMBINATIONS)}."
        )
    recipe = COMBINATIONS[kind]
    named = members if isinstance(members, str) else None
    parts = members.split("+") if isinstance(members, str) else list(members)
    if "" in parts:
        raise BadInput(
            f"{kind}:{members} lacks a member: write {kind}: and the names of methods joined by "
            f"'+', such as {kind}:lbp-top+mdmo."
        )
    found: list[Method] = [get_method(part) for part in expand(parts)]
    names = [method.name for method in found]
    name = name or f"{kind}:{named or '+'.join(names)}"
    given = [part for part in parts if isinstance(part, str)]
    twice = sorted({n for n in names if names.count(n) > 1 or given.count(n) > 1})
    if twice:
        raise BadInput(f"{name}: {', '.join(twice)} stands twice among the members.")
    fewest = FEWEST.get(kind, 1)
    if len(found) < fewest:
        raise BadInput(
            f"{name}: found {len(found)} member(s); {kind} needs {fewest} or more, joined by '+'."
        )
    if len(name) > LONGEST:
        raise BadInput(
            f"The name of this combination has {len(name)} characters; folders of runs bear it, so "
            f"{LONGEST} are the most. Name a group of methods, or give a name to "
            "mebench.methods.combination.combine."
        )
    nested = next((m.name for m in found if m.family == "combination"), None)
    if nested:
        raise BadInput(f"{name}: {nested} is a combination by itself; name its members instead.")
    if recipe.fuse is None:
        return Method(
            name, lambda: _late(kind, found),
            title=title or f"{recipe.words} of {_listed(names)}",
            citation=citation or _cited(recipe.citation, found),
            colour=any(method.colour for method in found), family="combination",
        )  # fmt: skip
    linear = all(getattr(_last(m), "kernel", None) == "linear" for m in found)
    return Method(
        name, lambda: _early(recipe.fuse or {}, found, linear),
        grid="linear" if linear else "coarse",
        title=title or f"{recipe.words}: {_listed(names)}",
        citation=citation or _cited(recipe.citation, found),
        colour=any(method.colour for method in found), family="combination",
    )  # fmt: skip


def _late(rule: str, methods: Sequence[Method]) -> Pipeline:
    branches, members = _split(methods)
    grids = {key: method.grid for (key, _), method in zip(members, methods, strict=True)}
    tune = {key: method.tune for (key, _), method in zip(members, methods, strict=True)}
    return Pipeline([
        ("branches", Branches(branches)),
        ("fusion", LateFusion(members, rule, grids=grids, tune=tune)),
    ])  # fmt: skip


def _early(fuse: dict[str, Any], methods: Sequence[Method], linear: bool) -> Pipeline:
    branches, members = _split(methods)
    learned = [
        (key, Pipeline(tail.steps[:-1]) if len(tail.steps) > 1 else "passthrough")
        for key, tail in members
    ]
    # Fused rows have a mean square length of 1, which is what gamma is to be judged by.
    machine = PolySVC(kernel="linear", C=1) if linear else PolySVC(degree=2, coef0=1, gamma=1, C=10)
    return Pipeline([
        ("branches", Branches(branches)), ("fusion", SideBySide(learned, **fuse)),
        ("polysvc", machine),
    ])  # fmt: skip


def _split(
    methods: Sequence[Method],
) -> tuple[list[tuple[str, Pipeline]], list[tuple[str, Pipeline]]]:
    branches, members = [], []
    for method in methods:
        steps, tail = split_pipeline(method.build(), method.tune)
        named = [(f"{place}", step) for place, step in enumerate(steps)]
        key = _key(method.name)
        branches.append((key, Pipeline(named or [("clips", "passthrough")])))
        members.append((key, tail))
    return branches, members


def _key(name: str) -> str:
    """A name that scikit-learn allows in a composition."""
    return re.sub("__+", "_", name)


def _last(method: Method) -> Any:
    built = method.build()
    return built.steps[-1][1] if isinstance(built, Pipeline) else built


def _listed(names: Sequence[str]) -> str:
    return (
        ", ".join(names) if len(names) < 7 else f"{', '.join(names[:5])} and {len(names) - 5} more"
    )


def _cited(rule: str, methods: Sequence[Method]) -> str:
    if len(methods) > 4:
        return "; ".join(part for part in (rule, "members as cited by themselves") if part)
    return "; ".join(part for part in (rule, *(m.citation for m in methods)) if part)
