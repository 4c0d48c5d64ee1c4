"""Nested or oracle tuning

Parameters may be chosen inside each training fold, or by looking at which scores best on the
tests. The second is no estimate of anything, and it is what much of the literature prints. Here
features say nothing at all about the classes, so that an honest score is that of guessing.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mebench.evaluation import evaluate_features
from mebench.svm import PolySVC

rng = np.random.default_rng(1)
found = {"nested": [], "oracle": []}
for _ in range(6):  # six benchmarks of 12 people, 4 clips each
    table = pd.DataFrame(
        {
            "clip_id": [f"clip{i}" for i in range(48)],
            "dataset": "noise",
            "subject": np.repeat([f"s{i}" for i in range(12)], 4),
            "label": rng.permutation(np.repeat(["negative", "positive", "surprise"], 16)),
        }
    )
    X = rng.normal(size=(48, 10))
    for tuning in found:
        scores = evaluate_features(PolySVC(), X, table, tuning=tuning, grid="coarse").scores()
        found[tuning].append(scores["uf1"])

figure, ax = plt.subplots(figsize=(5.5, 3), layout="constrained")
for pair in zip(*found.values(), strict=True):
    ax.plot([0, 1], pair, "o-", color="tab:blue", alpha=0.7)
ax.axhline(1 / 3, color="gray", ls=":")
ax.set(xticks=[0, 1], xticklabels=list(found), xlim=(-0.4, 1.4), ylabel="UF1 on noise")
figure.savefig("optimism.svg")

for tuning, scores in found.items():
    mean, low, high = np.mean(scores), min(scores), max(scores)
    print(f"{tuning}: UF1 {mean:.3f} on average, from {low:.3f} to {high:.3f}")
