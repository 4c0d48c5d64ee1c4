"""Names of files and folders that mebench makes, held to the rules of Windows as strings."""

import ntpath
import re
from pathlib import PureWindowsPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mebench.errors import BadInput
from mebench.leaderboard.site import _slugs
from mebench.models._train import model_file
from mebench.paths import file_name, is_device_name
from mebench.results.store import run_place
from mebench.scaffold import new_method

DEVICES = ["CON", "con", "PRN", "aux", "NUL", "COM1", "lpt9", "COM¹", "CONIN$"]
ODD = [
    *DEVICES, *(f"{name}.v2" for name in DEVICES), "con ", "nul..", ".", "..", " ", "", "a.", "a ",
    'a<b>c:d"e/f\\g|h?i*j', "C:\\data\\x", "\\\\server\\share", "/etc/passwd", "tab\there", "a\0b",
    "表情 2", "é", "e\u0301", "mon été",
    "x" * 400, "表" * 300, "🙂", "-", "--", "stack:lbp-top+mdmo",
]  # fmt: skip


def legal(name):
    """Whether Windows takes the text as the name of one file or folder.

    Its rules: none of the forbidden and control signs, no point or space at the end, not the name
    of a device before the first point, at most 255 units of UTF-16.
    """
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name), name
    assert name and name[-1] not in ". ", name
    reserved = getattr(ntpath, "isreserved", lambda n: PureWindowsPath(n).is_reserved())
    assert not reserved(name), name
    assert PureWindowsPath(name).parts == (name,), name
    assert len(name.encode("utf-16-le")) <= 2 * 255 and len(name.encode()) <= 255, name
    return True


@pytest.mark.parametrize("word", ODD)
def test_odd_names_become_legal(word):
    assert legal(file_name(word)) and legal(file_name(word, "5class", word))
    assert legal(file_name("a", word) + "-2")
    assert legal(model_file(word, word).name)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(), max_size=4))
@example(["com1", ""])
def test_any_names_become_legal(words):
    assert legal(file_name(*words))


@pytest.mark.parametrize("name", DEVICES)
def test_devices_are_known_with_endings_and_without(name):
    assert is_device_name(name) and is_device_name(f"{name}.txt") and is_device_name(f"{name} ")
    assert not is_device_name(f"{name}x") and not is_device_name(f"a.{name}")


def test_names_that_say_something_stay():
    assert file_name("casme2+samm", "5class", "lbp-top") == "casme2+samm-5class-lbp-top"
    assert file_name("mon été", "表情") == "mon-été-表情"
    assert file_name("e\u0301") == file_name("é"), "one name, however its accents are written"
    assert file_name("x" * 400) != file_name("x" * 401), "cut, and still told apart"


@pytest.mark.parametrize("odd", ["CON", "nul.v2", "a:b", "x.", "..", "表情 2"])
def test_folders_of_runs(odd, tmp_path):
    words = {"dataset": odd, "labels": "3class", "method": odd, "protocol": odd, "tuning": odd}
    place = run_place(tmp_path, words)
    assert place.parent == tmp_path and legal(place.name)
    (place / "x").mkdir(parents=True)
    assert legal(run_place(tmp_path, {**words, "seed": 1}).name)


def test_folders_of_new_methods(tmp_path):
    with pytest.raises(BadInput, match="Windows keeps the name 'nul'"):
        new_method("nul", tmp_path)


def test_figures_and_pages():
    for name, slug in _slugs(set(ODD)).items():
        assert legal(f"task-{slug}.html"), name
    assert len(set(_slugs(set(ODD)).values())) == len(set(ODD))
