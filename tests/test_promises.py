"""The two promises, point by point: nothing leaks, nothing is lost (issue 18).

Each test bears its point's number. Points whose test stands with the module that keeps them are
named in ``tests/guards.py``, beside the lines without which it fails; ``benchmarks/guards.py``
takes out each of those lines and looks whether it does.
"""

import ast
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from guards import GUARDS
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from typer.main import get_command
from typer.testing import CliRunner

from mebench import HOOF, Samples, evaluate
from mebench.cli import app
from mebench.cli.console import _known_trouble
from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.methods import extract
from mebench.methods.registry import get_method
from mebench.models import read_card, train
from mebench.preprocessing import FindLandmarks
from mebench.results import load_run, markdown, save_run
from mebench.results.header import read_header
from mebench.storage import ArrayCache
from mebench.svm import PolySVC
from mebench.testing import make_samples

ROOT = Path(__file__).parents[1]


def call(*words):
    """What a command says and its status; whatever ends it is an error that users may see."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    error = done.exception
    if error is not None and not isinstance(error, SystemExit):
        assert isinstance(error, BadInput) or _known_trouble(error) is not None, repr(error)
        return 1, done.output + str(error)
    return done.exit_code, done.output


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    y = rng.choice(["glad", "sad"], 30)
    X = rng.normal(size=(30, 3)) + 0.8 * (y == "sad")[:, None]
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(30)], "dataset": "toy",
                          "subject": [f"p{i % 5}" for i in range(30)], "label": y})  # fmt: skip
    return X, table


def judged(data, estimator=None, **more):
    return evaluate_features(estimator or KNeighborsClassifier(1), *data, **more)


def renamed(data, old, new):
    return data[0], data[1].replace({"label": {old: new}})


# Leaks and mixtures


def test_01_an_address_is_no_identity(data, tmp_path):
    """Run again, the same pipeline replaces its run, wherever its function lies in memory."""
    for _ in range(2):
        space = {}
        exec("def same(X):\n    return X", space)
        one = make_pipeline(FunctionTransformer(space["same"]), KNeighborsClassifier(1))
        keep = space  # so that the next function lies elsewhere
        save_run(judged(data, one), tmp_path)
    assert len(list(tmp_path.iterdir())) == 1 and keep


def other_pictures(samples):
    clips = [c.replace(source=np.ascontiguousarray(c.frames[:, ::-1])) for c in samples.clips]
    return Samples(clips, samples.table, samples.classes)


def test_06_pixels_belong_to_the_identity_of_a_run(tmp_path):
    """Raw and cropped frames of the same clips do not replace each other's runs."""
    samples = make_samples(3, 3)
    method = make_pipeline(HOOF(), KNeighborsClassifier(1))
    runs = [evaluate(method, s, cache=False, n_jobs=1) for s in (samples, other_pictures(samples))]
    assert save_run(runs[0], tmp_path) != save_run(runs[1], tmp_path)
    assert save_run(runs[0], tmp_path) == save_run(runs[0], tmp_path)


def test_06_no_card_shows_scores_of_other_pictures():
    samples = make_samples(3, 3)
    method = make_pipeline(HOOF(), KNeighborsClassifier(1))
    nested = evaluate(method, samples, cache=False, n_jobs=1)
    assert train(method, samples, predictions=nested, cache=False, n_jobs=1)
    with pytest.raises(BadInput, match="other pictures of the same clips"):
        train(method, other_pictures(samples), predictions=nested, cache=False, n_jobs=1)


def test_07_the_same_frames_under_two_persons_are_said():
    samples = make_samples(3, 3)
    method = make_pipeline(HOOF(), KNeighborsClassifier(1))
    assert not evaluate(method, samples, cache=False, n_jobs=1).header["warnings"]
    clips = [*samples.clips[:8], samples.clips[8].replace(source=samples.clips[0].frames)]
    twins = Samples(clips, samples.table, samples.classes)
    (said,) = evaluate(method, twins, cache=False, n_jobs=1).header["warnings"]
    assert said.startswith("PERSONS OVERLAP: the frames of clip0 and clip8")


def test_09_marks_travel_with_predictions(data, tmp_path):
    """`score` on predictions that were carried away prints what their run would have printed."""
    tune = {"classifier__n_neighbors": [1, 3]}
    folder = save_run(judged(data, tune=tune, tuning="oracle"), tmp_path / "runs")
    path = shutil.copy(folder / "predictions.csv", tmp_path / "theirs.csv")
    assert "ORACLE" in call("score", path)[1].upper()
    assert set(pd.read_csv(folder / "scores.csv")["marks"]) == {"oracle tuning"}


def test_10_keys_know_the_libraries_and_the_model_file(monkeypatch, tmp_path):
    clip = make_samples(3, 2).clips[0]
    for name in ("numba", "opencv-python", "dlib"):
        assert f" {name}=7.7.7" in changed_version(monkeypatch, name, clip)
    model = tmp_path / "points.dat"
    model.write_bytes(b"one")
    before = extract.signature(FindLandmarks(model=str(model)))
    model.write_bytes(b"two!")
    os.utime(model, (1, 1))
    assert extract.signature(FindLandmarks(model=str(model))) != before


