"""Inner folds of several persons: who is left out, what is chosen, and where it is said."""

import contextlib
import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from typer.testing import CliRunner

from mebench import experiments
from mebench.cli import app
from mebench.errors import BadInput
from mebench.evaluation import evaluate_features
from mebench.evaluation.inner_folds import too_many, with_inner
from mebench.evaluation.settings import Tuning
from mebench.experiments import run_experiment, settings
from mebench.methods import Method
from mebench.methods.combination import LateFusion, blocks
from mebench.results import load_run, markdown, save_run
from mebench.scoring.subjects import NEVER_LEFT_OUT, Fold, LeftOut, subject_keys
from mebench.storage import checkpoint as kept
from mebench.svm import PolySVC, PolySVCSearch, points

from ..recipes.test_reproduce import Brightness, planted
from . import toy

GRID = {"degree": [1, 2], "C": [0.1, 10], "gamma": [0.1, 1.0], "coef0": 1.0}
LINEAR = {"kernel": "linear", "C": [0.1, 10]}
SCALED = Method("scaled", lambda: make_pipeline(Brightness(), StandardScaler(), PolySVC()),
                grid=LINEAR, title="scaled", citation="none")  # fmt: skip


@pytest.fixture
def data():
    return toy.rows(lambda i: str(i * i % 11))  # six persons of 5 to 11 clips


def dealt(keys, n):
    """The part of each person, dealt out by hand: the largest first, into the emptiest."""
    sizes = {k: list(keys).count(k) for k in sorted(set(keys))}
    held = [0] * n
    part = {}
    for k in sorted(sizes, key=lambda k: -sizes[k]):
        part[k] = held.index(min(held))
        held[part[k]] += sizes[k]
    return np.array([part[k] for k in keys])


@pytest.mark.parametrize("n", [2, 3, 5])
def test_no_person_crosses_and_each_is_tested_once(n):
    rng = np.random.default_rng(n)
    groups = rng.choice(["a", "b", "cc", "d", "e2", "f", NEVER_LEFT_OUT], 90).astype(object)
    rows = np.sort(rng.permutation(90)[:70])
    pairs = LeftOut(rows, groups, n)
    assert len(pairs) == n
    tested = np.concatenate([test for _, test in pairs])
    assert sorted(tested) == rows[groups[rows] != NEVER_LEFT_OUT].tolist() == sorted(pairs.tested())
    for train, test in pairs:
        assert not set(groups[train]) & set(groups[test])
        assert sorted([*train, *test]) == rows.tolist()
    asked = groups[rows] != NEVER_LEFT_OUT
    expected = dealt(groups[rows][asked], n)
    assert [test.tolist() for _, test in pairs] == [
        rows[asked][expected == i].tolist() for i in range(n)
    ]


TAILS = [
    PolySVC(),
    make_pipeline(StandardScaler(), PolySVC()),
    make_pipeline(PCA(2, random_state=0), PolySVC()),
]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("tail", TAILS)
def test_parameters_are_chosen_on_them(data, tail, shared):
    X, table = data
    found = evaluate_features(
        tail, X, table, protocol="group-kfold:3", grid=GRID, inner="group-kfold:2", shared=shared
    )
    y, keys = table["label"].to_numpy(), subject_keys(table)
    outer = dealt(keys, 3)
    steps = [] if isinstance(tail, PolySVC) else [step for _, step in tail.steps[:-1]]
    for f, entry in enumerate(found.header["chosen"]):
        train = np.flatnonzero(outer != f)
        part = dealt(keys[train], 2)
        scores = []
        for point in points(GRID):
            told = np.empty(len(train), object)
            for i in (0, 1):
                machine = make_pipeline(*map(clone, steps), SVC(kernel="poly", **point._asdict()))
                machine.fit(X[train[part != i]], y[train[part != i]])
                told[part == i] = machine.predict(X[train[part == i]])
            scores.append(f1_score(y[train].astype(str), told.astype(str), average="macro"))
        best = points(GRID)[int((np.array(scores) >= max(scores) - 1e-12).argmax())]
        assert entry["params"] == best._asdict()
        assert entry["inner_score"] == pytest.approx(max(scores))
        machine = make_pipeline(*map(clone, steps), SVC(kernel="poly", **best._asdict()))
        machine.fit(X[train], y[train])
        own = found.table["fold"] == str(f + 1)
        assert found.table["y_pred"][own].tolist() == machine.predict(X[outer == f]).tolist()


def combined(rule):
    members = [(name, PolySVC(kernel="linear")) for name in ("left", "right")]
    members.append(("scaled", make_pipeline(StandardScaler(), PolySVC(kernel="linear"))))
    return LateFusion(members, rule, grids={name: LINEAR for name, _ in members})


