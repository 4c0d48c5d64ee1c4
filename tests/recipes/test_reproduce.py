"""Every recipe runs on twins; both sides differ where they must; made-up data reproduce nothing."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench import experiments
from mebench.base import Extractor
from mebench.clip import Clip
from mebench.datasets import Samples
from mebench.methods import Method
from mebench.recipes import Recipe, Row, get_recipe, names, reproduce, write_page
from mebench.recipes.redo import databases_in, forecast
from mebench.synthetic import write_corpus
from mebench.synthetic.long import write_long_corpus

from ..deep.conftest import HAVE_KERAS, needs_keras

TWINS = ("casme2", "samm", "smic-hs", "4dme", "ckplus")
#: Of each recipe the row that is run, and what stands for what is too large for a test.
CHOSEN = {
    "varanka2020": ("casme2 5class lbp-top", {}),
    "emotion-engine": ("*emotion-engine-3dcnn", {}),
    "emotion-engine-persons": ("*emotion-engine-3dcnn", {"dataset": "casme2"}),
    "marzban-frames": ("casme2", {"method": "marzban-resnet50-small"}),
    "marzban-clips": ("*-small", {}),
    "cnn-svm-hybrid": ("casme2", {}),
    "toyama": ("*toyama-resnet-rois first-ck+", {"method": "toyama-resnet-small"}),
    "kato2021": ("*cbp-top", {}),
    "lbp-top-baselines": ("*objective5*", {}),
    "megc2018": ("*hoof", {}),
    "megc2019": ("*bi-woof", {}),
    "bi-woof": ("casme2 5class bi-woof", {}),
    "elbptop": ("casme2 5class elbptop", {}),
    "cd6me": ("*mdmo", {"dataset": "casme2+samm"}),
    "dfme": ("*bi-woof", {}),
    "spotting": ("casme-sq-long*mdmd", {}),
}


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """A folder with small corpora of a few persons in the layouts of six databases."""
    place = tmp_path_factory.mktemp("twins")
    write_corpus("dfme", place / "dfme", seed=5, subjects=4, clips=9, scale=0.3, n_jobs=1)
    for i, name in enumerate(TWINS):
        write_corpus(name, place / name, seed=i, subjects=3, clips=8, scale=0.5, n_jobs=1,
                     cropped=False)  # fmt: skip
    return place


def test_each_recipe_has_its_test():
    assert set(CHOSEN) == set(names())


@pytest.mark.parametrize("name", [n for n in names() if n != "spotting"])
def test_it_runs_on_twins(name, twins, tmp_path):
    pattern, instead = CHOSEN[name]
    recipe = get_recipe(name).only([pattern])
    row = replace(recipe.rows[0], **instead)
    net = row.method.startswith(("emotion", "marzban", "toyama", "cnn"))
    if net and not HAVE_KERAS:
        pytest.skip("Keras is not installed")
    if "method" in instead:
        row = replace(row, printed={k: v for k, v in row.printed.items() if k != "method"})
    if name == "marzban-frames":
        row = replace(row, printed={**row.printed, "single_frames": 2})
    if row.honest["protocol"].startswith("holdout"):
        row = replace(row, honest={**row.honest, "protocol": "holdout:2"})
    few = {
        "holdout:10": "holdout:2",
        "kfold:5": "kfold:3",
        "group-kfold:5": "group-kfold:3",
        "group-kfold:10": "loso",
    }
    for side in ("printed", "honest"):
        wanted = getattr(row, side)
        wanted = {**wanted, "protocol": few.get(wanted["protocol"], wanted["protocol"])}
        row = replace(row, **{side: wanted})
    recipe = replace(recipe, rows=(row,))
    (one,) = reproduce(recipe, out=tmp_path / "out", data_root=twins, quick=True, n_jobs=1)
    assert not one.printed.reason and not one.honest.reason
    assert one.made_up and one.printed.scores and one.honest.scores
    paths = write_page(recipe, [one], tmp_path / "page")
    page = paths["index.html"].read_text(encoding="utf-8")
    assert "MADE-UP DATA" in page and "reproduced<" not in page
    with paths["table.csv"].open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["verdict"] for line in lines} == {"made-up data"}
    assert [line["measure"] for line in lines] == recipe.measures


def test_spotting_runs_on_twins(tmp_path):
    write_long_corpus("casme-sq-long", tmp_path / "data" / "casme-sq-long", subjects=2, videos=1,
                      seconds=10, compact=True, n_jobs=1)  # fmt: skip
    recipe = get_recipe("spotting").only([CHOSEN["spotting"][0]])
    (one,) = reproduce(recipe, out=tmp_path, data_root=tmp_path / "data", no_cache=True)
    assert not one.printed.reason and not one.honest.reason and one.made_up
    (line,) = one.table(recipe.measures)
    assert line["measure"] == "spotting_f1" and 0 <= line["as printed"] <= 1
    assert line["verdict"] == "made-up data"


class Brightness(Extractor):
    """The mean of a clip, and a person's own mark in its corner."""

    def _row(self, clip):
        return np.array([float(clip.frames[0, 0, 0]), float(clip.frames[:, 1:].mean()) / 50])

    def _names(self):
        return ["mark", "mean"]