def changed_version(monkeypatch, name, clip):
    known = extract._version
    with monkeypatch.context() as patch:
        patch.setattr(extract, "_version", lambda n: "7.7.7" if n == name else known(n))
        extract._libraries.cache_clear()
        found = extract.first_key(clip)
    extract._libraries.cache_clear()
    return f" {found}"


def test_10_entries_that_were_swapped_are_none(tmp_path):
    cache = ArrayCache(tmp_path)
    paths = {}
    for name in ("one", "two"):
        before = {p for p in tmp_path.rglob("*") if p.is_file()}
        cache.put(name, np.full(3, len(name)))
        (paths[name],) = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    whole = {name: path.read_bytes() for name, path in paths.items()}
    paths["one"].write_bytes(whole["two"])
    assert cache.get("one") is None and cache.get("two") is not None


# Silently wrong


def test_12_names_of_classes_are_names(data, tmp_path):
    folder = save_run(judged(data), tmp_path)
    for wrong, says in (("glad,sad,", "an empty name"), ("glad,glad,sad", "a name twice")):
        status, said = call("score", folder / "predictions.csv", "--classes", wrong)
        assert status == 1 and says in said


class Odd(ClassifierMixin, BaseEstimator):
    """A nearest neighbour whose answers are bent."""

    def __init__(self, way="none"):
        self.way = way

    def fit(self, X, y):
        self.inner_ = KNeighborsClassifier(1).fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        found = self.inner_.predict(X)
        if self.way == "one":
            return found[:1]
        return np.ma.array(found, mask=np.arange(len(found)) == 0)


class Bent(TransformerMixin, BaseEstimator):
    """Rows whose imaginary part, or whose mask, says something."""

    def __init__(self, way="none"):
        self.way = way

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def transform(self, X):
        return X * 1j if self.way == "complex" else np.ma.array(X, mask=X > 0)


@pytest.mark.parametrize(
    ("estimator", "says"),
    [
        (Odd("one"), "one label of each"),
        (Odd("masked"), "masked labels"),
        (make_pipeline(Bent("complex"), PolySVC()), "complex"),
        (make_pipeline(Bent("masked"), PolySVC()), "masked"),
        (make_pipeline(Bent("masked"), KNeighborsClassifier(1)), "masked"),
    ],
)  # fmt: skip
def test_12_what_would_be_bent_into_shape_is_an_error(data, estimator, says):
    with pytest.raises(BadInput, match=says):
        judged(data, estimator)


def test_12_a_method_that_ends_the_program(tmp_path):
    with pytest.raises(BadInput, match="SystemExit"):
        get_method("sys:exit")


def test_12_a_run_that_says_false_in_words_is_not_whole(data, tmp_path):
    folder = save_run(judged(data), tmp_path)
    head = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**head, "complete": "false"}))
    with pytest.raises(BadInput, match="lack folds"):
        load_run(folder).scores()


def test_12_bars_in_labels_leave_the_table_whole(data):
    rows = [line for line in markdown(judged(renamed(data, "sad", "s|ad"))).splitlines()
            if line.startswith("|")]  # fmt: skip
    assert rows and any("s\\|ad" in line for line in rows)
    for line in rows:
        assert line.replace("\\|", "").endswith("|")


def test_12_json_holds_no_nan(tmp_path):
    # Of a class that occurs nowhere some measures are no number.
    pd.DataFrame({"subject": list("1122"), "y_true": list("aaaa"), "y_pred": list("aaaa")}).to_csv(
        tmp_path / "p.csv", index=False
    )
    status, said = call("score", tmp_path / "p.csv", "--classes", "a,b", "--json")
    assert status == 0

    def never(word):
        raise AssertionError(word)

    assert json.loads(said, parse_constant=never)
    from mebench.cli.console import _finite

    assert _finite({"a": [float("nan"), 1.0]}) == {"a": [None, 1.0]}


@pytest.mark.parametrize(
    "label", ["[neg]", "[/foo]", "[bold red]x", "\x1b[31mred", "\x9b2J", ":+1:"]
)
def test_13_foreign_text_is_neutral_text(data, tmp_path, label):
    folder = save_run(judged(renamed(data, "sad", label)), tmp_path / "runs")
    shown = label.replace("\x1b", "␛").replace("\x9b", "�")
    for words in (("score", folder / "predictions.csv"), ("table", folder)):
        status, said = call(*words)
        assert status == 0 and "\x1b" not in said and "\x9b" not in said
        assert words[0] != "score" or shown in said


# Lost or destroyed


def commands():
    """All commands, as words."""
    todo, found = [((), get_command(app))], []
    while todo:
        words, command = todo.pop()
        children = getattr(command, "commands", None)
        if children is None:
            found.append(words)
        else:
            todo += [((*words, name), child) for name, child in children.items()]
    return sorted(found)


