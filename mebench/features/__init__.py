"""Descriptors: plain functions of one clip, and transformers around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_touch
from ..renamed import keep_paths
from ._bi_woof import BiWOOF, bi_woof
from ._bi_woof_phase import BiWOOFPhase, bi_woof_phase
from ._cbp_top import CBPTOP, cbp_top
from ._colour_lbp_top import ColourLBPTOP, colour_lbp_top
from ._elbptop import ELBPTOP, elbptop
from ._fdm import FDM, fdm
from ._fft3d import FFT3D, fft3d
from ._fhofo import FHOFO, fhofo
from ._frame_lbp import FrameLBP, frame_lbp
from ._hog_top import HIGOTOP, HOGTOP, higo_top, hog_top
from ._hoof import HOOF, hoof
from ._lbp_mop import LBPMOP, lbp_mop
from ._lbp_sip import LBPSIP, lbp_sip
from ._lbp_top import LBPTOP, lbp_top
from ._lbp_xyot import LBPXYOT, lbp_xyot
from ._mdmo import MDMO, mdmo
from ._osf import OSF, osf
from ._stlbp_ip import STLBPIP, stlbp_ip
from .apex import FindApex, frequency_strength, strain_strength
from .osw import OSWLBPTOP, osw_lbp_top
from .sparse_mdmo import FrameMDMO, GraphSparseMDMO, frame_mdmo
from .stclqp import CompletedPatterns, completed_patterns
from .whitening import WhitenedPCA

if TYPE_CHECKING:
    from .codebook import PatternCodebook
    from .selection import VarianceRatio

__all__ = [
    "CBPTOP",
    "ELBPTOP",
    "FDM",
    "FFT3D",
    "FHOFO",
    "HIGOTOP",
    "HOGTOP",
    "HOOF",
    "LBPMOP",
    "LBPSIP",
    "LBPTOP",
    "LBPXYOT",
    "MDMO",
    "OSF",
    "OSWLBPTOP",
    "STLBPIP",
    "BiWOOF",
    "BiWOOFPhase",
    "ColourLBPTOP",
    "CompletedPatterns",
    "FindApex",
    "FrameLBP",
    "FrameMDMO",
    "GraphSparseMDMO",
    "PatternCodebook",
    "VarianceRatio",
    "WhitenedPCA",
    "bi_woof",
    "bi_woof_phase",
    "cbp_top",
    "colour_lbp_top",
    "completed_patterns",
    "elbptop",
    "fdm",
    "fft3d",
    "fhofo",
    "frame_lbp",
    "frame_mdmo",
    "frequency_strength",
    "higo_top",
    "hog_top",
    "hoof",
    "lbp_mop",
    "lbp_sip",
    "lbp_top",
    "lbp_xyot",
    "mdmo",
    "osf",
    "osw_lbp_top",
    "stlbp_ip",
    "strain_strength",
]

keep_paths(__name__)

# They bring much of scikit-learn along.
__getattr__ = on_touch(__name__, {"PatternCodebook": "codebook", "VarianceRatio": "selection"})
