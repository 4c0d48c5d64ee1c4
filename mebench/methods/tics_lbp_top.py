"""LBP-TOP of three colour channels that are as independent as possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """As the method ``lbp-top`` on each channel of a colour space of the clip's own."""
    from sklearn.pipeline import make_pipeline

    from ..features import ColourLBPTOP
    from ..preprocessing import TICS, TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        TICS(),
        ColourLBPTOP(regions=(8, 8), radii=(3, 3, 3), points=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="tics-lbp-top",
    build=build,
    dimension=33984,
    grid="coarse",
    title="LBP-TOP in a tensor-independent colour space, 8×8 blocks, 10 frames (reconstruction)",
    citation="S.-J. Wang et al., IEEE Trans. Image Processing 24(12), 2015",
    colour=True,
)
