"""Workplaces (issue 18, points 14 and 15): whole or not at all, nothing left, nobody disturbed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from mebench.errors import BadInput
from mebench.storage import lease as leases
from mebench.storage.lease import PREFIX, check_file, workplace, write_whole
from mebench.storage.run_folder import put_in_place, writing_folder

linux = pytest.mark.skipif(not os.path.exists("/proc/self/ns/pid"), reason="needs /proc")


def left(folder, **changes):
    """A workplace as a process leaves it that is killed, and its lease after some changes."""
    code = (
        "import os, signal, sys; from pathlib import Path\n"
        "from mebench.storage.lease import workplace\n"
        "with workplace(Path(sys.argv[1])) as place:\n"
        "    (place / 'new').mkdir(); (place / 'new' / 'half').write_text('half')\n"
        "    print(place, flush=True); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    place = folder / done.stdout.strip().rpartition("/")[2]
    lease = place / "lease.json"
    lease.write_text(json.dumps({**json.loads(lease.read_text()), **changes}))
    return place


def silent(place, seconds):
    then = time.time() - seconds
    for path in (place / "lease.json", place):
        os.utime(path, (then, then))


def visit(folder):
    """Somebody works in the folder."""
    with workplace(folder):
        pass


@linux
def test_what_a_killed_process_left_goes_at_once(tmp_path):
    place = left(tmp_path)
    assert (place / "new" / "half").exists()
    write_whole(tmp_path / "a.txt", "a")
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@linux
@pytest.mark.parametrize("other", ["boot", "container"])
def test_another_machine_or_container_with_our_process_numbers_is_left_alone(tmp_path, other):
    """Its process has a number that here is nobody's, and the same name of the host as ours."""
    place = left(tmp_path, **{other: "another"})
    visit(tmp_path)
    assert place.exists()
    silent(place, leases._SILENT / 2)
    visit(tmp_path)
    assert place.exists()
    silent(place, 2 * leases._SILENT)
    visit(tmp_path)
    assert not place.exists()


@linux
def test_a_number_that_was_given_anew_is_another_process(tmp_path):
    place = left(tmp_path, pid=os.getpid())
    visit(tmp_path)
    assert not place.exists()


def test_a_live_one_is_left_alone_and_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "_BEAT", 0.01)
    with workplace(tmp_path) as place:
        silent(place, 2 * leases._SILENT)
        until = time.monotonic() + 10
        while time.time() - (place / "lease.json").stat().st_mtime > 60:
            assert time.monotonic() < until
            time.sleep(0.01)
        monkeypatch.setattr(leases, "_machine", dict)  # as one sees it that cannot tell
        visit(tmp_path)
        assert place.exists()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x"}', "\x00"])
def test_a_lease_that_says_nothing_counts_by_its_age(tmp_path, content):
    place = tmp_path / f"{PREFIX}x"
    place.mkdir()
    (place / "lease.json").write_text(content)
    visit(tmp_path)
    assert place.exists()
    silent(place, 2 * leases._SILENT)
    visit(tmp_path)
    assert not place.exists()


def test_foreign_files_of_such_names_stay(tmp_path):
    (tmp_path / f"{PREFIX}file").write_text("mine")
    (tmp_path / "real").mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "real")
    visit(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


@linux
def test_what_the_dead_had_moved_aside_comes_back(tmp_path):
    for name, taken in (("earlier", False), ("replaced", True)):
        place = left(tmp_path)
        (place / "old" / name).mkdir(parents=True)
        (place / "old" / name / "run.json").write_text("old")
        if taken:
            (tmp_path / name).mkdir()
            (tmp_path / name / "run.json").write_text("new")
    visit(tmp_path)
    texts = {p.parent.name: p.read_text() for p in tmp_path.glob("*/run.json")}
    assert texts == {"earlier": "old", "replaced": "new"}


def test_put_in_place_replaces_and_leaves_nothing(tmp_path):
    for text in ("one", "two"):
        with writing_folder(tmp_path) as made:
            (made / "a").write_text(text)
            assert put_in_place(made, lambda: tmp_path / "run") == tmp_path / "run"
    assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert (tmp_path / "run" / "a").read_text() == "two"


def test_a_process_that_ends_without_unwinding_leaves_nothing(tmp_path):
    with workplace(tmp_path) as place:
        (place / "old" / "run").mkdir(parents=True)
        leases.leave()
        assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    write_whole(path, "old\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput, match="No space left"):
        write_whole(path, "new\n" * 1000)
    assert path.read_text() == "old\n" and len(list(tmp_path.iterdir())) == 1
    monkeypatch.undo()
    (tmp_path / "link").symlink_to(path)
    write_whole(tmp_path / "link", b"new")
    assert path.read_text() == "new" and (tmp_path / "link").is_symlink()


def test_files_get_the_rights_that_files_get_here(tmp_path):
    (tmp_path / "usual").write_text("")
    write_whole(tmp_path / "whole", "")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("name", "says"),
    [("a" * 300, "too long"), ("ü" * 200, "too long"), ("file/x", "not a folder"),
     (".", "is a folder"), ("new/\0", "null"), ("folder", "is a folder")],
)  # fmt: skip
def test_names_are_checked_before_the_work(tmp_path, name, says):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(BadInput, match=says):
        check_file(tmp_path / name)
    assert len(list(tmp_path.iterdir())) == 2


@linux
def test_what_the_dead_left_goes_before_a_file_is_refused(tmp_path):
    """A kill between a file and its workplace: whoever then finds the file writes nothing."""
    left(tmp_path)
    (tmp_path / "made").write_text("whole")
    check_file(tmp_path / "made")
    assert [p.name for p in tmp_path.iterdir()] == ["made"]


def test_a_device_or_a_loop_of_links_is_no_file_to_write(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for path in (tmp_path / "a" / "x.csv", "/dev/null"):
        with pytest.raises(BadInput):
            check_file(type(tmp_path)(path))
