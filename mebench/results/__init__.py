"""What an evaluation leaves behind: run directories and tables."""

from .provenance import provenance
from .store import load_run, save_run, scores_frame
from .tables import markdown, optimism_line, show, show_summary

__all__ = [
    "load_run",
    "markdown",
    "optimism_line",
    "provenance",
    "save_run",
    "scores_frame",
    "show",
    "show_summary",
]
