"""Signs, magnitudes and orientations over learned codebooks (experimental)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """4×4 blocks, ten frames, 16 words per plane and component learned in each fold, linear SVM."""
    from sklearn.pipeline import make_pipeline

    from ..features import CompletedPatterns, PatternCodebook
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        CompletedPatterns(regions=(4, 4), radii=(3, 3, 3), points=8),
        PatternCodebook(n_words=16),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="stclqp",
    build=build,
    dimension=36864,
    grid="linear",
    title="Completed local quantised patterns, 4×4 blocks, 10 frames (experimental reconstruction)",
    citation="X. Huang et al., Neurocomputing 175, 2016",
)
