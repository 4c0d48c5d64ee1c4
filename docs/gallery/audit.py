"""Can a printed score be?

The classes of a database are known, so only some pairs of scores can come from any confusion
matrix. The search is exact: *impossible* means impossible.
"""

import matplotlib.pyplot as plt

from mebench.scoring.feasible import feasible

# SMIC in the three classes of the Micro-Expression Grand Challenge 2019, as printed.
found = feasible([70, 51, 43], uf1=".2000", uar=".5280")
low, high = found.uf1_bound
print("UF1 .2000 with UAR .5280:", "possible" if found.possible else "impossible")
print(f"that UAR forces UF1 to lie from {low:.4f} to {high:.4f}")
print("the nearest confusion matrix:")
print(found.nearest)

figure, ax = plt.subplots(figsize=(6, 1.8), layout="constrained")
ax.plot([low, high], [0, 0], lw=8, solid_capstyle="butt", label="UF1 that can be")
ax.plot(0.2, 0, "rx", ms=10, mew=3, label="UF1 as printed")
ax.set(xlim=(0, 1), yticks=[], xlabel="UF1, given UAR .5280 on 70, 51 and 43 clips")
ax.legend(ncols=2, loc="upper center")
figure.savefig("bounds.svg")
