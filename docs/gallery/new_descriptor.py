"""A new descriptor in twenty lines, against baselines

How far does each block of the face change from onset to apex? Twenty lines, and it runs under the
same folds as the named methods. Here on the clips of six people, to be quick; from the shell,
`mebench run --dataset synthetic --method mine:METHOD --method handcrafted` puts it beside all of
them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from mebench import AlignFace, FindLandmarks, PolySVC, evaluate, load
from mebench.base import Extractor
from mebench.methods import Method


class Change(Extractor):
    """Change of brightness from onset to apex, in 6×6 blocks, each with its sign."""

    def _row(self, clip):
        change = clip.frames[clip.apex].astype(float) - clip.frames[0]
        rows = np.array_split(change, 6, axis=0)
        return np.array([b.mean() for r in rows for b in np.array_split(r, 6, axis=1)])

    def _names(self):
        return [f"block{i},{j}" for i in range(6) for j in range(6)]


METHOD = Method(
    "change",
    lambda: make_pipeline(FindLandmarks(), AlignFace(size=(120, 100)), Change(), PolySVC()),
    grid="linear", citation="this page",
)  # fmt: skip

samples = load("synthetic")
apex = np.array([clip.apex is not None for clip in samples.clips])
people = samples.table["subject"].isin(samples.table["subject"].unique()[:6])
some = samples.take(apex & people.to_numpy())

names, scores, ranges = [], [], []
for method in (METHOD, "bi-woof", "osf", "lbp-sip"):
    found = evaluate(method, some, grid="linear")
    score, interval = found.scores()["uf1"], found.intervals()["uf1"]
    names.append(found.header["method"])
    scores.append(score)
    ranges.append(interval)
    print(f"{names[-1]:10} UF1 {score:.3f}  95 % interval {interval[0]:.2f} to {interval[1]:.2f}")

figure, ax = plt.subplots(figsize=(7, 2.6), layout="constrained")
low, high = np.abs(np.array(ranges).T - scores)
ax.errorbar(scores, range(len(names)), xerr=[low, high], fmt="o", capsize=3)
ax.set(
    yticks=range(len(names)),
    yticklabels=names,
    xlim=(0, 1),
    xlabel="UF1, 95 % interval over persons",
)
figure.savefig("baselines.svg")
