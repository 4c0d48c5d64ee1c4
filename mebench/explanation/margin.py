"""How much each group of features speaks for the predicted class, exactly, for one clip's SVM."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import BadInput
from ..svm import PolySVC

__all__ = ["Margin", "explain_margin", "margin_parts", "next_best", "pair_of"]


class Margin(NamedTuple):
    """Why one sample was called what it was."""

    predicted: Any
    runner_up: Any
    value: float  # decision value of the pair of the two, positive for the predicted class
    baseline: float  # the same of the baseline
    parts: dict[str, float]  # of each group; they sum to value − baseline


def explain_margin(
    svc: PolySVC, x: np.ndarray, baseline: np.ndarray, groups: Sequence[str]
) -> Margin:
    """Decompose the margin of one sample over groups of features.

    The margin is the decision value of the one machine, of the one-vs-one machines, that
    separates the predicted class from the runner-up: the class with the next highest score. It is
    positive where that machine sides with the predicted class; where votes decided against it, it
    may be negative.

    Parameters
    ----------
    svc : PolySVC
        Fitted, to two classes or more.
    x : ndarray ``(n_features,)``
        The sample.
    baseline : ndarray ``(n_features,)``
        What the sample is compared with. A run takes the mean of the training clips of the
        fold: a part then says what it changes that this clip differs, in that region, from the
        average clip.
    groups : sequence of str ``(n_features,)``
        The group of each feature.

    Returns
    -------
    Margin

    Raises
    ------
    BadInput
        Lengths that differ, or a machine that knows one class only.

    Notes
    -----
    See :func:`margin_parts` for what the parts are; they sum to the difference of the sample's
    and the baseline's margin, to rounding.

    Examples
    --------
    The second feature alone tells the classes apart:

    >>> X = np.array([[0.0, -1], [1, -1], [0, 1], [1, 1]])
    >>> svc = PolySVC(kernel="linear", C=10).fit(X, ["down", "down", "up", "up"])
    >>> found = explain_margin(svc, np.array([1.0, 0.5]), X.mean(axis=0), ["a", "b"])
    >>> str(found.predicted), str(found.runner_up), round(found.value, 3)
    ('up', 'down', 0.5)
    >>> {group: round(part, 3) + 0.0 for group, part in found.parts.items()}
    {'a': 0.0, 'b': 0.5}
    """
    x, baseline = np.asarray(x, float).ravel(), np.asarray(baseline, float).ravel()
    names = list(dict.fromkeys(groups))
    if not len(x) == len(baseline) == len(groups) == svc.n_features_in_:
        raise BadInput(
            f"The machine knows {svc.n_features_in_} features; found a sample of {len(x)}, a "
            f"baseline of {len(baseline)} and {len(groups)} names of groups."
        )
    if len(svc.classes_) < 2:
        raise BadInput(f"This machine knows one class only, {str(svc.classes_[0])!r}.")
    machine, support = svc._machine, svc.support_vectors_
    values = machine.values(np.stack([x, baseline]) @ support.T)
    scores = svc.decision_function(x[None])[0]
    scores = np.array([-scores, scores]) if np.ndim(scores) == 0 else scores
    if svc.decision_function_shape == "ovo" and len(svc.classes_) > 2:
        from ..svm.polysvc import votes_and_scores

        scores = votes_and_scores(values[:1], machine.pairs, len(svc.classes_))[1][0]
    predicted = int(np.flatnonzero(svc.classes_ == svc.predict(x[None])[0])[0])
    runner_up = next_best(scores, predicted)
    pair, sign = pair_of(machine.pairs, predicted, runner_up)
    away = x - baseline
    columns = np.asarray(groups, object)
    blocks = np.stack([support[:, columns == g] @ away[columns == g] for g in names])
    parts = sign * margin_parts(machine.coef[pair], *machine.kernel, support @ baseline, blocks)
    return Margin(
        svc.classes_[predicted],
        svc.classes_[runner_up],
        float(sign * values[0, pair]),
        float(sign * values[1, pair]),
        dict(zip(names, parts.tolist(), strict=True)),
    )


def margin_parts(
    coef: np.ndarray,
    degree: int,
    gamma: float,
    coef0: float,
    base: np.ndarray,
    blocks: np.ndarray,
) -> np.ndarray:
    """Aumann–Shapley values of groups of features in a polynomial-kernel decision value.

    The decision value f(x) = Σ_i β_i (γ x·x_i + r)^d is followed along the straight line from
    the baseline b to x. What the features of a group add on the way,

        ∫₀¹ Σ_{j in group} (x_j − b_j) ∂f/∂x_j (b + t(x − b)) dt,

    is the group's part. The integrand is a polynomial of degree d − 1 in t, so Gauss–Legendre
    quadrature with ⌈d/2⌉ nodes gives the integral exactly. With a linear kernel the part is
    Σ_j w_j (x_j − b_j).

    Parameters
    ----------
    coef : ndarray ``(n,)``
        Signed coefficients β of the support vectors.
    degree, gamma, coef0
        d, γ and r of the kernel.
    base : ndarray ``(n,)``
        Products of the baseline with the support vectors, over all features.
    blocks : ndarray ``(n_groups, n)``
        Products of x − b with the support vectors, over the features of each group; together
        the groups hold every feature once.

    Returns
    -------
    ndarray ``(n_groups,)``
        They sum to f(x) − f(b), to rounding.

    References
    ----------
    R. Aumann and L. Shapley, "Values of Non-Atomic Games", 1974. M. Sundararajan, A. Taly and
    Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017 (integrated gradients, by sums).

    Examples
    --------
    f(x) = (x₁ + x₂)² from 0 to (1, 2): nine in all, to each its share.

    >>> margin_parts(np.ones(1), 2, 1.0, 0.0, np.zeros(1), np.array([[1.0], [2.0]])).tolist()
    [3.0, 6.0]
    """
    if degree == 0:
        return np.zeros(len(blocks))
    nodes, weights = np.polynomial.legendre.leggauss(math.ceil(degree / 2))
    whole = blocks.sum(axis=0)
    slope = sum(
        w / 2 * (gamma * (base + (t + 1) / 2 * whole) + coef0) ** (degree - 1)
        for t, w in zip(nodes, weights, strict=True)
    )
    found: np.ndarray = blocks @ (coef * (gamma * degree) * slope)
    return found


def next_best(scores: np.ndarray, predicted: int) -> int:
    """The class with the highest score but the predicted one; the first of equals."""
    others = np.array(scores, float)
    others[predicted] = -np.inf
    return int(others.argmax())


def pair_of(pairs: list[tuple[int, int]], a: int, b: int) -> tuple[int, int]:
    """Place of the machine of two classes, and the sign that makes it positive for `a`.

    Raises
    ------
    ValueError
        The machine was trained without one of them.
    """
    return (pairs.index((a, b)), 1) if a < b else (pairs.index((b, a)), -1)
