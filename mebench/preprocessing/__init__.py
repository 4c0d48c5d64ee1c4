"""Steps from clips to clips: faces registered, light and time made equal, motion magnified."""

from ..renamed import finder, keep_paths
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

__getattr__ = finder(__name__)

keep_paths(__name__)
