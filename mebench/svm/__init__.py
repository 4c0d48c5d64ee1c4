"""Polynomial-kernel support vector machines and the exact search over their grids."""

from .engine import score_table, search_grid
from .fits import fit_folds, fit_point
from .grids import GRIDS, Grid, Point, grid_points, load_grid, points
from .halving import halving_search
from .memory import memory_limit
from .nested import NestedSearch, nested_search
from .polysvc import PolySVC
from .search import PolySVCSearch

__all__ = [
    "GRIDS",
    "Grid",
    "NestedSearch",
    "Point",
    "PolySVC",
    "PolySVCSearch",
    "fit_folds",
    "fit_point",
    "grid_points",
    "halving_search",
    "load_grid",
    "memory_limit",
    "nested_search",
    "points",
    "score_table",
    "search_grid",
]
