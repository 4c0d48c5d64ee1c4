import json
from pathlib import Path

import pytest

from mebench.datasets import card
from mebench.datasets.locations import config_file, find
from mebench.datasets.registry import add, known
from mebench.errors import BadInput, DataNotFound


def assert_helps(error):
    text = str(error.value)
    assert card("casme2").request_page in text
    assert "mebench data add casme2 PATH" in text
    assert "--dataset synthetic" in text


def test_argument_before_environment_before_config(tmp_path, monkeypatch):
    folders = {n: tmp_path / n for n in ("argument", "environment", "config")}
    for folder in folders.values():
        folder.mkdir()
    add("casme2", folders["config"])
    assert find(card("casme2")) == folders["config"]
    monkeypatch.setenv("MEBENCH_CASME2", str(folders["environment"]))
    assert find(card("casme2")) == folders["environment"]
    assert find(card("casme2"), folders["argument"]) == folders["argument"]
    monkeypatch.setenv("MEBENCH_CASME2", "  ")
    assert find(card("casme2")) == folders["config"]


def test_nobody_said_where():
    with pytest.raises(DataNotFound, match="CASME II is not registered on this machine") as error:
        find(card("casme2"))
    assert_helps(error)


def test_a_folder_that_is_not_there(tmp_path, monkeypatch):
    with pytest.raises(
        DataNotFound, match=r"gone \(the folder that was given\) does not exist"
    ) as e:
        find(card("casme2"), tmp_path / "gone")
    assert_helps(e)
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("MEBENCH_CASME2", str(file))
    with pytest.raises(DataNotFound, match=r"\(the variable MEBENCH_CASME2\) is not a folder") as e:
        find(card("casme2"))
    assert_helps(e)


def test_registered_and_then_removed(tmp_path):
    folder = tmp_path / "db"
    folder.mkdir()
    add("casme2", folder)
    folder.rmdir()
    with pytest.raises(DataNotFound, match=r"databases\.json\) does not exist"):
        find(card("casme2"))


def test_add_remembers_an_absolute_path(tmp_path, monkeypatch):
    (tmp_path / "db").mkdir()
    monkeypatch.chdir(tmp_path)
    assert add("CASME2", "db") == tmp_path / "db"
    assert json.loads(config_file().read_text(encoding="utf-8")) == {"casme2": str(tmp_path / "db")}
    assert [p.name for p in config_file().parent.iterdir()] == ["databases.json"]
    assert known() == {"casme2": tmp_path / "db"}


def test_add_refuses_what_is_no_folder(tmp_path):
    with pytest.raises(DataNotFound, match="does not exist: give the folder that holds CASME II"):
        add("casme2", tmp_path / "gone")
    assert not config_file().exists()
    with pytest.raises(BadInput, match="needs no registering"):
        add("synthetic", tmp_path)


def test_add_keeps_the_other_entries(tmp_path):
    config_file().parent.mkdir(parents=True)
    config_file().write_text('{"samm": "/data/samm"}')
    add("casme2", tmp_path)
    assert json.loads(config_file().read_text())["samm"] == "/data/samm"


def test_known_prefers_the_environment(tmp_path, monkeypatch):
    assert known() == {}
    add("casme2", tmp_path)
    monkeypatch.setenv("MEBENCH_CASME2", "/elsewhere")
    assert known() == {"casme2": Path("/elsewhere")}


@pytest.mark.parametrize("text", ["{broken", "[1, 2]", '{"casme2": 3}', b"\xff\xfe\x00"])
def test_a_damaged_config_is_said_and_kept(text, tmp_path):
    config_file().parent.mkdir(parents=True)
    content = text if isinstance(text, bytes) else text.encode()
    config_file().write_bytes(content)
    with pytest.raises(BadInput, match=r"config file .*databases\.json.*Repair or delete it"):
        find(card("casme2"))
    with pytest.raises(BadInput, match="Repair or delete it"):
        add("casme2", tmp_path)
    assert config_file().read_bytes() == content
    assert find(card("casme2"), tmp_path) == tmp_path  # an argument needs no config


def test_a_config_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "file"))
    with pytest.raises(BadInput, match=r"cannot be (written|read)"):
        add("casme2", tmp_path)


def test_config_in_the_users_folder_without_mebench_home(monkeypatch):
    monkeypatch.delenv("MEBENCH_HOME")
    assert config_file().name == "databases.json"
    assert config_file().parent.name == "mebench"
