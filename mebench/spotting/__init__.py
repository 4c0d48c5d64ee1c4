"""Spotting: when, in a long video, an expression begins, is strongest, and ends."""

from ..renamed import keep_paths
from ._spot import (
    SPOTTERS,
    Spotting,
    get_spotter,
    register_spotter,
    spot,
    spot_everybody,
    spot_faces,
)  # fmt: skip
from .blocks import block_map
from .causes import count_causes, outcomes
from .curve_figure import draw_curves
from .evaluate import Evaluation, evaluate_spotters, learn_thresholds, random_intervals
from .faces import FACE_SIZE, Face, follow_face
from .files import save_spotting
from .follow_log import FollowLog
from .frames import Source, open_source
from .interval_files import read_interval_file, read_intervals, write_intervals
from .interval_sets import read_interval_set
from .matching import match_intervals, matches, overlaps
from .notes import spotting_notes
from .peaks import contrast, find_intervals
from .person import Person
from .precision_curve import average_precision, roc
from .recognise import recognise_spotted
from .score import (
    apex_errors,
    count_hits,
    of_length,
    scores_by_database,
    spotting_scores,
)
from .search import FaceSearch, find_people
from .spot_then_recognise import strs
from .spotter import KINDS, Spotter
from .submission import check_submission, write_submission
from .trajectory import TrajectorySpotter
from .window import WindowSpotter

__all__ = [
    "FACE_SIZE",
    "KINDS",
    "SPOTTERS",
    "Evaluation",
    "Face",
    "FaceSearch",
    "FollowLog",
    "Person",
    "Source",
    "Spotter",
    "Spotting",
    "TrajectorySpotter",
    "WindowSpotter",
    "apex_errors",
    "average_precision",
    "block_map",
    "check_submission",
    "contrast",
    "count_causes",
    "count_hits",
    "draw_curves",
    "evaluate_spotters",
    "find_intervals",
    "find_people",
    "follow_face",
    "get_spotter",
    "learn_thresholds",
    "match_intervals",
    "matches",
    "of_length",
    "open_source",
    "outcomes",
    "overlaps",
    "random_intervals",
    "read_interval_file",
    "read_interval_set",
    "read_intervals",
    "recognise_spotted",
    "register_spotter",
    "roc",
    "save_spotting",
    "scores_by_database",
    "spot",
    "spot_everybody",
    "spot_faces",
    "spotting_notes",
    "spotting_scores",
    "strs",
    "write_intervals",
    "write_submission",
]

keep_paths(__name__)
