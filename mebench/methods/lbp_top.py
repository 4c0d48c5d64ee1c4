"""LBP-TOP on TIM-normalised, registered faces, as in the SMIC baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 neighbours at radius 3, ten frames, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPTOP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        LBPTOP(regions=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="lbp-top",
    build=build,
    dimension=11328,
    grid="coarse",
    title="Local binary patterns on three orthogonal planes, 8×8 blocks, 10 frames",
    citation="G. Zhao and M. Pietikäinen, IEEE TPAMI 29(6), 2007; X. Li et al., FG 2013",
)
