"""A leaderboard of results that can be checked: a static site, and where a run would stand."""

from .against import Standing, standing
from .entries import Entry, read_entries
from .site import write_site

__all__ = ["Entry", "Standing", "read_entries", "standing", "write_site"]
