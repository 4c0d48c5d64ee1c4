"""Steps from clips to clips: faces found and registered, time made equal."""

from .face import AlignFace, FindLandmarks, detect_landmarks
from .temporal import TIM, UniformSampling, tim

__all__ = [
    "TIM",
    "AlignFace",
    "FindLandmarks",
    "UniformSampling",
    "detect_landmarks",
    "tim",
]
