"""Score-level fusion of LBP-TOP and CBP-TOP, which Kato et al. tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .method import Method

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

__all__ = ["build"]


def build() -> Pipeline:
    """Each with its own SVM."""
    from .combination import combine

    return combine("scores", ["lbp-top", "cbp-top"]).build()


METHOD = Method(
    name="lbp-cbp-top",
    build=build,
    dimension=12768,
    family="combination",
    title="Mean of the normalised scores of LBP-TOP and CBP-TOP",
    citation="H. Kato et al., APSIPA ASC 2021",
)
