"""The network of the Toyama study: a ResNet with or without attention branch and ArcFace."""

from __future__ import annotations

from typing import Any

from ...errors import BadInput
from ..backend import load_keras
from .blocks import conv, cosines, expect, heads, residual

__all__ = ["toyama_resnet"]


def toyama_resnet(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    attention: bool = False,
    head: str = "softmax",
    widths: tuple[int, ...] = (64, 128, 256, 512),
    depth: int = 2,
) -> Any:
    """ResNet of the apex frame (2D kernels) or of onset, middle and apex (3D kernels).

    Three frames enter through a kernel of 3 × 7 × 7 without padding in time, after which one is
    left; all that follows is the same for both.

    Parameters
    ----------
    shape : (H, W, C) or (3, H, W, C)
    n_classes, n_units : int
    attention : bool, default False
        Put an attention branch (ABN) before the last stage: a stage of its own, a map for each
        class whose means are logits with a loss of their own, and from these maps the attention
        M by which the maps g become g · (1 + M).
    head : {'softmax', 'arcface'}, default 'softmax'
        With 'arcface', ``emotion`` are cosines between features and classes.
    widths : tuple of int, default (64, 128, 256, 512)
        Channels of the stages.
    depth : int, default 2
        Residual blocks of each stage.

    Notes
    -----
    In the manner of its paper: it gives the variations, the kernels' kind and the training, and
    leaves open how deep and wide the ResNet is (here ResNet-18), its stem (here 7 × 7 by two and
    pooling by two), where the branch starts (here before the last stage) and the scale and margin
    of ArcFace (here 30 and 0.5).

    References
    ----------
    Hata, Hirose and Takano, "Performance Evaluation of Micro-Expression Recognition with Various
    Network Design Variations", Toyama Prefectural University. H. Fukui et al., "Attention Branch
    Network", CVPR 2019.
    """
    keras = load_keras()
    layers = keras.layers
    if head not in ("softmax", "arcface"):
        raise BadInput(f"head must be softmax or arcface, found {head!r}.")
    inputs = keras.Input(shape)
    if len(shape) == 4:
        expect(shape, "T, H, W, C", "toyama-resnet", 16)
        if shape[0] != 3:
            raise BadInput(f"toyama-resnet takes one frame or three, found {shape[0]}.")
        x = layers.ZeroPadding3D((0, 3, 3))(inputs)
        x = layers.Conv3D(widths[0], (3, 7, 7), (1, 2, 2), use_bias=False)(x)
        x = layers.Reshape(x.shape[2:])(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    else:
        expect(shape, "H, W, C", "toyama-resnet", 16)
        x = conv(inputs, widths[0], (7, 7), (2, 2), space_time=False)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for width in widths[:-1]:
        x = _stage(x, width, depth, 1 if width == widths[0] else 2)
    more = {}
    if attention:
        branch = _stage(x, widths[-1], depth, 1)
        by_class = conv(branch, max(n_classes, 1), (1, 1), space_time=False)
        if n_classes:
            scores = layers.Conv2D(n_classes, 1)(by_class)
            more["attention"] = layers.GlobalAveragePooling2D(name="attention_logits")(scores)
        mask = layers.Conv2D(1, 1, activation="sigmoid", name="attention_map")(by_class)
        x = layers.Add()([x, layers.Multiply()([x, mask])])
    maps = _stage(x, widths[-1], depth, 2)
    features = layers.GlobalAveragePooling2D()(maps)
    if head == "softmax" or not n_classes:
        return heads(inputs, features, maps, n_classes, n_units, 0, **more)
    more["emotion"] = cosines(features, n_classes)
    return heads(inputs, features, maps, 0, n_units, 0, **more)


def _stage(x: Any, width: int, depth: int, stride: int) -> Any:
    for i in range(depth):
        x = residual(x, width, (3, 3), (stride,) * 2 if i == 0 else (1, 1), space_time=False)
    return x
