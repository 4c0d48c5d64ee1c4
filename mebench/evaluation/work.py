"""What all phases of a tuning share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..methods.fitting import Rows
from ..scoring.subjects import Fold
from ..storage.cache import ArrayCache
from ..storage.checkpoint import Checkpoint
from .settings import Tuning
from .tuned import Progress

__all__ = ["Work"]


@dataclass(frozen=True)
class Work:
    """What all phases of a tuning share."""

    data: Rows
    folds: Sequence[Fold]
    settings: Tuning
    n_jobs: int | None
    progress: Progress | None
    kept: Checkpoint
    store: ArrayCache | None
