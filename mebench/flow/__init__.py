"""Dense optical flow, optical strain, and head-motion alignment in the flow domain."""

from ..renamed import keep_paths
from ._strain import strain
from .align import ALIGNMENT_POINTS, align_flow, fit_affine
from .dense import FLOWS, clip_flow, flow

__all__ = [
    "ALIGNMENT_POINTS",
    "FLOWS",
    "align_flow",
    "clip_flow",
    "fit_affine",
    "flow",
    "strain",
]

keep_paths(__name__)
