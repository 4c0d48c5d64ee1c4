"""A measure: Cohen's kappa, agreement beyond what the class frequencies give."""

import numpy as np

from mebench.scoring.metrics import Measure


def kappa(confusion: np.ndarray) -> np.ndarray:
    """Of counts ``(..., k, k)``; 0 where nothing is left to agree on."""
    total = np.maximum(confusion.sum((-1, -2)), 1)
    agreed = np.trace(confusion, axis1=-2, axis2=-1) / total
    chance = (confusion.sum(-1) * confusion.sum(-2)).sum(-1) / total**2
    return np.where(chance < 1, (agreed - chance) / np.maximum(1 - chance, 1e-12), 0.0)


KAPPA = Measure("kappa", "Cohen's kappa", kappa, printed=False)
