"""Networks from the literature as features and classifiers, on Keras 3.

``pip install 'mebench[keras]'`` brings what they need; nothing else in mebench imports it, and
nothing here does before a network is built.
"""

from ..renamed import keep_paths
from ._augment import AUGMENTATIONS, augment
from ._gradcam import gradcam
from ._running import running
from .backend import BackendMissing
from .engine_input import EngineInput, block_spectrum
from .estimators import CNNClassifier, CNNFeatures
from .inputs import (
    INPUTS,
    Beside,
    FlowInput,
    GreyInput,
    PaddedInput,
    SpectrumInput,
    input_shape,
    input_steps,
)
from .networks import NETWORKS, build_network, describe

__all__ = [
    "AUGMENTATIONS",
    "INPUTS",
    "NETWORKS",
    "BackendMissing",
    "Beside",
    "CNNClassifier",
    "CNNFeatures",
    "EngineInput",
    "FlowInput",
    "GreyInput",
    "PaddedInput",
    "SpectrumInput",
    "augment",
    "block_spectrum",
    "build_network",
    "describe",
    "gradcam",
    "input_shape",
    "input_steps",
    "running",
]

keep_paths(__name__)
