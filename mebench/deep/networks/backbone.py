"""Any network of keras.applications, with weights that the user has."""

from __future__ import annotations

import os
import sys
from typing import Any

from ...errors import BadInput, DataNotFound
from ..backend import load_keras
from .blocks import expect, heads

__all__ = ["backbone"]


def backbone(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    name: str = "MobileNetV2",
    weights: str | None = None,
    trainable: bool = True,
    dropout: float = 0.3,
) -> Any:
    """A network of ``keras.applications`` without its top, and the mean over space.

    Parameters
    ----------
    shape : (H, W, C)
        Grey levels 0–255. C is 1 (repeated) or 3; H and W at least 32.
    n_classes, n_units : int
    name : str, default 'MobileNetV2'
        A function of ``keras.applications``, such as 'ResNet50'.
    weights : path, optional
        A file of weights without the top (``…_notop.h5``). Nothing is downloaded. Default:
        random weights.
    trainable : bool, default True
        False freezes the backbone, and its batch statistics with it: only the heads learn.
    dropout : float, default 0.3
        Before the heads (our choice).

    Raises
    ------
    BadInput
        No such network, or weights that are not its.
    DataNotFound
        No such file.

    Notes
    -----
    Pixels are scaled as the network's own ``preprocess_input`` does.
    """
    keras = load_keras()
    expect(shape, "H, W, C", "backbone", 32)
    function = getattr(keras.applications, name, None)
    if not callable(function) or not name[0].isupper():
        there = [n for n in dir(keras.applications) if n[0].isupper()]
        raise BadInput(f"keras.applications has no {name!r}; there is {', '.join(there)}.")
    if shape[-1] not in (1, 3):
        raise BadInput(f"The network backbone takes 1 or 3 channels, found {shape[-1]}.")
    if weights is not None and not os.path.isfile(weights):
        raise DataNotFound(f"The file of weights {weights} does not exist.")
    inputs = keras.Input(shape)
    x = keras.layers.Concatenate()([inputs] * 3) if shape[-1] == 1 else inputs
    prepare = getattr(sys.modules[function.__module__], "preprocess_input", None)
    x = x if prepare is None else prepare(x)
    try:
        base = function(include_top=False, weights=None, input_shape=(*shape[:2], 3))
        if weights is not None:
            base.load_weights(weights)
    except (ValueError, OSError) as error:
        raise BadInput(f"{name} with weights {weights}: {error}") from error
    base.trainable = trainable
    maps = base(x, training=False) if not trainable else base(x)
    features = keras.layers.GlobalAveragePooling2D()(maps)
    return heads(inputs, features, maps, n_classes, n_units, dropout)
