"""Runs of spotting: kept, compared, tabled and shown like those of recognition."""

from .comparison import compare_spotting
from .run import SpottingRun, is_spotting, load_spotting_run
from .save import save_spotting_run
from .tables import spotting_markdown, spotting_table

__all__ = [
    "SpottingRun",
    "compare_spotting",
    "is_spotting",
    "load_spotting_run",
    "save_spotting_run",
    "spotting_markdown",
    "spotting_table",
]
