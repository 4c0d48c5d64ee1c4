"""The optical strain map of registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import OSF
from ..preprocessing import AlignFace, FindLandmarks
from ..svm import PolySVC
from .method import Method

__all__ = ["build"]


def build() -> Pipeline:
    """50×50 values, Farnebäck flow from the first frame, linear SVM."""
    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        OSF(size=(50, 50)),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="osf",
    build=build,
    grid="linear",
    title="Optical strain map, 50×50",
    citation="S.-T. Liong et al., ACCV Workshops 2014",
)
