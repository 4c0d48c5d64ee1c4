"""Combinations of methods: fused features, fused scores, votes, and stacking."""

from ...renamed import finder
from .branches import Branches, blocks
from .early import SideBySide
from .late import LateFusion
from .names import COMBINATIONS, combine, is_combination

__all__ = [
    "COMBINATIONS",
    "Branches",
    "LateFusion",
    "SideBySide",
    "blocks",
    "combine",
    "is_combination",
]

__getattr__ = finder(__name__)
