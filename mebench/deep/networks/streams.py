"""Shallow networks on the flow from onset to apex."""

from __future__ import annotations

from typing import Any

from ...errors import BadInput
from ..backend import load_keras
from .blocks import expect, heads

__all__ = ["off_apexnet", "ststnet"]


def ststnet(
    shape: tuple[int, ...], n_classes: int, n_units: int = 0, *, dropout: float = 0.5
) -> Any:
    """Shallow triple-stream 3D CNN: three small streams on u, v and strain.

    The streams have one convolution each, 3 × 3 over all three channels, with 3, 5 and 8
    kernels; after pooling by three they are put side by side and pooled by two. At 28 × 28 that
    makes 400 features.

    Parameters
    ----------
    shape : (H, W, 3)
    n_classes, n_units : int
    dropout : float, default 0.5
        Before the heads (our choice).

    References
    ----------
    In the manner of S.-T. Liong, Y. S. Gan, J. See, H.-Q. Khor and Y.-C. Huang, "Shallow Triple
    Stream Three-dimensional CNN (STSTNet) for Micro-expression Recognition", FG 2019. Streams and
    kernels from memory, unverified; batch normalisation is ours.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "H, W, 3", "ststnet")
    if shape[-1] != 3:
        raise BadInput(f"The network ststnet takes u, v and strain, found {shape[-1]} channels.")
    inputs = keras.Input(shape)
    streams = []
    for width in (3, 5, 8):
        x = layers.Conv2D(width, 3, padding="same")(inputs)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        streams.append(layers.MaxPooling2D(3, padding="same")(x))
    maps = layers.Concatenate()(streams)
    features = layers.Flatten()(layers.AveragePooling2D(2)(maps))
    return heads(inputs, features, maps, n_classes, n_units, dropout)


def off_apexnet(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    width: int = 1024,
    dropout: float = 0.5,
) -> Any:
    """Two streams on u and v, and two wide layers.

    Each stream has two convolutions, 5 × 5, with 6 and 16 kernels, each followed by pooling by
    two; both together go through two layers of 1,024. Further channels are not looked at.

    Parameters
    ----------
    shape : (H, W, C)
        C at least 2.
    n_classes, n_units : int
    width : int, default 1024
        Of each of the two layers.
    dropout : float, default 0.5
        Before the heads (our choice).

    References
    ----------
    In the manner of Y. S. Gan, S.-T. Liong, W.-C. Yau, Y.-C. Huang and L.-K. Tan, "OFF-ApexNet on
    micro-expression recognition system", Signal Processing: Image Communication 74, 2019.
    Streams and widths from memory, unverified.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "H, W, C", "off-apexnet")
    if shape[-1] < 2:
        raise BadInput(f"The network off-apexnet takes u and v, found {shape[-1]} channel.")
    inputs = keras.Input(shape)
    streams = []
    for channel in (0, 1):
        x = inputs[..., channel : channel + 1]
        for kernels in (6, 16):
            maps = layers.Conv2D(kernels, 5, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D(2, padding="same")(maps)
        streams.append(x)
    maps = layers.Concatenate()(streams)
    x = layers.Dense(width, activation="relu")(layers.Flatten()(maps))
    features = layers.Dense(width, activation="relu")(x)
    return heads(inputs, features, maps, n_classes, n_units, dropout)
