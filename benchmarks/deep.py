"""Networks: size, and the cost of training each and of reading it.

    python benchmarks/deep.py [--tiny] [--clips N] [--epochs N] [--network NAME]

Random inputs of each method's own shape, in N clips of two classes and N/4 persons. ``start`` is
the first epoch with all that comes before it (building, tracing); ``epoch`` the mean of the later
ones; ``features`` and ``Grad-CAM`` are of all clips. Seconds are of the processor, not of the
clock, so that other programs do not enter. ``bound`` is what ``describe`` says before training,
with the method's batches. cnn-bilstm at full size takes minutes and several gigabytes, so it is
measured only where it is named.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from mebench.deep import CNNFeatures, build_network, describe, input_shape, running
from mebench.deep.inputs import INPUTS

#: Network, input, size, frames and batch of the methods.
SETTINGS = {
    "ststnet": ("apex-flow", 28, 2, 32),
    "off-apexnet": ("apex-flow", 28, 2, 32),
    "residual-3d": ("flow", 48, 9, 16),
    "residual-3d-fft": ("spectrum", 224, 8, 16),
    "conv3d-bilstm": ("evm", 64, 16, 16),
    "cnn-bilstm": ("grey", 224, 60, 2),
    "attention": ("stack", 96, 3, 16),
    "backbone": ("apex", 96, 1, 16),
}


def measured(network: str, clips: int, epochs: int, tiny: bool) -> list[str]:
    """One row of the table."""
    name, size, n_frames, batch = SETTINGS[network]
    if tiny:
        size, n_frames, batch = 32, 4, 4
    shape = input_shape(name, size, n_frames)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(clips, *shape)).astype(np.float32)
    if INPUTS[name] == "grey":
        X = (np.clip(X, -2, 2) * 50 + 128).astype(np.uint8)
    y, people = np.tile(["a", "b"], clips // 2), np.repeat(np.arange(clips // 4), 4)
    marks: list[float] = []
    net = CNNFeatures(network, name, epochs=epochs, patience=epochs, batch_size=batch)
    started = time.process_time()
    with running(lambda *_: marks.append(time.process_time()), keep=False):
        net.fit(X, y, groups=people)
        before = time.process_time()
        net.transform(X)
        between = time.process_time()
        net.explain(X)
        after = time.process_time()
    epoch = (marks[-1] - marks[0]) / max(len(marks) - 1, 1)
    size_ = describe(network, shape, 2, batch_size=batch)
    return [
        network,
        "×".join(map(str, shape)),
        f"{size_['parameters']:,}",
        f"{size_['bytes'] / 1e6:,.0f} MB",
        f"{marks[0] - started:.1f}",
        f"{epoch:.2f}",
        f"{between - before:.2f}",
        f"{after - between:.2f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="small inputs, to see that it runs")
    parser.add_argument("--clips", type=int, default=96)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--network", choices=SETTINGS, action="append")
    args = parser.parse_args()
    chosen = args.network or [n for n in SETTINGS if n != "cnn-bilstm"]
    clips, epochs = (8, 2) if args.tiny else (args.clips - args.clips % 4, args.epochs)
    if args.tiny:
        chosen = args.network or ["ststnet", "cnn-bilstm"]
    build_network("ststnet", (28, 28, 3), 2)  # imports are nobody's cost
    header = ["network", "input", "parameters", "bound", "start", "epoch", "features", "Grad-CAM"]
    rows = [measured(network, clips, epochs, args.tiny) for network in chosen]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    print(f"{clips} clips, processor seconds")
    for row in [header, *rows]:
        print("  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)))


if __name__ == "__main__":
    main()
