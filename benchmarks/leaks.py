"""What the predictions of every named method depend on: `mebench.testing.check_no_leak` over all.

Handcrafted methods as they are, every kind of combination, and every network with one epoch and
fewer augmented copies, on small made-up clips. Run with --tiny for two methods; --only WORD for
those whose name contains it. The exit status is 1 where something moved.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from typing import Any

from rich.console import Console
from rich.table import Table

from mebench.methods import METHODS, get_method
from mebench.methods.combination import COMBINATIONS
from mebench.storage import ArrayCache
from mebench.testing import LeakFound, check_no_leak, make_samples

GRID = {"degree": [2], "gamma": [0.1, 1.0], "coef0": 1, "C": [1, 10]}
KINDS = ("all", "handcrafted", "networks")
COMBINED = tuple(f"{kind}:hoof+osf+fdm" for kind in COMBINATIONS)


#: What a network of the quick kind sees, and how wide a residual network is. What leaks, leaks at
#: any size: inputs, folds, training and augmentations are the authors', pixels and widths are not.
#: (Thinner ones crash in TensorFlow 2.21: slopes of 1 × 1 filters on 8 channels, by steps of 2.)
SIDE, FRAMES, THIN = 64, 8, {"widths": (16, 32, 64, 128), "depth": 1}


def quick(name: str, epochs: int = 1) -> Any:
    """A network's pipeline, small and trained for few epochs; any other method as it is named."""
    pipeline = get_method(name).build() if name in METHODS else None
    params = pipeline.get_params() if pipeline is not None else {}
    settings: dict[str, Any] = {}
    for key, value in params.items():
        if key.endswith("__epochs"):
            settings[key] = epochs
        elif key.endswith("__copies") and isinstance(value, int):
            settings[key] = 2
    if not settings:
        return name
    for key, value in params.items():
        if key.endswith("__options") and name.startswith("toyama"):
            settings[key] = {**(value or {}), **THIN}
        elif key.endswith("__size"):
            settings[key] = (SIDE, SIDE) if isinstance(value, tuple) else min(SIDE, value)
        elif key.endswith("__n_frames"):
            settings[key] = min(FRAMES, value)
    return pipeline.set_params(**settings)


def named(kind: str, word: str = "") -> list[str]:
    """Methods of a kind whose name contains a word, and the combinations among the handcrafted."""
    found = [name for name in (*METHODS, *COMBINED) if word in name]
    if kind == "all":
        return found
    return [name for name in found if isinstance(quick(name), str) == (kind == "handcrafted")]


def eagerly(names: list[str]) -> None:
    """Let networks train as they are written: graphs of every fold take longer than its steps."""
    if any(not isinstance(quick(name), str) for name in names):
        import tensorflow

        tensorflow.config.run_functions_eagerly(True)


def main(names: list[str]) -> int:
    eagerly(names)
    table = Table("method", "test labels", "other test clips", "outliers", "order", "names", "s")
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        cache = ArrayCache(folder)
        for name in names:
            began = time.process_time()
            method = quick(name)
            network = not isinstance(method, str)
            samples = make_samples(3, 3 if network else 6)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    report = check_no_leak(
                        method, samples, grid=None if network else GRID, cache=cache, n_jobs=1
                    )
            except LeakFound as leak:
                report, wrong = leak.report, wrong + 1
            cells = [f"{row.moved} of {row.compared}" for row in report.itertuples()]
            print(f"{name}: {', '.join(cells)}", flush=True)
            table.add_row(name, *cells, f"{time.process_time() - began:.0f}")
    Console(width=120).print(table)
    print(f"{len(names)} methods; predictions or scores that moved in {wrong}")
    return int(wrong > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="two methods")
    parser.add_argument("--only", default="", help="methods whose name contains this")
    parser.add_argument("--kind", choices=KINDS, default="all")
    arguments = parser.parse_args()
    every = named(arguments.kind, arguments.only)
    sys.exit(main(["hoof", "vote:hoof+osf+fdm"] if arguments.tiny else every))
