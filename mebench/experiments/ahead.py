"""What a first run compiles, compiled by another process while this one does something else."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from tempfile import TemporaryDirectory

from ..methods import get_method
from ..methods.fitting import seeded
from ..methods.one_pass import extract_together
from ..methods.parts import split_pipeline
from ..storage.cache import ArrayCache
from ..svm import ahead
from ..svm._beside import start
from ..testing import make_clips
from .plan import Run

__all__ = ["compile_ahead", "compile_methods"]

_FEW = 3  # methods: of more, the pass would meet the process at the same functions


def compile_ahead(runs: Sequence[Run], drawing: bool) -> bool:
    """Have another process compile the search, if any run has one; whether one was started.

    Parameters
    ----------
    runs : sequence of Run
    drawing : bool
        Whether the built-in corpus is drawn first. That takes long enough to compile what few
        methods do with a clip, too; else the pass over the clips compiles that right away.
    """
    names = {run.method.name for run in runs if run.method.grid and run.tuning != "fixed"}
    if drawing and 0 < len(names) <= _FEW:
        return start(__name__, compile_methods.__name__, *sorted(names))
    return bool(names) and ahead.compile_ahead()


def compile_methods(*names: str) -> None:
    """Do with a small clip what methods do with each, and a small search."""
    for name in names:
        with contextlib.suppress(Exception), TemporaryDirectory() as folder:
            method = get_method(name)
            steps = split_pipeline(seeded(method.build(), 0), method.tune)[0]
            clips = make_clips(1, n_frames=3, colour=method.colour)
            extract_together([steps], clips, ArrayCache(folder), n_jobs=1)
    ahead.search_something()
