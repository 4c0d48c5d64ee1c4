"""Samples that are known by their products: what learns from nothing else need not read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["InBlocks", "Products"]


class Products:
    """Rows that are known only by their products: all that a kernel machine needs of them.

    Parameters
    ----------
    gram : ndarray ``(n, n)``
        Products of all samples with each other.
    index : ndarray of int
        Which of them these are.
    """

    def __init__(self, gram: np.ndarray, index: np.ndarray) -> None:
        self.gram, self.index = gram, index

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, places: np.ndarray) -> Products:
        return Products(self.gram, self.index[places])


class InBlocks:
    """The same samples in several blocks: rows of features, or :class:`Products`.

    Parameters
    ----------
    parts : sequence
        Each with as many samples, in the same order.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self.parts = list(parts)

    def __len__(self) -> int:
        return len(self.parts[0])

    def __getitem__(self, places: np.ndarray) -> InBlocks:
        return InBlocks([part[places] for part in self.parts])
