"""Steps from clips to clips: faces registered, light and time made equal, motion magnified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_touch
from ..renamed import finder, keep_paths

if TYPE_CHECKING:
    from ._equalise import EqualiseHistogram, equalise
    from ._texture import StructureTexture, texture
    from .detectors import DETECTORS, choose_detector, find_faces
    from .face import AlignFace, FindLandmarks
    from .lagrangian import GLMM, magnify_globally
    from .landmarks import detect_landmarks
    from .magnification import EVM, magnify
    from .stack import OnsetMiddleApex
    from .temporal import TIM, UniformSampling, tim
    from .tics import TICS, independent_colours

__all__ = [
    "DETECTORS",
    "EVM",
    "GLMM",
    "TICS",
    "TIM",
    "AlignFace",
    "EqualiseHistogram",
    "FindLandmarks",
    "OnsetMiddleApex",
    "StructureTexture",
    "UniformSampling",
    "choose_detector",
    "detect_landmarks",
    "equalise",
    "find_faces",
    "independent_colours",
    "magnify",
    "magnify_globally",
    "texture",
    "tim",
]

# Each by itself when it is asked for: scikit-learn comes with the steps, and what only finds and
# follows faces is spared its memory.
_HOMES = {
    "EqualiseHistogram": "_equalise",
    "equalise": "_equalise",
    "StructureTexture": "_texture",
    "texture": "_texture",
    "DETECTORS": "detectors",
    "choose_detector": "detectors",
    "find_faces": "detectors",
    "AlignFace": "face",
    "FindLandmarks": "face",
    "GLMM": "lagrangian",
    "magnify_globally": "lagrangian",
    "detect_landmarks": "landmarks",
    "EVM": "magnification",
    "magnify": "magnification",
    "OnsetMiddleApex": "stack",
    "TIM": "temporal",
    "UniformSampling": "temporal",
    "tim": "temporal",
    "TICS": "tics",
    "independent_colours": "tics",
}

keep_paths(__name__, "equalise", "texture")

__getattr__ = finder(__name__, on_touch(__name__, _HOMES))


def __dir__() -> list[str]:
    return __all__
