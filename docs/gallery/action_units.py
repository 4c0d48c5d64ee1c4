"""Action units

One yes-or-no question per action unit, each with a classifier of its own. Beside each stands what
calling the unit everywhere gives, which beats more than one published method.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from mebench import MDMO, AlignFace, FindLandmarks, PolySVC, evaluate, load

samples = load("synthetic")
people = samples.table["subject"].isin(samples.table["subject"].unique()[:8]).to_numpy()
apex = np.array([clip.apex is not None for clip in samples.clips])
method = make_pipeline(
    FindLandmarks(), AlignFace(size=(140, 115)), MDMO(pairs="onset-apex"),
    PolySVC(kernel="linear", C=100),
)  # fmt: skip
units = (1, 2, 4, 7, 12, 17)
found = evaluate(method, samples.take(people & apex), target="au", units=units, tuning="fixed")

table = found.per_unit()
print(table[["n", "positives", "f1", "f1_all_ones"]].round(3).to_string())
print("mean over units:", round(found.scores()["f1_unit_mean"], 3))
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
table[["f1", "f1_all_ones"]].plot.bar(ax=ax, rot=0)
ax.legend(["F1 of the classifier", "F1 of calling it everywhere"])
ax.set(xlabel="action unit", ylim=(0, 1.35))
figure.savefig("units.svg")
