"""ELBPTOP: three magnified descriptors, each compressed inside the fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """Magnification by 20, ten frames, 8×8×2 blocks, linear SVM, as published for CASME II.

    Whitened components are found in each training fold, one less than its clips per descriptor,
    which puts all training clips at equal distances from each other; see
    :class:`mebench.features.WhitenedPCA`. Radii are ours.
    """
    from sklearn.pipeline import make_pipeline

    from ..features import ELBPTOP, WhitenedPCA
    from ..preprocessing import EVM, TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        EVM(alpha=20, lambda_c=16, r1=0.4, r2=0.05),
        TIM(n_frames=10),
        ELBPTOP(regions=(8, 8), times=2),
        WhitenedPCA(n_blocks=3),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="elbptop",
    build=build,
    dimension=294912,
    grid="linear",
    title="LBP-TOP with radial and angular differences, whitened PCA, 8×8×2 blocks, 10 frames",
    citation="C. Guo et al., IEEE Access 7, 2019",
)
