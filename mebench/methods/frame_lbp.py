"""LBP of single frames, without time, on registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 neighbours at radius 3, all frames pooled, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import FrameLBP
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FrameLBP(regions=(8, 8), radius=3, points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="frame-lbp",
    build=build,
    dimension=3776,
    grid="coarse",
    title="Local binary patterns of single frames, 8×8 blocks, all frames",
    citation="T. Ojala, M. Pietikäinen and T. Mäenpää, IEEE TPAMI 24(7), 2002",
)
