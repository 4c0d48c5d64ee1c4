"""A few synthetic clips, and the mark of tests that train."""

from importlib.util import find_spec

import numpy as np
import pytest

from mebench.clip import Clip
from mebench.synthetic import make_clip

HAVE_KERAS = find_spec("keras") is not None and find_spec("tensorflow") is not None
needs_keras = pytest.mark.skipif(
    not HAVE_KERAS, reason="Keras is not installed: pip install 'mebench[keras]'"
)


@pytest.fixture(scope="session")
def clips():
    """Six clips of three persons, a smile and raised brows of each, with landmarks."""
    found = []
    for person in range(3):
        for label, aus in (("glad", (12,)), ("wow", (1, 2))):
            frames, truth = make_clip(seed=person, aus=aus, size=(160, 120), intensity=2.5)
            found.append(
                Clip(f"{label}{person}", frames, fps=200, onset=truth.onset, apex=truth.apex,
                     offset=truth.offset, landmarks=truth.landmarks[0])
            )  # fmt: skip
    return found


@pytest.fixture
def toy():
    """Inputs ``(24, 12, 12, 3)`` of three classes and six persons that a network can tell."""
    rng = np.random.default_rng(0)
    y = np.tile(np.array(["a", "b", "c"], object), 8)
    X = rng.normal(size=(24, 12, 12, 3)).astype(np.float32)
    for i, label in enumerate("abc"):
        X[y == label, 4 * i : 4 * i + 4] += 1
    return X, y, np.repeat([f"p{i}" for i in range(6)], 4)
