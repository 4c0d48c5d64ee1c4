import numpy as np
import pytest


class Data:
    """Overlapping classes of uneven size, subjects of uneven size."""

    def __init__(self, n=72, d=6, k=4, n_groups=9, seed=0):
        rng = np.random.default_rng(seed)
        self.y = rng.choice(k, n, p=np.arange(1, k + 1)[::-1] / np.arange(1, k + 1).sum())
        self.groups = np.sort(
            rng.choice(n_groups, n, p=np.arange(1, n_groups + 1) * 2 / n_groups / (n_groups + 1))
        )
        signal = (
            rng.normal(size=(k, d))[self.y] * 0.7
            + rng.normal(size=(n_groups, d))[self.groups] * 0.5
        )
        self.X = signal + rng.normal(size=(n, d))
        self.gram = self.X @ self.X.T
        self.folds = [
            (np.flatnonzero(self.groups != g), np.flatnonzero(self.groups == g))
            for g in np.unique(self.groups)
        ]


@pytest.fixture(scope="session")
def make_data():
    return Data


@pytest.fixture(scope="session")
def data():
    return Data()
