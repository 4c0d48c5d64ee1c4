"""MDMO on registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """36 regions, Farnebäck flow on faces about 200 pixels wide, polynomial SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import MDMO
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(280, 230)),
        MDMO(),
        PolySVC(degree=2, coef0=1),
    )


METHOD = Method(
    name="mdmo",
    build=build,
    dimension=72,
    grid="thesis",
    title="Main directional mean optical flow of 36 facial regions",
    citation="Y.-J. Liu et al., IEEE Trans. Affective Computing 7(4), 2016",
)
