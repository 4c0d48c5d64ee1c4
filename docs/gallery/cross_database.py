"""Across databases

Trained on one database, tested on another: other cameras, other people, other annotators. Here
two small made-up twins, in the layouts of CASME II (200 frames per second) and SMIC-HS (100),
under the three classes that both have. Subject 1 of one is not subject 1 of the other.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from mebench import Samples, evaluate, load
from mebench.synthetic import write_corpus

with tempfile.TemporaryDirectory() as folder:
    parts = []
    for layout in ("casme2", "smic-hs"):
        root = write_corpus(layout, Path(folder) / layout, clips=18, subjects=4, scale=0.5)
        parts.append(load(layout, root=root, labels="3class"))
    both = Samples(
        [clip for part in parts for clip in part.clips],
        pd.concat([part.table for part in parts], ignore_index=True),
        classes=parts[0].classes,
    )
    found = evaluate("bi-woof", both, protocol="cross-database", tuning="fixed", on_error="skip")

parts = [found.restricted(database) for database in found.datasets]
for database, part in zip(found.datasets, parts, strict=True):
    print(f"tested on {database:8} {len(part.table):3} clips: UF1 {part.scores()['uf1']:.3f}")
print(f"pooled               UF1 {found.scores()['uf1']:.3f}")
print(f"mean over databases  UF1 {np.mean([part.scores()['uf1'] for part in parts]):.3f}")

figure, axes = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
for ax, database, part in zip(axes, found.datasets, parts, strict=True):
    ax.imshow(part.confusion(), cmap="Blues")
    for (i, j), n in np.ndenumerate(part.confusion()):
        ax.text(j, i, n, ha="center", va="center")
    ax.set_xticks(range(3), found.classes, fontsize=8)
    ax.set_yticks(range(3), found.classes, fontsize=8)
    ax.set(title=f"tested on {database}", xlabel="predicted", ylabel="true")
figure.savefig("confusion.svg")
