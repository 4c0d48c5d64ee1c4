"""Other people's packages, installed as they would be: examples/plugin, a new one, broken ones."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mebench import plugins
from mebench.datasets.registry import register_dataset
from mebench.errors import BadInput
from mebench.scaffold import new_method
from mebench.scoring.metrics import register_measure
from mebench.spotting import SPOTTERS, register_spotter

ROOT = Path(__file__).parents[1]


def install(source, target):
    """What `pip install` puts into place, without a network."""
    copy = target.parent / f"source-of-{source.name}"
    shutil.copytree(source, copy)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps",
               "--no-build-isolation", "--target", str(target), str(copy)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return target


def python(code, *paths, cwd):
    """The output of a program that sees these folders as installed packages."""
    path = os.pathsep.join([*map(str, paths), str(ROOT)])
    found = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, cwd=cwd,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    pytest.importorskip("setuptools")
    return install(ROOT / "examples" / "plugin", tmp_path_factory.mktemp("plugin") / "packages")


@pytest.fixture(scope="module")
def corner(tmp_path_factory):
    """Clips whose left or right half becomes brighter."""
    root, rng = tmp_path_factory.mktemp("corner"), np.random.default_rng(0)
    lines = ["clip_id,subject,label,frames,onset,offset"]
    for i in range(24):
        label = ("left", "right")[(i // 6 + i) % 2]
        folder = root / f"c{i:02d}"
        folder.mkdir()
        for t in range(4):
            frame = rng.integers(90, 110, (32, 32)).astype(np.uint8)
            frame[:, slice(0, 16) if label == "left" else slice(16, 32)] += 5 * t
            cv2.imwrite(str(folder / f"{t + 1}.png"), frame)
        lines.append(f"c{i:02d},s{i % 6},{label},c{i:02d},1,4")
    (root / "clips.csv").write_text("\n".join(lines) + "\n")
    return root


COMMANDS = """
import json, sys, io, contextlib
from mebench.cli import app
def run(*arguments):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        app(list(arguments), standalone_mode=False)
    return text.getvalue()
root = {root!r}
heavy = set(sys.modules) & {{"mebench_example.method", "mebench_example.measure"}}
names = {{what: [row["name"] for row in json.loads(run("list", what, "--json"))]
         for what in ("methods", "datasets", "spotters", "protocols")}}
found = json.loads(run("run", "--dataset", "corner", "--data-root", root, "--method",
                       "last-minus-first", "--protocol", "halves", "--n-jobs", "1", "--json"))
score = json.loads(run("score", found["folder"] + "/predictions.csv", "--json"))
run("bundle", found["folder"], "--out", "x.mebundle")
verified = json.loads(run("verify", "x.mebundle", "--dataset", "corner", "--data-root", root,
                          "--refit", "2", "--n-jobs", "1", "--json"))
print(json.dumps([sorted(heavy), names, found["scores"], score["scores"], verified["level"],
                  verified["disproved"]]))
"""


def test_everything_that_a_package_brings_is_found_and_used(installed, corner, tmp_path):
    out = python(COMMANDS.format(root=str(corner)), installed, cwd=tmp_path)
    heavy, names, scores, again, level, disproved = json.loads(out.splitlines()[-1])
    assert heavy == []  # nothing is imported before it is asked for
    assert "last-minus-first" in names["methods"]
    assert "corner" in names["datasets"]
    assert "strain-slow" in names["spotters"]
    assert "halves" in names["protocols"]
    assert scores["uf1"] > 0.9 and scores["kappa"] == again["kappa"] > 0.8
    assert (level, disproved) == (5, [])


def test_a_new_method_is_a_package_whose_test_passes(installed, tmp_path):
    folder = new_method("row-change", tmp_path)
    assert (folder / "row_change.py").read_text().count("\n") < 30
    target = install(folder, tmp_path / "packages")
    example = ROOT / "examples" / "plugin" / "tests" / "test_method.py"
    code = f"""
import pytest
from mebench.methods import METHODS, get_method
assert "row-change" in METHODS and get_method("row-change").name == "row-change"
assert pytest.main(["-q", "-p", "no:cacheprovider", "row-change/test_row_change.py",
                    {str(example)!r}]) == 0
"""
    assert "[100%]" in python(code, target, installed, cwd=tmp_path)


@pytest.mark.parametrize("name", ["mdmo", "No Name", "Row", "a_b", "-x", "class"])
def test_names_that_no_new_method_can_have(name, tmp_path):
    with pytest.raises(BadInput):
        new_method(name, tmp_path)
    (tmp_path / "fine").mkdir()
    with pytest.raises(BadInput, match="is there already"):
        new_method("fine", tmp_path)


def broken(target):
    """A package whose entry points lead nowhere, or to something else."""
    info = target / "bad-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad-package\nVersion: 1.0\n")
    points = {
        "methods": "lost = no_such_module:METHOD\nmdmo = no_such_module:METHOD",
        "measures": "lost = no_such_module:M\nodd = json:dumps",
        "datasets": "lost = json:dumps",
        "spotters": "odd = json:dumps",
    }
    lines = [f"[mebench.{kind}]\n{text}" for kind, text in points.items()]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return target


def test_a_broken_package_is_named_and_breaks_nothing_else(tmp_path):
    code = """
import contextlib, io, json
from mebench.cli import app
from mebench.datasets.registry import database
from mebench.errors import BadInput
from mebench.methods import expand, get_method
from mebench.scoring import MEASURES
from mebench.spotting import SPOTTERS
said = []
for ask in (lambda: get_method("lost"), lambda: database("lost")):
    try:
        ask()
    except BadInput as error:
        said.append(str(error))
text = io.StringIO()
with contextlib.redirect_stdout(text):
    app(["list", "methods", "--json"], standalone_mode=False)
rows = {row["name"]: row["method"] for row in json.loads(text.getvalue())}
print(json.dumps([said, rows["lost"], get_method("mdmo").name, "lost" in MEASURES, len(SPOTTERS),
                  len(expand(["handcrafted"]))]))
"""
    out = python(code, broken(tmp_path / "packages"), cwd=tmp_path)
    said, row, ours, lost, spotters, family = json.loads(out.splitlines()[-1])
    assert "bad-package" in said[0] and "no_such_module" in said[0] and "Database" in said[1]
    assert "bad-package" in row
    assert ours == "mdmo" and not lost and spotters == len(SPOTTERS) and family > 20


def test_registering_by_hand():
    with pytest.raises(BadInput, match="Database"):
        register_dataset("mine", object())
    from mebench.datasets.registry import database

    with pytest.raises(BadInput, match="something else"):
        register_dataset("casme2", database("samm"))
    with pytest.raises(BadInput, match="Measure"):
        register_measure("uf1")
    with pytest.raises(BadInput, match="Spotter"):
        register_spotter(object())
    assert register_spotter(SPOTTERS["lbp"]) is SPOTTERS["lbp"]


def test_a_registry_is_filled_when_it_is_first_read():
    filled = []

    def fill():
        filled.append(1)
        dict.__setitem__(one, "b", 2)

    one = plugins.Registry({"a": 1}, fill)
    assert one["a"] == 1 and "a" in one and not filled  # what is its own needs no look
    assert one.get("b") == 2 and len(one) == 2 and list(one) == ["a", "b"]
    assert dict(one.items()) == {"a": 1, "b": 2} and list(one.values()) == [1, 2]
    assert filled == [1]
