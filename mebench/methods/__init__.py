"""Named methods: what ``--method`` understands, and how a method's steps are run."""

from .method import Method
from .registry import FAMILIES, METHODS, expand, get_method, register_method

__all__ = ["FAMILIES", "METHODS", "Method", "expand", "get_method", "register_method"]
