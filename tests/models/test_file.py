"""Model files come back as they were, and bring nothing that runs."""

import hashlib
import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from mebench.deep import CNNClassifier
from mebench.errors import BadInput, DataNotFound
from mebench.methods import METHODS, get_method
from mebench.methods.combination import LateFusion, SideBySide, blocks
from mebench.models import Model, check_savable, load_model, read_card, save_model
from mebench.models.allowed_types import trusted_types
from mebench.models.file import MAGIC
from mebench.preprocessing import FindLandmarks
from mebench.svm import PolySVC, PolySVCSearch

CARD = {"data": {"dataset": "d", "labels": "l"}, "method": {"name": "m"}, "evaluation": {}}


class Foreign(BaseEstimator):
    """Somebody's own step."""

    def fit(self, X, y=None):
        self.classes_ = np.array(["a"])
        return self

    def predict(self, X):
        return X


class Payload:
    """What a pickle would run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def wrapped(content, card=CARD):
    """A file with a checksum that fits: anybody can make one."""
    text = json.dumps(card).encode()
    body = len(text).to_bytes(8, "little") + text + content
    return MAGIC + hashlib.sha256(body).digest() + body


def archive(schema, **files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr("schema.json", json.dumps(schema))
        for name, data in files.items():
            out.writestr(name, data)
    return buffer.getvalue()


def changed(content, change):
    """A skops archive with another description."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                schema = json.loads(data)
                change(schema)
                data = json.dumps(schema).encode()
            new.writestr(name, data)
    return buffer.getvalue()


def fitted(*steps):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(24, 5)), np.tile(["a", "b", "c"], 8).astype(object)
    return make_pipeline(*steps).fit(X + (y == "b")[:, None], y), X


def test_predictions_after_loading_are_identical(model, saved, samples):
    loaded = load_model(saved)
    clips = samples.clips
    for name in ("predict", "decision_function"):
        ours, theirs = (getattr(m.pipeline, name)(clips) for m in (model, loaded))
        assert (ours == theirs).all()
    assert loaded.card == json.loads(json.dumps(model.card)) | {"landmark_model": None}
    assert loaded.classes == ["x", "y", "z"]
    assert list(saved.parent.iterdir()) == [saved]  # no half-written file is left behind


def test_the_same_model_is_the_same_file(model, tmp_path):
    """Wherever its arrays lay in memory, and whenever it was written."""
    first = save_model(model, tmp_path / "a.mebench")
    again = Model(pickle.loads(pickle.dumps(model.pipeline)), model.card)
    assert save_model(again, tmp_path / "b.mebench") == first
    assert save_model(load_model(tmp_path / "a.mebench"), tmp_path / "c.mebench") == first


@pytest.mark.parametrize(
    "classifier",
    [PolySVC(kernel="linear"), PolySVC(degree=2, gamma=1, coef0=1),
     LogisticRegression()],
)  # fmt: skip
def test_classifiers_survive(classifier, tmp_path):
    pipeline, X = fitted(StandardScaler(), classifier)
    save_model(Model(pipeline, CARD), tmp_path / "m")
    loaded = load_model(tmp_path / "m").pipeline
    assert (loaded.decision_function(X) == pipeline.decision_function(X)).all()


def test_a_search_survives_without_its_table(tmp_path):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(24, 3)), np.tile(["a", "b"], 12).astype(object)
    search = PolySVCSearch({"degree": [2], "gamma": [0.1, 1]})
    pipeline = Pipeline([("svm", search)]).fit(X, y, svm__groups=np.repeat(np.arange(6), 4))
    save_model(Model(pipeline, CARD), tmp_path / "m")
    loaded = load_model(tmp_path / "m").pipeline
    assert (loaded.decision_function(X) == pipeline.decision_function(X)).all()
    assert hasattr(search, "cv_results_")  # saving changes nothing of what is saved


@pytest.mark.parametrize("rule", ["scores", "vote", "stack"])
def test_combinations_survive(rule, tmp_path):
    rng = np.random.default_rng(0)
    subject, y = np.repeat(list("abcdef"), 4), np.tile(["glad", "sad"], 12)
    X = blocks(*(rng.normal(size=(24, 5)) + (y == "sad")[:, None] for _ in range(3)))
    fusion = LateFusion([(n, PolySVC(kernel="linear")) for n in "abc"], rule)
    pipeline = Pipeline([("fused", fusion)]).fit(X, y, fused__groups=subject)
    save_model(Model(pipeline, CARD), tmp_path / "m")
    loaded = load_model(tmp_path / "m").pipeline
    assert (loaded.predict(X) == pipeline.predict(X)).all()
    assert (loaded.decision_function(X) == pipeline.decision_function(X)).all()


