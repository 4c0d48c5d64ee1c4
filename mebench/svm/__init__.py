"""Polynomial-kernel support vector machines and the exact search over their grids."""

from .engine import NestedSearch, fit_point, nested_search, score_table, search_grid
from .grids import GRIDS, Grid, Point, grid_points, load_grid, points
from .halving import halving_search
from .memory import memory_limit
from .polysvc import PolySVC
from .search import PolySVCSearch

__all__ = [
    "GRIDS",
    "Grid",
    "NestedSearch",
    "Point",
    "PolySVC",
    "PolySVCSearch",
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
