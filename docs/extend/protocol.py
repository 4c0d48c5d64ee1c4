"""A protocol of your own

A protocol is a function from the table of samples to folds: which rows are tested by a model of
which others. Persons on both sides are not taken from its word but counted in the folds, and said
wherever the score is printed.

Saved as `mine.py`, it runs from the shell as `--protocol mine:halves`; `register_protocol` gives
it a name in a program of one's own, an entry point in a [package](../plugins.md).
"""

import numpy as np
import pandas as pd
from sklearn.svm import SVC

from mebench.evaluation import Fold, evaluate_features, register_protocol


def halves(table):
    """Every other person is tested by a model of the rest, and the other way round."""
    persons = table["subject"].unique()
    first = table["subject"].isin(persons[::2]).to_numpy()
    for name, test in (("first half", first), ("second half", ~first)):
        yield Fold(name, np.flatnonzero(~test), np.flatnonzero(test))


def careless(table):
    """Every other clip, whoever is in it."""
    yield np.arange(1, len(table), 2), np.arange(0, len(table), 2)


if __name__ == "__main__":
    register_protocol("halves", halves, "Every other person tested by a model of the rest.")

    # Ten people with five clips each; features of which one column says something.
    rng = np.random.default_rng(0)
    label = np.tile(["down", "down", "down", "up", "up"], 10)
    X = rng.normal(size=(50, 4))
    X[:, 0] += np.where(label == "up", 1.5, 0)
    table = pd.DataFrame(
        {
            "clip_id": [f"clip{i}" for i in range(50)],
            "dataset": "toy",
            "subject": np.repeat([f"s{i}" for i in range(10)], 5),
            "label": label,
        }
    )
    for protocol in ("loso", "halves", careless):
        found = evaluate_features(SVC(kernel="linear"), X, table, protocol=protocol, tuning="fixed")
        name = found.header["protocol"]
        print(f"{name}: UF1 {found.scores()['uf1']:.3f}")
        for warning in found.header["warnings"]:
            print("   ", warning)
