"""--test: a part is predicted by a model that never saw it, labelled or not."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from typer.testing import CliRunner

from mebench.base import Extractor
from mebench.cli import app
from mebench.datasets import load
from mebench.errors import BadInput, FaceNotFound
from mebench.experiments.plan import settings
from mebench.experiments.predicted_part import run_test
from mebench.methods import Method
from mebench.svm import PolySVC
from mebench.synthetic import write_corpus


class Marks(Extractor):
    """Where the apex lies, and how long the clip is: no face is needed."""

    version = 1

    def _row(self, clip):
        return np.array([clip.apex / 50, len(clip) / 100, clip.fps / 500])


def _method(classifier, **settings):
    return Method(
        name="marks", title="Marks", citation="none",
        build=lambda: make_pipeline(Marks(), classifier), **settings,
    )  # fmt: skip


KNN = _method(KNeighborsClassifier(1))
SVM = _method(PolySVC(), grid={"degree": [1, 2], "C": [1, 10], "gamma": 1.0, "coef0": 1.0})
HERE = "tests.experiments.test_predicted_part"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    out = tmp_path_factory.mktemp("x") / "dfme"
    return write_corpus("dfme", out, seed=3, plain=True, subjects=10, clips=40)


def plan(root, tmp_path, **more):
    return settings(None, {
        "dataset": "dfme", "data_root": root, "method": f"{HERE}:KNN", "out": tmp_path / "runs",
        "labels": "3class", "no_explain": True, "no_cache": True, "n_jobs": 1, **more,
    })  # fmt: skip


def test_a_part_without_labels(root, tmp_path):
    target = tmp_path / "out.csv"
    found = run_test(
        plan(root, tmp_path, test="dfme-test-a", predictions=target, labels="7class",
             method=f"{HERE}:SVM")
    )  # fmt: skip
    form = pd.read_csv(target)
    assert list(form) == ["Subject", "Filename", "Emotion", "EmotionId"]
    train = load("dfme", root=root, labels="7class")
    numbers = dict(zip(sorted({"anger", "contempt", "disgust", "fear", "happiness", "sadness",
                               "surprise"}), range(7), strict=True))  # fmt: skip
    assert (form["Emotion"].map(numbers) == form["EmotionId"]).all()
    assert not set(form["Filename"]) & set(train.table["clip"])
    assert len(form) + len(train) == 40 and not found.labelled and found.folder is None
    said = json.loads((tmp_path / "out.csv.json").read_text())
    assert sum(said["class_counts"].values()) == len(train)
    assert said["test"] == "dfme-test-a" and said["chosen"][0]["inner_score"] > 0
    assert not (tmp_path / "runs").exists() or not list((tmp_path / "runs").glob("dfme*"))


def test_a_part_with_labels_is_scored_and_never_trained_on(root, tmp_path):
    target = tmp_path / "b.csv"
    found = run_test(plan(root, tmp_path, test="dfme-test-b", predictions=target))
    tested = load("dfme-test-b", root=root, labels="3class")
    train = load("dfme-train", root=root, labels="3class")
    assert sorted(found.predictions.table["clip_id"]) == sorted(tested.table["clip_id"])
    knn = KNeighborsClassifier(1).fit(Marks().transform(train.clips), train.y)
    expected = dict(zip(tested.table["clip_id"], knn.predict(Marks().transform(tested.clips)),
                        strict=True))  # fmt: skip
    told = found.predictions.table.set_index("clip_id")["y_pred"]
    assert told.to_dict() == expected
    truth = found.predictions.table.set_index("clip_id")["y_true"].to_dict()
    assert truth == dict(zip(tested.table["clip_id"], tested.y, strict=True))
    assert found.folder.name == "dfme-3class-marks-test-dfme-test-b-fixed"
    assert pd.read_csv(target)["Prediction"].tolist() == [
        expected[f"dfme/{s}/{c}"] for s, c in pd.read_csv(target)[["Subject", "Filename"]].values
    ]


class Blind(Marks):
    """Finds no face in some clips of either part."""

    def _row(self, clip):
        if int(clip.id[-1]) % 2:
            raise FaceNotFound(f"{clip.id}: no face")
        return super()._row(clip)


BLIND = Method(
    name="blind", title="Blind", citation="none",
    build=lambda: make_pipeline(Blind(), KNeighborsClassifier(1)),
)  # fmt: skip


def test_clips_of_the_part_that_cannot_be_used_are_named(root, tmp_path):
    target = tmp_path / "out.csv"
    found = run_test(
        plan(root, tmp_path, test="dfme-test-a", predictions=target, labels="7class",
             method=f"{HERE}:BLIND", on_error="skip")
    )  # fmt: skip
    train = load("dfme", root=root, labels="7class")
    assert sum(found.predictions.header["class_counts"].values()) == len(train)
    form = pd.read_csv(target)
    assert len(found.without) + len(form) + len(train) == 40
    assert found.without and all(int(name[-1]) % 2 for name in found.without)
    assert found.summary()["without_prediction"] == list(found.without)
    assert len(found.predictions.header["skipped"]) > len(found.without)


def test_test_labels_change_nothing(root, tmp_path, monkeypatch):
    """The same predictions whatever the tested clips are called."""

    def predictions(name):
        found = run_test(
            plan(root, tmp_path / name, test="dfme-test-b", method=f"{HERE}:SVM")
        )  # fmt: skip
        return found.predictions.table["y_pred"].tolist(), found.predictions.header["chosen"]

    before = predictions("a")
    from mebench.experiments import predicted_part

    real = predicted_part.load_unlabelled

    def shuffled(*args, **kwargs):
        clips, table, notes = real(*args, **kwargs)
        return clips, table.assign(label=table["label"].to_numpy()[::-1]), notes

    monkeypatch.setattr(predicted_part, "load_unlabelled", shuffled)
    assert predictions("b") == before


def test_what_cannot_be_done_is_said(root, tmp_path):
    with pytest.raises(BadInput, match="no labels, so there is no score: say where"):
        run_test(plan(root, tmp_path, test="dfme-test-a"))
    with pytest.raises(BadInput, match="takes one dataset, label set, method.*found 2 runs"):
        run_test(plan(root, tmp_path, test="dfme-test-b", labels=["3class", "7class"]))
    with pytest.raises(BadInput, match="leave --protocol kfold:5 out"):
        run_test(plan(root, tmp_path, test="dfme-test-b", protocol="kfold:5"))
    with pytest.raises(BadInput, match="An oracle looks at the test labels"):
        run_test(plan(root, tmp_path, test="dfme-test-b", tuning="oracle"))
    with pytest.raises(BadInput, match="name it with --test"):
        plan(root, tmp_path, predictions="x.csv")
    with pytest.raises(BadInput, match="is a folder"):
        run_test(plan(root, tmp_path, test="dfme-test-b", predictions=str(tmp_path)))
    with pytest.raises(BadInput, match="Every clip of the dataset is in the test part"):
        run_test(plan(root, tmp_path, dataset="dfme-test-b", test="dfme-test-b"))


def test_the_command(root, tmp_path):
    target = tmp_path / "out.csv"
    found = CliRunner().invoke(app, [
        "run", "--dataset", "dfme", "--data-root", str(root), "--method", f"{HERE}:KNN",
        "--labels", "3class", "--test", "dfme-test-a", "--predictions", str(target),
        "--out", str(tmp_path / "runs"), "--no-cache", "--n-jobs", "1",
    ])  # fmt: skip
    assert found.exit_code == 0, found.output
    assert "Nobody labelled them, so there is no score." in found.output
    assert str(target) in found.output.replace("\n", "")
    assert list(pd.read_csv(target)) == ["Subject", "Filename", "Prediction"]
    assert "clips (train " in found.output


def test_the_numbers_alone_as_the_challenge_took_them(root, tmp_path):
    """prediction.zip holds prediction.txt: one EmotionId a line, in the order of the sheet."""

    def written(name, **more):
        return run_test(
            plan(root, tmp_path, test="dfme-test-a", predictions=tmp_path / name,
                 **{"labels": "7class", **more})
        )  # fmt: skip

    found = written("out.csv")
    form = pd.read_csv(tmp_path / "out.csv")
    sheet = pd.read_excel(root / "annotation" / "test_A.xlsx")
    assert form["Filename"].tolist() == sheet["Filename"].tolist()
    trained = load("dfme", root=root, labels="7class").table["part"].value_counts()
    assert found.trained == trained.to_dict() and found.summary()["trained_on"]["train"] > 0
    written("prediction.zip")
    written("prediction.txt")
    with zipfile.ZipFile(tmp_path / "prediction.zip") as file:
        assert file.namelist() == ["prediction.txt"]
        lines = file.read("prediction.txt").decode()
    assert lines == (tmp_path / "prediction.txt").read_text()
    assert list(map(int, lines.split())) == form["EmotionId"].tolist()
    first = (tmp_path / "prediction.zip").read_bytes()
    written("prediction.zip")
    assert (tmp_path / "prediction.zip").read_bytes() == first
    with pytest.raises(BadInput, match="gives an EmotionId to each of negative, positive, surpr"):
        written("other.zip", labels="3class")
    with pytest.raises(BadInput, match=r"clips have no prediction, and in some\.txt nothing"):
        written("some.txt", method=f"{HERE}:BLIND", on_error="skip")
    assert not (tmp_path / "some.txt").exists()
    with pytest.raises(BadInput, match="No numbers of classes are known of CASME II"):
        run_test(plan(root, tmp_path, test="casme2", predictions=tmp_path / "x.zip"))


def test_classes_that_are_no_emotions_are_not_called_so(root, tmp_path):
    target = tmp_path / "out.csv"
    run_test(plan(root, tmp_path, test="dfme-test-a", predictions=target, labels="au12"))
    form = pd.read_csv(target)
    assert list(form) == ["Subject", "Filename", "Prediction"]
    assert set(form["Prediction"]) <= {"absent", "present"}
