"""FHOFO on registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import FHOFO
from ..preprocessing import AlignFace, FindLandmarks
from ..svm import PolySVC
from .method import Method

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 directions, Farnebäck flow from the first frame, polynomial SVM."""
    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FHOFO(regions=(8, 8), bins=8),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="fhofo",
    build=build,
    grid="coarse",
    title="Fuzzy histograms of optical flow orientations, 8×8 blocks, 8 directions",
    citation="S. L. Happy and A. Routray, IEEE Trans. Affective Computing 10(3), 2019",
)
