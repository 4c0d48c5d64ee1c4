"""A person or a clip left out

If other clips of the tested person are among the training clips, a machine may recognise the
person instead of the expression. The features here hold who it is, and a little of the
expression; each person prefers one class, as people in the databases do.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mebench.evaluation import evaluate_features
from mebench.svm import PolySVC

rng = np.random.default_rng(0)
classes = np.array(["negative", "positive", "surprise"])
person = np.repeat(np.arange(15), 6)
preferred = rng.integers(3, size=15)
label = np.where(rng.random(90) < 0.7, preferred[person], rng.integers(3, size=90))
X = rng.normal(size=(15, 12))[person] + 0.3 * np.eye(3, 12)[label] + 0.3 * rng.normal(size=(90, 12))
table = pd.DataFrame(
    {
        "clip_id": [f"clip{i}" for i in range(90)],
        "dataset": "toy",
        "subject": [f"s{p}" for p in person],
        "label": classes[label],
    }
)

figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
protocols = ("loso", "group-kfold:5", "kfold:5", "lovo")
for i, protocol in enumerate(protocols):
    found = evaluate_features(PolySVC(kernel="linear"), X, table, protocol=protocol, tuning="fixed")
    score = found.scores()["uf1"]
    overlap = bool(found.header["warnings"])
    ax.barh(i, score, color="tab:red" if overlap else "tab:blue")
    print(f"{protocol:14} UF1 {score:.3f}   {'persons overlap' if overlap else 'persons apart'}")
ax.set(
    yticks=range(4), yticklabels=protocols, xlim=(0, 1), xlabel="UF1 (red: persons on both sides)"
)
figure.savefig("protocols.svg")
