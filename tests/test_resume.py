"""Work that stops anywhere goes on where it was, and what fails does not pass for done."""

import contextlib
import errno
import json
import multiprocessing
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mebench import Clip, Samples, evaluate
from mebench.base import Extractor
from mebench.errors import BadInput
from mebench.evaluation import evaluate_features, evaluate_unit_features
from mebench.experiments.resume import Work
from mebench.results import load_run, markdown, save_run, show_summary
from mebench.scoring import Predictions
from mebench.storage import checkpoint as kept
from mebench.storage.checkpoint import Checkpoint, fingerprint
from mebench.svm import PolySVC

GRID = {"degree": [2, 3], "C": [0.1, 10], "gamma": [0.05, 0.5], "coef0": [0, 1]}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = rng.choice(list("abc"), 48)
    X = rng.normal(size=(48, 4)) + 1.2 * (np.searchsorted(list("abc"), y)[:, None] - 1)
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(48)], "dataset": "toy",
                          "subject": [str(i % 6) for i in range(48)], "label": y})  # fmt: skip
    return X, table


class Stop(BaseException):
    """As a kill: no handler of exceptions sees it."""


def stopping(after):
    seen = []

    def progress(stage, done, total):
        seen.append(done)
        if len(seen) > after:
            raise Stop

    return progress, seen


WAYS = [
    (PolySVC(degree=2, gamma=0.1), {"grid": GRID}),
    (PolySVC(degree=2, gamma=0.1), {"grid": GRID, "tuning": "oracle"}),
    (PolySVC(degree=2, gamma=0.1), {"tuning": "fixed"}),
    (make_pipeline(StandardScaler(), PolySVC()), {"grid": GRID}),
    (make_pipeline(StandardScaler(), PolySVC()), {"grid": GRID, "tuning": "oracle"}),
    (KNeighborsClassifier(), {"tune": {"classifier__n_neighbors": [1, 5]}}),
]


@pytest.mark.parametrize(("estimator", "way"), WAYS)
def test_stopped_twice_it_ends_with_the_same_bytes(data, tmp_path, monkeypatch, estimator, way):
    monkeypatch.setattr(kept, "_EVERY", 0.0)
    whole = evaluate_features(estimator, *data, **way)
    lengths = []
    for after in (2, 3, 10**9):
        progress, seen = stopping(after)
        with contextlib.suppress(Stop):
            found = evaluate_features(estimator, *data, **way, keep=tmp_path, progress=progress)
        lengths.append(seen)
    assert found.table.to_csv() == whole.table.to_csv()
    assert found.header["chosen"] == whole.header["chosen"]
    assert len(list(tmp_path.iterdir())) == 1, "one folder for the same work"
    surface = whole.artifacts.get("surface.csv")
    if surface is not None:
        pd.testing.assert_frame_equal(found.artifacts["surface.csv"], surface)


class Counting(KNeighborsClassifier):
    fits = 0

    def fit(self, X, y):
        type(self).fits += 1
        return super().fit(X, y)


def test_what_is_kept_is_not_done_again(data, tmp_path):
    # Inner folds that train on the same persons share a fit: 15 pairs of persons are left out.
    for expected in (15 * 2 + 6, 0):
        Counting.fits = 0
        evaluate_features(
            Counting(), *data, tune={"classifier__n_neighbors": [1, 5]}, keep=tmp_path
        )
        assert Counting.fits == expected
    X, table = data
    evaluate_features(
        Counting(), X + 1, table, tune={"classifier__n_neighbors": [1, 5]}, keep=tmp_path
    )
    assert Counting.fits == 36, "other data, other work"


def test_damaged_parts_are_computed_anew(data, tmp_path):
    whole = evaluate_features(WAYS[3][0], *data, grid=GRID, keep=tmp_path).table.to_csv()
    files = list(tmp_path.glob("*/*.parts"))
    assert files
    for damage in (lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b[:50] + b"x" + b[51:]):
        for path in files:
            path.write_bytes(damage(path.read_bytes()))
        again = evaluate_features(WAYS[3][0], *data, grid=GRID, keep=tmp_path)
        assert again.table.to_csv() == whole
        files = list(tmp_path.glob("*/*.parts"))


