"""Take out, one after the other, each line that keeps the two promises; its test must fail.

In a copy of the package and its tests, which stay as they are. Run with --tiny for two guards;
--point N for those of one point. The exit status is 1 where a test passes without its guard.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from guards import GUARDS, Guard  # noqa: E402

#: Imported once, for all tests; the package itself is imported anew by each.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload([
    "pytest", "hypothesis", "numpy", "pandas", "scipy.stats", "scipy.ndimage", "sklearn.pipeline",
    "sklearn.svm", "sklearn.ensemble", "sklearn.neighbors", "numba", "cv2", "matplotlib.pyplot",
    "typer.testing", "rich.progress", "openpyxl", "joblib", "jinja2", "skops.io",
])  # fmt: skip

#: Seconds after which a test that has not ended has failed.
_PATIENCE = 600


def fails(copy: Path, tests: Sequence[str]) -> bool:
    process = _SERVER.Process(target=_tested, args=(str(copy), list(tests)))
    process.start()
    process.join(_PATIENCE)
    if process.is_alive():  # some guards keep a command from waiting for ever
        process.kill()
        process.join()
        return True
    if process.exitcode not in (0, 1):
        raise SystemExit(f"{tests}: pytest ended with {process.exitcode}")
    return process.exitcode == 1


def _tested(copy: str, tests: list[str]) -> None:
    os.chdir(copy)
    os.environ["PYTHONPATH"] = copy
    sys.dont_write_bytecode = True
    here = os.path.realpath(ROOT)
    sys.path[:] = [copy, *(p for p in sys.path if not os.path.realpath(p or ".").startswith(here))]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    import pytest

    sys.exit(int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests])))


def without(guard: Guard, copy: Path) -> bool:
    """Whether the guard's test fails when its line is exchanged."""
    path = copy / guard.file
    whole, times = path.read_text(encoding="utf-8"), os.stat(path)
    path.write_text(whole.replace(guard.line, guard.without), encoding="utf-8")
    try:
        return fails(copy, [guard.test])
    finally:
        path.write_text(whole, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # what was compiled holds again


def main(guards: Sequence[Guard], unchecked: bool = False) -> int:
    table = Table("point", "guard", "test", "fails without")
    passed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        for name in ("mebench", "tests"):
            shutil.copytree(ROOT / name, copy / name)
        for name in ("pyproject.toml", "setup.cfg"):
            shutil.copy(ROOT / name, copy)
        if not unchecked and fails(copy, sorted({guard.test for guard in guards})):
            raise SystemExit("The tests fail with all guards in place.")
        for guard in guards:
            failed = without(guard, copy)
            passed += not failed
            words = "yes" if failed else "NO"
            print(f"{guard.point} {guard.says}: {words}", flush=True)
            table.add_row(str(guard.point), guard.says, guard.test.split("::")[1], words)
    Console(width=120).print(table)
    print(f"{len(guards)} guards; tests that pass without theirs: {passed}")
    return int(passed > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="two guards")
    parser.add_argument("--point", type=int, help="of this point alone")
    parser.add_argument("--only", default="", help="guards whose words contain this")
    parser.add_argument("--unchecked", action="store_true", help="take for granted that the tests "
                        "pass with all guards in place")  # fmt: skip
    arguments = parser.parse_args()
    chosen = [g for g in GUARDS if arguments.point in (None, g.point) and arguments.only in g.says]
    sys.exit(main(chosen[2:6:3] if arguments.tiny else chosen, arguments.unchecked))
