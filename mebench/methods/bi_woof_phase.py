"""Bi-WOOF with Riesz phase between onset and apex of registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """As the method ``bi-woof``, with shifts of phase on two levels beside the flow."""
    from sklearn.pipeline import make_pipeline

    from ..features import BiWOOFPhase, FindApex
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        FindApex(policy="middle"),
        BiWOOFPhase(regions=(8, 8), flow="tvl1"),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="bi-woof-phase",
    build=build,
    dimension=1536,
    grid="linear",
    title="Bi-WOOF with Riesz phase from onset to apex, 8×8 blocks",
    citation="S.-T. Liong and K. Wong, APSIPA ASC 2017",
)
