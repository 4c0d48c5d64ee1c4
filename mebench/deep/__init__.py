"""Networks from the literature as features and classifiers, on Keras 3.

``pip install 'mebench[keras]'`` brings what they need; nothing else in mebench imports it, and
nothing here does before a network is built.
"""

from .augment import AUGMENTATIONS, augment
from .backend import BackendMissing
from .estimators import CNNClassifier, CNNFeatures
from .gradcam import gradcam
from .inputs import (
    INPUTS,
    Beside,
    FlowInput,
    GreyInput,
    SpectrumInput,
    input_shape,
    input_steps,
)
from .networks import NETWORKS, build_network, describe
from .running import running

__all__ = [
    "AUGMENTATIONS",
    "INPUTS",
    "NETWORKS",
    "BackendMissing",
    "Beside",
    "CNNClassifier",
    "CNNFeatures",
    "FlowInput",
    "GreyInput",
    "SpectrumInput",
    "augment",
    "build_network",
    "describe",
    "gradcam",
    "input_shape",
    "input_steps",
    "running",
]
