"""Networks that look at each frame and then read the frames in both directions."""

from __future__ import annotations

from typing import Any

from ..backend import load_keras
from .blocks import conv, expect, heads, residual

__all__ = ["cnn_bilstm", "conv3d_bilstm"]


def conv3d_bilstm(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    dropout: float = 0.5,
) -> Any:
    """3D convolution, a residual CNN of every frame, and a bidirectional LSTM; about 1.7 million.

    A 3D convolution (3 × 5 × 5, 32 channels) and pooling by two; per frame, residual stages of
    32, 64, 128 and 256 channels and the mean over space; an LSTM of 144 units each way.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int
    dropout : float, default 0.5
        Before the heads (our choice).

    References
    ----------
    In the manner of Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep
    Learning", University of Oulu. A reconstruction: kind and size are theirs, the layers ours.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "conv3d-bilstm")
    inputs = keras.Input(shape)
    x = conv(inputs, 32, (3, 5, 5), (1, 2, 2))
    x = layers.MaxPooling3D((1, 2, 2), padding="same")(x)
    # A kernel of one frame: the same network for every frame.
    x = residual(x, 32, (1, 3, 3), (1, 1, 1))
    x = residual(x, 64, (1, 3, 3), (1, 2, 2))
    x = residual(x, 128, (1, 3, 3), (1, 2, 2))
    maps = residual(x, 256, (1, 3, 3), (1, 2, 2))
    return _read(inputs, maps, 144, n_classes, n_units, dropout)


def cnn_bilstm(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    units: int = 64,
    dropout: float = 0.5,
) -> Any:
    """A CNN of every frame and a bidirectional LSTM, made for 60 frames of 224 × 224.

    Per frame, convolutions of 32, 64 and 128 channels, each followed by pooling by two, then the
    mean over space; an LSTM of 64 units each way. Few parameters, but large maps: at 60 × 224 ×
    224 each clip of a batch keeps several gigabytes while it trains.
    :func:`~mebench.deep.describe` tells how much, and training says so before it begins.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int
    units : int, default 64
        Of the LSTM, each way (our choice).
    dropout : float, default 0.5
        Before the heads (our choice).

    References
    ----------
    In the manner of Marzban, "Facial Micro-Expression Analysis Using Deep Learning", German
    University in Cairo, 2025. A reconstruction: kind and input are theirs, the layers ours.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "cnn-bilstm")
    inputs = keras.Input(shape)
    x = inputs
    for width in (32, 64, 128):
        maps = conv(x, width, (1, 3, 3))
        x = layers.MaxPooling3D((1, 2, 2))(maps)
    return _read(inputs, x, units, n_classes, n_units, dropout)


def _read(inputs: Any, maps: Any, units: int, n_classes: int, n_units: int, dropout: float) -> Any:
    """Mean over space, LSTM both ways, heads."""
    layers = load_keras().layers
    x = layers.TimeDistributed(layers.GlobalAveragePooling2D())(maps)
    features = layers.Bidirectional(layers.LSTM(units, use_cudnn=False))(x)
    return heads(inputs, features, maps, n_classes, n_units, dropout)
