"""Which regions carried the decisions

Each held-out clip gets the features of one region from another clip of the same person, and the
model judges again. Where it is then wrong more often, the region mattered. On the made-up corpus
it is known which action units move which region.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.pipeline import make_pipeline

from mebench import MDMO, AlignFace, FindLandmarks, PolySVC, evaluate, load

samples = load("synthetic")
people = samples.table["subject"].isin(samples.table["subject"].unique()[:8]).to_numpy()
apex = np.array([clip.apex is not None for clip in samples.clips])
method = make_pipeline(
    FindLandmarks(), AlignFace(size=(140, 115)), MDMO(pairs="onset-apex"), PolySVC()
)
some = samples.take(people & apex)
found = evaluate(method, some, grid="linear", explain=True)

drops = found.artifacts["importance.csv"]
print(f"UF1 {found.scores()['uf1']:.3f}; what is lost without a region, most first")
most = drops.sort_values("drop", ascending=False)
print(most[["group", "au", "drop", "low", "high"]].head(8).round(3).to_string(index=False))

figure, ax = plt.subplots(figsize=(3.6, 4.2), layout="constrained")
limit = drops["drop"].abs().max()
for r in drops.itertuples():
    colour = plt.cm.RdBu_r(0.5 + r.drop / limit / 2)
    ax.add_patch(plt.Rectangle((r.x0, r.y0), r.x1 - r.x0, r.y1 - r.y0, color=colour))
ax.set(xlim=(0, 1), ylim=(1, 0), xticks=[], yticks=[], title="red: UF1 falls without it")
figure.savefig("regions.svg")
