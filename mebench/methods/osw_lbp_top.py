"""Strain-weighted LBP-TOP on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """As the method ``lbp-top``, with the XY histograms of each block weighted by its strain."""
    from sklearn.pipeline import make_pipeline

    from ..features import OSWLBPTOP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        OSWLBPTOP(regions=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="osw-lbp-top",
    build=build,
    dimension=11328,
    grid="coarse",
    title="LBP-TOP weighted by optical strain, 8×8 blocks, 10 frames",
    citation="S.-T. Liong et al., ACCV Workshops 2014",
)
