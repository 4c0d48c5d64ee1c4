"""The databases of the field, each in its official layout."""

from .samples import COLUMNS, Samples

__all__ = ["COLUMNS", "Samples"]
