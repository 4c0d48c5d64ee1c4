"""Whatever is given, nobody reads that mebench failed in a way it should not."""

import os
import subprocess
import sys

import pytest


def mebench(*args, cwd=None, **env):
    found = subprocess.run(
        [sys.executable, "-m", "mebench", *args], capture_output=True, text=True, cwd=cwd,
        env={**os.environ, **env}, timeout=120,
    )  # fmt: skip
    text = found.stdout + found.stderr
    assert "in a way it should not" not in text and "Traceback" not in text
    return found.returncode, text


RUN = ("run", "--dataset", "synthetic", "--method", "mdmo")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((*RUN, "--seed", "-1"), "seed must be"),
        ((*RUN, "--seed", str(2**32)), "seed must be"),
        ((*RUN, "--n-jobs", "0"), "n_jobs must be"),
        ((*RUN, "--protocol", "random-split:nan"), "a number, 0 or more"),
        ((*RUN, "--out", "a" * 300), "too long"),
        (("run", "--dataset", "synthetic", "--method", "sys:exit"), "SystemExit"),
        (("run", "--dataset", "synthetic", "--method", "..:x"), "package.module:object"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, tuple) else None,
)
def test_is_refused_before_any_work(args, says, tmp_path):
    status, text = mebench(*args, cwd=tmp_path, MEBENCH_HOME=str(tmp_path / "home"))
    assert status == 1 and says in text
    assert not list(tmp_path.iterdir())


def test_a_home_of_nobody():
    status, text = mebench("list", "datasets", MEBENCH_HOME="~nobody-of-that-name")
    assert status == 1 and "MEBENCH_HOME" in text


def test_a_terminal_that_knows_ascii_only():
    status, text = mebench("list", "protocols", PYTHONIOENCODING="ascii")
    assert status == 0 and "loso" in text


def test_a_reader_that_goes_away():
    found = subprocess.run(
        f"{sys.executable} -m mebench list protocols | true", shell=True, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip
    assert "Traceback" not in found.stderr and "should not" not in found.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_or_a_device_is_no_frame(tmp_path):
    from mebench import Clip, FrameFiles
    from mebench.errors import BadInput

    os.mkfifo(tmp_path / "1.png")
    for path, kind in ((tmp_path / "1.png", "pipe"), ("/dev/zero", "device")):
        clip = Clip("a", FrameFiles((str(path),)))
        for touch in (clip.read, clip.digest):
            with pytest.raises(BadInput, match=f"is a {kind}"):
                touch()
