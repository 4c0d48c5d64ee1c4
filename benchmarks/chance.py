"""Every named method on shuffled labels: does the 95 % interval of its UAR contain chance?

Small made-up clips of three classes that can be told apart, the labels of each person shuffled
among that person's clips (so that no class is rarer in training than in testing). One seed, nested
tuning, one pass over the clips for all handcrafted methods. Networks train for two epochs, on two
folds of four persons, which leaves them time enough to see whatever would leak, not to become good.
Run with --tiny for two methods; --only WORD for those whose name contains it. The exit status is 1
where fewer than 90 % of the intervals contain chance.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from typing import Any

import numpy as np
from leaks import GRID, KINDS, eagerly, named, quick
from rich.console import Console
from rich.table import Table

from mebench.datasets import Samples
from mebench.evaluation import evaluate
from mebench.experiments.run import fixed_steps
from mebench.methods import get_method
from mebench.methods.one_pass import extract_together
from mebench.scoring import Predictions
from mebench.storage import ArrayCache
from mebench.testing import make_samples

CHANCE = 1 / 3


def shuffled(samples: Samples, name: str, seed: int) -> Samples:
    """The labels of each person, among that person's clips; for every method in its own way."""
    rng, table = np.random.default_rng([seed, *name.encode()]), samples.table
    labels = table.groupby("subject", sort=False)["label"].transform(
        lambda side: rng.permutation(side.to_numpy(object))
    )
    return Samples(samples.clips, table.assign(label=labels), samples.classes)


def judged(method: Any, samples: Samples, cache: ArrayCache, **settings: Any) -> Predictions:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return evaluate(method, samples, cache=cache, n_jobs=1, **settings)


def main(names: list[str], seed: int) -> int:
    table = Table("method", "UAR", "95 %", "chance", "UF1", "95 %", "UAR of true labels", "CPU s")
    eagerly(names)
    fixed = [name for name in names if isinstance(quick(name), str)]
    many, few = make_samples(8, 6, seed=seed), make_samples(4, 6, seed=seed)
    inside = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = ArrayCache(folder)
        began = time.process_time()
        extract_together([fixed_steps(get_method(n), 0) for n in fixed], many.clips, cache,
                         n_jobs=1)  # fmt: skip
        print(f"one pass of {len(fixed)} methods over {len(many)} clips: "
              f"{time.process_time() - began:.0f} CPU s", flush=True)  # fmt: skip
        for name in names:
            began = time.process_time()
            if name in fixed:
                found = judged(name, shuffled(many, name, seed), cache, grid=GRID)
                true = f"{judged(name, many, cache, grid=GRID).scores()['uar']:.2f}"
            else:
                found, true = judged(quick(name, epochs=2), shuffled(few, name, seed), cache,
                                     protocol="group-kfold:2"), ""  # fmt: skip
            scores, between = found.scores(), found.intervals()
            low, high = between["uar"]
            inside += low <= CHANCE <= high
            row = [name, f"{scores['uar']:.2f}", f"{low:.2f}–{high:.2f}",
                   "inside" if low <= CHANCE <= high else "OUTSIDE", f"{scores['uf1']:.2f}",
                   "–".join(f"{end:.2f}" for end in between["uf1"]), true,
                   f"{time.process_time() - began:.0f}"]  # fmt: skip
            print(*row, flush=True)
            table.add_row(*row)
    Console(width=120).print(table)
    print(f"the interval of the UAR contains chance in {inside} of {len(names)} methods")
    return int(inside < 0.9 * len(names))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="two methods")
    parser.add_argument("--only", default="", help="methods whose name contains this")
    parser.add_argument("--kind", choices=KINDS, default="all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    every = named(arguments.kind, arguments.only)
    sys.exit(main(["hoof", "osf"] if arguments.tiny else every, arguments.seed))
