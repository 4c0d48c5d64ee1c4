"""LBP-TOP on globally magnified, TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """As the method ``lbp-top``, with the skin's motion magnified by 4 and the head held still."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPTOP
    from ..preprocessing import GLMM, TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        GLMM(alpha=4, align=True),
        LBPTOP(regions=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="glmm-lbp-top",
    build=build,
    dimension=11328,
    grid="coarse",
    title="LBP-TOP after global Lagrangian magnification, 8×8 blocks, 10 frames",
    citation="A. C. Le Ngo et al., FG 2018",
)
