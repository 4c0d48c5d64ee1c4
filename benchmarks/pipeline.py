"""From the frames of a CASME II twin to a table: mebench beside a plain script, in one run.

The twin has the true counts (255 clips of 26 persons, 640 × 480, about 68 frames each). Each method
of mebench is the command that a user types, in a process of its own, with no cache; kernels are
compiled before. The script (``peers/plain.py``: OpenCV, dlib, scikit-image, ``GridSearchCV``)
reads some of the clips and searches some of the folds, and its time is scaled to all; so is the
style of loops over pixels, of which a row of one clip is done. The last line sets the pass of the
whole family beside its floor: files decoded once, each step and each flow done once, no cache.

``--clips N`` makes the twin smaller, ``--data-root`` takes one that ``mebench data synth`` has
written, ``--tiny`` tries everything once on a handful of clips.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
from peers.plain import FEATURES, features, pixel_lbp_top, search

from mebench import timing
from mebench.datasets import load
from mebench.errors import BadInput
from mebench.experiments.run import fixed_steps
from mebench.flow.shared import sharing_flows
from mebench.methods import expand, get_method
from mebench.methods.one_pass import extract_together, step_tree
from mebench.storage import ArrayCache
from mebench.svm import GRIDS, grid_points
from mebench.synthetic import write_corpus

RAPL = Path("/sys/class/powercap/intel-rapl:0/energy_uj")


def joules() -> float | None:
    try:
        return int(RAPL.read_text()) / 1e6
    except (OSError, ValueError):
        return None


def command(root: Path, method: str, jobs: int) -> dict[str, float]:
    """One `mebench run` on the twin: seconds, CPU seconds, MiB, and joules where known."""
    with tempfile.TemporaryDirectory() as home:
        started, energy = time.perf_counter(), joules()
        line = [
            *(sys.executable, "-m", "mebench", "run", "--dataset", "casme2", "--data-root"),
            *(str(root), "--method", method, "--no-explain", "--n-jobs", str(jobs)),
            *("--out", str(Path(home) / "runs"), "--json"),
        ]
        environment = {**os.environ, "MEBENCH_HOME": home}
        with open(Path(home) / "out.json", "w") as out:
            process = subprocess.Popen(line, stdout=out, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"mebench run --method {method} failed with {status}")
        after = joules()
        found = json.loads((Path(home) / "out.json").read_text())
    runs = found if isinstance(found, list) else [found]
    return {
        "wall": time.perf_counter() - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mib": usage.ru_maxrss / 1024,
        "joules": float("nan") if energy is None or after is None else after - energy,
        "uf1": max(run["scores"]["uf1"] for run in runs if "scores" in run),
    }


def script(name: str, clips, table, some: int, folds: int) -> dict[str, float]:
    """The plain script's CPU seconds, of some clips and folds, scaled to all."""
    started = time.process_time()
    rows = np.stack([features(name, list(clip.source.paths)) for clip in clips[:some]])
    taken = (time.process_time() - started) * len(clips) / some
    # The search is over vectors of the right length and number; its time hardly asks for more.
    rng = np.random.default_rng(0)
    y = table["label"].to_numpy()
    base = np.abs(rows[rng.integers(0, len(rows), len(clips))])
    X = base * rng.uniform(0.7, 1.3, (len(clips), base.shape[1]))
    points = grid_points(GRIDS[get_method(name).grid])
    sample = sorted({(p.degree, p.gamma, p.coef0) for p in points})[:2]
    started = time.process_time()
    for degree, gamma, coef0 in sample:
        grid = {"C": [1.0, 10.0], "degree": [int(degree)], "gamma": [gamma], "coef0": [coef0]}
        search(X, y, table["subject"].to_numpy(), grid, folds)
    searched = (time.process_time() - started) * len(points) / (2 * len(sample))
    return {"features": taken, "search": searched * table["subject"].nunique() / folds}


