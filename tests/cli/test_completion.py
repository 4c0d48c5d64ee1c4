"""What the shell offers behind TAB, through the variables with which a shell asks."""

import os
import subprocess
import sys

import pytest

from mebench.cli.completion import KNOWN, complete
from mebench.cli.listing import _LISTS
from mebench.recipes import names as recipes

ASK = """
import sys
sys.argv = ["mebench"]
from mebench.cli import main
try:
    main()
finally:
    heavy = {"numpy", "pandas", "scipy", "sklearn", "numba", "cv2", "matplotlib"} & set(sys.modules)
    assert not heavy, heavy
"""


def offered(line, shell="bash"):
    """The words that are offered for the last word of a line."""
    words = line.split(" ")
    asked = {"_MEBENCH_COMPLETE": f"complete_{shell}"}
    if shell == "bash":
        asked |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    else:
        asked |= {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    found = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True,
                           env={**os.environ, **asked})  # fmt: skip
    assert not found.stderr, found.stderr
    return found.stdout.split()


def test_names_are_offered_and_nothing_heavy_is_imported():
    assert offered("mebench run --dataset smic") == ["smic-hs", "smic-nir", "smic-vis"]
    assert offered("mebench run -d synthetic -m mdm") == ["mdmo"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_every_shell_is_answered(shell):
    found = " ".join(offered("mebench run --protocol lo", shell))
    assert "loso" in found and "lovo" in found and "kfold" not in found


@pytest.mark.parametrize(
    ("kinds", "begun", "expected"),
    [
        (["datasets"], "casme2+sam", ["casme2+samm"]),
        (["datasets"], "a+b+CK", ["a+b+ckplus"]),
        (["methods", "families"], "stack:mdmo+hoo", ["stack:mdmo+hoof"]),
        (["methods", "families"], "handc", ["handcrafted"]),
        (["protocols"], "nothing", []),
    ],
)
def test_the_last_of_joined_names_is_completed(kinds, begun, expected):
    assert complete(*kinds, joined=True)(begun) == expected


def test_an_installed_package_adds_its_names(monkeypatch):
    monkeypatch.setattr("mebench.plugins.named", lambda kind: {"mine": None, "mdmo": None})
    assert complete("methods")("m") == ["mdmo", "megc2019-lbp-top", *
                                        [n for n in KNOWN["methods"] if n.startswith("marz")],
                                        "mine"]  # fmt: skip


# The lists are those of the library ---------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(set(_LISTS) & set(KNOWN)))
def test_the_names_are_those_of_the_library(kind, monkeypatch):
    monkeypatch.setattr("mebench.preprocessing.choose_detector", lambda *_: "dlib")
    found = list(dict.fromkeys(row.get("name") for row in _LISTS[kind]()))
    if kind == "measures":  # the names that --scoring takes
        from mebench.scoring.metrics import MEASURES

        found = list(MEASURES)
    if kind == "labels":  # au stands for auN of any unit
        found = ["au" if name == "auN" else name for name in found]
    assert sorted(found) == sorted(KNOWN[kind]), "mend mebench/cli/completion.py"


def test_other_lists():
    from mebench.methods.registry import FAMILIES

    assert list(FAMILIES) == list(KNOWN["families"])
    assert list(_LISTS) == list(KNOWN["lists"])
    assert sorted(recipes()) == sorted(KNOWN["recipes"])
