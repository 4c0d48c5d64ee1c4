"""The LBP-TOP baseline of the second Facial Micro-Expressions Grand Challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """5×5 blocks, 4 neighbours, radii 1, 1, 4, ten frames, linear SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import LBPTOP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        LBPTOP(regions=(5, 5), radii=(1, 1, 4), points=4),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="megc2019-lbp-top",
    build=build,
    dimension=1125,
    grid="linear",
    title="LBP-TOP baseline of MEGC 2019: 5×5 blocks, 4 neighbours, radii 1, 1, 4, 10 frames",
    citation="J. See, M. H. Yap, J. Li, X. Hong and S.-J. Wang, FG 2019",
)
