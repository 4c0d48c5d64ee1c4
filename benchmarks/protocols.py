"""What a protocol is worth on tables as large as the real ones.

    python benchmarks/protocols.py [--draws 3] [--grid coarse] [--tiny]

Clips, persons and classes are as many as in SMIC-HS, CASME, CASME II and SAMM (from the synthetic
twins' plans, before a pixel is drawn); features are drawn. Two questions:

- *Choice*: 36 columns with a weak trace of the class. How far is the score of the grid point that
  is best on the test folds (oracle) above the nested one?
- *Persons*: a share of the clips has a second take of the same person, a copy; all others are
  alone. The nearest neighbour is right on exactly these and wrong on the others, so that the share
  is what a person-leak is worth.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from mebench.evaluation import evaluate_features
from mebench.svm import PolySVC

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from planted import DATABASES, copies, real_table, weak

TINY = {"degree": [2], "gamma": [0.01, 0.1], "coef0": [1], "C": [0.1, 1, 10]}


def choice(database: str, draws: int, grid) -> list[tuple[float, float]]:
    """(oracle, nested) UF1 of each draw."""
    found = []
    for draw in range(draws):
        table = real_table(database, draw)
        X = weak(table, draw)
        scores = (
            evaluate_features(PolySVC(), X, table, tuning=t, grid=grid).scores()["uf1"]
            for t in ("oracle", "nested")
        )
        found.append(tuple(scores))
    return found


def persons(database: str, share: float, protocols: tuple[str, ...]) -> dict[str, float]:
    """Accuracy of the nearest neighbour under each protocol, and the share that was planted."""
    from sklearn.neighbors import KNeighborsClassifier

    table = real_table(database, 0)
    X, planted = copies(table, share, 0)
    nearest = KNeighborsClassifier(1)
    found = {
        p: evaluate_features(nearest, X, table, protocol=p, tuning="fixed").scores()["accuracy"]
        for p in protocols
    }
    return {"planted": float(planted.mean()), **found}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--grid", default="coarse")
    parser.add_argument("--tiny", action="store_true")
    given = parser.parse_args()
    names = DATABASES[-1:] if given.tiny else DATABASES
    grid, draws = (TINY, 1) if given.tiny else (given.grid, given.draws)
    print("persons: accuracy of the nearest neighbour")
    protocols = ("lovo", "kfold:5", "loso", "group-kfold:5")
    print(f"{'database':10}{'clips':>6}{'persons':>8}{'planted':>9}" +
          "".join(f"{p:>15}" for p in protocols))  # fmt: skip
    for name in names:
        table = real_table(name, 0)
        for share in (0.0, 0.2, 0.5):
            found = persons(name, share, protocols)
            print(f"{name:10}{len(table):6}{table['subject'].nunique():8}{found['planted']:9.3f}" +
                  "".join(f"{found[p]:15.3f}" for p in protocols), flush=True)  # fmt: skip
    print(f"choice: UF1 over {draws} draws, grid {grid if isinstance(grid, str) else 'tiny'}")
    print(f"{'database':10}{'oracle':>9}{'nested':>9}{'gap':>9}{'least':>9}{'most':>9}")
    gaps = []
    for name in names:
        pairs = np.array(choice(name, draws, grid))
        gap = pairs[:, 0] - pairs[:, 1]
        gaps.extend(gap)
        oracle, nested = pairs.mean(0)
        print(f"{name:10}{oracle:9.3f}{nested:9.3f}{gap.mean():9.3f}{gap.min():9.3f}"
              f"{gap.max():9.3f}", flush=True)  # fmt: skip
    print(f"{'all':10}{'':18}{np.mean(gaps):9.3f}{np.min(gaps):9.3f}{np.max(gaps):9.3f}")


if __name__ == "__main__":
    main()
