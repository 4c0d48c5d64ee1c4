"""Options in random combinations with values that nobody should give (issue 18)."""

import contextlib
import traceback
import warnings

import pytest
from fuzzing import campaign, patience, share
from fuzzing_lines import COMMANDS, command_lines, contents, workshop
from hypothesis import given
from typer.testing import CliRunner

from mebench.cli import app
from mebench.cli.console import _known_trouble
from mebench.errors import MebenchError

#: What a line may make that did not give --force: new files only.
INPUTS = ("mine.csv", "predictions.csv", "features.csv", "features.npz", "samples.csv", "kept.csv",
          "experiment.toml", "grid.json", "truth.csv", "predicted.csv")  # fmt: skip


class Stop(Exception):
    """A command went past its checks and would compute now."""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder to work in, where nothing computes for long, and home is elsewhere."""
    folder = tmp_path / "work"
    folder.mkdir()
    workshop(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def stop(*_, **__):
        raise Stop

    monkeypatch.setattr("mebench.synthetic.default_corpus", stop)
    monkeypatch.setattr("mebench.synthetic.long.default_long_corpus", stop)
    monkeypatch.setattr("mebench.synthetic.write.plan_entries", stop)
    monkeypatch.setattr("mebench.synthetic.long.plan_scripts", stop)
    monkeypatch.setattr("mebench.methods.extract.extract", stop)
    return folder


def told(line):
    """How a command line is answered: 'ok', 'error' or 'stopped'; anything else is a defect."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = CliRunner().invoke(app, line)
    error = done.exception
    if error is None or isinstance(error, SystemExit):
        # Control characters of anybody's reach no terminal.
        assert not {c for c in done.output if ord(c) < 32 and c not in "\n\t\r"}, line
        return "ok" if done.exit_code == 0 else "error"
    if isinstance(error, Stop):
        return "stopped"
    if isinstance(error, MebenchError) or _known_trouble(error) is not None:
        assert str(error).strip()
        return "error"
    raise error


def test_every_line_is_answered_and_nothing_is_destroyed(place):
    before = contents(place)
    seen, defects = {}, {}

    @campaign(share(0.4))
    @given(command_lines())
    def case(line):
        try:
            with patience(line):
                answer = told(line)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            defects[type(error).__name__, last.filename, last.lineno] = f"mebench {line}: {error!r}"
            answer = "defect"
        seen[answer] = seen.get(answer, 0) + 1
        now = contents(place)
        if "--force" not in line:
            changed = [name for name in before if now.get(name) != before[name]]
            assert not changed, (line, changed)
        assert not [name for name in now if ".writing-" in name], line
        if now.keys() != before.keys() or now != before:
            restore(place, before)

    case()
    print(seen)
    assert not defects, "\n".join(f"{k}: {v[:600]}" for k, v in defects.items())
    assert seen["error"] > seen.get("ok", 0) > 0


def restore(place, before):
    import shutil

    for path in list(place.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name not in ("loop", "pipe"):
            with contextlib.suppress(OSError):
                path.unlink()
    (place / "folder").mkdir()
    for name, data in before.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)


def test_a_defect_is_seen(place, monkeypatch):
    monkeypatch.setattr("mebench.cli.table.check_outputs", lambda *_, **__: {}["x"])
    with pytest.raises(KeyError):
        told(["table", "runs", "--out", "x.csv"])
    assert told(["table", "runs", "--format", "csv"]) == "ok"
    assert told(["score", "kept.csv"]) == "error"
    assert len(COMMANDS) > 20
