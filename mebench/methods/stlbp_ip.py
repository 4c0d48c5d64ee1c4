"""STLBP-IP on TIM-normalised, registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import STLBPIP
from ..preprocessing import TIM, AlignFace, FindLandmarks
from ..svm import PolySVC
from .method import Method

__all__ = ["build"]


def build() -> Pipeline:
    """5×5 blocks, ten frames, curves compared over nine pixels, polynomial SVM."""
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
    grid="coarse",
    title="LBP of integral projections of what changes, 5×5 blocks, 10 frames",
    citation="X. Huang, S.-J. Wang, G. Zhao and M. Pietikäinen, ICCV Workshops 2015",
)
