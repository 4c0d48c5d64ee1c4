"""A step that sees nothing, for baselines that look at labels only."""

from __future__ import annotations

import numpy as np

from ..base import Extractor
from ..clip import Clip

__all__ = ["Nothing"]


class Nothing(Extractor):
    """One column of zeros, whatever the clips show.

    Examples
    --------
    >>> Nothing().transform(np.zeros((2, 3, 8, 8), np.uint8)).tolist()
    [[0.0], [0.0]]
    """

    def _row(self, clip: Clip) -> np.ndarray:
        return np.zeros(1)

    def _names(self) -> list[str]:
        return ["nothing"]
