"""LBP-SIP on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, radius 3, ten frames, polynomial SVM: as the method ``lbp-top``."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPSIP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        LBPSIP(regions=(8, 8), radii=(3, 3, 3)),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="lbp-sip",
    build=build,
    dimension=1280,
    grid="coarse",
    title="LBP with six intersection points, 8×8 blocks, 10 frames",
    citation="Y. Wang, J. See, R. C.-W. Phan and Y.-H. Oh, ACCV 2014",
)
