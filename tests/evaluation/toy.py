"""Rows of three classes that overlap, by persons."""

import numpy as np
import pandas as pd


def rows(person):
    """60 rows of four values and their table; `person` names the subject of the i-th."""
    rng = np.random.default_rng(0)
    n = 60
    table = pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(n)],
        "dataset": "toy",
        "subject": [person(i) for i in range(n)],
        "label": np.array(["a", "b", "c"])[rng.integers(0, 3, n)],
    })  # fmt: skip
    X = rng.normal(size=(n, 4)) + 0.8 * pd.get_dummies(table["label"]).to_numpy() @ rng.normal(
        size=(3, 4)
    )
    return X, table
