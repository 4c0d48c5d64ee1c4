"""A residual network that is told where to look by a branch of its own."""

from __future__ import annotations

from typing import Any

from ..backend import load_keras
from .blocks import conv, cosines, expect, heads, residual

__all__ = ["attention"]


def attention(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    head: str = "softmax",
    dropout: float = 0.3,
) -> Any:
    """ResNet with an attention branch, and on wish an ArcFace head, on one frame or three.

    A stem and residual stages of 32, 64 and 128 channels give the maps g. The attention branch
    is a residual block and one map per class, whose means over space are logits with a loss of
    their own; a 1 × 1 convolution and a sigmoid of these maps are the attention M. The last
    stage, 128 channels, sees g · (1 + M); the mean over space gives 128 features.

    Parameters
    ----------
    shape : (H, W, C)
        C is 1 for the apex frame, 3 for onset, middle and apex; of the full face or of regions.
    n_classes, n_units : int
    head : {'softmax', 'arcface'}, default 'softmax'
        With 'arcface', ``emotion`` are cosines between features and classes.
    dropout : float, default 0.3
        Before the softmax head (our choice).

    References
    ----------
    In the manner of Hata, Hirose and Takano, "Performance Evaluation of Micro-Expression
    Recognition with Various Network Design Variations", Toyama Prefectural University. A
    reconstruction: the variations are theirs, the layers ours. The branch follows H. Fukui et
    al., "Attention Branch Network", CVPR 2019.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "H, W, C", "attention")
    inputs = keras.Input(shape)
    x = conv(inputs, 32, (3, 3), (2, 2), space_time=False)
    x = residual(x, 32, (3, 3), (1, 1), space_time=False)
    x = residual(x, 64, (3, 3), (2, 2), space_time=False)
    g = residual(x, 128, (3, 3), (2, 2), space_time=False)
    branch = residual(g, 128, (3, 3), (1, 1), space_time=False)
    by_class = conv(branch, max(n_classes, 1), (1, 1), space_time=False)
    more = {}
    if n_classes:
        scores = layers.Conv2D(n_classes, 1)(by_class)
        more["attention"] = layers.GlobalAveragePooling2D(name="attention_logits")(scores)
    mask = layers.Conv2D(1, 1, activation="sigmoid", name="attention_map")(by_class)
    seen = layers.Add()([g, layers.Multiply()([g, mask])])
    maps = residual(seen, 128, (3, 3), (1, 1), space_time=False)
    features = layers.GlobalAveragePooling2D()(maps)
    if head == "softmax" or not n_classes:
        return heads(inputs, features, maps, n_classes, n_units, dropout, **more)
    if head != "arcface":
        raise TypeError(f"head must be softmax or arcface, found {head!r}")
    more["emotion"] = cosines(features, n_classes)
    return heads(inputs, features, maps, 0, n_units, dropout, **more)
