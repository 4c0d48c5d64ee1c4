"""What the tests of descriptors share."""

from __future__ import annotations

import numpy as np
import pytest

from mebench.testing import make_clips


@pytest.fixture(scope="session")
def face() -> np.ndarray:
    """(68, 2) landmarks of a schematic face on 100 × 100 pixels."""
    return make_clips(1)[0].landmarks


@pytest.fixture
def texture() -> np.ndarray:
    """(80, 90) smooth texture, in grey levels."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:80, :90]
    waves = rng.uniform(0.2, 0.6, (5, 2))
    return 128 + 20 * sum(np.sin(a * x + b * y + 3 * a) for a, b in waves)
