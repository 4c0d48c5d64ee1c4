"""Where a training starts: the weights of a network that was trained before, on other data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["HEADS", "Start", "body"]

#: Layers that belong to what a network was trained to tell; a new start leaves them out.
HEADS = frozenset({"emotion_logits", "unit_logits", "cosines"})


@dataclass(frozen=True, eq=False, repr=False)
class Start:
    """Weights to begin with, and where they are from.

    Parameters
    ----------
    weights : tuple of ndarray
        Of all layers but the heads, in the order of :func:`body`.
    digest : str
        Hash of all that decided them.
    source : str
        What they were trained on, for reports.
    """

    weights: tuple[np.ndarray, ...]
    digest: str
    source: str

    def __repr__(self) -> str:
        return f"Start({self.source!r}, {self.digest[:12]!r})"

    def __deepcopy__(self, memo: Any) -> Start:
        return self  # nobody writes into it

    def put_into(self, model: Any) -> None:
        """Set the weights of a new model; those whose shapes depend on the classes stay new."""
        for variable, value in zip(body(model), self.weights, strict=True):
            if tuple(variable.shape) == value.shape:
                variable.assign(value)


def body(model: Any) -> list[Any]:
    """The weights of all layers but the heads."""
    return [w for layer in model.layers if layer.name not in HEADS for w in layer.weights]
