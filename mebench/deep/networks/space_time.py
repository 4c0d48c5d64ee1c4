"""Residual networks with convolutions over space and time."""

from __future__ import annotations

from typing import Any

from ..backend import load_keras
from .blocks import conv, expect, heads, residual

__all__ = ["residual_3d", "residual_3d_fft"]


def residual_3d(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    width: int = 1024,
    dropout: float = 0.5,
) -> Any:
    """Residual 3D-CNN of about 1.2 million parameters with heads for emotions and action units.

    A stem and four residual stages of 16, 32, 64 and 144 channels, all with kernels of 3 × 3 × 3,
    the mean over space and time, and a layer of 1,024 features. Space is halved by the stem and
    each later stage, time by the last two.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int
    width : int, default 1024
        Number of features.
    dropout : float, default 0.5
        Before the heads (our choice).

    References
    ----------
    In the manner of Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep
    Learning", University of Oulu. A reconstruction: the size, the number of features and the
    heads are theirs, the layers are ours.
    """
    keras = load_keras()
    expect(shape, "T, H, W, C", "residual-3d", 4)
    inputs = keras.Input(shape)
    x = conv(inputs, 16, (3, 3, 3), (1, 2, 2))
    return _stages(inputs, x, n_classes, n_units, width, dropout)


def residual_3d_fft(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    width: int = 1024,
    dropout: float = 0.5,
) -> Any:
    """The same on Fourier amplitudes of small blocks, as SpectrumInput lays them out.

    The stem sees the 64 spatial frequencies of a block as channels and keeps the grid of blocks,
    which is eight times coarser than the frames.

    Parameters
    ----------
    shape : (T, H, W, C)
        Frequencies over time, rows and columns of blocks, frequencies over space.
    n_classes, n_units, width, dropout
        As in :func:`residual_3d`.
    """
    keras = load_keras()
    expect(shape, "T, H, W, C", "residual-3d-fft", 2)
    inputs = keras.Input(shape)
    x = conv(inputs, 16, (3, 3, 3), (1, 1, 1))
    return _stages(inputs, x, n_classes, n_units, width, dropout)


def _stages(inputs: Any, x: Any, n_classes: int, n_units: int, width: int, dropout: float) -> Any:
    layers = load_keras().layers
    x = residual(x, 16, (3, 3, 3), (1, 1, 1))
    x = residual(x, 32, (3, 3, 3), (1, 2, 2))
    x = residual(x, 64, (3, 3, 3), (2, 2, 2))
    maps = residual(x, 144, (3, 3, 3), (2, 2, 2))
    x = layers.GlobalAveragePooling3D()(maps)
    features = layers.Dense(width, activation="relu")(x)
    return heads(inputs, features, maps, n_classes, n_units, dropout)
