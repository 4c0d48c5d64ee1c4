"""Annotation: what was spotted and recognised in a video, drawn onto it."""

from ..renamed import keep_paths
from ..spotting.video_timing import Look, look
from ._annotate import Annotation, annotate, annotate_everybody
from .live import annotate_live, camera_frames

__all__ = [
    "Annotation", "Look", "annotate", "annotate_everybody", "annotate_live", "camera_frames",
    "look",
]  # fmt: skip

keep_paths(__name__)