def test_fused_features_survive(tmp_path):
    rng = np.random.default_rng(0)
    X, y = blocks(rng.normal(size=(9, 5)), rng.normal(size=(9, 4))), np.tile(list("abc"), 3)
    fuse = SideBySide([("a", "passthrough"), ("b", "passthrough")], pca=3)
    pipeline = make_pipeline(fuse, PolySVC(kernel="linear")).fit(X, y)
    save_model(Model(pipeline, CARD), tmp_path / "m")
    loaded = load_model(tmp_path / "m").pipeline
    assert (loaded.decision_function(X) == pipeline.decision_function(X)).all()


def test_what_cannot_be_saved_is_said_before_the_work():
    check_savable(get_method("stack:hoof+osf").build())
    check_savable(get_method("cnn-svm").build())
    with pytest.raises(BadInput, match="stack: instead"):
        check_savable(get_method("stack-forest:hoof+osf").build())
    with pytest.raises(BadInput, match="FunctionTransformer"):
        check_savable(make_pipeline(FunctionTransformer(np.abs), PolySVC()))


def test_networks_are_their_arrays(tmp_path):
    # As after fit, without the minute that training takes.
    network = CNNClassifier("ststnet", random_state=0)
    network.classes_, network._n_emotions = np.array(["a", "b"], object), 2
    network.weights_ = [np.arange(6, dtype=np.float32).reshape(2, 3)]
    network.input_shape_, network.key_ = (28, 28, 3), "abc"
    save_model(Model(Pipeline([("net", network)]), CARD), tmp_path / "m")
    loaded = load_model(tmp_path / "m").pipeline[-1]
    assert (loaded.weights_[0] == network.weights_[0]).all()
    assert loaded.input_shape_ == (28, 28, 3)


def test_steps_of_all_named_methods_are_trusted():
    known = trusted_types()
    for name in METHODS:
        for _, step in get_method(name).build().steps:
            kind = type(step)
            assert f"{kind.__module__}.{kind.__qualname__}" in known, (name, kind)


