"""The networks: one function each, from the shape of an input to a Keras model.

Every model gives a dict: ``emotion``, the logits of the classes; ``features``, what stands before
them; ``maps``, the last feature maps that still have a place on the face ``([T,] H, W, C)``; and,
where they are asked for, ``units``, the logits of the action units, and ``attention``, the logits
of the attention branch.
"""

from __future__ import annotations

import importlib
import math
from typing import Any

from ...errors import BadInput
from ..backend import load_keras

__all__ = ["NETWORKS", "build_network", "describe"]

#: Name of each network and the module and function that build it.
NETWORKS = {
    "emotion-engine-3dcnn": "emotion_engine:engine_3dcnn",
    "emotion-engine-cnn-bilstm": "emotion_engine:engine_cnn_bilstm",
    "emotion-engine-spectrum": "emotion_engine:engine_spectrum",
    "marzban-cnn-bilstm": "marzban:marzban_cnn_bilstm",
    "marzban-resnet50": "marzban:marzban_resnet50",
    "toyama-resnet": "toyama:toyama_resnet",
    "residual-3d": "space_time:residual_3d",
    "residual-3d-fft": "space_time:residual_3d_fft",
    "conv3d-bilstm": "recurrent:conv3d_bilstm",
    "cnn-bilstm": "recurrent:cnn_bilstm",
    "attention": "attention:attention",
    "ststnet": "streams:ststnet",
    "off-apexnet": "streams:off_apexnet",
    "backbone": "backbone:backbone",
}
#: Beyond these a network is called too large for a CPU: bytes of a batch while it trains, and
#: multiplications and additions of one input once forward.
LARGEST_BYTES = 4_000_000_000
LARGEST_OPERATIONS = 10_000_000_000


def build_network(
    network: str, shape: tuple[int, ...], n_classes: int, n_units: int = 0, **options: Any
) -> Any:
    """A new model with random weights.

    Parameters
    ----------
    network : str
        A name of :data:`NETWORKS`.
    shape : tuple
        Of one clip's input, channels last.
    n_classes : int
        0 leaves the classes' head out.
    n_units : int, default 0
        Number of action units; 0 leaves their head out.
    **options
        Of the network's function.

    Raises
    ------
    BadInput
        An unknown name, an input of the wrong kind, or unknown options.

    Returns
    -------
    keras.Model
    """
    if network not in NETWORKS:
        raise BadInput(f"Unknown network {network!r}; there is {', '.join(NETWORKS)}.")
    load_keras()  # before anything else can fail for want of it
    module, _, name = NETWORKS[network].partition(":")
    function = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    try:
        return function(tuple(shape), n_classes, n_units, **options)
    except TypeError as error:
        raise BadInput(f"Network {network!r}: {error}.") from error


def describe(
    network: str,
    shape: tuple[int, ...],
    n_classes: int = 5,
    n_units: int = 0,
    batch_size: int = 16,
    **options: Any,
) -> dict[str, Any]:
    """How large a network is, before it trains.

    Returns
    -------
    dict
        ``parameters``; ``features``, how many it gives; ``operations``, multiplications and
        additions for one input once forward; ``too_large``, whether that is beyond a CPU (more
        than 4 GB for a batch, or 10 billion operations an input); and ``bytes`` in memory while
        training:
        four copies of the parameters (values, gradients, the optimizer's two), and all layers'
        outputs for a batch, once forward and once backward, at four bytes each. An upper bound
        rather than a measurement: what is not needed any more may be freed.
    """
    return sizes(build_network(network, shape, n_classes, n_units, **options), batch_size)


def sizes(model: Any, batch_size: int) -> dict[str, Any]:
    """The same of a model that is already there."""
    outputs = 0
    for layer in _layers(model):
        for tensor in _tensors(layer):
            outputs += math.prod(int(d) for d in tensor.shape[1:] if d is not None)
    parameters = int(model.count_params())
    size = 4 * (4 * parameters + 2 * batch_size * outputs)
    operations = 2 * sum(_products(layer) for layer in _layers(model))
    return {
        "parameters": parameters,
        "features": int(model.output["features"].shape[-1]),
        "operations": operations,
        "bytes": size,
        "too_large": size > LARGEST_BYTES or operations > LARGEST_OPERATIONS,
    }


def _products(layer: Any) -> int:
    """Multiplications of one input in a layer: each weight counts as often as it is used."""
    weights = [math.prod(w.shape) for w in layer.weights if len(w.shape) > 1]
    if not weights:
        return 0
    places = [int(n) for n in _tensors(layer)[0].shape[1:-1] if n is not None]
    kind = type(layer).__name__
    if kind in ("Bidirectional", "LSTM", "TimeDistributed"):
        steps = layer.input.shape[1] or 1
        return int(steps) * sum(weights)
    return math.prod(places) * sum(weights)


def _layers(model: Any) -> list[Any]:
    """Of the model and of models inside it."""
    found = []
    for layer in model.layers:
        inner = getattr(layer, "layers", None)
        found += _layers(layer) if inner else [layer]
    return found


def _tensors(layer: Any) -> list[Any]:
    try:
        output = layer.output
    except AttributeError:
        return []
    return list(output.values()) if isinstance(output, dict) else [output]
