"""Published tables, redone: each recipe is a TOML file of this folder.

A recipe says what was evaluated on what, how, and what was printed. It is run as its authors
write, whatever that hides, and once more honestly; :func:`reproduce` puts the two beside the
printed numbers.
"""

from .page import write_page
from .recipe import Recipe, Row, get_recipe, names
from .redo import Redone, forecast, reproduce

__all__ = [
    "Recipe",
    "Redone",
    "Row",
    "forecast",
    "get_recipe",
    "names",
    "reproduce",
    "write_page",
]
