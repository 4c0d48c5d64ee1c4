"""STLBP-IP on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """5×5 blocks, ten frames, curves compared over nine pixels, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import STLBPIP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        STLBPIP(blocks=(5, 5), window=9),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="stlbp-ip",
    build=build,
    dimension=15750,
    grid="coarse",
    title="LBP of integral projections of what changes, 5×5 blocks, 10 frames",
    citation="X. Huang, S.-J. Wang, G. Zhao and M. Pietikäinen, ICCV Workshops 2015",
)
