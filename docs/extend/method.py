"""A method of your own

An extractor turns a clip into one row of numbers: derive from `Extractor`, write `_row` and
`_names`. A method puts registration of the face in front and a classifier behind.
`check_extractor` looks for what breaks benchmarks (rows that depend on other clips or on their
order, numbers that are not finite, parameters that a copy loses), and `evaluate` puts the method
under the same folds as all others.

Raise `version` when the same clip would give another row: finished features are found again by
it. From the shell, saved as `mine.py`: `mebench run --dataset synthetic --method mine:METHOD`. To
give it to others by name, see [packages](../plugins.md).
"""

import numpy as np
from sklearn.pipeline import make_pipeline

from mebench import AlignFace, FindLandmarks, PolySVC, evaluate, load
from mebench.base import Extractor
from mebench.methods import Method
from mebench.testing import check_extractor


class Change(Extractor):
    """Mean absolute change from onset to apex, in blocks."""

    version = 1

    def __init__(self, blocks: int = 6):
        self.blocks = blocks

    def _row(self, clip):
        frames = clip.frames
        apex = len(frames) // 2 if clip.apex is None else clip.apex
        change = abs(frames[apex].astype(float) - frames[0])
        rows = np.array_split(change, self.blocks, axis=0)
        return np.array([b.mean() for r in rows for b in np.array_split(r, self.blocks, axis=1)])

    def _names(self):
        return [f"block{r},{c}" for r in range(self.blocks) for c in range(self.blocks)]


METHOD = Method(
    "change",
    lambda: make_pipeline(FindLandmarks(), AlignFace(size=(120, 100)), Change(), PolySVC()),
    grid="linear",
    title="Change from onset to apex in 6×6 blocks",
    citation="this page",
)

if __name__ == "__main__":
    check_extractor(Change())
    print("check_extractor: nothing found")
    samples = load("synthetic")
    some = samples.take(np.isin(samples.table["subject"], samples.table["subject"].unique()[:6]))
    found = evaluate(METHOD, some)
    low, high = found.intervals()["uf1"]
    print(
        f"{len(some)} clips of 6 people: UF1 {found.scores()['uf1']:.3f} ({low:.2f} to {high:.2f})"
    )
