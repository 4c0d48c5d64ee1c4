"""Grad-CAM on networks whose maps and slopes are known."""

import numpy as np

from mebench.deep import gradcam

from .conftest import needs_keras

pytestmark = needs_keras


def linear(shape, kernel):
    """A model whose maps are its input and whose logits are linear in the maps' means."""
    import keras

    inputs = keras.Input(shape)
    pool = keras.layers.GlobalAveragePooling2D if len(shape) == 3 else (
        keras.layers.GlobalAveragePooling3D)  # fmt: skip
    maps = keras.layers.Activation("linear")(inputs)
    logits = keras.layers.Dense(kernel.shape[1], use_bias=False)(pool()(maps))
    model = keras.Model(inputs, {"maps": maps, "emotion": logits})
    model.set_weights([kernel.astype(np.float32)])
    return model


def test_by_hand():
    x = np.zeros((1, 2, 3, 2), np.float32)
    x[0, 0, 1, 0], x[0, 1, 2, 1], x[0, 0, 0, 1] = 2, 3, 1
    # Class 0: weights 1 and −2; class 1: 0.5 and 1. Places hold 2 of the first, 3 and 1 of the
    # second channel, so class 1 is said, and its map is 1 at the first, 3 and 1 at the others.
    model = linear((2, 3, 2), np.array([[1, 0.5], [-2, 1]]))
    said = gradcam(model, x)
    assert np.allclose(said[0], np.array([[1, 1, 0], [0, 0, 3]]) / 3)
    other = gradcam(model, x, classes=np.array([0]))
    assert np.allclose(other[0], [[0, 1, 0], [0, 0, 0]])  # what speaks against it is 0


def test_over_time_it_is_the_mean():
    x = np.zeros((1, 2, 1, 2, 1), np.float32)
    x[0, :, 0, 0, 0], x[0, 1, 0, 1, 0] = 4, 4
    found = gradcam(linear((2, 1, 2, 1), np.array([[1.0, -1.0]])), x)
    assert np.allclose(found[0], [[1, 0.5]])


def test_nothing_for_it_is_nothing():
    found = gradcam(linear((2, 2, 1), np.array([[-1.0, -2.0]])), np.ones((1, 2, 2, 1), np.float32))
    assert (found == 0).all()


def test_in_batches_it_is_the_same():
    x = np.random.default_rng(0).normal(size=(5, 3, 3, 2)).astype(np.float32)
    model = linear((3, 3, 2), np.array([[1, 0.5], [-2, 1]]))
    assert np.allclose(gradcam(model, x, batch=2), gradcam(model, x))
