"""The optical strain map of registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """50×50 values, Farnebäck flow from the first frame, linear SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import OSF
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        OSF(size=(50, 50)),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="osf",
    build=build,
    dimension=2500,
    grid="linear",
    title="Optical strain map, 50×50",
    citation="S.-T. Liong et al., ACCV Workshops 2014",
)
