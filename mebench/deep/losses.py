"""Weights and losses: class weights, cross-entropy, focal loss, ArcFace.

The losses are written with ``keras.ops`` and take arrays or tensors; one number per sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import BadInput
from .backend import load_keras

__all__ = ["arcface_logits", "class_weights", "cross_entropy", "focal_loss", "unit_alpha"]


def class_weights(
    y: np.ndarray, n_classes: int, how: str | Mapping[Any, float] | None, names: Any = None
) -> np.ndarray:
    """Weight of each class in the loss.

    Parameters
    ----------
    y : ndarray of int ``(n,)``
        Codes of the training samples.
    n_classes : int
    how : {'balanced', 'inverse', 'inverse-20', None} or dict of class to weight
        'balanced' is n_samples / (n_classes · count of the class), as in scikit-learn. 'inverse'
        is 5 · (1 / count) / max(1 / count), so that the rarest class has 5, as in Emotion
        Engine; 'inverse-20' is 20 of the same, rounded up, as in its notebook of the BiLSTM.
    names : sequence, optional
        The classes, where `how` is a dict.

    Examples
    --------
    >>> class_weights(np.array([0, 0, 0, 0, 1, 1]), 2, "balanced").tolist()
    [0.75, 1.5]
    >>> class_weights(np.array([0, 0, 0, 0, 1, 1]), 2, "inverse").tolist()
    [2.5, 5.0]
    """
    if how is None:
        return np.ones(n_classes, np.float32)
    if isinstance(how, Mapping):
        return np.array([how.get(name, 1.0) for name in names], np.float32)
    if how not in ("balanced", "inverse", "inverse-20"):
        raise BadInput(
            "class_weight must be 'balanced', 'inverse', 'inverse-20', a dict or None, found "
            f"{how!r}."
        )
    counts = np.bincount(y, minlength=n_classes)
    if how != "balanced":
        share = np.maximum(counts[counts > 0].min(), 1) / np.maximum(counts, 1)
        return (5 * share if how == "inverse" else np.ceil(20 * share)).astype(np.float32)
    return (len(y) / (n_classes * np.maximum(counts, 1))).astype(np.float32)


def cross_entropy(truth: Any, logits: Any) -> Any:
    """−log softmax of the true class, ``(n,)``.

    Parameters
    ----------
    truth : ``(n, n_classes)`` of 0 and 1
    logits : ``(n, n_classes)``
    """
    ops = load_keras().ops
    return -ops.sum(truth * ops.log_softmax(logits, axis=-1), axis=-1)


def focal_loss(truth: Any, logits: Any, gamma: float = 2.0, alpha: Any = 0.25) -> Any:
    """Binary focal loss, the mean over units, ``(n,)``.

    −α (1 − p)^γ log p where a unit is there, −(1 − α) p^γ log(1 − p) where it is not, p being the
    sigmoid of the logit: what is already right counts little.

    Parameters
    ----------
    truth : ``(n, n_units)`` of 0 and 1
    logits : ``(n, n_units)``
    gamma : float, default 2
        The paper's.
    alpha : float or ``(n_units,)``, default 0.25
        The paper's, for thousands of easy places without an object. :func:`unit_alpha` gives
        what training takes for rare units.

    References
    ----------
    T.-Y. Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017.
    """
    ops = load_keras().ops
    signed = logits * (2 * truth - 1)  # p_t is its sigmoid
    weight = alpha * truth + (1 - alpha) * (1 - truth)
    # (1 − p_t)^γ by logarithms, whose gradient is finite everywhere.
    missed = ops.exp(-gamma * ops.softplus(signed))
    return ops.mean(weight * missed * ops.softplus(-signed), axis=-1)


def unit_alpha(units: np.ndarray, how: Any) -> np.ndarray:
    """Weight of each unit's being there in its focal loss, float32 ``(n_units,)``.

    Parameters
    ----------
    units : ndarray of 0 and 1 ``(n, n_units)``
        Of the samples learned from.
    how : {'balanced', other}
        'balanced': the share of samples without the unit, 0.05 to 0.95, so that being there and
        not weigh the same in sum and 0.5 is a fair threshold (our choice). Else the paper's 0.25.

    Examples
    --------
    >>> unit_alpha(np.array([[1, 0], [0, 1], [0, 1], [0, 1]]), "balanced").tolist()
    [0.75, 0.25]
    """
    if how != "balanced":
        return np.full(units.shape[1], 0.25, np.float32)
    return np.clip(1 - units.mean(0), 0.05, 0.95).astype(np.float32)


def arcface_logits(truth: Any, cosines: Any, scale: float = 30.0, margin: float = 0.5) -> Any:
    """Logits for the cross-entropy of ArcFace, ``(n, n_classes)``.

    The angle to the true class is widened by `margin` before its cosine is taken; all are
    multiplied by `scale`.

    Parameters
    ----------
    truth : ``(n, n_classes)`` of 0 and 1
    cosines : ``(n, n_classes)``
        Of the angles between a sample's features and the direction of each class.
    scale : float, default 30
        Our choice, for few classes; the paper has 64 for many thousands.
    margin : float, default 0.5
        Radians, as in the paper.

    Notes
    -----
    Beyond π − margin, where the widened cosine would turn round, cos θ − margin · sin margin
    takes its place, as is usual.

    References
    ----------
    J. Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019.
    """
    ops = load_keras().ops
    cosines = ops.clip(cosines, -1 + 1e-6, 1 - 1e-6)
    sines = ops.sqrt(1 - ops.square(cosines))
    wider = cosines * float(np.cos(margin)) - sines * float(np.sin(margin))
    beyond = cosines - margin * float(np.sin(margin))
    wider = ops.where(cosines > float(np.cos(np.pi - margin)), wider, beyond)
    return scale * (truth * wider + (1 - truth) * cosines)
