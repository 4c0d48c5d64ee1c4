"""3D-FFT of small blocks of registered faces."""

from __future__ import annotations

from sklearn.pipeline import Pipeline, make_pipeline

from ..features import FFT3D
from ..preprocessing import AlignFace, FindLandmarks, UniformSampling
from ..svm import PolySVC
from .method import Method


def build() -> Pipeline:
    """Eight frames of 224×224 in blocks of 8×8×8, linear SVM.

    Of amplitudes that are equal in every spectrum one is kept, which halves the memory. The
    blocks' mean brightness is left out: many times larger than all else, it would fill the
    SVM's products with the light and the person. Faces fill the height as in other crops.
    """
    return make_pipeline(
        FindLandmarks(),
        UniformSampling(n_frames=8),
        AlignFace(size=(224, 224), width=2.9),
        FFT3D(half=True, dc=False),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="3d-fft",
    build=build,
    grid="linear",
    title="Fourier amplitudes of 8×8×8 blocks, 8 frames of 224×224",
    citation='Davidov et al., "Emotion Engine", University of Oulu',
)
