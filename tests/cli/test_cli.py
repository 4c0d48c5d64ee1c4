"""The program as a user meets it, in a process of its own."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from mebench.synthetic import write_corpus


def mebench(*args, home=None, cwd=None, **env):
    settings = {**os.environ, **env, **({"MEBENCH_HOME": str(home)} if home else {})}
    return subprocess.run(
        [sys.executable, "-m", "mebench", *map(str, args)],
        capture_output=True, text=True, env=settings, cwd=cwd,
    )  # fmt: skip


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus("casme2", tmp_path_factory.mktemp("data") / "casme2", seed=1, subjects=3,
                        clips=15)  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def ran(corpus, home):
    """One real run, which the tests below look at."""
    found = mebench(
        "run",
        "--dataset",
        "casme2",
        "--data-root",
        corpus,
        "--method",
        "lbp-top",
        "--labels",
        "5class",
        "--grid",
        "coarse",
        "--out",
        home / "runs",
        home=home,
    )
    assert found.returncode == 0, found.stderr
    return found


def test_help_and_version():
    for args in (["--help"], ["run", "--help"], ["data", "--help"], ["data", "synth", "-h"], []):
        found = mebench(*args)
        assert "Usage" in found.stdout + found.stderr and "Traceback" not in found.stderr
    assert mebench("--version").stdout.strip().count(".") == 2


def test_run_prints_the_table_and_keeps_the_run(ran, home):
    for word in ("UF1", "majority class", "Confusion", "Leave-one-subject-out", "Run directory"):
        assert word in ran.stdout
    assert ran.stderr == "", "quiet where nobody watches"
    folder = home / "runs" / "casme2-5class-lbp-top-loso-nested"
    table = pd.read_csv(folder / "predictions.csv")
    assert len(table) == 15 and set(table["dataset"]) == {"casme2"}
    header = json.loads((folder / "run.json").read_text())
    assert header["command"].startswith("mebench run --dataset casme2")
    assert header["versions"]["mebench"] and len(header["chosen"]) == 3
    assert header["features_from_cache"] == 0 and header["seconds"]["features"] > 0.1
    assert "synthetic" in " ".join(header["notes"])


def test_second_run_is_the_same_from_the_cache(ran, corpus, home):
    folder = home / "runs" / "casme2-5class-lbp-top-loso-nested"
    before = (folder / "predictions.csv").read_bytes()
    found = mebench("run", "-d", "casme2", "--data-root", corpus, "-m", "lbp-top", "--labels",
                    "5class", "--grid", "coarse", "--n-jobs", 1, "--out", home / "runs", "--json",
                    home=home)  # fmt: skip
    answer = json.loads(found.stdout)
    assert answer["features_from_cache"] == 15 and 0 <= answer["scores"]["uf1"] <= 1
    assert (folder / "predictions.csv").read_bytes() == before


def test_experiment_file_with_two_label_sets(corpus, home, tmp_path):
    (tmp_path / "plan.toml").write_text(
        f'dataset = "casme2"\ndata-root = "{corpus}"\nmethod = "lbp-top"\n'
        'labels = ["5class", "all"]\ntuning = "fixed"\n'
    )
    found = mebench("run", "plan.toml", home=home, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert "Summary" in found.stdout
    assert sorted(f.name for f in (tmp_path / "runs").iterdir()) == [
        "casme2-5class-lbp-top-loso-fixed", "casme2-all-lbp-top-loso-fixed",
    ]  # fmt: skip


def test_extract_then_evaluate_equals_run(ran, corpus, home, tmp_path):
    found = mebench("extract", "-d", "casme2", "--data-root", corpus, "-m", "lbp-top", "--out",
                    tmp_path / "f.npz", "--table", tmp_path / "t.csv", home=home)  # fmt: skip
    assert "15 clips × 11328 features" in found.stdout, found.stderr
    found = mebench("evaluate", "--features", tmp_path / "f.npz", "--table", tmp_path / "t.csv",
                    "--grid", "coarse", "--out", tmp_path / "runs", home=home)  # fmt: skip
    assert found.returncode == 0, found.stderr
    (folder,) = (tmp_path / "runs").iterdir()
    ours = pd.read_csv(folder / "predictions.csv")
    theirs = pd.read_csv(home / "runs/casme2-5class-lbp-top-loso-nested/predictions.csv")
    assert ours["y_pred"].tolist() == theirs["y_pred"].tolist()


def test_data_add_then_run_without_a_path(corpus, home):
    assert mebench("data", "add", "casme2", corpus, home=home).returncode == 0
    found = mebench("run", "-d", "casme2", "-m", "lbp-top", "--tuning", "fixed", "--out",
                    home / "more", home=home)  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert str(corpus) in mebench("list", "datasets", "--json", home=home).stdout


def test_data_check_tells_by_its_exit_status(corpus, home, tmp_path):
    import shutil

    whole = mebench("data", "check", "casme2", "--data-root", corpus, home=home)
    assert whole.returncode == 0 and "0 error(s)" in whole.stdout, whole.stdout
    broken = shutil.copytree(corpus, tmp_path / "broken")
    shutil.rmtree(next((broken / "CASME2_RAW_selected" / "sub01").iterdir()))
    found = mebench("data", "check", "casme2", "--data-root", broken, "--json", home=home)
    assert found.returncode == 1
    assert any(f["severity"] == "error" for f in json.loads(found.stdout)["findings"])


def test_data_info():
    found = mebench("data", "info", "casme2")
    for word in ("CASME II", "licence", "request page", "5class", "200"):
        assert word in found.stdout
    assert json.loads(mebench("data", "info", "casme2", "--json").stdout)["name"] == "casme2"
    assert mebench("data", "info", "casme2", "--corrections").returncode == 0


@pytest.mark.parametrize("what", ["datasets", "methods", "protocols", "labels", "flows", "grids"])
def test_lists(what):
    rows = json.loads(mebench("list", what, "--json").stdout)
    assert rows and all("name" in row for row in rows)
    assert mebench("list", what).returncode == 0


def test_data_synth_same_seed_same_bytes(tmp_path):
    trees = []
    for name, jobs in (("a", 1), ("b", 2)):
        found = mebench("data", "synth", "--layout", "casme2", "--out", tmp_path / name, "--seed",
                        1, "--subjects", 2, "--clips", 3, "--n-jobs", jobs)  # fmt: skip
        assert found.returncode == 0, found.stderr
        files = sorted(f for f in (tmp_path / name).rglob("*") if f.is_file())
        trees.append({f.relative_to(tmp_path / name): f.read_bytes() for f in files})
    assert trees[0] == trees[1] and len(trees[0]) > 60


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["run", "-d", "casme2", "-m", "mdmo"], ["data add casme2", "--dataset synthetic", "http"]),
        (["run", "-d", "casme3000", "-m", "mdmo"], ["casme3000", "casme2"]),
        (["run", "-d", "synthetic", "-m", "mdmoo"], ["Did you mean 'mdmo'"]),
        (["run", "-d", "synthetic"], ["--method"]),
        (["run", "nowhere.toml"], ["nowhere.toml"]),
        (["list", "unicorns"], ["unicorns", "methods"]),
        (["list", "method"], ["Did you mean 'methods'"]),
        (["list"], ["Say what to list", "protocols, measures, labels, flows, grids"]),
        (["data", "add", "casme2", "/nowhere/at/all"], ["does not exist"]),
        (["evaluate", "--features", "a.npz", "--table", "b.csv"], ["a.npz cannot be read"]),
    ],
)
def test_errors_are_one_paragraph(args, words, tmp_path):
    found = mebench(*args, home=tmp_path, cwd=tmp_path)
    assert found.returncode == 1 and "Traceback" not in found.stderr
    assert found.stderr.startswith("Error: ") and len(found.stderr.strip().splitlines()) == 1
    for word in words:
        assert word in found.stderr


def test_debug_shows_the_traceback(tmp_path):
    found = mebench("run", "-d", "casme2", "-m", "mdmo", "--debug", home=tmp_path, cwd=tmp_path)
    assert found.returncode == 1 and "Traceback" in found.stderr


def test_wrong_options_are_usage_errors():
    found = mebench("run", "--colour", "red")
    assert found.returncode == 2 and "Traceback" not in found.stderr


OWN = """
import numpy as np
from sklearn.pipeline import make_pipeline
from mebench.base import Extractor
from mebench.methods import Method
from mebench.svm import PolySVC

class Own(Extractor):
    version = 1
    def _row(self, clip):
        {work}
    def _names(self):
        return ["one"]

own = Method("own", lambda: make_pipeline(Own(), PolySVC()), citation="none")
"""


@pytest.mark.parametrize(
    ("work", "words"),
    [
        ("return np.zeros(1 // (len(clip.id) - len(clip.id)))",
         ["ZeroDivisionError", "at clip 'casme2/", "own.py, line 11 (_row)", "no part of mebench"]),
        ("return np.zeros(len(clip.frames))",
         ["Own gave (", "of clip 'casme2/", "of one length"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_method_of_ones_own(corpus, home, tmp_path, work, words):
    (tmp_path / "own.py").write_text(OWN.format(work=work))
    found = mebench("run", "-d", "casme2", "--data-root", corpus, "-m", "own:own", "--labels",
                    "5class", "--n-jobs", 1, home=home, cwd=tmp_path)  # fmt: skip
    assert found.returncode == 1
    said = " ".join(found.stderr.split())
    assert all(word in said for word in words), said
    assert "should not" not in said
