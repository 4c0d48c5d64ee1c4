"""A method: what changed from the first frame to the last, in a grid of blocks."""

import numpy as np
from sklearn.pipeline import make_pipeline

from mebench.base import Extractor
from mebench.methods import Method
from mebench.svm import PolySVC


class LastMinusFirst(Extractor):
    """Mean change of brightness in ``blocks`` × ``blocks`` blocks."""

    def __init__(self, blocks: int = 4) -> None:
        self.blocks = blocks

    def _row(self, clip):
        change = clip.frames[-1].astype(float) - clip.frames[0]
        if change.ndim == 3:
            change = change.mean(axis=2)
        rows = np.array_split(change, self.blocks, axis=0)
        return np.array([b.mean() for r in rows for b in np.array_split(r, self.blocks, axis=1)])

    def _names(self):
        return [f"block {i} {j}" for i in range(self.blocks) for j in range(self.blocks)]


METHOD = Method(
    "last-minus-first",
    lambda: make_pipeline(LastMinusFirst(), PolySVC(kernel="linear")),
    grid="linear",
    title="Change from the first frame to the last in 4×4 blocks",
    citation="an example of docs/plugins.md",
    family="own",
)
