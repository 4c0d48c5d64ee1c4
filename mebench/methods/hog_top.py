"""HOG-TOP on TIM-normalised, registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, 8 unsigned orientations, ten frames, linear SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import HOGTOP
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        HOGTOP(regions=(8, 8), bins=8),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="hog-top",
    build=build,
    dimension=1536,
    grid="linear",
    title="Gradient orientations by magnitude on three orthogonal planes, 8×8 blocks, 10 frames",
    citation="X. Li et al., IEEE Trans. Affective Computing 9(4), 2018",
)
