"""Descriptors: plain functions of one clip, and transformers around them."""

from .apex import FindApex, frequency_strength, strain_strength
from .bi_woof import BiWOOF, bi_woof
from .fft3d import FFT3D, fft3d
from .hoof import HOOF, hoof
from .lbp_top import LBPTOP, lbp_top
from .mdmo import MDMO, mdmo
from .sparse_mdmo import FrameMDMO, GraphSparseMDMO, frame_mdmo

__all__ = [
    "FFT3D",
    "HOOF",
    "LBPTOP",
    "MDMO",
    "BiWOOF",
    "FindApex",
    "FrameMDMO",
    "GraphSparseMDMO",
    "bi_woof",
    "fft3d",
    "frame_mdmo",
    "frequency_strength",
    "hoof",
    "lbp_top",
    "mdmo",
    "strain_strength",
]
