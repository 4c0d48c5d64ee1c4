"""CBP-TOP of 15 regions with selected features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """15 regions, ten frames, the 400 features of the best variance ratio, linear SVM.

    Features are ranked in each training fold. How many the paper keeps is not known to us; other
    numbers can be tuned, such as ``tune={"varianceratio__k": [100, 400, "all"]}``.
    """
    from sklearn.pipeline import make_pipeline

    from ..features import CBPTOP, VarianceRatio
    from ..preprocessing import TIM, AlignFace, FindLandmarks
    from ..svm import PolySVC

    return make_pipeline(
        FindLandmarks(),
        AlignFace(size=(170, 140)),
        TIM(n_frames=10),
        CBPTOP(regions="kato", radii=(1, 1, 1)),
        VarianceRatio(k=400),
        PolySVC(kernel="linear", C=1),
    )


METHOD = Method(
    name="cbp-top",
    build=build,
    dimension=1440,
    grid="linear",
    title="Centralised binary patterns on three orthogonal planes, 15 regions, selected features",
    citation="H. Kato et al., APSIPA ASC 2021",
)
