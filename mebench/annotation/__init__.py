"""Annotation: what was spotted and recognised in a video, drawn onto it."""

from ..spotting.video_timing import Look, look
from .annotate import Annotation, annotate
from .live import annotate_live, camera_frames

__all__ = ["Annotation", "Look", "annotate", "annotate_live", "camera_frames", "look"]
