"""Both strain features of Liong et al., side by side."""

from __future__ import annotations

from .combination import combine

METHOD = combine(
    "early",
    ["osf", "osw-lbp-top"],
    name="osf-osw",
    title="Optical strain map and strain-weighted LBP-TOP side by side, each scaled",
    citation="S.-T. Liong et al., Signal Processing: Image Communication 47, 2016",
)
