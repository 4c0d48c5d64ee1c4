"""What the networks are put together from."""

from __future__ import annotations

from typing import Any

from ...errors import BadInput
from ..backend import load_keras

__all__ = ["conv", "cosines", "expect", "heads", "residual"]


def expect(shape: tuple[int, ...], axes: str, network: str, smallest: int = 8) -> None:
    """Raise :class:`BadInput` unless `shape` has these axes and is large enough."""
    wanted = len(axes.split(","))
    if len(shape) != wanted or min(shape[-3:-1]) < smallest:
        raise BadInput(
            f"The network {network} takes inputs ({axes}) of at least {smallest}×{smallest}, found "
            f"{shape}: choose another input."
        )


def conv(
    x: Any, width: int, kernel: tuple[int, ...], strides: tuple[int, ...] | int = 1,
    relu: bool = True, space_time: bool = True,
) -> Any:  # fmt: skip
    """Convolution, batch normalisation and, unless told otherwise, rectification."""
    layers = load_keras().layers
    kind = layers.Conv3D if space_time else layers.Conv2D
    x = kind(width, kernel, strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x) if relu else x


def residual(
    x: Any, width: int, kernel: tuple[int, ...], strides: tuple[int, ...], space_time: bool = True
) -> Any:
    """Two convolutions around which the input is led (He et al., CVPR 2016)."""
    layers = load_keras().layers
    flat = (1,) * len(kernel)
    past = x
    if max(strides) > 1 or x.shape[-1] != width:
        past = conv(x, width, flat, strides, relu=False, space_time=space_time)
    x = conv(x, width, kernel, strides, space_time=space_time)
    x = conv(x, width, kernel, flat, relu=False, space_time=space_time)
    return layers.ReLU()(layers.Add()([x, past]))


def cosines(features: Any, n_classes: int) -> Any:
    """Cosines of the angles between features and one direction per class."""
    keras = load_keras()
    # Columns of length one, from the start and after every step, make the products cosines.
    return keras.layers.Dense(
        n_classes,
        use_bias=False,
        kernel_initializer=keras.initializers.Orthogonal(),
        kernel_constraint=keras.constraints.UnitNorm(axis=0),
        name="cosines",
    )(keras.layers.UnitNormalization()(features))


def heads(
    inputs: Any, features: Any, maps: Any, n_classes: int, n_units: int, dropout: float, **more: Any
) -> Any:
    """The model with one linear layer per thing to be told, on the features."""
    keras = load_keras()
    kept = keras.layers.Dropout(dropout)(features) if dropout else features
    out = {"features": features, "maps": maps, **more}
    if n_classes:
        out["emotion"] = keras.layers.Dense(n_classes, name="emotion_logits")(kept)
    if n_units:
        out["units"] = keras.layers.Dense(n_units, name="unit_logits")(kept)
    return keras.Model(inputs, out)
