"""Score and compare anybody's predictions

A table with `y_true`, `y_pred` and `subject` is enough, whatever made it. Clips of one person are
not independent, so intervals and tests go by persons. Here one method is right more often by
construction, and 20 persons are too few to show it.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mebench.scoring import read_predictions
from mebench.scoring.significance import paired_test
from mebench.scoring.subjects import subject_keys

rng = np.random.default_rng(2)
classes = ["negative", "positive", "surprise"]
person = np.repeat(np.arange(20), 6)
truth = rng.choice(classes, 120, p=[0.5, 0.25, 0.25])
skill = rng.normal(0, 0.15, 20)[person]
for name, rate in (("ours", 0.66), ("theirs", 0.58)):
    right = rng.random(120) < rate + skill
    guess = np.where(right, truth, rng.choice(classes, 120))
    table = {
        "clip_id": [f"c{i}" for i in range(120)],
        "subject": person,
        "y_true": truth,
        "y_pred": guess,
    }
    pd.DataFrame(table).to_csv(f"{name}.csv", index=False)

ours, theirs = (read_predictions(f"{name}.csv") for name in ("ours", "theirs"))
figure, ax = plt.subplots(figsize=(6, 2), layout="constrained")
for i, (name, found) in enumerate((("theirs", theirs), ("ours", ours))):
    score, (low, high) = found.scores()["uf1"], found.intervals()["uf1"]
    ax.errorbar(score, i, xerr=[[score - low], [high - score]], fmt="o", capsize=3)
    print(f"{name:7} UF1 {score:.3f}, 95 % interval {low:.3f} to {high:.3f}")
ax.set(yticks=[0, 1], yticklabels=["theirs", "ours"], ylim=(-0.5, 1.5), xlabel="UF1")
figure.savefig("intervals.svg")

test = paired_test(
    ours.table["y_true"].to_numpy(), ours.table["y_pred"].to_numpy(),
    theirs.table["y_pred"].to_numpy(), subject_keys(ours.table), ours.classes,
)  # fmt: skip
print(f"difference {test.difference:.3f}, p = {test.p_permutation:.3f} (exchanging within persons)")
print(f"McNemar over clips, as if they were independent: p = {test.p_mcnemar:.3f}")
