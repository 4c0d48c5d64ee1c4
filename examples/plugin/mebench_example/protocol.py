"""A protocol: two folds of whole persons, every other person in each."""

import numpy as np

from mebench.scoring import Fold
from mebench.scoring.subjects import subject_keys


def halves(table):
    """Every other person is tested by a model trained on the rest, and the other way round."""
    keys = subject_keys(table)
    number = {key: i % 2 for i, key in enumerate(dict.fromkeys(keys))}
    side = np.array([number[key] for key in keys])
    for half in (0, 1):
        yield Fold(str(half + 1), np.flatnonzero(side != half), np.flatnonzero(side == half))
