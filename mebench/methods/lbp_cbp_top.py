"""Score-level fusion of LBP-TOP and CBP-TOP, which Kato et al. tried."""

from __future__ import annotations

from .combination import combine

METHOD = combine(
    "scores",
    ["lbp-top", "cbp-top"],
    name="lbp-cbp-top",
    title="Mean of the normalised scores of LBP-TOP and CBP-TOP",
    citation="H. Kato et al., APSIPA ASC 2021",
)
