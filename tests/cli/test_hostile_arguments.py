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
        (("data", "synth", "--out", "x", "--clips", "999999999999"), "more than any database"),
        (
            ("data", "synth", "--out", "x", "--layout", "samm-long", "--subjects", "9999999999"),
            "more than the",
        ),
        (("extract", "-d", "synthetic", "-m", "mdmo", "--out", "a" * 300 + ".npz"), "too long"),
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


def test_a_terminal_that_knows_ascii_only(tmp_path):
    rows = "clip_id,subject,y_true,y_pred\na,1,Ärger,Ärger\nb,2,joy,Ärger\n"
    (tmp_path / "predictions.csv").write_text(rows, encoding="utf-8")
    status, text = mebench("score", tmp_path / "predictions.csv", PYTHONIOENCODING="ascii")
    assert status == 0 and r"\xc4rger" in text


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


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams(closed, tmp_path):
    """What is written then goes nowhere, and never into a file that got the stream's number."""
    command = f"{sys.executable} -m mebench list protocols {closed}"
    found = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert found.returncode == 0 and not found.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_or_a_device_is_no_table_and_no_run(tmp_path):
    from mebench.arrays import read_arrays
    from mebench.errors import BadInput
    from mebench.experiments import settings
    from mebench.models import read_card
    from mebench.results import load_run
    from mebench.tables import read_csv

    for name in ("a.csv", "a.npz", "a.toml", "a.mebench", "run/run.json"):
        (tmp_path / "run").mkdir(exist_ok=True)
        os.mkfifo(tmp_path / name)
    for read, name in (
        (read_csv, "a.csv"), (read_arrays, "a.npz"), (lambda p: settings(p, {}), "a.toml"),
        (read_card, "a.mebench"), (load_run, "run"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match="is a pipe"):
            read(tmp_path / name)
    with pytest.raises(BadInput, match="is a device"):
        read_csv("/dev/zero")


def test_links_in_a_circle(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "again").symlink_to(tmp_path / "runs")
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for what in ("runs", "a"):
        status, text = mebench("report", what, cwd=tmp_path)
        assert status == 1 and ("no run" in text or "not a run" in text)


def test_a_protocol_that_ends_the_program(tmp_path):
    import sys as system

    import pandas as pd

    from mebench.errors import BadInput
    from mebench.evaluation.protocols import get_protocol

    with pytest.raises(BadInput, match="ends the program"):
        list(get_protocol(system.exit)(pd.DataFrame({"subject": ["1"]})))