@pytest.mark.parametrize("tuning", ["nested", "fixed"])
def test_a_combination_goes_by_them_in_one_search_and_fold_by_fold(data, tuning):
    X, table = data
    given = blocks(X[:, :2], X[:, 2:], X)
    how = {"protocol": "group-kfold:3", "inner": "group-kfold:3", "tuning": tuning}
    one = evaluate_features(combined("stack"), given, table, **how)
    other = evaluate_features(combined("stack"), given, table, **how, shared=False)
    scores = [c for c in one.table if c.startswith("score_")]
    assert one.table["y_pred"].tolist() == other.table["y_pred"].tolist()
    np.testing.assert_allclose(one.table[scores], other.table[scores], rtol=1e-9)
    assert one.header["inner"] == "group-kfold:3", "the rule learns on them, whatever is tuned"
    usual = evaluate_features(combined("stack"), given, table, **{**how, "inner": "loso"})
    assert not np.allclose(one.table[scores], usual.table[scores])


@pytest.mark.parametrize("own", [PolySVCSearch(GRID), GridSearchCV(
    SVC(kernel="poly", coef0=1.0), {"degree": [1, 2], "C": [0.1, 10], "gamma": [0.1, 1.0]},
    scoring="f1_macro",
)])  # fmt: skip
def test_classifiers_that_choose_by_themselves_do_so_on_them(data, own):
    X, table = data
    found = evaluate_features(own, X, table, protocol="group-kfold:3", inner="group-kfold:2")
    assert found.header["warnings"] == [] and found.header["inner"] == "group-kfold:2"
    y, keys = table["label"].to_numpy(), subject_keys(table)
    outer = dealt(keys, 3)
    for f in range(3):
        train = np.flatnonzero(outer != f)
        again = clone(own).set_params(cv=PredefinedSplit(dealt(keys[train], 2)))
        told = again.fit(X[train], y[train]).predict(X[outer == f])
        assert found.table["y_pred"][outer == f].tolist() == told.tolist()


def test_what_is_tested_has_no_part_in_a_choice(data):
    X, table = data
    how = {"protocol": "group-kfold:3", "grid": GRID, "inner": "group-kfold:3"}
    tail = make_pipeline(StandardScaler(), PolySVC())
    plain = evaluate_features(tail, X, table, **how)
    tested = plain.table["fold"].to_numpy() == "1"
    rng = np.random.default_rng(1)
    other, shown = table.copy(), X.copy()
    other.loc[tested, "label"] = rng.permutation(other["label"][tested])
    first = np.flatnonzero(tested)[0]
    shown[first] = 1e3
    changed = evaluate_features(tail, shown, other, **how)
    spared = tested & (np.arange(len(table)) != first)
    assert changed.table["y_pred"][spared].tolist() == plain.table["y_pred"][spared].tolist()
    assert changed.header["chosen"][0] == plain.header["chosen"][0]
    order = rng.permutation(len(table))
    mixed = evaluate_features(tail, X[order], table.iloc[order].reset_index(drop=True), **how)
    again = mixed.table.set_index("clip_id").loc[table["clip_id"]]
    assert again["y_pred"].tolist() == plain.table["y_pred"].tolist()


def test_it_is_said_wherever_a_run_is_told_of(data, tmp_path):
    X, table = data
    head = {"dataset": "toy", "labels": "3class"}
    places = []
    for inner in ("loso", "group-kfold:4", "group-kfold"):
        found = evaluate_features(PolySVC(), X, table, grid=GRID, inner=inner)
        found.header.update(head)
        places.append(save_run(found, tmp_path).name)
    assert places == ["toy-3class-PolySVC-loso-nested",
                      "toy-3class-PolySVC-loso-nested-inner-group-kfold-4",
                      "toy-3class-PolySVC-loso-nested-inner-group-kfold-5"]  # fmt: skip
    usual, four = (load_run(tmp_path / place) for place in places[:2])
    assert "inner" not in usual.header and four.header["inner"] == "group-kfold:4"
    assert "leaving out its subjects one at a time (8 candidates" in markdown(usual)
    assert "leaving out its subjects in 4 folds of several (group-kfold:4)" in markdown(four)
    oracle = evaluate_features(
        PolySVC(), X, table, grid=GRID, tuning="oracle", inner="group-kfold:4"
    )
    assert oracle.header["inner"] == "group-kfold:4", "the nested score beside it goes by them"
    nothing = evaluate_features(PolySVC(), X, table, tuning="fixed", inner="group-kfold:4")
    assert "inner" not in nothing.header, "nothing was chosen, on no folds"


class Stop(BaseException):
    pass


