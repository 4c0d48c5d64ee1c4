"""What is left behind by whole runs: layouts of the named methods, mean faces, switches."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import Normalizer

from mebench import Samples, load
from mebench.experiments import run_experiment, settings
from mebench.explanation import run as explain_run
from mebench.explanation.layout import layout_of
from mebench.explanation.run import layout_of_method, mean_face
from mebench.features import FFT3D, HOOF, LBPTOP, MDMO, FindApex, FrameLBP, VarianceRatio
from mebench.methods import get_method
from mebench.preprocessing import AlignFace, FindLandmarks
from mebench.results import load_run
from mebench.storage.memory import peak_mib
from mebench.svm import PolySVC
from mebench.synthetic import MANIFEST, write_corpus


def steps_of(method):
    return [step for _, step in get_method(method).build().steps[:-1]]


@pytest.mark.parametrize(
    ("method", "groups", "polygons"),
    [("lbp-top", 64, 0), ("mdmo", 36, 36), ("bi-woof", 64, 0), ("hoof", 64, 0), ("3d-fft", 49, 0)],
)
def test_layouts_of_named_methods(method, groups, polygons):
    steps = steps_of(method)
    found = layout_of(steps)
    assert len(found.columns) == get_method(method).n_features()
    assert len(found.table) == groups and len(found.polygons) == polygons
    boxes = found.table[["x0", "y0", "x1", "y1"]].to_numpy()
    assert (boxes >= 0).all() and (boxes <= 1).all() and (boxes[:, :2] < boxes[:, 2:]).all()
    assert set(found.zones) >= {"brows", "eyes", "nose", "cheeks", "mouth", "chin"}
    assert sum(map(len, found.zones.values())) == groups
    assert found.face["size"] == list(next(s.size for s in steps if isinstance(s, AlignFace)))
    # Every column belongs to the group that its name says.
    assert sum(len(found.members(g)) for g in found.groups) == len(found.columns)


def test_units_lie_where_muscles_are():
    units = layout_of(steps_of("mdmo")).table.set_index("group")["au"]
    assert units["roi1"] == "AU1+AU4" and "AU12" in units["roi28"] and units["roi33"] == "AU17+AU26"
    blocks = layout_of(steps_of("lbp-top")).table.set_index("group")["au"]
    assert blocks["block1,1"] == "AU2" and blocks["block0,0"] == ""
    # Left and right see the same.
    for r in range(8):
        for c in range(4):
            assert blocks[f"block{r},{c}"] == blocks[f"block{r},{7 - c}"]


def test_fine_grids_are_taken_together():
    found = layout_of([AlignFace(), FFT3D(regions=(28, 28), half=True)])
    row = found.table.iloc[8]
    assert row["group"] == "blocks4-7,4-7"
    assert row[["x0", "y0", "x1", "y1"]].tolist() == pytest.approx(
        [1 / 7, 1 / 7, 2 / 7, 2 / 7], abs=1e-4
    )
    names = FFT3D(regions=(28, 28), half=True).get_feature_names_out()[
        found.members("blocks4-7,4-7")
    ]
    assert {n.split("_")[0] for n in names} == {
        f"block{r},{c}" for r in range(4, 8) for c in range(4, 8)
    }


def test_members_are_told_apart():
    union = FeatureUnion([("texture", LBPTOP(regions=(2, 2))), ("motion", MDMO(regions="kato"))])
    found = layout_of([FindLandmarks(), AlignFace(), union])
    assert len(found.columns) == 4 * 3 * 59 + 30
    assert found.groups[:1] == ["texture:block0,0"] and found.groups[-1] == "motion:chin"
    assert set(found.polygons) == {g for g in found.groups if g.startswith("motion:")}
    nobody = FeatureUnion([("texture", LBPTOP(regions=(2, 2))), ("other", Normalizer())])
    assert layout_of([nobody]) is None


def test_squares_of_units_are_one_path():
    found = layout_of([AlignFace(), HOOF(regions="au9+au12")])
    assert found.table["au"].tolist() == ["AU9", "AU12"]
    path = found.polygons["au12"]
    # Its area, by even odd or winding rule, is that of the squares: bridges have none.
    mask = np.zeros((400, 400), np.uint8)
    cv2.fillPoly(mask, [np.round(path * 400).astype(np.int32)], 1)
    assert 0.01 < mask.mean() < 0.2 and mask[:, 190:210].sum() < 500


def test_reasons_why_not():
    X = np.zeros((3, 5))
    assert "name no regions" in layout_of_method([FindApex()], X)
    assert "not the regions' features" in layout_of_method([LBPTOP()], X)
    assert "name no regions" in layout_of_method([LBPTOP(regions="nonsense")], X)
    assert "not the regions' features" in layout_of_method(steps_of("lbp-top"), [1, 2])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "made"
    write_corpus("casme2", folder, subjects=3, clips=6, cropped=False, scale=0.5)
    return folder


def test_mean_faces_of_made_up_people_only(corpus, tmp_path):
    samples = load("synthetic", root=corpus, labels="5class")
    steps = [FindLandmarks(), AlignFace(size=(85, 70)), MDMO()]
    picture = cv2.imdecode(np.frombuffer(mean_face(samples, steps)["meanface.png"], np.uint8), 0)
    assert picture.shape == (85, 70) and picture.std() > 20
    assert mean_face(samples, [FindLandmarks(), MDMO()]) == {}
    # The same frames in an unsigned folder may be anybody's.
    copy = shutil.copytree(corpus, tmp_path / "real")
    (copy / MANIFEST).unlink()
    assert mean_face(load("synthetic", root=copy, labels="5class"), steps) == {}
    clips = [clip.replace(source=clip.frames) for clip in samples.clips]
    assert mean_face(Samples(clips, samples.table, samples.classes), steps) == {}


def test_runs_are_explained_unless_told_not_to(corpus, tmp_path):
    plan = {
        "dataset": "synthetic", "data_root": str(corpus), "labels": "5class", "method": "mdmo",
        "grid": "linear", "n_jobs": 1, "protocol": "kfold:2", "tuning": "fixed",
    }  # fmt: skip
    outcomes = {}
    for name, more in {"on": {}, "off": {"no_explain": True}}.items():
        (outcomes[name],) = run_experiment(
            settings(None, {**plan, **more, "out": str(tmp_path / name)})
        )
    found = load_run(outcomes["on"].folder)
    assert {"importance.csv", "importance_classes.csv", "importance_zones.csv", "margins.csv",
            "contributions.csv", "polygons.json", "meanface.png",
            } <= set(found.artifacts)  # fmt: skip
    assert found.header["explanation"]["notes"] == []
    assert len(json.loads(found.artifacts["polygons.json"])) == 36
    table = found.artifacts["importance.csv"]
    assert list(table) == ["group", "au", "drop", "low", "high", "x0", "y0", "x1", "y1"]
    assert table[["drop", "low", "high", "x0", "y0", "x1", "y1"]].notna().all(axis=None)
    plain = load_run(outcomes["off"].folder)
    assert not set(plain.artifacts) & {"importance.csv", "margins.csv", "meanface.png"}
    assert "explanation" not in plain.header and plain.table.equals(found.table)


def test_peak_is_a_size():
    peak = peak_mib()
    assert peak is None or 20 < peak < 2**20


def test_normalised_features_keep_their_regions():
    steps = [AlignFace(), LBPTOP(regions=(2, 2)), Normalizer()]
    assert layout_of(steps).groups == ["block0,0", "block0,1", "block1,0", "block1,1"]
    assert make_pipeline(*steps).steps[-1][0] == "normalizer"


def test_long_rows_through_steps_that_learn_are_not_exchanged(monkeypatch):
    X = np.random.default_rng(0).random((8, 4 * 59))
    tail = make_pipeline(VarianceRatio(k=5), PolySVC())
    layout = layout_of_method([AlignFace(size=(60, 50)), FrameLBP(regions=(2, 2))], X)
    monkeypatch.setattr(explain_run, "LONGEST", 100)
    files, head = explain_run.explained_features(tail, X, None, None, [], None, layout)
    assert files == {}
    assert "rows of 236 values go through steps that learn" in head["explanation"]["notes"][0]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="counts in /proc")
def test_peak_is_not_that_of_the_process_that_started_this_one():
    ballast = bytearray(400 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])  # so that every page is really there
    code = "from mebench.storage.memory import peak_mib; print(peak_mib())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 400 < (peak_mib() or 0)