def test_a_fingerprint_tells_all_apart_that_decides():
    base = {"X": np.eye(3), "tail": KNeighborsClassifier(3), "tuning": "fixed"}
    known = {fingerprint(**base), fingerprint(**base)}
    assert len(known) == 1
    for change in ({"X": np.eye(3) * 2}, {"X": np.eye(3, dtype=np.float32)}, {"tuning": "nested"},
                   {"tail": KNeighborsClassifier(1)}):  # fmt: skip
        known.add(fingerprint(**{**base, **change}))
    assert len(known) == 5


def test_a_full_disk_costs_nothing_but_what_would_be_kept(data, tmp_path, monkeypatch, caplog):
    def full(path, data, key=""):
        raise OSError(errno.ENOSPC, "No space left on device")

    whole = evaluate_features(PolySVC(), *data, grid=GRID).table.to_csv()
    monkeypatch.setattr(kept, "write_sealed", full)
    found = evaluate_features(PolySVC(), *data, grid=GRID, keep=tmp_path)
    assert found.table.to_csv() == whole
    assert "No space left" in caplog.text


class Mean(Extractor):
    calls = 0

    def _row(self, clip):
        type(self).calls += 1
        return clip.frames.mean(axis=(1, 2)).astype(float)

    def _names(self):
        return ["a", "b", "c"]


def test_features_are_kept_without_a_cache(tmp_path):
    rng = np.random.default_rng(0)
    clips = [Clip(f"c{i}", rng.integers(0, 99, (3, 4, 4), np.uint8)) for i in range(12)]
    table = pd.DataFrame({"clip_id": [c.id for c in clips], "dataset": "toy",
                          "subject": list("112233445566"), "label": list("ab") * 6})  # fmt: skip
    samples = Samples(clips, table, ["a", "b"])
    pipeline = make_pipeline(Mean(), KNeighborsClassifier(1))
    for expected in (12, 12):
        found = evaluate(pipeline, samples, cache=False, keep=tmp_path)
        assert Mean.calls == expected
    assert found.header["features_from_cache"] == 12


class Fails(ClassifierMixin, BaseEstimator):
    """Fails where it meets what it was told to; later it may have been repaired."""

    broken = True

    def fit(self, X, y):
        self.inner_ = KNeighborsClassifier(1).fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        if self.broken and (X[:, 0] > 1e6).any():
            raise RuntimeError("too bright")
        return self.inner_.predict(X)


def test_a_failed_fold_is_told_and_finished_later(data, tmp_path, monkeypatch):
    X, table = data
    X[5, 0] = 1e7  # of subject 5
    found = evaluate_features(Fails(), X, table, keep=tmp_path / "work")
    assert not found.complete and found.header["failed"] == {"toy/5": "RuntimeError: too bright"}
    assert len(found.table) == 40 and "toy/5" not in set(found.table["fold"])
    with pytest.raises(BadInput, match="lack folds"):
        found.scores()
    folder = save_run(found, tmp_path / "runs")
    assert folder.name.endswith("-incomplete") and not (folder / "scores.csv").exists()
    assert "INCOMPLETE: 1 fold failed" in (folder / "table.md").read_text()
    assert not load_run(folder).complete
    monkeypatch.setattr(Fails, "broken", False)
    whole = evaluate_features(Fails(), X, table, keep=tmp_path / "work")
    assert whole.table.to_csv() == evaluate_features(Fails(), X, table).table.to_csv()
    assert save_run(whole, tmp_path / "runs").name == folder.name.removesuffix("-incomplete")
    assert not folder.exists(), "the whole run takes the place of the incomplete one"


def test_where_all_folds_fail_the_error_is_raised(data):
    X, table = data
    X[:, 0] = 1e7
    with pytest.raises(RuntimeError, match="too bright"):
        evaluate_features(Fails(), X, table)
    with pytest.raises(BadInput, match="depth"):
        evaluate_features(Fails(), X, table, tune={"depth": [1, 2]})


def test_a_failed_action_unit_is_told(data):
    X, table = data
    X[5, 0] = 1e7
    table = table.assign(au=["4", "12", "4+12"] * 16)
    found = evaluate_unit_features(Fails(), X, table)
    assert set(found.header["failed"]) == {"AU4, toy/5", "AU12, toy/5"} and not found.complete
    with pytest.raises(BadInput, match="lack folds"):
        found.per_unit()
    assert "INCOMPLETE" in markdown(found)


