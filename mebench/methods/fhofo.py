"""FHOFO on registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 directions, Farnebäck flow from the first frame, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import FHOFO
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FHOFO(regions=(8, 8), bins=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="fhofo",
    build=build,
    dimension=512,
    grid="coarse",
    title="Fuzzy histograms of optical flow orientations, 8×8 blocks, 8 directions",
    citation="S. L. Happy and A. Routray, IEEE Trans. Affective Computing 10(3), 2019",
)
