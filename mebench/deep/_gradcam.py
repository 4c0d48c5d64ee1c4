"""Grad-CAM: which places of the face spoke for the class that a network says."""

from __future__ import annotations

from typing import Any

import numpy as np

from .backend import load_tensorflow

__all__ = ["gradcam"]


def gradcam(
    model: Any, x: np.ndarray, classes: np.ndarray | None = None, batch: int = 16
) -> np.ndarray:
    """Class activation maps, weighted by gradients, of the network's last maps.

    The maps of each channel are weighted by the mean slope of the class's logit over them and
    summed; what speaks against the class is set to 0. Over time the mean is taken.

    Parameters
    ----------
    model : keras.Model
        Of :func:`~mebench.deep.build_network`.
    x : ndarray ``(n, …)``
        Inputs as the model takes them.
    classes : ndarray of int ``(n,)``, optional
        Default: the class with the largest logit, which need not be the true one.
    batch : int, default 16

    Returns
    -------
    ndarray of float32 ``(n, H, W)``
        In 0–1, of the size of the network's last maps; all 0 where nothing spoke for the class.

    References
    ----------
    R. R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
    Localization", ICCV 2017.
    """
    tf = load_tensorflow()
    found = []
    for start in range(0, len(x), batch):
        part = tf.convert_to_tensor(x[start : start + batch], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(part)  # so that a frozen network is followed too
            out = model(part, training=False)
            logits = out["emotion"] if "emotion" in out else out["units"]
            chosen = (
                np.asarray(logits).argmax(-1) if classes is None else classes[start : start + batch]
            )
            said = tf.gather(logits, tf.constant(chosen, tf.int64), axis=1, batch_dims=1)
        maps = np.asarray(out["maps"], np.float64)
        slopes = np.asarray(tape.gradient(said, out["maps"]), np.float64)
        weights = slopes.mean(axis=tuple(range(1, maps.ndim - 1)), keepdims=True)
        cam = (weights * maps).sum(-1)
        found.append(np.maximum(cam.mean(1) if cam.ndim == 4 else cam, 0))
    cams = np.concatenate(found)
    largest = cams.max(axis=(1, 2), keepdims=True)
    return (cams / np.where(largest > 0, largest, 1)).astype(np.float32)
