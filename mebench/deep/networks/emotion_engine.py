"""The three networks of Emotion Engine, layer by layer as in their authors' public notebooks."""

from __future__ import annotations

from typing import Any

from ...errors import BadInput
from ..backend import load_keras
from .blocks import expect, heads

__all__ = ["engine_3dcnn", "engine_cnn_bilstm", "engine_spectrum"]

_WIDTH = 128  # of the layer before the heads, in all three


def engine_3dcnn(
    shape: tuple[int, ...],
    n_classes: int,
    n_units: int = 0,
    *,
    spatial_dropout: float | None = None,
    pooling: str = "flatten",
) -> Any:
    """Residual 3D-CNN; 1,221,184 parameters on (7, 224, 224, 3) with 8 classes and 24 units.

    Two strided convolutions over space and time (8 and 16 channels), three residual blocks (32,
    64, 128) that halve time and space, one of 256 channels, and a layer of 128 on which both
    heads stand. The encoder has 1,085,856 parameters.

    Parameters
    ----------
    shape : (T, H, W, C)
        224 × 224 in the notebooks; with 'flatten' the size decides the number of parameters.
    n_classes, n_units : int
    spatial_dropout : float, optional
        After the first convolution. Default: 0.2, and 0.25 with ``pooling='max'``, the two
        settings of the notebooks.
    pooling : {'flatten', 'max'}, default 'flatten'
        'max' is the global maximum, which the notebooks have for flow in the person-disjoint
        evaluation; that one also normalises after the second convolution, as done here.

    References
    ----------
    Davidov et al., "Emotion Engine – Micro-Expression Recognition with Deep Learning",
    University of Oulu; layers from the authors' notebooks (littlemicrowave/
    ME-based-emotion-classifier on GitHub).
    """
    if pooling not in ("flatten", "max"):
        raise BadInput(f"pooling must be flatten or max, found {pooling!r}.")
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "emotion-engine-3dcnn", 16)
    dropped = spatial_dropout if spatial_dropout is not None else 0.25 if pooling == "max" else 0.2
    inputs = keras.Input(shape)
    x = _normed(layers.Conv3D(8, (3, 7, 7), (1, 2, 2), padding="same")(inputs))
    x = layers.SpatialDropout3D(dropped)(x)
    x = layers.MaxPooling3D((1, 3, 3), (1, 2, 2), padding="same")(x)
    x = layers.Conv3D(16, (3, 5, 5), (1, 2, 2), padding="same")(x)
    x = _normed(x) if pooling == "max" else layers.ReLU()(x)
    for width in (32, 64, 128):
        x = _block(x, width, 2, ((3, 3, 3), (1, 3, 3)), (3, 3, 3))
    x = layers.Dropout(0.3)(x)
    maps = layers.Conv3D(256, (1, 3, 3), padding="same", activation="relu")(x)
    x = layers.MaxPooling3D((1, 3, 3), (1, 2, 2), padding="same")(maps)
    x = layers.Dropout(0.45)(x)
    x = layers.Flatten()(x) if pooling == "flatten" else layers.GlobalMaxPooling3D()(x)
    features = layers.Dense(_WIDTH, activation="relu")(layers.Dropout(0.5)(x))
    return heads(inputs, features, maps, n_classes, n_units, 0)


def engine_cnn_bilstm(shape: tuple[int, ...], n_classes: int, n_units: int = 0) -> Any:
    """3D convolution, residual CNN of every frame, BiLSTM; 1,709,920 parameters.

    Two convolutions over space and time, then per frame a residual CNN of 64, 128 and 256
    channels and the maximum over space; an LSTM of 128 each way and a layer of 128. The number
    is of (7, 224, 224, 3) with 8 classes and 24 units.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int

    References
    ----------
    As :func:`engine_3dcnn`.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "emotion-engine-cnn-bilstm", 16)
    inputs = keras.Input(shape)
    x = _normed(layers.Conv3D(32, (3, 7, 7), (1, 2, 2), padding="same")(inputs))
    x = layers.MaxPooling3D((1, 3, 3), (1, 2, 2), padding="same")(x)
    x = layers.Conv3D(32, (3, 1, 1), padding="same", activation="relu")(x)
    # From here on per frame: kernels of one frame share weights and batch statistics over time.
    x = layers.ZeroPadding3D((0, 3, 3))(x)
    x = _normed(layers.Conv3D(32, (1, 7, 7), (1, 2, 2))(x))
    x = layers.MaxPooling3D((1, 3, 3), (1, 2, 2))(layers.ZeroPadding3D((0, 1, 1))(x))
    for width, stride in ((64, 1), (128, 2), (256, 2)):
        strides = (1, stride, stride)
        # The shortcut has its convolution always, also where nothing would ask for one.
        x = _block(x, width, strides, ((1, 3, 3), (1, 3, 3)), (1, 1, 1), always=True)
    maps = x
    x = layers.TimeDistributed(layers.GlobalMaxPooling2D())(layers.Dropout(0.2)(x))
    x = layers.Bidirectional(layers.LSTM(_WIDTH, dropout=0.1, use_cudnn=False))(x)
    features = layers.Dense(_WIDTH, activation="relu")(x)
    return heads(inputs, features, maps, n_classes, n_units, 0.2)


def engine_spectrum(shape: tuple[int, ...], n_classes: int, n_units: int = 0) -> Any:
    """Residual CNN of block-wise Fourier amplitudes; 1,351,120 parameters.

    The first kernel, 3 × 8 × 8 with strides of 2 × 8 × 8, sees one block of the spectrum at each
    place. The number is of (8, 224, 224, 1) with 8 classes and 24 units.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int

    References
    ----------
    As :func:`engine_3dcnn`.
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "emotion-engine-spectrum", 16)
    inputs = keras.Input(shape)
    x = _normed(layers.Conv3D(16, (3, 8, 8), (2, 8, 8), padding="same")(inputs))
    x = layers.SpatialDropout3D(0.2)(x)
    x = _normed(layers.Conv3D(32, (3, 1, 1), (2, 1, 1), padding="same")(x))
    x = layers.SpatialDropout3D(0.1)(x)
    x = layers.MaxPooling3D((1, 2, 2))(x)
    for width, strides in ((64, (1, 2, 2)), (128, (1, 2, 2)), (256, (2, 2, 2))):
        x = _block(x, width, strides, ((1, 3, 3), (1, 3, 3)), (1, 1, 1))
    maps = x
    x = layers.Dropout(0.3)(layers.Flatten()(layers.Dropout(0.1)(x)))
    features = layers.Dense(_WIDTH, activation="relu")(x)
    return heads(inputs, features, maps, n_classes, n_units, 0.5)


def _normed(x: Any) -> Any:
    layers = load_keras().layers
    return layers.ReLU()(layers.BatchNormalization()(x))


def _block(
    x: Any, width: int, strides: Any, kernels: Any, shortcut: tuple[int, ...], always: bool = False
) -> Any:
    """Two convolutions without rectification between them, beside one on the shortcut."""
    layers = load_keras().layers
    past = x
    if always or strides not in (1, (1, 1, 1)) or x.shape[-1] != width:
        past = layers.Conv3D(width, shortcut, strides, padding="same")(x)
        past = layers.BatchNormalization()(past)
    for kernel, step in zip(kernels, (strides, 1), strict=True):
        x = layers.Conv3D(width, kernel, step, padding="same")(x)
        x = layers.BatchNormalization()(x)
    return layers.ReLU()(layers.Add()([x, past]))