def test_an_incomplete_run_does_not_replace_a_whole_one(data, tmp_path):
    X, table = data
    whole = evaluate_features(KNeighborsClassifier(), X, table)
    first = save_run(whole, tmp_path)
    short = replace(whole, header={**whole.header, "complete": False, "failed": {"toy/5": "x"}})
    assert save_run(short, tmp_path) != first
    assert load_run(first).complete

    class Console:
        def print(self, table, **_):
            self.table = table

    console = Console()
    show_summary([whole, short], console)
    assert "incomplete" in list(console.table.columns[5].cells)


def _save(folder, number, n):
    table = pd.DataFrame({"clip_id": list("wxyz"), "dataset": "toy", "subject": list("1122"),
                          "fold": list("1122"), "y_true": list("abab"),
                          "y_pred": list("abbb")})  # fmt: skip
    head = {"classes": ["a", "b"], "dataset": "toy", "method": "m", "tuning": "fixed"}
    for _ in range(n):
        save_run(Predictions(table, {**head, "scoring": str(number // 2)}), folder)


def test_writers_of_the_same_runs_leave_them_whole(tmp_path):
    """Two experiments of one name, two writers of each."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_save, args=(tmp_path, i, 8)) for i in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    assert sorted(f.name for f in tmp_path.iterdir()) == ["toy-m-fixed", "toy-m-fixed-2"]
    found = [load_run(folder) for folder in tmp_path.iterdir()]
    assert {run.header["scoring"] for run in found} == {"0", "1"}


def test_work_knows_finished_runs_until_all_is_done(tmp_path):
    _save(tmp_path, 0, 1)
    folder = tmp_path / "toy-m-fixed"
    work = Work(tmp_path)
    work.open("key").mkdir(parents=True)
    assert work.finished("key") is None
    work.finish("key", folder, "a remark")
    assert Work(tmp_path).finished("key") == (folder, "a remark")
    header = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**header, "predictions_sha256": "other"}))
    assert Work(tmp_path).finished("key") is None
    (tmp_path / ".work" / "other key").mkdir()
    fresh = Work(tmp_path, fresh=True)
    fresh.open("key")
    assert [f.name for f in (tmp_path / ".work").iterdir()] == ["other key"]
    fresh.close()
    assert (tmp_path / ".work").is_dir() and folder.is_dir(), "other work and runs stay"


def test_parts_are_shared_by_two_writers(tmp_path):
    with Checkpoint(tmp_path) as one, Checkpoint(tmp_path) as two:
        one["a"] = {"x": np.arange(3)}
        two["a"] = {"x": np.arange(3)}
        two["b"] = {"x": np.ones((2, 0)), "text": np.array("{}")}
    found = Checkpoint(tmp_path)
    assert sorted(found) == ["a", "b"] and str(found["b"]["text"]) == "{}"
    assert found["b"]["x"].shape == (2, 0)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    from faulting import make_experiment

    folder = make_experiment(tmp_path_factory.mktemp("plan"), clips=12, subjects=4)
    with open(folder / "faulty_methods.py", "a") as file:
        file.write(
            "from mebench.base import Extractor\n"
            "class Broken(Extractor):\n"
            "    def _row(self, clip):\n"
            "        raise RuntimeError('no such luck')\n"
            "    def _names(self):\n"
            "        return ['never']\n"
            "broken = Method('broken', lambda: make_pipeline(Broken(), PolySVC()))\n"
        )
    return folder


def plan_of(folder, *methods, **more):
    from mebench.experiments import settings

    return settings(None, {"dataset": str(folder / "clips.csv"), "out": folder / "runs",
                           "tuning": "fixed", "n_jobs": 1, "no_explain": True,
                           "method": [f"faulty_methods:{m}" for m in methods], **more})  # fmt: skip


def test_a_failing_method_does_not_lose_the_others(experiment, monkeypatch):
    from mebench.experiments import Failure, run_experiment

    monkeypatch.chdir(experiment)
    found = list(run_experiment(plan_of(experiment, "broken", "lbp")))
    assert isinstance(found[0], Failure) and "no such luck" in found[0].reason
    assert found[1].complete and not found[0].complete
    assert (experiment / "runs" / ".work").is_dir(), "the same command does what is missing"
    with pytest.raises(RuntimeError, match="no such luck"):
        list(run_experiment(plan_of(experiment, "broken")))
    before = found[1].folder.stat().st_mtime_ns
    again = list(run_experiment(plan_of(experiment, "broken", "lbp")))
    assert again[1].folder.stat().st_mtime_ns == before, "what is finished is not done again"
    assert again[1].predictions.table.to_csv() == found[1].predictions.table.to_csv()
    anew = list(run_experiment(plan_of(experiment, "broken", "lbp", fresh=True)))
    assert anew[1].folder.stat().st_mtime_ns > before
    list(run_experiment(plan_of(experiment, "lbp")))
    assert not list((experiment / "runs").glob(".work/*.done"))


def test_wrong_names_are_found_before_any_work(experiment, monkeypatch):
    from mebench.experiments import run_experiment

    monkeypatch.chdir(experiment)
    for wrong in ({"method": ["faulty_methods:lbp", "mdmoo"]}, {"dataset": ["casme2000"]}):
        with pytest.raises(BadInput):
            list(run_experiment({**plan_of(experiment, "lbp"), **wrong, "out": "never"}))
    assert not (experiment / "never").exists()


def test_a_dry_run_tells_and_writes_nothing(experiment, monkeypatch, tmp_path):
    from mebench.experiments import forecasts, run_experiment

    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(experiment)
    plan = plan_of(experiment, "lbp", "scaled", out=tmp_path / "runs")
    found = list(forecasts(plan))
    assert [f["cached"] for f in found] == [0, 0] and "measured" in found[0]["basis"]["features"]
    assert found[0]["seconds"]["features"] > 0 and found[0]["seconds"]["folds"] is None
    assert not list(tmp_path.iterdir())
    list(run_experiment(plan))
    found = list(forecasts(plan))
    assert [f["cached"] for f in found] == [12, 12] and found[0]["seconds"]["folds"] is not None
    assert not (tmp_path / "runs" / ".work").exists()


class Scaled(Mean):
    def __init__(self, factor=1):
        self.factor = factor


def test_a_dry_run_finds_the_features_of_the_members_of_a_combination(monkeypatch, tmp_path):
    from mebench.experiments.dry_run import forecast
    from mebench.methods import Method
    from mebench.methods.combination import combine

    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    rng = np.random.default_rng(0)
    clips = [Clip(f"c{i}", rng.integers(0, 99, (3, 4, 4), np.uint8)) for i in range(6)]
    table = pd.DataFrame({"clip_id": [c.id for c in clips], "dataset": "toy",
                          "subject": list("112233"), "label": list("ab") * 3})  # fmt: skip
    samples = Samples(clips, table, ("a", "b"))
    plain, other = (
        Method(name, lambda factor=factor: make_pipeline(Scaled(factor), PolySVC()))
        for name, factor in (("plain", 1), ("other", 2))
    )
    both = {kind: combine(kind, [plain, other]) for kind in ("scores", "early")}
    where = {"dataset": "toy", "protocol": "loso", "tuning": "fixed"}
    where = {"setting": where, "out": tmp_path / "runs", "keep": tmp_path / "keep"}

    def told(*methods, **more):
        coming = set()
        found = [forecast(m, samples, coming=coming, **where, **more) for m in methods]
        return [(f["cached"], f["coming"]) for f in found]

    assert told(both["scores"]) == [(0, 0)]
    assert told(plain, both["scores"], both["early"], other) == [(0, 0), (0, 0), (0, 6), (0, 6)]
    assert told(plain, plain, cache=False) == [(0, 0), (0, 0)], "nobody keeps any for the next"
    evaluate(plain, samples, tuning="fixed")
    assert told(plain, both["early"], other) == [(6, 0), (0, 0), (0, 6)]
    evaluate(other, samples, tuning="fixed")
    assert told(both["scores"], both["early"]) == [(6, 0), (6, 0)]
    assert evaluate(both["early"], samples, tuning="fixed").header["features_from_cache"] == 6


def test_the_program_says_what_failed_with_status_3(experiment, monkeypatch, capsys):
    import typer

    from mebench.cli.run import finish
    from mebench.experiments import Failure

    finish([], [])
    with pytest.raises(typer.Exit) as stop:
        finish([Failure("mdmo on casme2", "no such luck")], [])
    assert stop.value.exit_code == 3
    said = capsys.readouterr().err
    assert "FAILED: mdmo on casme2: no such luck" in said and "only what is missing" in said
