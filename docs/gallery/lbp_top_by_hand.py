"""LBP-TOP by hand

A pixel is compared with its neighbours: 1 where the neighbour is at least as bright. The bits are
a code, the histogram of codes is a texture. LBP-TOP does so on three orthogonal planes: XY sees
the skin, XT and YT see it move. Here with four neighbours at distance 1, in one block, in plain
NumPy, and compared with `lbp_top`.
"""

import matplotlib.pyplot as plt
import numpy as np

from mebench.features import lbp_top
from mebench.synthetic import make_clip

frames, truth = make_clip(seed=3, aus=(6, 12), intensity=2.0, size=(160, 120))
video = frames[truth.onset : truth.offset + 1].astype(int)


def by_hand(video, first, second):
    """Histogram of 4-bit codes whose neighbours lie along two axes; 0 is time, 1 is y, 2 is x."""
    centre = video[1:-1, 1:-1, 1:-1]
    steps = [(second, 1), (first, -1), (second, -1), (first, 1)]  # right, up, left, down
    code = np.zeros(centre.shape, int)
    for bit, (axis, step) in enumerate(steps):
        neighbour = np.roll(video, -step, axis)[1:-1, 1:-1, 1:-1]
        code += (neighbour >= centre) << bit
    return np.bincount(code.ravel(), minlength=16)


ours = np.concatenate([by_hand(video, 1, 2), by_hand(video, 0, 2), by_hand(video, 0, 1)])
theirs = lbp_top(video.astype(np.uint8), regions=(1, 1), radii=(1, 1, 1), points=4, mapping="raw")

figure, axes = plt.subplots(1, 3, figsize=(10, 2.6), sharey=True, layout="constrained")
for ax, plane, block in zip(axes, ("XY", "XT", "YT"), ours.reshape(3, 16), strict=True):
    ax.bar(range(16), block / block.sum())
    ax.set(title=plane, xlabel="code")
axes[0].set_ylabel("share of pixels")
figure.savefig("histograms.svg")

print("by hand:", ours.size, "numbers;  lbp_top:", theirs.size, "numbers")
for plane, a, b in zip(("XY", "XT", "YT"), ours.reshape(3, 16), theirs.reshape(3, 16), strict=True):
    same = np.allclose(np.sort(a / a.sum()), np.sort(b / b.sum()))
    print(f"{plane}: the same shares, whichever neighbour is the first bit: {same}")
