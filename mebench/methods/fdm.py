"""The facial dynamics map of registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import FDM
from ..preprocessing import AlignFace, FindLandmarks
from ..svm import PolySVC
from .method import Method

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks in 4 parts of time, head motion taken out, Farnebäck flow, linear SVM."""
    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FDM(regions=(8, 8), times=4),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="fdm",
    build=build,
    grid="linear",
    title="Facial dynamics map: principal flow of 8×8×4 cuboids",
    citation="F. Xu, J. Zhang and J. Z. Wang, IEEE Trans. Affective Computing 8(2), 2017",
)
