"""3D-FFT of small blocks of registered faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """Eight frames of magnified faces of 224×224 in blocks of 8×8×8, linear SVM.

    As in the source's code: magnification of the whole clip by 15, rates .47 and .1, then eight
    frames, logarithms of amplitudes, each block brought to 0–1. Of values that are equal in
    every spectrum one is kept, which halves the memory. The source puts networks behind it; the
    support vector machine is ours. Faces fill the height as in other crops.
    """
    from sklearn.pipeline import make_pipeline

    from ..features import FFT3D
    from ..preprocessing import EVM, AlignFace, FindLandmarks, UniformSampling
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(224, 224), width=2.9),
        EVM(alpha=15, r1=0.47, r2=0.1),
        UniformSampling(n_frames=8),
        FFT3D(half=True),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="3d-fft",
    build=build,
    dimension=203840,
    grid="linear",
    title="Fourier spectra of 8×8×8 blocks, magnified, 8 frames of 224×224",
    citation='Davidov et al., "Emotion Engine", University of Oulu',
)
