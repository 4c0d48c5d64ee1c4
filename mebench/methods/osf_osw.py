"""Both strain features of Liong et al., side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """OSF and OSW-LBP-TOP, each scaled, before one polynomial SVM."""
    from .combination import combine

    return combine("early", ["osf", "osw-lbp-top"]).build()


METHOD = Method(
    name="osf-osw",
    build=build,
    dimension=13828,
    grid="coarse",
    family="combination",
    title="Optical strain map and strain-weighted LBP-TOP side by side, each scaled",
    citation="S.-T. Liong et al., Signal Processing: Image Communication 47, 2016",
)
