"""What an evaluation leaves behind: run directories, tables, comparisons, published results."""

from ..renamed import keep_paths
from ._provenance import provenance
from ._published import FLAGS, beside, published
from .comparison import Comparison, compare
from .diagram import draw_ranks
from .paper import paper_table
from .store import load_run, save_run, scores_frame
from .tables import markdown, optimism_line, show, show_summary

__all__ = [
    "FLAGS",
    "Comparison",
    "beside",
    "compare",
    "draw_ranks",
    "load_run",
    "markdown",
    "optimism_line",
    "paper_table",
    "provenance",
    "published",
    "save_run",
    "scores_frame",
    "show",
    "show_summary",
]

keep_paths(__name__)
