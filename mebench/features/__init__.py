"""Descriptors: plain functions of one clip, and transformers around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_touch
from ..renamed import keep_paths

if TYPE_CHECKING:
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
    from .codebook import PatternCodebook
    from .osw import OSWLBPTOP, osw_lbp_top
    from .selection import VarianceRatio
    from .sparse_mdmo import FrameMDMO, GraphSparseMDMO, frame_mdmo
    from .stclqp import CompletedPatterns, completed_patterns
    from .whitening import WhitenedPCA

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

# Each by itself when it is asked for: scikit-learn comes with any of them, and what needs a grid of
# blocks or the labels of patterns only, as spotting does, is spared its memory.
_HOMES = {
    "BiWOOF": "_bi_woof",
    "bi_woof": "_bi_woof",
    "BiWOOFPhase": "_bi_woof_phase",
    "bi_woof_phase": "_bi_woof_phase",
    "CBPTOP": "_cbp_top",
    "cbp_top": "_cbp_top",
    "ColourLBPTOP": "_colour_lbp_top",
    "colour_lbp_top": "_colour_lbp_top",
    "ELBPTOP": "_elbptop",
    "elbptop": "_elbptop",
    "FDM": "_fdm",
    "fdm": "_fdm",
    "FFT3D": "_fft3d",
    "fft3d": "_fft3d",
    "FHOFO": "_fhofo",
    "fhofo": "_fhofo",
    "FrameLBP": "_frame_lbp",
    "frame_lbp": "_frame_lbp",
    "HIGOTOP": "_hog_top",
    "HOGTOP": "_hog_top",
    "higo_top": "_hog_top",
    "hog_top": "_hog_top",
    "HOOF": "_hoof",
    "hoof": "_hoof",
    "LBPMOP": "_lbp_mop",
    "lbp_mop": "_lbp_mop",
    "LBPSIP": "_lbp_sip",
    "lbp_sip": "_lbp_sip",
    "LBPTOP": "_lbp_top",
    "lbp_top": "_lbp_top",
    "LBPXYOT": "_lbp_xyot",
    "lbp_xyot": "_lbp_xyot",
    "MDMO": "_mdmo",
    "mdmo": "_mdmo",
    "OSF": "_osf",
    "osf": "_osf",
    "STLBPIP": "_stlbp_ip",
    "stlbp_ip": "_stlbp_ip",
    "FindApex": "apex",
    "frequency_strength": "apex",
    "strain_strength": "apex",
    "OSWLBPTOP": "osw",
    "osw_lbp_top": "osw",
    "FrameMDMO": "sparse_mdmo",
    "GraphSparseMDMO": "sparse_mdmo",
    "frame_mdmo": "sparse_mdmo",
    "CompletedPatterns": "stclqp",
    "completed_patterns": "stclqp",
    "WhitenedPCA": "whitening",
    "PatternCodebook": "codebook",
    "VarianceRatio": "selection",
}

keep_paths(__name__, *{home[1:] for home in _HOMES.values() if home.startswith("_")})

__getattr__ = on_touch(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
