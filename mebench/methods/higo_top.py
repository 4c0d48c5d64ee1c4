"""HIGO-TOP on TIM-normalised, registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import HIGOTOP
from ..preprocessing import TIM, AlignFace, FindLandmarks
from ..svm import PolySVC
from .method import Method

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 unsigned orientations, ten frames, linear SVM."""
    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        HIGOTOP(regions=(8, 8), bins=8),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="higo-top",
    build=build,
    grid="linear",
    title="Gradient orientations, each counting alike, on three orthogonal planes, 8×8 blocks",
    citation="X. Li et al., IEEE Trans. Affective Computing 9(4), 2018",
)
