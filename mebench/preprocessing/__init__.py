"""Steps from clips to clips: faces registered, light and time made equal, motion magnified."""

from ..renamed import finder
from .equalise import EqualiseHistogram, equalise
from .face import AlignFace, FindLandmarks, detect_landmarks
from .lagrangian import GLMM, magnify_globally
from .magnification import EVM, magnify
from .stack import OnsetMiddleApex
from .temporal import TIM, UniformSampling, tim
from .texture import StructureTexture, texture
from .tics import TICS, independent_colours

__all__ = [
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
    "detect_landmarks",
    "equalise",
    "independent_colours",
    "magnify",
    "magnify_globally",
    "texture",
    "tim",
]

__getattr__ = finder(__name__)
