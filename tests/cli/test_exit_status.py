"""docs/program.md: exit status, quiet, colours. The program in a process of its own, or called."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mebench.cli import app, console, main
from mebench.results import save_run
from mebench.synthetic import write_corpus

from ..results.stored_runs import run

PAGE = (Path(__file__).parents[2] / "docs" / "program.md").read_text(encoding="utf-8")

#: Stands in for a command that is at work when a signal comes.
SIGNALLED = """
import os, sys, time
from mebench.cli import listing, main
number = int(sys.argv.pop())
listing._LISTS["flows"] = lambda: os.kill(os.getpid(), number) or time.sleep(60)
main()
"""


def mebench(*args):
    """The status of the program, called here: imports cost more than what is tested."""
    with pytest.raises(SystemExit) as stop, console.errors(debug=False):
        app([str(arg) for arg in args], prog_name="mebench")
    return stop.value.code or 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    here = tmp_path_factory.mktemp("status")
    save_run(run(), here / "runs")
    (here / "runs" / "broken").mkdir()
    (here / "runs" / "broken" / "run.json").write_text("{")
    (here / "split.csv").write_text("clip_id,subject,split\na,1,train\nb,1,test\nc,2,train\n")
    (here / "clean.csv").write_text("clip_id,subject,split\na,1,train\nb,2,test\nc,1,train\n")
    return here


CASES = [
    (0, ["table", "runs/db-3class-mdmo-loso-nested"], "mdmo"),
    (0, ["audit", "--split", "clean.csv"], "Nothing crosses"),
    (1, ["audit", "--split", "split.csv"], "PERSONS: 1"),
    (1, ["table", "nowhere"], "Error: "),
    (1, ["list", "nothing"], "There is datasets"),
    (2, ["no-such-command"], "No such command"),
    (2, ["run", "--no-such-option"], "No such option"),
    (2, ["run", "--seed", "x"], "Invalid value"),
    (3, ["table", "runs/db-3class-mdmo-loso-nested", "runs/broken"], "LEFT OUT"),
    (130, signal.SIGINT, "Interrupted"),
    (143, signal.SIGTERM, "Interrupted"),
]


@pytest.mark.parametrize(("status", "what", "words"), CASES)
def test_each_status_is_met(status, what, words, folder, monkeypatch, capfd):
    monkeypatch.chdir(folder)
    if isinstance(what, signal.Signals):
        line = [sys.executable, "-c", SIGNALLED, "list", "flows", str(what.value)]
        found = subprocess.run(line, timeout=100).returncode
    else:
        found = mebench(*what)
    said = "".join(capfd.readouterr())
    assert found == status, said
    assert words in said and "Traceback" not in said


def test_the_page_names_each_of_them_and_no_other():
    named = {int(n) for n in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert named == {status for status, *_ in CASES}


# Quiet and colours --------------------------------------------------------------------------


@pytest.fixture
def loud(monkeypatch):
    monkeypatch.setattr(console, "_quiet", False)


def test_quiet_leaves_out_advice_and_bars(folder, tmp_path, loud, monkeypatch, capsys):
    bundle = ["bundle", folder / "runs" / "db-3class-mdmo-loso-nested", "--out"]
    assert mebench(*bundle, tmp_path / "a.mebundle") == 0
    assert "Verify it with" in capsys.readouterr().out
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    assert not console.Stages()._progress.disable
    console.be_quiet()
    assert mebench(*bundle, tmp_path / "b.mebundle") == 0
    said = capsys.readouterr().out
    assert "b.mebundle: " in said and "Verify it with" not in said
    assert console.Stages()._progress.disable


@pytest.mark.parametrize(
    ("line", "quiet", "left"),
    [
        (["list", "flows", "--quiet"], True, ["list", "flows"]),
        (["--quiet", "--debug", "list"], True, ["list"]),
        (["cite", "--", "--quiet"], False, ["cite", "--", "--quiet"]),
    ],
)
def test_options_of_the_program_stand_anywhere(line, quiet, left, loud, monkeypatch):
    called = []
    monkeypatch.setattr("mebench.cli.app", lambda words, **_: called.append(words))
    monkeypatch.setattr("mebench.cli.watch", lambda: None)
    monkeypatch.setattr(sys, "argv", ["mebench", *line])
    main()
    assert called == [left] and console._quiet is quiet


def on_a_terminal(*args, **env):
    """What the program writes where both streams are a terminal."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    settings = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR"}}
    child = subprocess.Popen(
        [sys.executable, "-m", "mebench", *args], stdout=theirs, stderr=theirs,
        env={**settings, "TERM": "xterm-256color", **env},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side has closed it
            break
        if not part:
            break
        said += part
    child.wait()
    os.close(ours)
    return said.decode()


COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9]+)*m")


def test_no_color_is_honoured():
    for line in (["list", "protocols"], ["run", "--no-such-option"]):
        assert not COLOUR.search(on_a_terminal(*line, NO_COLOR="1")), line
    assert COLOUR.search(on_a_terminal("--help")), "the test would not see a colour"
    assert "\x1b" not in on_a_terminal("list", "flows", TERM="dumb")


# Paths --------------------------------------------------------------------------------------


def test_paths_with_spaces_and_other_scripts(tmp_path, monkeypatch, capsys):
    place = tmp_path / "mes données" / "微表情 数据 (2)"
    corpus = write_corpus("casme2", place / "CASME II", subjects=3, clips=6, scale=0.5)
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "Über mich"))
    monkeypatch.chdir(place)

    def ok(*args):
        status, said = mebench(*args), capsys.readouterr()
        assert status == 0, said
        return said.out

    ok("data", "add", "casme2", corpus)
    ok("run", "-d", "casme2", "-m", "hoof", "--tuning", "fixed", "--labels", "5class", "--n-jobs",
       "1", "--no-explain", "--out", "größere Läufe")  # fmt: skip
    folder = next((place / "größere Läufe").iterdir())
    ok("report", folder, "--out", "Bericht 報告.html")
    ok("table", folder, "--out", "表 1.tex")
    ok("bundle", folder, "--out", "paquet été.mebundle")
    assert "level" in ok("verify", "paquet été.mebundle")
    assert (place / "Bericht 報告.html").stat().st_size > 10_000
    assert (place / "表 1.tex").stat().st_size and (place / "CASME II").is_dir()
