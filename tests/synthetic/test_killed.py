"""Corpora whose maker is killed (issue 18, point 15)."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mebench.storage.lease import PREFIX
from mebench.synthetic import write_corpus

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/ns/pid"), reason="needs /proc")

#: The built-in corpus with another recipe, so that a test does not take minutes.
SMALL = """
import sys
from mebench.synthetic import write
whole = write.write_corpus
def small(layout, out, **more):
    def slow(*args):
        import time
        time.sleep(0.02)
    return whole(layout, out, plain=True, clips=40, subjects=4, n_jobs=1, progress=slow)
write.write_corpus = small
print(write.default_corpus())
"""


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes()
            for p in sorted(Path(folder).rglob("*")) if p.is_file()}  # fmt: skip


def killed_when(command, when, **env):
    """Kill a command as soon as something is so; whether it was killed."""
    process = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError):  # it goes while it is looked at
            if when():
                process.kill()
                break
        time.sleep(0.002)
    return process.wait() != 0


@needs_proc
def test_a_corpus_whose_maker_was_killed_leaves_no_folder(tmp_path):
    home = tmp_path / "synthetic"
    command = [sys.executable, "-c", SMALL]
    kills = 0
    for inside in ("", "new/*/*", "new/*/*/*/*"):
        before = {p.name for p in home.glob(f"{PREFIX}*")}

        def begun(inside=inside, before=before):
            new = [p for p in home.glob(f"{PREFIX}*") if p.name not in before]
            return any(any(p.glob(inside)) if inside else True for p in new)

        kills += killed_when(command, begun, MEBENCH_HOME=str(tmp_path))
    assert kills and any(home.glob(f"{PREFIX}*"))
    done = subprocess.run(command, env={**os.environ, "MEBENCH_HOME": str(tmp_path)},
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [str(p) for p in home.iterdir()] == [done.stdout.strip()]
    other = write_corpus("casme2", tmp_path / "other", plain=True, clips=40, subjects=4)
    assert contents(done.stdout.strip()) == contents(other)


def test_a_note_that_was_not_finished_does_not_lock_the_folder(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "synthetic.unfinished.json.tmp").write_text("{")
    write_corpus("casme2", tmp_path / "corpus", plain=True, clips=4, subjects=2)
    assert not list((tmp_path / "corpus").glob("*.tmp"))