METHOD = Method(
    "brightness", lambda: make_pipeline(Brightness(), KNeighborsClassifier(1)), title="planted",
    citation="none",
)  # fmt: skip


def planted(_plan, *_):
    """Five clips of eight persons; a person's clips have one label, and the same mark."""
    rng = np.random.default_rng(0)
    rows, clips = [], []
    for person in range(8):
        for take in range(5):
            video = rng.integers(0, 50, (3, 16, 16), dtype=np.uint8)
            video[:, 0, 0] = 25 * person + 20
            rows.append((f"p{person}/{take}", "toy", str(person), "ab"[person % 2]))
            clips.append(Clip(rows[-1][0], video))
    columns = ["clip_id", "dataset", "subject", "label"]
    return Samples(clips, pd.DataFrame(rows, columns=columns), ["a", "b"], ["real enough"])


def recipe_of(printed, **values):
    honest = {"protocol": "loso", "tuning": "fixed"}
    row = Row("synthetic", "tests.recipes.test_reproduce:METHOD", "5class", "planted", values,
              {"tuning": "fixed", **printed}, honest, "S")  # fmt: skip
    return Recipe("planted", "A planted leak", "this test", (row,))


def test_a_planted_leak_is_worth_what_was_planted(monkeypatch, tmp_path):
    """Who is known is right; who is not has the label of the neighbour in marks, which is wrong."""
    monkeypatch.setattr(experiments.run, "samples_of", planted)
    (one,) = reproduce(recipe_of({"protocol": "lovo"}, accuracy=1.0), out=tmp_path, no_cache=True)
    assert one.printed.scores["accuracy"] == 1.0 and one.honest.scores["accuracy"] == 0.0
    (line,) = one.table(["accuracy"])
    assert line["owed to the protocol"] == 1.0 and line["verdict"] == "reproduced"
    assert any("PERSONS OVERLAP" in w for w in one.printed.warnings) and not one.honest.warnings


def test_a_quick_run_reproduces_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(experiments.run, "samples_of", planted)
    recipe = recipe_of({"protocol": "lovo"}, accuracy=1.0)
    (one,) = reproduce(recipe, out=tmp_path / "out", no_cache=True, quick=True)
    assert one.printed.scores["accuracy"] == 1.0
    assert one.table(["accuracy"])[0]["verdict"] == "quick run"
    text = write_page(recipe, [one], tmp_path)["table.md"].read_text(encoding="utf-8")
    assert "QUICK" in text and "reproduced" not in text


def test_nothing_is_owed_where_nothing_is_done_otherwise(monkeypatch, tmp_path):
    monkeypatch.setattr(experiments.run, "samples_of", planted)
    (one,) = reproduce(recipe_of({"protocol": "loso"}, accuracy=0.9), out=tmp_path, no_cache=True)
    (line,) = one.table(["accuracy"])
    assert line["owed to the protocol"] == 0.0 and line["verdict"] == "differs"


def test_oracle_has_the_nested_score_beside_it(monkeypatch, tmp_path):
    """Oracle is at least nested on average, and its run gives both."""
    monkeypatch.setattr(experiments.run, "samples_of", noise)
    gaps = []
    for method in ("poly", "linear"):
        row = Row("synthetic", f"tests.recipes.test_reproduce:{method}", "5class", method, {},
                  {"protocol": "loso", "tuning": "oracle"}, {"protocol": "loso"}, "G")  # fmt: skip
        recipe = Recipe("noise", "noise", "this test", (row,))
        (one,) = reproduce(recipe, out=tmp_path / method, no_cache=True)
        assert one.printed.folder == one.honest.folder and one.honest.scores
        assert not (tmp_path / method / "honest").exists()
        gaps.append(one.printed.scores["uf1"] - one.honest.scores["uf1"])
    assert np.mean(gaps) > 0


class Noise(Extractor):
    def _row(self, clip):
        return np.random.default_rng(int(clip.frames.sum())).normal(size=6)

    def _names(self):
        return [f"n{i}" for i in range(6)]


def noise(*_):
    samples = planted(*_)
    labels = np.random.default_rng(1).choice(["a", "b"], len(samples))
    return replace(samples, table=samples.table.assign(label=labels))


def machine(kernel, grid):
    from mebench.svm import PolySVC

    return Method(kernel, lambda: make_pipeline(Noise(), PolySVC(kernel=kernel)), grid=grid,
                  title="noise", citation="none")  # fmt: skip


