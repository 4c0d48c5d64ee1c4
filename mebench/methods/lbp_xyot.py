"""LBP-XYOT on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, radius 3, ten frames, polynomial SVM: as the method ``lbp-top``."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPXYOT
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        LBPXYOT(regions=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="lbp-xyot",
    build=build,
    dimension=7552,
    grid="coarse",
    title="LBP on the two planes that contain time, 8×8 blocks, 10 frames",
    citation="C. Guo et al., IEEE Access 7, 2019",
)
