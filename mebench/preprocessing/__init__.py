"""Steps from clips to clips: faces registered, light and time made equal, motion magnified."""

from .equalise import EqualiseHistogram, equalise
from .face import AlignFace, FindLandmarks, detect_landmarks
from .magnification import EVM, magnify
from .stack import OnsetMiddleApex
from .temporal import TIM, UniformSampling, tim
from .texture import Texture, texture

__all__ = [
    "EVM",
    "TIM",
    "AlignFace",
    "EqualiseHistogram",
    "FindLandmarks",
    "OnsetMiddleApex",
    "Texture",
    "UniformSampling",
    "detect_landmarks",
    "equalise",
    "magnify",
    "texture",
    "tim",
]
