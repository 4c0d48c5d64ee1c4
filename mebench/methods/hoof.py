"""HOOF on registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 directions, Farnebäck flow from the first frame, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import HOOF
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        HOOF(regions=(8, 8), bins=8, pairs="first"),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="hoof",
    build=build,
    dimension=512,
    grid="coarse",
    title="Histograms of oriented optical flow, 8×8 blocks, 8 directions",
    citation="R. Chaudhry et al., CVPR 2009",
)
