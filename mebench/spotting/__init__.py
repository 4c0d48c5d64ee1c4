"""Spotting: when, in a long video, an expression begins, is strongest, and ends."""

from .blocks import block_map
from .evaluate import Evaluation, evaluate_spotters, random_intervals
from .faces import FACE_SIZE, Face, follow_face
from .files import read_intervals, save_spotting
from .frames import Source, open_source
from .peaks import contrast, find_intervals
from .recognise import recognise_spotted
from .score import (
    apex_errors,
    count_hits,
    match_intervals,
    matches,
    overlaps,
    roc,
    spotting_scores,
    strs,
)
from .spot import SPOTTERS, Spotting, get_spotter, register_spotter, spot, spot_faces
from .spotter import KINDS, Spotter
from .trajectory import TrajectorySpotter
from .window import WindowSpotter

__all__ = [
    "FACE_SIZE",
    "KINDS",
    "SPOTTERS",
    "Evaluation",
    "Face",
    "Source",
    "Spotter",
    "Spotting",
    "TrajectorySpotter",
    "WindowSpotter",
    "apex_errors",
    "block_map",
    "contrast",
    "count_hits",
    "evaluate_spotters",
    "find_intervals",
    "follow_face",
    "get_spotter",
    "match_intervals",
    "matches",
    "open_source",
    "overlaps",
    "random_intervals",
    "read_intervals",
    "recognise_spotted",
    "register_spotter",
    "roc",
    "save_spotting",
    "spot",
    "spot_faces",
    "spotting_scores",
    "strs",
]
