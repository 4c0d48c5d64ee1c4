"""Spotting in a long video

In fifteen seconds of a made-up face there are blinks, talk and a micro-expression or two. A
spotter follows the face, takes the head's motion out, and says when the rest moved.
"""

import cv2
import matplotlib.pyplot as plt

from mebench.spotting import spot
from mebench.synthetic.long import make_long_video

frames, script = make_long_video(seed=3, seconds=15, micro=2)
video = cv2.VideoWriter("face.avi", cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 240))
for frame in frames:
    video.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
video.release()

found = spot("face.avi")
columns = ["kind", "onset", "apex", "offset", "score"]
print(found.intervals[columns].round(2).to_string(index=False))
print("in truth:")
for event in script.events:
    print(f"  {event.kind:6} {event.onset:4} {event.apex:4} {event.offset:4}")

figure, ax = plt.subplots(figsize=(9, 2.8), layout="constrained")
curves = found.curves
ax.plot(curves["micro"], lw=1, label="curve of micro-expressions")
colours = {"micro": "tab:green", "macro": "tab:orange"}
for event in script.events:
    colour = colours.get(event.kind, "gray")
    ax.axvspan(event.onset, event.offset, alpha=0.25, color=colour)
for r in found.intervals.itertuples():
    ax.plot([r.onset, r.offset], [0, 0], lw=5, color="tab:red", solid_capstyle="butt")
ax.set(xlabel="frame", title="green: micro, orange: macro, grey: blinks, talk, turns; red: spotted")
figure.savefig("curve.svg")
