"""Kill a real run at random moments, again and again, and compare what it ends with.

Half of the kills fall on work without the feature cache, half on work with it. Whenever the run
comes to its end, its predictions are compared with those of an undisturbed one, and it starts over.
Run with --tiny for three kills.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from faulting import after, killed, make_experiment, results, run, stage, start


def main(kills: int, seed: int) -> int:
    rng = random.Random(seed)
    where: Counter[str] = Counter()
    ended = wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = make_experiment(Path(scratch), clips=24)
        began = time.perf_counter()
        whole = run(folder, "whole", "--no-cache", home=folder / "home")
        length = time.perf_counter() - began
        expected = results(folder / "whole")
        print(
            f"undisturbed: {length:.1f} s, {len(expected)} runs, status {whole.returncode}",
            flush=True,
        )
        cache: tuple[str, ...] = ("--no-cache",)
        done, out = 0, folder / "killed"
        while done < kills:
            process = start(folder, "killed", *cache, home=folder / "home")
            # What takes longest is starting the interpreter; half of the time aim behind that.
            began = time.perf_counter()
            moment = rng.uniform(0.0 if rng.random() < 0.2 else 0.3 * length, 1.1 * length)
            if killed(process, after(moment)):
                done += 1
                where[stage(out)] += 1
                print(f"kill {done} after {moment:.1f} s: {stage(out)}", flush=True)
                continue
            # A machine that others use is not as fast at all times.
            length = time.perf_counter() - began
            ended += 1
            same = results(out) == expected and process.returncode == 0
            wrong += not same
            print(f"end {ended}: {'same bytes' if same else 'OTHER BYTES'}", flush=True)
            shutil.rmtree(out)
            cache = () if cache else ("--no-cache",)
            if not cache:
                shutil.rmtree(folder / "home" / "cache", ignore_errors=True)
        last = run(folder, "killed", *cache, home=folder / "home")
        ended += 1
        wrong += results(out) != expected or last.returncode != 0
        left = sorted(f.name for f in out.iterdir() if f.name.startswith("."))
    print(f"killed {kills} times: " + ", ".join(f"{n} {k}" for k, n in where.most_common()))
    print(f"came to the end {ended} times; other bytes than undisturbed: {wrong}")
    print(f"left behind: {', '.join(left) or 'nothing'}; load {os.getloadavg()[0]:.1f}")
    return wrong + len(left)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="three kills")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.exit(main(3 if arguments.tiny else arguments.kills, arguments.seed))
