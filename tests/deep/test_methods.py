"""The named methods with networks, from clips to run directories."""

import io
import json

import numpy as np
import pandas as pd
import pytest

from mebench.datasets import Samples
from mebench.deep import CNNClassifier, CNNFeatures, input_shape
from mebench.errors import BadInput
from mebench.evaluation import evaluate
from mebench.experiments import run as experiment
from mebench.methods import METHODS, expand, get_method
from mebench.methods.cnn import network_method
from mebench.methods.extract import split_pipeline
from mebench.results import load_run
from mebench.svm import PolySVCSearch

from .conftest import needs_keras

NAMES = [name for name in METHODS if name.startswith("cnn-")]


@pytest.fixture
def samples(clips):
    table = pd.DataFrame({
        "clip_id": [clip.id for clip in clips],
        "dataset": "toy",
        "subject": np.repeat(list("abc"), 2),
        "label": ["glad", "wow"] * 3,
        "au": ["12", "1+2"] * 3,
        "apex_source": "annotated",
    })  # fmt: skip
    return Samples(clips, table, classes=["glad", "wow"])


def test_the_family_is_all_of_them():
    assert expand(["cnn"]) == NAMES and len(NAMES) == 9
    assert not set(expand(["handcrafted"])) & set(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("head", ["softmax", "svm"])
def test_what_learns_is_the_network_and_its_head(name, head):
    method = get_method(name).with_head(head)
    steps, tail = split_pipeline(method.build())
    kinds = [type(step) for _, step in tail.steps]
    assert kinds[0] is (CNNClassifier if head == "softmax" else CNNFeatures)
    assert kinds[-1] is (CNNClassifier if head == "softmax" else PolySVCSearch)
    assert len(steps) >= 3
    usual = "svm" if name == "cnn-svm" else "softmax"
    assert method.name == (name if head == usual else f"{name}+{head}")
    assert method.citation


def test_the_large_input_is_the_stated_one():
    steps, tail = split_pipeline(get_method("cnn-bilstm").build())
    assert input_shape("grey", 224, 60) == (60, 224, 224, 1)
    assert (steps[1].n_frames, steps[2].size, steps[-1].size) == (60, (224, 224), 224)


def test_heads_that_are_not_there():
    with pytest.raises(BadInput, match="mdmo.*no choice"):
        get_method("mdmo").with_head("softmax")
    with pytest.raises(BadInput, match="cnn-svm.*svm, softmax"):
        get_method("cnn-svm").with_head("arcface")
    assert get_method("mdmo").with_head(None) is get_method("mdmo")


@needs_keras
def test_the_hybrid_from_clips_to_predictions(samples):
    found = evaluate("cnn-svm", samples, cache=False, n_jobs=1)
    assert found.complete and len(found.table) == 6
    widths = 28 * 28 * 3 + 25 * 8 + 2 * 8 + 2 * 177
    assert found.header["n_features"] == widths
    assert [set(c["params"]) for c in found.header["chosen"]] == [
        {"degree", "C", "gamma", "coef0"}
    ] * 3
    with np.load(io.BytesIO(found.artifacts["gradcam.npz"])) as maps:
        assert sorted(maps) == sorted(samples.table["clip_id"])
        assert all(maps[name].shape == (10, 10) for name in maps)


@needs_keras
def test_a_grid_reaches_the_search_behind_the_network(samples):
    method = network_method("n", "ststnet", "apex-flow", size=28, flow="farneback", epochs=1)
    found = evaluate(method.with_head("svm"), samples, cache=False, n_jobs=1,
                     grid={"kernel": "linear", "C": [0.5]}, protocol="kfold:3")  # fmt: skip
    assert {c["params"]["C"] for c in found.header["chosen"]} == {0.5}


@needs_keras
def test_heads_and_repeats_of_an_experiment(samples, tmp_path, monkeypatch):
    quick = network_method("quick", "ststnet", "apex-flow", size=28, flow="farneback", epochs=1)
    monkeypatch.setattr(experiment, "samples_of", lambda *_: samples)
    plan = experiment.settings(None, {"dataset": "synthetic", "method": quick, "repeats": 2,
                                      "protocol": "kfold:3", "n_jobs": 1,
                                      "out": str(tmp_path)})  # fmt: skip
    (outcome,) = experiment.run_experiment(plan)
    repeats = json.loads((outcome.folder / "run.json").read_text())["repeats"]
    assert repeats["seeds"] == [0, 1] and len(repeats["scores"]) == 2
    assert repeats["scores"][0] == outcome.predictions.scores()
    assert "2 seeds (0–1)" in (outcome.folder / "table.md").read_text(encoding="utf-8")
    back = load_run(outcome.folder)
    assert len(back.artifacts["predictions-seed1.csv"]) == 6 and "gradcam.npz" in back.artifacts


def test_repeats_are_checked():
    with pytest.raises(BadInput, match="repeats"):
        experiment.settings(None, {"dataset": "synthetic", "method": "mdmo", "repeats": 0})
