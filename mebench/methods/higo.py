"""HIGO-TOP on magnified, TIM-normalised, registered faces: the recipe of Li et al."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """Eulerian magnification by 8, ten frames, 6×6×2 blocks, linear SVM with C from 0.1 to 1000.

    The order of steps, ten frames and the choice of C inside the training data are the paper's.
    Its magnification and its blocks were picked from many; ours are from among them.
    """
    from sklearn.pipeline import make_pipeline

    from ..features import HIGOTOP
    from ..preprocessing import EVM, TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        EVM(alpha=8),
        TIM(n_frames=10),
        HIGOTOP(regions=(6, 6), times=2, bins=8),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="higo",
    build=build,
    dimension=1728,
    grid={"kernel": "linear", "C": [0.1, 1, 10, 100, 1000]},
    title="HIGO-TOP after Eulerian magnification, 6×6×2 blocks, 10 frames",
    citation="X. Li et al., IEEE Trans. Affective Computing 9(4), 2018",
)
