"""Descriptors: plain functions of one clip, and transformers around them."""

from .lbp_top import LBPTOP, lbp_top
from .mdmo import MDMO, mdmo

__all__ = ["LBPTOP", "MDMO", "lbp_top", "mdmo"]
