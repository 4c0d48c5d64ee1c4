"""The two networks of Marzban's thesis: frames and a BiLSTM, and a ResNet50 of single frames."""

from __future__ import annotations

from typing import Any

from ..backend import load_keras
from .backbone import backbone
from .blocks import expect, heads

__all__ = ["marzban_cnn_bilstm", "marzban_resnet50"]


def marzban_cnn_bilstm(shape: tuple[int, ...], n_classes: int, n_units: int = 0) -> Any:
    """CNN of every frame, flattened, and a BiLSTM; 95,612,360 parameters, all trainable.

    Per frame two convolutions of 3 × 3 (32 and 64 channels), each followed by pooling by two, and
    all 186,624 values of it go into an LSTM of 64 each way: 95.6 of the 95.6 million parameters
    are its input weights. The number is of (60, 224, 224, 1) with 8 classes.

    Parameters
    ----------
    shape : (T, H, W, C)
    n_classes, n_units : int

    References
    ----------
    Marzban, "Facial Micro-Expression Analysis Using Deep Learning", German University in Cairo,
    2025. (The total of 286,837,082 printed there counts the optimizer's two copies.)
    """
    keras = load_keras()
    layers = keras.layers
    expect(shape, "T, H, W, C", "marzban-cnn-bilstm", 10)
    inputs = keras.Input(shape)
    x = inputs
    for width in (32, 64):
        maps = layers.Conv3D(width, (1, 3, 3), activation="relu")(x)
        x = layers.MaxPooling3D((1, 2, 2))(maps)
    x = layers.TimeDistributed(layers.Flatten())(x)
    x = layers.Bidirectional(layers.LSTM(64, use_cudnn=False))(x)
    features = layers.Dense(64, activation="relu")(layers.Dropout(0.5)(x))
    return heads(inputs, features, maps, n_classes, n_units, 0)


def marzban_resnet50(
    shape: tuple[int, ...], n_classes: int, n_units: int = 0, *, weights: str | None = None,
    name: str = "ResNet50",
) -> Any:  # fmt: skip
    """ResNet50 of single frames: mean over space, one layer of classes; over 23.5 million.

    Parameters
    ----------
    shape : (H, W, C)
        224 × 224 × 3 in the text; C may be 1 (repeated).
    n_classes, n_units : int
    weights : path, optional
        A file of weights without the top (``…_notop.h5``); nothing is downloaded. Default:
        random weights.
    name : str, default 'ResNet50'
        Another function of ``keras.applications``, for a smaller sibling.

    Notes
    -----
    What its "normalisation layer" does is not said; here it is ``preprocess_input`` of ResNet50.

    References
    ----------
    As :func:`marzban_cnn_bilstm`; K. He et al., "Deep Residual Learning for Image Recognition",
    CVPR 2016.
    """
    return backbone(shape, n_classes, n_units, name=name, weights=weights, dropout=0)
