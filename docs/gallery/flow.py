"""Seeing a micro-expression in flow

From onset to apex the skin moves by a pixel or two, which no eye sees in the frames. Optical flow
says where every point went; optical strain says where the skin is stretched, which a moving head
does not do.
"""

import matplotlib.pyplot as plt
import numpy as np

from mebench import AlignFace, FindLandmarks, load
from mebench.flow import flow, strain

samples = load("synthetic")
row = samples.table.index[samples.table["label"] == "happiness"][0]
clip = AlignFace(size=(240, 200)).transform(FindLandmarks().transform([samples.clips[row]]))[0]
onset, apex = clip.frames[0], clip.frames[clip.apex]
motion = flow(onset, apex)
stretched = strain(motion)

figure, axes = plt.subplots(1, 4, figsize=(11, 3.4), layout="constrained")
for ax, image, title in zip(axes, (onset, apex, onset, stretched),
                            ("onset", "apex", "flow, ×8", "strain"), strict=True):  # fmt: skip
    ax.imshow(image, cmap="magma" if title == "strain" else "gray")
    ax.set_title(title)
    ax.axis("off")
y, x = np.mgrid[6:240:10, 6:200:10]
u, v = motion[y, x].transpose(2, 0, 1)
axes[2].quiver(x, y, u, v, angles="xy", scale_units="xy", scale=1 / 8, color="red", width=0.01)
figure.savefig("flow.png", dpi=100)

length = np.hypot(*motion.transpose(2, 0, 1))
print(f"action units {samples.table['au'][row]}, {len(clip.frames)} frames, apex at {clip.apex}")
print(f"motion: median {np.median(length):.2f} px, 99 % below {np.percentile(length, 99):.2f} px")
