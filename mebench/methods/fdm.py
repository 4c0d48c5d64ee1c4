"""The facial dynamics map of registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks in 4 parts of time, head motion taken out, Farnebäck flow, linear SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import FDM
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FDM(regions=(8, 8), times=4),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="fdm",
    build=build,
    dimension=512,
    grid="linear",
    title="Facial dynamics map: principal flow of 8×8×4 cuboids",
    citation="F. Xu, J. Zhang and J. Z. Wang, IEEE Trans. Affective Computing 8(2), 2017",
)