def pixels(rows: int) -> float:
    """CPU seconds per clip of loops over pixels, from some rows of one."""
    video = np.random.default_rng(0).integers(0, 256, (10, 170, 140), dtype=np.uint8)
    started = time.process_time()
    pixel_lbp_top(video, rows)
    return (time.process_time() - started) * 164 / rows


def family(clips) -> tuple[dict[str, float], float, float]:
    """The whole family's pass on one thread: its kinds of work, its CPU seconds, and their floor.

    The floor is what cannot be left out, without a cache: the files of a clip decoded once, and
    each step and each different flow done once.
    """
    chains = [fixed_steps(get_method(m), 0) for m in expand(["handcrafted"])]
    chains = [chain for chain in chains if chain]
    with tempfile.TemporaryDirectory() as folder:
        extract_together(chains, clips[:1], ArrayCache(Path(folder) / "warm"), n_jobs=1)
        before, started = timing.taken(), time.process_time()
        extract_together(chains, clips, ArrayCache(Path(folder) / "pass"), n_jobs=1)
        whole = time.process_time() - started
    kinds, started = timing.since(before), time.process_time()
    for clip in clips:
        with sharing_flows():
            grow(step_tree(chains), clip.replace(source=clip.frames))
    return kinds, whole, time.process_time() - started


def grow(tree, value) -> None:
    """Every step of a tree, once."""
    for node in tree.values():
        try:
            out = node.step.transform([value])[0]
        except BadInput:  # what wants colour
            continue
        if node.children:
            new_frames = out.source is not value.source
            with sharing_flows() if new_frames else nullcontext():
                grow(node.children, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--clips", type=int)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--methods", default="lbp-top,mdmo,hoof,handcrafted")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    methods = ["hoof"] if given.tiny else given.methods.split(",")
    some, folds, jobs = (1, 1, 2) if given.tiny else (3, 2, 2)
    with tempfile.TemporaryDirectory() as folder:
        size = {"clips": given.clips or 12, "subjects": 3} if given.tiny or given.clips else {}
        if given.clips and not given.tiny:
            size["subjects"] = min(26, given.clips)
        few = write_corpus("casme2", Path(folder) / "few", cropped=False, clips=12, subjects=3)
        root = given.data_root or write_corpus(
            "casme2", Path(folder) / "twin", cropped=False, true_counts=not size, **size
        )
        samples = load("casme2", root=root)
        clips, table = samples.clips, samples.table
        frames = sum(len(clip) for clip in clips) / len(clips)
        print(f"CASME II twin: {len(clips)} clips of {table['subject'].nunique()} persons, "
              f"640 × 480, {frames:.0f} frames each")  # fmt: skip
        for method in methods:
            command(few, method, jobs)  # compiles
            ours = command(root, method, jobs)
            energy = "" if np.isnan(ours["joules"]) else f", {ours['joules']:.0f} J"
            score = f"; UF1 {ours['uf1']:.3f}" if method != "handcrafted" else ""
            print(
                f"{method}: {ours['wall']:.1f} s, {ours['cpu']:.1f} CPU s, peak "
                f"{ours['mib']:.0f} MiB, {jobs} threads{energy}{score}"
            )
            if method in FEATURES:
                theirs = script(method, clips, table, some, folds)
                times = (theirs["features"] + theirs["search"]) / ours["cpu"]
                print(
                    f"  plain script: features {theirs['features']:.0f}, search "
                    f"{theirs['search']:.0f} CPU s: {times:.0f} times as much"
                )
            if method == "lbp-top":
                loops = pixels(1) * len(clips)
                print(f"  loops over pixels: features alone {loops:.0f} CPU s")
        kinds, whole, least = family(clips[: 1 if given.tiny else 5])
        print(f"whole family, one thread: pass {whole:.2f} CPU s ({timing.in_words(kinds)}), floor "
              f"{least:.2f}: {whole / least:.2f} times")  # fmt: skip


if __name__ == "__main__":
    main()
