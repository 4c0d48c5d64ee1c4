"""A new measure, extractor, protocol or spotter is one file, from outside of the package."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.evaluation.protocols import PROTOCOLS
from mebench.methods import METHODS
from mebench.scoring import MEASURES
from mebench.spotting import SPOTTERS

from .faulting import make_experiment

MINE = '''
import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from mebench.base import Extractor
from mebench.evaluation import register_protocol
from mebench.methods import Method, register_method
from mebench.scoring.metrics import Measure, register_measure
from mebench.spotting import WindowSpotter, register_spotter, SPOTTERS
from dataclasses import replace


def _errors(counts):
    return 1 - np.trace(counts, axis1=-2, axis2=-1) / np.maximum(counts.sum((-1, -2)), 1)


class Brightness(Extractor):
    """Mean and deviation of the grey levels."""

    def _row(self, clip):
        return np.array([clip.frames.mean(), clip.frames.std()])

    def _names(self):
        return ["mean", "deviation"]


def halves(table):
    """Two folds by person."""
    keys = table["subject"].astype("category").cat.codes.to_numpy() % 2
    for half in (0, 1):
        yield np.flatnonzero(keys != half), np.flatnonzero(keys == half)


register_measure(Measure("error_rate", "error rate", _errors, higher_is_better=False))
register_method(Method("brightness", lambda: make_pipeline(Brightness(), KNeighborsClassifier(1)),
                       title="Brightness"))
register_protocol("halves", halves, "Two halves of the persons.")
register_spotter(replace(SPOTTERS["strain"], name="my-strain", title="Strain, again"))
'''


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    folder = make_experiment(tmp_path_factory.mktemp("plan"), clips=12, subjects=4)
    (folder / "extension_from_outside.py").write_text(MINE)
    sys.path.insert(0, str(folder))
    import extension_from_outside  # noqa: F401

    yield folder
    sys.path.remove(str(folder))
    del sys.modules["extension_from_outside"]
    for registry, name in ((MEASURES, "error_rate"), (METHODS, "brightness"),
                           (PROTOCOLS, "halves"), (SPOTTERS, "my-strain")):  # fmt: skip
        del registry[name]


def mebench(*args):
    found = CliRunner().invoke(app, [str(a) for a in args])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found.stdout


@pytest.fixture(scope="module")
def run(mine):
    out = mine / "runs"
    text = mebench("run", "--dataset", mine / "clips.csv", "--method", "brightness", "--protocol",
                   "halves", "--n-jobs", 1, "--out", out)  # fmt: skip
    assert "error rate" in text and "Two halves of the persons. 2 folds." in text
    (folder,) = out.iterdir()
    return folder


def test_run_score_and_json_know_the_measure(run):
    header = json.loads((run / "run.json").read_text())
    assert header["protocol"] == "halves" and header["n_folds"] == 2
    scores = pd.read_csv(run / "scores.csv").set_index("measure")["value"]
    assert scores["error_rate"] == pytest.approx(1 - scores["accuracy"])
    assert "error rate" in mebench("score", run / "predictions.csv")
    found = json.loads(mebench("score", run / "predictions.csv", "--json"))
    assert found["scores"]["error_rate"] == pytest.approx(scores["error_rate"])
    assert found["intervals"]["error_rate"][0] <= found["scores"]["error_rate"]


def test_compare_table_and_report_know_it(run, mine, tmp_path):
    second = mebench("run", "--dataset", mine / "clips.csv", "--method", "brightness", "--protocol",
                     "loso", "--n-jobs", 1, "--out", tmp_path / "more")  # fmt: skip
    assert "error rate" in second
    (other,) = (tmp_path / "more").iterdir()
    assert "95 % of error rate" in " ".join(
        mebench("compare", run, other, "--measure", "error_rate").split()
    )
    assert "| error rate |" in mebench("table", run, "--measure", "error_rate", "--no-intervals")
    mebench("report", run, "--out", tmp_path / "page.html")
    assert "error rate" in (tmp_path / "page.html").read_text()


def test_every_measure_goes_into_compare_and_table(run):
    for name in [*MEASURES, "f1_macro"]:
        assert mebench("table", run, "--measure", name, "--no-intervals")
        assert mebench("compare", run, run.parent / run.name, "--measure", name)


def test_tuning_goes_by_it_and_downwards(mine):
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import Pipeline

    from mebench.evaluation import evaluate_features

    rng = np.random.default_rng(0)
    y = np.tile(["a", "b"], 30)
    X = rng.normal(size=(60, 3)) + 1.5 * (y == "b")[:, None]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(60)], "dataset": "toy",
                          "subject": np.arange(60) // 10, "label": y})  # fmt: skip
    near = Pipeline([("near", KNeighborsClassifier())])
    chosen = [
        evaluate_features(near, X, table, tune={"near__n_neighbors": [1, 9]}, scoring=scoring)
        for scoring in ("accuracy", "error_rate")
    ]
    params = [[c["params"] for c in one.header["chosen"]] for one in chosen]
    assert params[0] == params[1]
    inner = [[c["inner_score"] for c in one.header["chosen"]] for one in chosen]
    np.testing.assert_allclose(np.array(inner[0]), 1 - np.array(inner[1]))


def test_lists_name_them(mine):
    for what, name in (("methods", "brightness"), ("protocols", "halves"),
                       ("measures", "error_rate"), ("spotters", "my-strain")):  # fmt: skip
        rows = json.loads(mebench("list", what, "--json"))
        assert name in {row["name"] for row in rows}


def test_the_spotter_spots(mine):
    from mebench.spotting import get_spotter

    assert get_spotter("my-strain").title == "Strain, again"
