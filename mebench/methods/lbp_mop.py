"""LBP-MOP on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, radius 3, ten frames, polynomial SVM: as the method ``lbp-top``."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPMOP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        LBPMOP(blocks=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="lbp-mop",
    build=build,
    dimension=11328,
    grid="coarse",
    title="LBP of three mean orthogonal planes, 8×8 blocks, 10 frames",
    citation="Y. Wang, J. See, R. C.-W. Phan and Y.-H. Oh, PLoS ONE 10(5), 2015",
)
