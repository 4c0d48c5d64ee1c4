"""A spotter: optical strain, in longer windows than mebench's own."""

from mebench.spotting import WindowSpotter
from mebench.spotting.curves import strain_difference

SPOTTER = WindowSpotter(
    "strain-slow",
    "Optical strain in windows of a third of a second",
    "an example of docs/plugins.md",
    {"micro": 0.001, "macro": 0.006},
    measure=strain_difference,
    half={"micro": 0.33, "macro": 1.2},
)
