"""Annotation: what was spotted and recognised in a video, drawn onto it."""

from ..renamed import keep_paths
from ..spotting.video_timing import Look, look
from ._annotate import Annotation, annotate
from .live import annotate_live, camera_frames

__all__ = ["Annotation", "Look", "annotate", "annotate_live", "camera_frames", "look"]

keep_paths(__name__)