def test_any_flipped_byte_is_found(saved, tmp_path):
    data = saved.read_bytes()
    places = [0, len(MAGIC) + 3, len(MAGIC) + 33, len(MAGIC) + 60, len(data) // 2, len(data) - 1]
    for place in places:
        broken = bytearray(data)
        broken[place] ^= 1
        (tmp_path / "broken").write_bytes(broken)
        with pytest.raises(BadInput, match=r"checksum|no model"):
            load_model(tmp_path / "broken")
        with pytest.raises(BadInput, match=r"checksum|no model"):
            read_card(tmp_path / "broken")
    (tmp_path / "short").write_bytes(data[: len(data) // 2])
    with pytest.raises(BadInput, match="checksum"):
        load_model(tmp_path / "short")


def test_a_pickle_is_not_loaded(tmp_path):
    target, file = tmp_path / "run", tmp_path / "evil.mebench"
    for data in (pickle.dumps(Payload(target)), wrapped(pickle.dumps(Payload(target)))):
        file.write_bytes(data)
        with pytest.raises(BadInput):
            load_model(file)
    assert not target.exists()
    pickle.loads(pickle.dumps(Payload(target)))  # the payload is a real one
    assert target.exists()


def function_node(module, name):
    return {"__class__": name, "__module__": module, "__loader__": "FunctionNode", "__id__": 9}


def test_functions_are_refused_by_name(tmp_path):
    pipeline, _ = fitted(PolySVC(kernel="linear"))
    target = tmp_path / "run"

    def command(schema):
        schema["content"]["content"]["verbose"] = {
            "__class__": "partial", "__module__": "functools", "__loader__": "PartialNode",
            "__id__": 8,
            "content": {"func": function_node("os", "system"), "args": f"touch {target}"},
        }  # fmt: skip

    def bare(schema):
        schema["content"]["content"]["verbose"] = function_node("os", "system")

    for change, named in ((command, "functools.partial|os.system"), (bare, "os.system")):
        (tmp_path / "m").write_bytes(wrapped(changed(skops.io.dumps(pipeline), change)))
        with pytest.raises(BadInput, match=named):
            load_model(tmp_path / "m")
    assert not target.exists()


def test_a_foreign_type_is_refused_by_name_and_never_imported(tmp_path):
    pipeline = Pipeline([("own", Foreign().fit(None))])
    with pytest.raises(BadInput, match=r"Foreign"):
        save_model(Model(pipeline, CARD), tmp_path / "m")
    assert not (tmp_path / "m").exists()
    (tmp_path / "m").write_bytes(wrapped(skops.io.dumps(pipeline)))
    with pytest.raises(BadInput, match=r"Foreign"):
        load_model(tmp_path / "m")
    # A module whose import alone does harm, in a file whose checksum fits.
    target = tmp_path / "run"
    (tmp_path / "evil_module.py").write_text(f"open({str(target)!r}, 'w')\nclass Step: pass\n")
    node = {"__class__": "Step", "__module__": "evil_module", "__loader__": "ObjectNode"}
    (tmp_path / "m").write_bytes(wrapped(archive({**node, "protocol": 0})))
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(tmp_path)
        with pytest.raises(BadInput, match=r"evil_module\.Step"):
            load_model(tmp_path / "m")
    assert not target.exists()


@pytest.mark.parametrize("step", [FunctionTransformer(np.abs), SVC()])
def test_what_cannot_be_vouched_for_is_not_saved(step, tmp_path):
    steps = (step, PolySVC(kernel="linear")) if hasattr(step, "transform") else (step,)
    pipeline, _ = fitted(*steps)
    with pytest.raises(BadInput, match=type(step).__name__):
        save_model(Model(pipeline, CARD), tmp_path / "m")


def test_a_loader_is_held_to_its_types(tmp_path):
    # skops itself would make a trusted class of a list.
    node = {"__class__": "PolySVC", "__module__": "mebench.svm.polysvc", "__loader__": "ListNode"}
    (tmp_path / "m").write_bytes(wrapped(archive({**node, "content": [], "protocol": 0})))
    with pytest.raises(BadInput, match="ListNode"):
        load_model(tmp_path / "m")


def test_no_value_stands_for_a_method(tmp_path):
    pipeline, _ = fitted(PolySVC(kernel="linear"))
    pipeline[-1].predict = np.zeros(3)
    (tmp_path / "m").write_bytes(wrapped(skops.io.dumps(pipeline)))
    with pytest.raises(BadInput, match=r"PolySVC\.predict"):
        load_model(tmp_path / "m")


def test_a_model_brings_no_paths(tmp_path):
    pipeline, _ = fitted(PolySVC(kernel="linear"))
    cases = [
        Pipeline(pipeline.steps, memory=str(tmp_path)),
        Pipeline([("find", FindLandmarks("/etc/passwd")), *pipeline.steps]),
        Pipeline([("net", CNNClassifier("backbone", options={"weights": "w.h5"})),
                  *pipeline.steps]),
    ]  # fmt: skip
    for case in cases:
        (tmp_path / "m").write_bytes(wrapped(skops.io.dumps(case)))
        with pytest.raises(BadInput, match=r"folder|paths"):
            load_model(tmp_path / "m")


def test_a_landmark_model_of_ones_own_is_asked_for(tmp_path):
    points = tmp_path / "points.dat"
    points.write_bytes(b"not read here")
    pipeline, _ = fitted(PolySVC(kernel="linear"))
    whole = Pipeline([("find", FindLandmarks(str(points))), *pipeline.steps])
    save_model(Model(whole, CARD), tmp_path / "m")
    assert whole[0].model == str(points)
    assert read_card(tmp_path / "m")[0]["landmark_model"]["file"] == "points.dat"
    with pytest.raises(BadInput, match=r"points\.dat"):
        load_model(tmp_path / "m")
    assert load_model(tmp_path / "m", landmarks=points).pipeline[0].model == str(points)
    (tmp_path / "other.dat").write_bytes(b"another")
    with pytest.raises(BadInput, match="is not the landmark model"):
        load_model(tmp_path / "m", landmarks=tmp_path / "other.dat")


def test_compressed_parts_are_refused(tmp_path):
    pipeline, _ = fitted(PolySVC(kernel="linear"))
    content = skops.io.dumps(pipeline, compression=zipfile.ZIP_DEFLATED)
    (tmp_path / "m").write_bytes(wrapped(content))
    with pytest.raises(BadInput, match="compressed"):
        load_model(tmp_path / "m")


def test_other_files_are_told_apart(tmp_path):
    with pytest.raises(DataNotFound, match="mebench train"):
        load_model(tmp_path / "none")
    (tmp_path / "m").write_bytes(wrapped(b"", {"data": 1}))
    with pytest.raises(BadInput, match="card"):
        load_model(tmp_path / "m")
    (tmp_path / "m").write_bytes(wrapped(skops.io.dumps({"a": 1})))
    with pytest.raises(BadInput, match="no fitted pipeline"):
        load_model(tmp_path / "m")


def test_a_folder_that_cannot_be_written_to_is_named(model):
    with pytest.raises(BadInput, match="Cannot write"):
        save_model(model, "/proc/nothing/m")


def test_a_model_names_its_detector_but_no_file_of_it(model, tmp_path):
    import copy

    other = copy.deepcopy(model)
    for _, step in other.pipeline.steps:
        if type(step).__name__ == "FindLandmarks":
            step.detector = "yunet:/somewhere/yunet.onnx"
    save_model(other, tmp_path / "d.mebench")
    steps = dict(load_model(tmp_path / "d.mebench").pipeline.steps)
    assert steps["findlandmarks"].detector == "yunet"
    assert dict(other.pipeline.steps)["findlandmarks"].detector.endswith(".onnx")
