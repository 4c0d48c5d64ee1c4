"""Sparse codes of frame-level MDMO, inspired by Sparse MDMO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """Clips of 10 frames, a dictionary of 64 atoms learned in each fold, polynomial SVM.

    Other dictionaries can be tuned, such as
    ``tune={"graphsparsemdmo__beta": [0.05, 0.1, 0.2]}``, at so many times the cost.
    """
    from sklearn.pipeline import make_pipeline

    from ..features import FrameMDMO, GraphSparseMDMO
    from ..preprocessing import AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(280, 230)),
        FrameMDMO(n_frames=10),
        GraphSparseMDMO(n_atoms=64),
        PolySVC(degree=2, coef0=1, gamma=1, C=10),
    )


METHOD = Method(
    name="sparse-mdmo",
    build=build,
    dimension=64,
    grid="coarse",
    title="Graph-regularised sparse codes of frame-level MDMO (inspired by Sparse MDMO)",
    citation="Y.-J. Liu, B.-J. Li and Y.-K. Lai, IEEE Trans. Affective Computing 12(1), 2021",
)
