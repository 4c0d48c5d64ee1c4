"""What is shipped, and what is promised about it, in the files that say so."""

import configparser
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import jinja2
import pytest
import yaml

import mebench

TOP = Path(__file__).parents[1]
SETUP = configparser.ConfigParser(delimiters=("=",))
SETUP.read(TOP / "setup.cfg", encoding="utf-8")


def bounds(*extras):
    """{name: lowest version} of what mebench needs, and of extras."""
    lines = SETUP["options"]["install_requires"].split("\n")
    for extra in extras:
        lines += SETUP["options.extras_require"][extra].split("\n")
    found = [re.match(r"([\w-]+)(?:\[\w+\])?>=([\d.]+)", x) for x in lines if x.strip()]
    return {one[1].replace("_", "-").lower(): one[2] for one in found}


def as_numbers(version, length=None):
    numbers = [int(part) for part in version.split(".")]
    return numbers[:length] + [0] * ((length or 0) - len(numbers))


def test_the_minimum_versions_are_those_that_setup_promises():
    text = (TOP / ".ci" / "minimum.txt").read_text()
    pins = dict(line.split("==") for line in text.split("\n") if line and line[0] != "#")
    pins = {name.replace("_", "-").lower(): version for name, version in pins.items()}
    promised = bounds("parquet", "dask", "keras")
    assert set(pins) == set(promised)
    for name, version in promised.items():
        length = len(as_numbers(version))
        assert as_numbers(pins[name], length) == as_numbers(version), name


def test_one_place_has_the_version_and_the_pythons():
    assert SETUP["metadata"]["version"] == "attr: mebench.__version__"
    named = re.findall(r"Python :: (3\.\d+)", SETUP["metadata"]["classifiers"])
    matrix = yaml.safe_load((TOP / ".github/workflows/tests.yml").read_text())["jobs"]["tests"]
    assert matrix["strategy"]["matrix"]["python"] == named
    assert SETUP["options"]["python_requires"] == f">={named[0]}"


def test_addresses_agree():
    citation = yaml.safe_load((TOP / "CITATION.cff").read_text())
    urls = dict(x.split(" = ") for x in SETUP["metadata"]["project_urls"].strip().split("\n"))
    assert citation["url"] == SETUP["metadata"]["url"]
    assert citation["repository-code"] == urls["Source"]
    assert recipe()["about"]["home"] == SETUP["metadata"]["url"]
    assert recipe()["about"]["dev_url"] == urls["Source"]


def recipe():
    text = (TOP / "conda" / "meta.yaml").read_text()
    return yaml.safe_load(jinja2.Template(text).render(PYTHON="python"))


#: Names on conda-forge of what has another one on PyPI.
ON_CONDA = {"opencv-python-headless": "py-opencv", "dlib-bin": "dlib",
            "matplotlib": "matplotlib-base"}  # fmt: skip


def test_the_conda_recipe_needs_what_setup_needs():
    found = recipe()
    assert found["package"]["version"] == mebench.__version__
    needs = dict(x.replace("_", "-").split(" >=") for x in found["requirements"]["run"])
    assert needs.pop("python") == SETUP["options"]["python_requires"].removeprefix(">=")
    assert needs == {ON_CONDA.get(name, name): version for name, version in bounds().items()}
    extras = {k: v for k, v in bounds("parquet", "dask", "keras").items() if k not in bounds()}
    assert dict(x.split(" >=") for x in found["requirements"]["run_constrained"]) == extras


# Built --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """sdist and wheel, built from a copy of the tracked files, in a process of its own."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no checkout")
    here = tmp_path_factory.mktemp("built")
    for name in listed.stdout.split("\0"):
        if name and (TOP / name).is_file():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            (here / name).write_bytes((TOP / name).read_bytes())
    program = (
        "from setuptools import build_meta as b\n"
        "print(b.build_sdist('dist'), b.build_wheel('dist'))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return here / "dist", [name for name in listed.stdout.split("\0") if (here / name).is_file()]


def test_the_wheel_holds_the_package_and_nothing_else(built):
    folder, tracked = built
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        inside = wheel.namelist()
        meta = Parser().parsestr(
            wheel.read(next(n for n in inside if n.endswith("METADATA"))).decode()
        )
    packed = [name for name in inside if ".dist-info/" not in name]
    assert sorted(packed) == sorted(name for name in tracked if name.startswith("mebench/"))
    assert "mebench/py.typed" in packed
    assert meta["Version"] == mebench.__version__
    assert "Typing :: Typed" in meta.get_all("Classifier")
    assert len(meta.get_all("Project-URL")) >= 4 and meta["License"] == "BSD-3-Clause"


def test_the_sdist_holds_all_that_is_tracked(built):
    folder, tracked = built
    with tarfile.open(next(folder.glob("*.tar.gz"))) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {name for name in tracked if name != ".gitignore"} <= inside