@pytest.mark.parametrize("tail", TAILS[:2])
def test_stopped_it_goes_on_and_other_inner_folds_are_other_work(data, tmp_path, monkeypatch, tail):
    monkeypatch.setattr(kept, "_EVERY", 0.0)
    how = {"protocol": "group-kfold:3", "grid": GRID, "inner": "group-kfold:2"}
    whole = evaluate_features(tail, *data, **how)
    seen = []

    def progress(stage, done, total):
        seen.append(done)
        if len(seen) == 2:
            raise Stop

    with contextlib.suppress(Stop):
        evaluate_features(tail, *data, **how, keep=tmp_path, progress=progress)
    assert any(tmp_path.rglob("*.parts"))
    found = evaluate_features(tail, *data, **how, keep=tmp_path)
    assert found.table.to_csv() == whole.table.to_csv()
    assert found.header["chosen"] == whole.header["chosen"]
    assert len(list(tmp_path.iterdir())) == 1
    evaluate_features(tail, *data, **{**how, "inner": "group-kfold:3"}, keep=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_halving_goes_by_them(data):
    X, table = data
    how = {"protocol": "group-kfold:2", "grid": GRID, "search": "halving"}
    found = evaluate_features(PolySVC(), X, table, **how, inner="group-kfold:3")
    assert found.header["inner"] == "group-kfold:3"
    plain = evaluate_features(
        PolySVC(), X, table, protocol="group-kfold:2", grid=GRID, inner="group-kfold:3"
    )
    assert found.header["chosen"] == plain.header["chosen"], "eight points are all kept"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("loso:3", "inner must be loso, or group-kfold:10"),
        ("10", "inner must be loso, or group-kfold:10 .* found '10'"),
        ("group-kfold:1", "a number of folds, 2 or more"),
        ("group-kfold:a", "a number of folds, 2 or more"),
        ("grup-kfold", "Did you mean 'group-kfold'"),
        ("kfold:5", "ten folds of whole persons"),
    ],
)
def test_names_that_are_none(name, said):
    with pytest.raises(BadInput, match=said):
        Tuning(inner=name)
    with pytest.raises(BadInput, match=said):
        settings(None, {"dataset": "x", "method": "y", "inner": name})


def test_too_few_persons_and_a_split_that_says_on_whom(data, tmp_path):
    X, table = data
    with pytest.raises(BadInput, match="Fold toy/0 trains on 5 persons, of whom group-kfold:6 mak"):
        evaluate_features(PolySVC(), X, table, grid=GRID, inner="group-kfold:6")
    path = tmp_path / "split.csv"
    part = ["train", "train", "train", "val", "test", "test"]
    people = sorted(set(table["subject"]))
    path.write_text("subject,split\n" + "\n".join(map(",".join, zip(people, part, strict=True))))
    with pytest.raises(BadInput, match="Fold test says by itself on whom parameters are chosen"):
        evaluate_features(PolySVC(), X, table, protocol=str(path), grid=GRID, inner="group-kfold:2")


def test_where_very_many_are_left_out_one_by_one_another_way_is_named(caplog, monkeypatch):
    groups = np.array([f"p{i}" for i in range(300)], object)
    fold = Fold("x", np.arange(290), np.arange(290, 300))
    said = too_many([fold, fold], groups)
    assert "up to 290 in a fold" in said and "580 times" in said and ": 20 times" in said
    assert too_many(with_inner([fold], groups, "group-kfold:10"), groups) == ""
    monkeypatch.setattr("mebench.evaluation.inner_folds._MANY", 4)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"clip_id": [f"c{i}" for i in range(24)], "dataset": "toy",
                          "subject": [str(i // 4) for i in range(24)],
                          "label": ["a", "b"] * 12})  # fmt: skip
    X = rng.normal(size=(24, 3))
    few = {"C": [0.1, 10], "degree": 1, "gamma": 1.0, "coef0": 0.0}
    scaled = make_pipeline(StandardScaler(), PolySVC())
    for tail, inner, warned in [(scaled, "loso", True), (scaled, "group-kfold:2", False),
                                (PolySVC(), "loso", False)]:  # fmt: skip
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            evaluate_features(tail, X, table, grid=few, inner=inner)
        assert ("--inner group-kfold:10" in caplog.text) is warned


def test_the_command_line(data, tmp_path):
    X, table = data
    np.savez(tmp_path / "F.npz", features=X, clip_id=table["clip_id"].to_numpy(str))
    table.to_csv(tmp_path / "T.csv", index=False)
    line = ["evaluate", "--features", str(tmp_path / "F.npz"), "--table", str(tmp_path / "T.csv"),
            "--grid", "linear", "--protocol", "group-kfold:3", "--out", str(tmp_path)]  # fmt: skip
    found = CliRunner().invoke(app, [*line, "--inner", "group-kfold:2"])
    assert found.exit_code == 0, found.output
    assert "in 2 folds of several" in " ".join(found.output.split())
    [folder] = tmp_path.glob("*inner-group-kfold-2")
    assert load_run(folder).header["inner"] == "group-kfold:2"
    found = CliRunner().invoke(app, [*line, "--inner", "kfold:2"])
    assert found.exit_code != 0 and "inner must be loso" in str(found.exception)


def test_an_experiment_hands_them_on(monkeypatch, tmp_path):
    monkeypatch.setattr(experiments.run, "samples_of", planted)
    plan = {"dataset": "synthetic", "method": f"{__name__}:SCALED", "protocol": "group-kfold:3",
            "out": str(tmp_path), "n_jobs": 1, "no_cache": True}  # fmt: skip
    keys = set()
    for inner in ("loso", "group-kfold:2", "group-kfold:3"):
        asked = settings(None, {**plan, "inner": inner})
        [done] = run_experiment(asked)
        assert done.predictions.header.get("inner", "loso") == inner
        [run] = experiments.run.plan_runs(asked)
        keys.add(experiments.run.run_key(asked, run, planted({}), None))
    assert len(keys) == len(list(tmp_path.glob("synthetic*"))) == 3
