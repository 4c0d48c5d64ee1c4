"""Bi-WOOF between onset and apex of registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """8×8 blocks, TV-L1 flow, linear SVM; the middle frame where no apex is annotated."""
    from sklearn.pipeline import make_pipeline

    from ..features import BiWOOF, FindApex
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FindApex(policy="middle"),
        BiWOOF(regions=(8, 8), flow="tvl1"),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="bi-woof",
    build=build,
    dimension=512,
    grid="linear",
    title="Bi-weighted oriented optical flow from onset to apex, 8×8 blocks",
    citation="S.-T. Liong et al., Signal Processing: Image Communication 62, 2018",
)
