"""Action units

One yes-or-no question per action unit, each with a classifier of its own. Beside each stands what calling
the unit everywhere gives, which beats more than one published method.
"""

import matplotlib.pyplot as plt
import numpy as np

from mebench import evaluate, load

samples = load("synthetic")
people = samples.table["subject"].isin(samples.table["subject"].unique()[:8]).to_numpy()
apex = np.array([clip.apex is not None for clip in samples.clips])
found = evaluate("bi-woof", samples.take(people & apex), target="au", units=(1, 2, 4, 7, 12, 17), tuning="fixed")

table = found.per_unit()
print(table.round(3).to_string())
print("mean over units:", round(found.scores()["f1_unit_mean"], 3))
figure, ax = plt.subplots(figsize=(6, 3), layout="constrained")
table.plot.bar(ax=ax, rot=0)
figure.savefig("units.svg")
