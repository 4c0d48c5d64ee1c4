"""MDMO before and after alignment

The head moves more than the expression does. MDMO fits an affine map to the flow at 13 landmarks
that expressions move least and takes it out; what is left in each of 36 regions is the
expression.
"""

import matplotlib.pyplot as plt
import numpy as np
from mebench.features.mdmo import main_directions

from mebench import AlignFace, Clip
from mebench.features.regions import mdmo_rois
from mebench.synthetic import make_clip

frames, truth = make_clip(seed=3, aus=(6, 12), intensity=2.0)
clip = Clip("smile", frames[truth.onset : truth.offset + 1], apex=truth.apex - truth.onset,
            landmarks=truth.landmarks[truth.onset])  # fmt: skip
clip = AlignFace(size=(240, 200)).transform([clip])[0]
pair = clip.frames[[0, clip.apex]]
rois = mdmo_rois(clip.first_landmarks)

figure, axes = plt.subplots(1, 2, figsize=(8, 4.6), layout="constrained")
for ax, align, title in zip(axes, (False, True), ("before", "after"), strict=True):
    vectors = main_directions(pair, clip.first_landmarks, align=align)[0]
    ax.imshow(pair[0], cmap="gray", alpha=0.6)
    for roi in rois:
        ax.fill(*roi.T, fill=False, edgecolor="goldenrod", lw=0.8)
    ax.quiver(
        *rois.mean(axis=1).T, *vectors.T, angles="xy", scale_units="xy", scale=0.1, color="tab:red"
    )
    ax.set_title(f"{title} alignment")
    ax.axis("off")
    length = np.hypot(*vectors.T)
    print(f"{title} alignment: median {np.median(length):.2f} px, largest {length.max():.2f} px")
figure.savefig("alignment.png", dpi=100)