def test_14_what_would_be_overwritten_is_refused(data, tmp_path, monkeypatch):
    """Every command with --out: neither somebody's file, nor an input, nor a run's own."""
    monkeypatch.chdir(tmp_path)
    folder = save_run(judged(data), tmp_path / "runs")
    (tmp_path / "kept.csv").write_text("somebody's\n")
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    own = folder / "predictions.csv"
    for words in (
        ("report", folder, "--out"), ("report", "--index", folder, "--out"),
        ("table", folder, "--out"), ("bundle", folder, "--out"),
        ("compare", folder, "--out"), ("verify", own, "--certificate"),
        ("extract", "-d", "synthetic", "-m", "hoof", "--out"),
        ("train", "-d", "synthetic", "-m", "hoof", "--out"),
    ):  # fmt: skip
        for target in ("kept.csv", own):
            status, said = call(*words, target)
            assert status != 0, (words, said)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_15_leases_are_known_by_content_not_by_the_name_of_a_host(tmp_path, monkeypatch):
    from mebench.storage import lease

    with lease.workplace(tmp_path) as place:
        text = (place / "lease.json").read_text()
        for name in (os.uname().nodename, "hostname"):
            assert name not in json.loads(text)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_16_a_home_of_nobody_is_a_sentence(words, monkeypatch, tmp_path):
    """Whatever a command does with it: it works without a home, or says what is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEBENCH_HOME", "~nobody-of-that-name/x")
    given = {
        ("cache", "info"): (), ("cache", "prune"): (), ("cache", "clear"): ("--yes",),
        ("data", "add"): ("casme2", "."), ("data", "info"): ("casme2",),
        ("data", "check"): ("casme2",), ("data", "synth"): ("--out", "x", "--clips", "1"),
        ("run",): ("-d", "casme2", "-m", "hoof"), ("extract",): ("-d", "casme2", "-m", "hoof"),
        ("train",): ("-d", "casme2", "-m", "hoof"), ("spot",): ("--dataset", "casme-sq-long"),
        ("list",): ("datasets",), ("predict",): ("x.mebench", "y"),
    }  # fmt: skip
    status, said = call(*words, *given.get(words, ()))
    assert "Traceback" not in said and "in a way it should not" not in said
    if words in (("cache", "info"), ("data", "add"), ("run",), ("data", "check")):
        assert status == 1 and "MEBENCH_HOME is '~nobody-of-that-name/x'" in said
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith("~")]


ODD = (None, True, -1, "x", [], {}, [None], {"x": []}, float("nan"), "\x1b[2J", [{}], 10**30)


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [("classes", 3, "a list of texts"), ("method", ["mdmo"], "text"), ("n_folds", True, "a number"),
     ("seconds", [1.0], "a table of keys and values"), ("chosen", "x", "a list or a table"),
     ("artifacts", {"a": 1}, "a table of file names and checksums")],
)  # fmt: skip
def test_16_headers_of_odd_types_are_a_sentence(key, value, kind, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"dataset": "mine", key: value}))
    with pytest.raises(BadInput, match=f"{key} is .*; expected {kind}"):
        read_header(tmp_path)


def test_16_cards_of_odd_types_are_a_sentence(tmp_path):
    """Every key of a model card, exchanged for what should not stand there."""
    from mebench.models.file import _LENGTH, MAGIC, _read, save_model

    samples = make_samples(3, 3)
    path = tmp_path / "m.mebench"
    save_model(train(make_pipeline(HOOF(), KNeighborsClassifier(1)), samples, cache=False,
                     n_jobs=1), path)  # fmt: skip
    card, content = _read(path)
    import hashlib

    places = [(k,) for k in card] + [(k, s) for k in card if isinstance(card[k], dict)
                                     for s in card[k]]  # fmt: skip
    for i, place in enumerate(places):
        for value in (ODD[i % len(ODD)], ODD[(i + 5) % len(ODD)]):
            odd = json.loads(json.dumps(card))
            (odd if len(place) == 1 else odd[place[0]])[place[-1]] = value
            text = json.dumps(odd).encode()
            body = len(text).to_bytes(_LENGTH, "little") + text + content
            path.write_bytes(MAGIC + hashlib.sha256(body).digest() + body)
            for words in (("model", "info", path), ("model", "info", path, "--json")):
                status, said = call(*words)
                assert status in (0, 1) and said.strip(), (place, value)
                assert "\x1b" not in said
            try:
                read_card(path)
            except BadInput:
                continue


def test_every_point_has_guards_and_every_guard_a_test():
    assert {guard.point for guard in GUARDS} == set(range(1, 17))
    for guard in GUARDS:
        text = (ROOT / guard.file).read_text(encoding="utf-8")
        assert text.count(guard.line) == 1, (guard.file, guard.line)
        path, name = guard.test.split("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name.split("[")[0] in names, guard.test
