"""Combinations of methods: fused features, fused scores, votes, and stacking."""

from .branches import Branches, blocks
from .early import FuseBlocks
from .late import LateFusion
from .names import COMBINATIONS, combine, is_combination

__all__ = ["COMBINATIONS", "Branches", "FuseBlocks", "LateFusion", "blocks", "combine",
           "is_combination"]  # fmt: skip
