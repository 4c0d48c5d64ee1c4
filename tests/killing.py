"""Commands that are killed at random moments: what they make, and what they leave.

Each command runs in a folder of its own, whose home and temporary folder lie in it too, so that
whatever is left behind is seen. The processes are forked from one that has imported everything, so
that kills fall on work rather than on imports (``tests/test_faults.py`` kills the whole program).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faulting import make_experiment

from mebench.models.file import _read

#: What a header of a run says about when, where and how it came to be, and not about what it is.
PASSING = ("trained", "command", "time", "seconds", "work", "cpu_seconds", "peak_mib",
           "features_from_cache")  # fmt: skip


_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([
    "mebench.cli", "mebench.experiments.run", "mebench.experiments.spot", "mebench.models",
    "mebench.results.report", "mebench.synthetic.write", "matplotlib.backends.backend_agg",
    "numba", "cv2", "openpyxl",
])  # fmt: skip


@dataclass(frozen=True)
class Command:
    """A command line, what has to lie in its folder, and which of its options start it anew."""

    name: str
    words: tuple[str, ...]
    prepare: Callable[[Path], None]
    out: str  # what it writes


@dataclass
class Tally:
    """What came of the kills of one command."""

    name: str
    kills: int = 0
    ended: int = 0
    stages: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def _prepare_run(folder: Path) -> None:
    make_experiment(folder, clips=18)


def _prepare_spot(folder: Path) -> None:
    from mebench.synthetic.long import write_long_corpus

    write_long_corpus("casme-sq-long", folder / "corpus", seed=5, subjects=2, videos=1, seconds=10,
                      compact=True)  # fmt: skip


def _prepare_report(folder: Path) -> None:
    from mebench.results import save_run
    from tests.results.stored_runs import run

    save_run(run("mdmo", wrong=1), folder / "runs")
    save_run(run("hoof"), folder / "runs")


def _nothing(folder: Path) -> None:
    pass


COMMANDS = (
    Command("run", ("run", "experiment.toml", "--out", "made", "--n-jobs", "1"), _prepare_run,
            "made"),
    Command("spot", ("spot", "--dataset", "casme-sq-long", "--data-root", "corpus",
                     "--method", "strain,lbp", "--n-jobs", "1", "--out", "made"),
            _prepare_spot, "made"),
    Command("train", ("train", "-d", "clips.csv", "-m", "faulty_methods:lbp", "--grid", "coarse",
                      "--n-jobs", "1", "--out", "made.mebench"), _prepare_run, "made.mebench"),
    Command("data synth", ("data", "synth", "--out", "made", "--clips", "8", "--subjects", "2",
                           "--scale", "0.1", "--n-jobs", "1"), _nothing, "made"),
    Command("report", ("report", "runs", "--out", "made.html", "--figures", "made",
                        "--force"),
            _prepare_report, "made.html"),
)  # fmt: skip


def campaign(
    command: Command, kills: int, folder: Path, seed: int = 0,
    tell: Callable[[str], None] = lambda words: None,
) -> Tally:  # fmt: skip
    """Kill a command so many times at random moments, let it go on, and look at what it made."""
    rng, tally = random.Random(f"{command.name} {seed}"), Tally(command.name)
    folder.mkdir()
    command.prepare(folder)
    before = set(folder.iterdir())
    began = time.monotonic()
    whole, said = _start(command, folder), folder.parent / "said.txt"
    whole.join()
    assert whole.exitcode == 0, said.read_text()
    length, expected = time.monotonic() - began, made(folder, before)
    assert expected
    _forget(folder, before)
    while True:
        began, whole_already = time.monotonic(), (folder / command.out).exists()
        process = _start(command, folder)
        if tally.kills < kills and _killed(process, _moment(rng, length, folder)):
            tally.kills += 1
            tally.stages[stage(folder, before)] += 1
            tell(f"{command.name}: kill {tally.kills} after {time.monotonic() - began:.1f} s")
            continue
        process.join()
        tally.ended += 1
        length = time.monotonic() - began  # a machine that others use is not as fast at all times
        found = made(folder, before)
        # Killed when all was in its place: what is there is compared, and is not overwritten.
        refused = whole_already and "is there already" in said.read_text()
        if process.exitcode and not refused:
            tally.wrong.append(f"status {process.exitcode}: {said.read_text()[-500:]}")
        tally.wrong += differing(expected, found)
        tally.left += left_behind(folder)
        tell(f"{command.name}: end {tally.ended}, {len(tally.wrong)} wrong")
        _forget(folder, before, home=rng.random() < 0.5)
        if tally.kills >= kills:
            return tally


def made(folder: Path, before: set[Path]) -> dict[str, object]:
    """All files that a command made for its user; of headers, what does not tell the time."""
    out: dict[str, object] = {}
    for top in sorted(set(folder.iterdir()) - before - {folder / "home", folder / "tmp"}):
        for path in [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file()):
            if "__pycache__" in path.parts:
                continue
            data: object = path.read_bytes()
            if path.name == "run.json":
                data = _lasting(json.loads(path.read_text()))
            elif path.suffix == ".mebench":
                card, content = _read(path)
                data = {**_lasting(card), "content": content}
            out[path.relative_to(folder).as_posix()] = data
    return out


def _lasting(header: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in header.items() if key not in PASSING}


def differing(expected: dict[str, object], found: dict[str, object]) -> list[str]:
    """Names of files that are not the same; of headers, the keys."""
    names = [n for n in sorted(expected.keys() | found.keys()) if expected.get(n) != found.get(n)]
    out = []
    for name in names:
        a, b = expected.get(name), found.get(name)
        if isinstance(a, dict) and isinstance(b, dict):
            name += ": " + ", ".join(k for k in a.keys() | b.keys() if a.get(k) != b.get(k))
        out.append(name)
    return out


def left_behind(folder: Path) -> list[str]:
    """Workplaces, unfinished notes, and temporary files, anywhere."""
    signs = (".writing-", ".work", ".part", ".tmp", "unfinished", "-part")
    found = [p for p in folder.rglob("*") if p.name.startswith(signs) or p.name.endswith(signs)]
    found += [p for p in (folder / "tmp").rglob("*")]
    return sorted(p.relative_to(folder).as_posix() for p in found)


def stage(folder: Path, before: set[Path]) -> str:
    """What a killed command was at, as far as its folder tells."""
    if any(folder.glob(".writing-*")) or any(folder.glob("made/.writing-*")):
        return "writing"
    if any(folder.glob("made/.work/*/*/*.parts")):
        return "folds"
    begun = set(folder.iterdir()) - before - {folder / "home", folder / "tmp"}
    kept = any(path.is_file() for path in folder.glob("home/**/*"))  # features, models, corpora
    return "under way" if begun or kept else "starting"


def _start(command: Command, folder: Path) -> Any:
    (folder / "tmp").mkdir(exist_ok=True)
    process = _SERVER.Process(target=_work, args=(command.words, str(folder)))
    process.start()
    return process


def _work(words: tuple[str, ...], folder: str) -> None:
    """The program, in a process of its own."""
    import tempfile

    from mebench.cli import main

    os.chdir(folder)
    os.environ |= {"MEBENCH_HOME": f"{folder}/home", "TMPDIR": f"{folder}/tmp"}
    tempfile.tempdir, sys.argv = None, ["mebench", *words]
    sys.path.insert(0, folder)
    for stream, target in ((sys.stdout, os.devnull), (sys.stderr, f"{folder}/../said.txt")):
        os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream.fileno())
    main()


def _moment(rng: random.Random, length: float, folder: Path) -> Callable[[], bool]:
    """When to kill: at a random time, or soon after something begins to be written."""
    end = time.monotonic() + rng.uniform(0.0, 1.05) * length
    if rng.random() < 0.6:
        return lambda: time.monotonic() >= end
    there, wait, seen = _workplaces(folder), rng.uniform(0, 0.2 * length), [0.0]

    def writing() -> bool:
        if not seen[0] and _workplaces(folder) - there:
            seen[0] = time.monotonic()
        return bool(seen[0]) and time.monotonic() - seen[0] >= wait

    return writing


def _workplaces(folder: Path) -> set[Path]:
    return {*folder.glob(".writing-*"), *folder.glob("made/.writing-*"),
            *folder.glob("home/*/.writing-*")}  # fmt: skip


def _killed(process: Any, when: Callable[[], bool]) -> bool:
    while process.is_alive():
        if when():
            process.kill()
            break
        time.sleep(0.002)
    process.join()
    return process.exitcode == -signal.SIGKILL


def _forget(folder: Path, before: set[Path], home: bool = True) -> None:
    """Take away what was made, and perhaps what was kept."""
    for path in set(folder.iterdir()) - before - {folder / "tmp"}:
        if path.name == "home" and not home:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