poly = machine("poly", {"degree": [2, 3], "gamma": [0.1, 1.0], "coef0": [0, 1], "C": [0.1, 1, 10]})
linear = machine("linear", {"kernel": "linear", "C": [0.01, 0.1, 1, 10]})


def test_a_side_that_fails_says_why_and_the_others_go_on(twins, tmp_path):
    recipe = get_recipe("varanka2020").only(["majority"])
    shutil.copytree(twins / "casme2", tmp_path / "data" / "casme2")
    found = list(reproduce(recipe, out=tmp_path / "out", data_root=tmp_path / "data", n_jobs=1))
    reasons = [one.printed.reason for one in found]
    assert [bool(r) for r in reasons] == [True, True, False, True]
    assert "SAMM" in reasons[3] and found[2].printed.scores["accuracy"] > 0
    text = write_page(recipe, found, tmp_path / "page")["table.md"].read_text(encoding="utf-8")
    assert "not run: SAMM is not registered" in text


def test_databases_are_found_by_name_or_by_what_made_them(twins, tmp_path, monkeypatch):
    import os

    monkeypatch.delenv("MEBENCH_SAMM", raising=False)
    os.symlink(twins / "samm", tmp_path / "some-corpus")
    with databases_in(tmp_path, get_recipe("marzban-clips")):
        assert os.environ["MEBENCH_SAMM"].endswith("some-corpus")
    assert "MEBENCH_SAMM" not in os.environ
    with databases_in(twins / "samm", get_recipe("marzban-clips")):  # the one database itself
        assert os.environ["MEBENCH_SAMM"].endswith("samm")


def test_dry_run_says_what_is_missing(twins, monkeypatch):
    for name in ("MEBENCH_CASME", "MEBENCH_CASME2"):
        monkeypatch.delenv(name, raising=False)
    recipe = get_recipe("varanka2020").only(["majority"])
    found = list(forecast(recipe, data_root=twins))
    assert {(f["dataset"], *f["missing"]) for f in found} == {
        ("smic-hs",), ("casme", "casme"), ("casme2",), ("samm",)
    }  # fmt: skip
    assert any("casme is not there" in f.get("reason", "") for f in found)


def test_dry_run_counts_what_both_sides_share_once_and_says_how_long(twins, tmp_path, capsys):
    from mebench.cli import app

    recipe = get_recipe("varanka2020").only(["casme2 5class lbp-top"])
    grid = {"degree": 2, "gamma": 0.1, "coef0": 1, "C": [1, 10]}
    printed, honest = forecast(recipe, data_root=twins, out=tmp_path / "out", grid=grid)
    assert printed["seconds"]["folds"] > 0 and "3 folds" in printed["basis"]["folds"]
    assert honest["reason"] == "comes with the printed side, from the same run"
    apart = replace(recipe.rows[0], honest={**recipe.rows[0].honest, "protocol": "lovo"})
    printed, honest = forecast(
        replace(recipe, rows=(apart,)), data_root=twins, out=tmp_path / "out", grid=grid
    )
    # What one side has to compute is there for the other.
    assert honest["cached"] + honest["coming"] == honest["clips"]
    with pytest.raises(SystemExit) as end:
        app(["reproduce", "varanka2020", "--only", "majority", "--data-root", str(twins),
             "--out", str(tmp_path / "out"), "--dry-run"], prog_name="mebench")  # fmt: skip
    said = " ".join(capsys.readouterr().out.split())
    assert not end.value.code and "In all about" in said and "mebench data add casme FOLDER" in said
    assert not (tmp_path / "out").exists()


def test_the_command(twins, tmp_path, capsys):
    from mebench.cli import app

    def run(*arguments):
        try:
            app(["reproduce", *arguments], prog_name="mebench")
        except SystemExit as end:
            return end.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    status, text = run("--json")
    assert status == 0 and {r["name"] for r in json.loads(text)} == set(names())
    status, text = run("varanka2020", "--only", "casme2 5class majority", "--data-root", str(twins),
                       "--out", str(tmp_path), "--json", "--n-jobs", "1")  # fmt: skip
    found = json.loads(text)
    assert status == 0 and [r["printed"] for r in found["rows"]] == [0.4008, 0.1145]
    assert found["remarks"][0].startswith("MADE-UP DATA")
    assert (tmp_path / "index.html").is_file()
    status, text = run("varanka2020", "--only", "casme all majority", "--out", str(tmp_path / "b"))
    assert status == 3 and "not run" in text


@needs_keras
def test_quick_is_one_epoch():
    from mebench.methods import get_method
    from mebench.recipes.redo import quick

    assert quick(get_method("toyama-resnet")).build()[-1].epochs == 1
    assert quick(get_method("lbp-top")).grid["degree"] == 2
