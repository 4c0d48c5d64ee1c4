"""Fixed splits: read exactly, tuned on val where there is one, and known by a hash."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from mebench.errors import BadInput, DataNotFound
from mebench.evaluation import evaluate_features
from mebench.evaluation.fixed_splits import FixedSplit, split_mark
from mebench.evaluation.protocols import get_protocol, in_words
from mebench.methods.combination import LateFusion, SideBySide, blocks
from mebench.results import save_run
from mebench.results.tables import markdown
from mebench.scoring import read_predictions
from mebench.svm import PolySVC, PolySVCSearch, points

from . import toy


@pytest.fixture
def write(tmp_path):
    def written(text, name="split.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


@pytest.fixture
def data():
    return toy.rows(lambda i: str(i // 5))


def roles(table, ranges):
    return {
        str(s): next(r for r, people in ranges.items() if int(s) in people)
        for s in sorted(set(table["subject"]), key=int)
    }


def by_subject(parts):
    return "subject,split\n" + "".join(f"{s},{r}\n" for s, r in parts.items())


def test_numbers_of_folds_by_clip(write):
    path = write("Clip_ID, Fold\na,1\nb,2\nc,10\nd,none\n".replace(", ", ","))
    table = pd.DataFrame({"clip_id": list("dcba"), "dataset": "x", "subject": list("1234")})
    folds = list(FixedSplit(path)(table))
    assert [f.name for f in folds] == ["1", "2", "10"]
    assert [f.test.tolist() for f in folds] == [[3], [2], [1]]
    assert [f.train.tolist() for f in folds] == [[1, 2], [1, 3], [2, 3]]
    assert all(f.inner == () for f in folds)


def test_several_tests_and_val(write):
    path = write(
        "dataset,subject,split\nx,1,Train\nx,2,VALID\nx,3,test-a\nx,4,testing\ny,1,test_b\n"
    )
    table = pd.DataFrame({"clip_id": list("abcde"), "dataset": list("xxxxy"),
                          "subject": list("12341")})  # fmt: skip
    folds = {f.name: f for f in FixedSplit(path)(table)}
    assert {k: f.test.tolist() for k, f in folds.items()} == {
        "test": [3], "test-a": [2], "test_b": [4],
    }  # fmt: skip
    for fold in folds.values():
        assert fold.train.tolist() == [0, 1]
        assert [(a.tolist(), b.tolist()) for a, b in fold.inner] == [([0], [1])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clip_id,what\na,train\n", "has the columns clip_id, what; expected"),
        ("clip_id,split\na,train\nb,tset\n", "line 3: 'tset' is no part of a split"),
        ("clip_id,split\na,train\na,test\n", "a is test here and train above"),
        ("clip_id,split\na,train\nb,1\n", "mixes numbers of folds and words"),
        ("clip_id,split\na,train\nb,val\n", "names train, val: a split needs train and test"),
        ("clip_id,split\na,1\nb,1\n", "has one fold only"),
    ],
)
def test_mistakes_in_the_file(write, text, said):
    with pytest.raises(BadInput, match=said):
        get_protocol(write(text))


def test_clips_without_a_part_are_an_error(write):
    table = pd.DataFrame({"clip_id": list("abc"), "dataset": "x", "subject": list("112")})
    split = FixedSplit(write("clip_id,split\na,train\nz,test\n"))
    with pytest.raises(BadInput, match="says nothing of 2 of 3 clips, such as b, c"):
        list(split(table))
    with pytest.raises(DataNotFound, match="There is no split file"):
        get_protocol("nowhere.csv")
    people = FixedSplit(write("subject,split\n1,train\n2,test\n"))
    with pytest.raises(BadInput, match="1 is a person of several databases"):
        list(people(table.assign(subject="1", dataset=list("xxy"))))


@pytest.mark.parametrize("shared", [True, False])
def test_val_chooses_and_the_choice_is_trained_on_both(data, write, shared):
    X, table = data
    people = roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)})
    path = write(by_subject(people))
    grid = {"degree": [1, 2], "C": [0.1, 10], "gamma": [0.1, 1.0], "coef0": 1.0}
    found = evaluate_features(PolySVC(), X, table, protocol=path, grid=grid, shared=shared)
    part = table["subject"].map(people).to_numpy()
    y = table["label"].to_numpy()
    scores = []
    for point in points(grid):
        svc = SVC(kernel="poly", **point._asdict()).fit(X[part == "train"], y[part == "train"])
        told = svc.predict(X[part == "val"])
        scores.append(f1_score(y[part == "val"], told, average="macro"))
    best = points(grid)[int((np.array(scores) >= max(scores) - 1e-12).argmax())]
    [chosen] = found.header["chosen"]
    assert chosen["params"] == best._asdict()
    assert chosen["inner_score"] == pytest.approx(max(scores))
    both = part != "test"
    svc = SVC(kernel="poly", **best._asdict()).fit(X[both], y[both])
    assert found.table["y_pred"].tolist() == svc.predict(X[part == "test"]).tolist()
    assert found.header["split"]["folds"] == [{"fold": "test", "train": 30, "val": 15, "test": 15}]


def test_the_hash_is_that_of_the_division(data, write):
    X, table = data
    people = roles(table, {"train": range(6), "test": range(6, 12)})

    def split_of(path):
        header = evaluate_features(KNeighborsClassifier(1), X, table, protocol=path).header
        return header["split"]["sha256"], header["warnings"], header["protocol"]

    path = write(by_subject(people))
    by_clip = pd.DataFrame({"clip_id": table["clip_id"], "split": table["subject"].map(people)})
    same = write(by_clip.iloc[::-1].to_csv(index=False), "other.csv")
    assert split_of(path)[0] == split_of(same)[0]
    assert split_mark(path) != split_mark(same) and split_mark("loso") == ""
    assert split_of(path)[1] == [] and split_of(path)[2] == path
    by_clip.loc[0, "split"] = "test"
    mixed = split_of(write(by_clip.to_csv(index=False), "mixed.csv"))
    assert mixed[0] != split_of(path)[0] and "PERSONS OVERLAP" in mixed[1][0]
    assert "split.csv" in in_words(path)


def test_a_person_in_train_and_val_is_said(data, write):
    X, table = data
    people = roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)})
    parts = table["subject"].map(people)
    parts[30] = "train"  # a clip of somebody of val
    path = write(pd.DataFrame({"clip_id": table["clip_id"], "split": parts}).to_csv(index=False))
    header = evaluate_features(KNeighborsClassifier(1), X, table, protocol=path).header
    assert "PERSONS OVERLAP while choosing: 4 of 14 clips of val" in header["warnings"][0]


def test_official_splits_by_name():
    table = pd.DataFrame({
        "clip_id": [str(i) for i in range(24)], "dataset": "dfme",
        "subject": [str(i // 2) for i in range(24)],
        "part": ["train"] * 14 + ["test-a"] * 6 + ["test-b"] * 4,
    })  # fmt: skip
    folds = list(get_protocol("dfme-2024")(table))
    assert [(f.name, len(f.train), len(f.test)) for f in folds] == [
        ("test-a", 14, 6), ("test-b", 14, 4),
    ]  # fmt: skip
    tens = list(get_protocol("dfme-10fold")(table))
    assert len(tens) == 10
    for fold in tens:
        assert not set(table["subject"][fold.train]) & set(table["subject"][fold.test])
    with pytest.raises(BadInput, match="takes the database dfme"):
        list(get_protocol("dfme-2024")(table.drop(columns="part")))


@pytest.fixture
def blocks_of(data):
    """Three blocks of features, and who trains, chooses and is tested."""
    X, table = data
    rng = np.random.default_rng(1)
    columns = [X, X + rng.normal(size=X.shape), rng.normal(size=X.shape) + 0.5 * X]
    return (
        blocks(*columns),
        table,
        roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)}),
    )


def members():
    """A kernel machine alone, one behind a step that learns, and a classifier of another kind."""
    return [
        ("plain", PolySVC(degree=2, gamma=0.1, coef0=1)),
        ("learned", make_pipeline(PCA(2, random_state=0), PolySVC(kernel="linear"))),
        ("other", LogisticRegression()),
    ]


GRIDS = {
    "plain": {"degree": [1, 2], "C": [0.1, 10], "gamma": [0.1], "coef0": 1.0},
    "learned": {"degree": [1], "C": [0.01, 1], "gamma": [1.0], "coef0": 0.0},
}


def by_hand(X, table, people, rule):
    """Choose and learn the rule on val from models of train; then fit the members to both."""
    part, y = table["subject"].map(people).to_numpy(), table["label"].to_numpy()
    train, val, test = (part == p for p in ("train", "val", "test"))
    both = train | val
    on_val, told, chosen = [], [], []
    for j, (name, estimator) in enumerate(members()):
        rows = np.stack(list(X[:, j]))
        models = [clone(estimator)]
        if name in GRIDS:
            models = [SVC(kernel="poly", **p._asdict()) for p in points(GRIDS[name])]
        if name == "learned":
            models = [make_pipeline(PCA(2, random_state=0), m) for m in models]
        scores = [
            f1_score(y[val], m.fit(rows[train], y[train]).predict(rows[val]), average="macro")
            for m in models
        ]
        best = models[int((np.array(scores) >= max(scores) - 1e-12).argmax())]
        chosen.append(max(scores))
        on_val.append(best.fit(rows[train], y[train]).predict(rows[val]))
        told.append(best.fit(rows[both], y[both]).predict(rows[test]))
    if rule == "vote":
        votes = [[list(c).count(label) for label in "abc"] for c in zip(*told, strict=True)]
        firsts = zip(*told, strict=True)
        return [
            next(label for label in said if v["abc".index(label)] == max(v))
            for v, said in zip(votes, firsts, strict=True)
        ], chosen
    return None, chosen


@pytest.mark.parametrize("rule", ["scores", "vote", "stack", "stack-forest"])
def test_val_chooses_for_the_members_of_a_combination(blocks_of, write, rule):
    X, table, people = blocks_of
    path = write(by_subject(people))
    fusion = LateFusion(members(), rule, grids=GRIDS)

    def run(**more):
        return evaluate_features(fusion, X, table, protocol=path, **more)

    found = run()
    assert found.table["y_pred"].tolist() == run(shared=False).table["y_pred"].tolist()
    told, scores = by_hand(X, table, people, rule)
    [chosen] = found.header["chosen"]
    tuned = [chosen["inner_scores"][name] for name in GRIDS]
    assert tuned == pytest.approx(scores[:2])
    if told is not None:
        assert found.table["y_pred"].tolist() == told
    part = table["subject"].map(people).to_numpy()
    fitted = clone(fusion).fit(
        X[part != "test"], table["label"][part != "test"].to_numpy(),
        table["subject"][part != "test"].to_numpy(),
        inner=[(np.flatnonzero(part == "train"), np.flatnonzero(part == "val"))],
    )  # fmt: skip
    if rule == "vote":
        assert fitted.left_out_ is None
    else:  # the rule has seen answers about val, of models that did not train on it
        asked = ~np.isnan(fitted.left_out_).any(axis=(1, 2))
        assert asked.tolist() == (part[part != "test"] == "val").tolist()
        model = LogisticRegression().fit(
            np.stack(list(X[part == "train", 2])), table["label"][part == "train"]
        )
        expected = model.predict_proba(np.stack(list(X[part == "val", 2])))
        np.testing.assert_allclose(fitted.left_out_[asked, 2], expected, atol=1e-4)


@pytest.mark.parametrize("rule", ["scores", "stack-forest"])
def test_labels_of_the_test_part_choose_nothing(blocks_of, write, rule):
    X, table, people = blocks_of
    fusion = LateFusion(members(), rule, grids=GRIDS)

    def run(table):
        found = evaluate_features(fusion, X, table, protocol=write(by_subject(people)))
        return found.table["y_pred"].tolist(), found.header["chosen"]

    tested = table["subject"].map(people) == "test"
    other = table.assign(label=np.where(tested, table["label"].to_numpy()[::-1], table["label"]))
    assert run(table) == run(other)


def test_early_fusion_is_chosen_on_val(blocks_of, write):
    X, table, people = blocks_of
    part, y = table["subject"].map(people).to_numpy(), table["label"].to_numpy()
    fuse = SideBySide([(n, "passthrough") for n in "abc"], pca=0.9)
    grid = {"degree": [1, 2], "C": [0.1, 10], "gamma": [1.0], "coef0": 1.0}
    found = evaluate_features(
        make_pipeline(fuse, PolySVC()), X, table, protocol=write(by_subject(people)), grid=grid
    )
    train, val, both = part == "train", part == "val", part != "test"
    scores = []
    for point in points(grid):
        one = clone(fuse)
        rows = one.fit_transform(X[train], y[train])
        svc = SVC(kernel="poly", **point._asdict()).fit(rows, y[train])
        told = svc.predict(one.transform(X[val]))
        scores.append(f1_score(y[val], told, average="macro"))
    best = points(grid)[int((np.array(scores) >= max(scores) - 1e-12).argmax())]
    [chosen] = found.header["chosen"]
    assert chosen["params"] == best._asdict()
    assert chosen["inner_score"] == pytest.approx(max(scores))
    svc = SVC(kernel="poly", **best._asdict()).fit(fuse.fit_transform(X[both], y[both]), y[both])
    assert found.table["y_pred"].tolist() == svc.predict(fuse.transform(X[~both])).tolist()


@pytest.mark.filterwarnings("ignore:The groups parameter is ignored")
@pytest.mark.parametrize("search", ["engine", "scikit-learn"])
def test_classifiers_that_tune_themselves_do_so_on_val(data, write, search):
    X, table = data
    people = roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)})
    part, y = table["subject"].map(people).to_numpy(), table["label"].to_numpy()
    path = write(by_subject(people))
    grid = {"degree": [1, 2], "C": [0.1, 10], "gamma": [0.1, 1.0], "coef0": 1.0}
    tail = PolySVCSearch(grid)
    if search != "engine":
        lists = {k: v if isinstance(v, list) else [v] for k, v in grid.items()}
        tail = GridSearchCV(SVC(kernel="poly"), lists, scoring="f1_macro")
    found = evaluate_features(make_pipeline(StandardScaler(), tail), X, table, protocol=path)
    assert found.header["warnings"] == []
    both = part != "test"
    scaler = StandardScaler().fit(X[both])
    cv = PredefinedSplit(np.where(part[both] == "val", 0, -1))
    told = GridSearchCV(SVC(kernel="poly"), {k: v if isinstance(v, list) else [v] for k, v in
                        grid.items()}, scoring="f1_macro", cv=cv)  # fmt: skip
    told.fit(scaler.transform(X[both]), y[both])
    assert found.table["y_pred"].tolist() == told.predict(scaler.transform(X[~both])).tolist()
    own = clone(tail).set_params(cv=3)  # who names other folds gets them, and is told
    found = evaluate_features(own, X, table, protocol=path)
    assert any("cv=3" in warning for warning in found.header["warnings"])


def test_a_combination_behind_a_step_that_learns(blocks_of, write):
    """It is fitted as any classifier is, and told of val all the same."""
    X, table, people = blocks_of
    path = write(by_subject(people))
    alone = evaluate_features(LateFusion(members(), "stack", grids=GRIDS), X, table, protocol=path)
    behind = Pipeline([("as it is", FunctionTransformer()),
                       ("fusion", LateFusion(members(), "stack", grids=GRIDS))])  # fmt: skip
    found = evaluate_features(behind, X, table, protocol=path)
    assert found.table["y_pred"].tolist() == alone.table["y_pred"].tolist()


def test_what_is_said_under_the_table_is_what_was_done(data, write, tmp_path):
    """With val nobody is left out one at a time; and who takes no part is said."""
    X, table = data
    people = roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)})
    text = by_subject(people | {"11": "none", "77": "test", "78": "none"})
    found = evaluate_features(
        PolySVC(),
        X,
        table,
        protocol=write(text),
        grid={"degree": [1], "C": [0.1, 10], "gamma": 1.0, "coef0": 1.0},
    )
    said = " ".join(markdown(found).split())
    assert "Trained on 45 clips (15 of them val), tested on 10. 5 of 60 take no part." in said
    assert "on the part val of the split, by training on train; the choice is" in said
    assert "The split names 1 that are not among these data: 77." in said
    assert "one at a time" not in said
    assert found.header["split"]["strangers"] == {"number": 1, "such_as": ["77"]}
    named = replace(found, header={**found.header, "dataset": "toy", "labels": "abc"})
    kept = read_predictions(save_run(named, tmp_path) / "predictions.csv")
    assert "on the part val of the split" in markdown(kept)  # as `mebench score` prints it
    loso = evaluate_features(
        PolySVC(), X, table, grid={"degree": [1], "C": [0.1, 10], "gamma": 1.0, "coef0": 1.0}
    )
    assert "by leaving out its subjects one at a time (2 candidates" in markdown(loso)


def test_units_know_their_split(data, write):
    X, table = data
    people = roles(table, {"train": range(6), "val": range(6, 9), "test": range(9, 12)})
    units = table.assign(au=["4" if label == table["label"][0] else "12" for label in table.label])
    found = evaluate_features(
        KNeighborsClassifier(1), X, units, protocol=write(by_subject(people)), target="au"
    )
    asked = evaluate_features(KNeighborsClassifier(1), X, table, protocol=write(by_subject(people)))
    assert found.header["split"] == asked.header["split"]


def test_other_kinds_of_files_are_told_apart(write, tmp_path):
    with pytest.raises(BadInput, match="Is it separated by semicolons"):
        get_protocol(write("subject;split\n1;train\n"))
    for name in ("split.xlsx", "split.tsv"):
        with pytest.raises(BadInput, match=r"is no CSV file: a fixed split is one, called \.csv"):
            get_protocol(str(tmp_path / name))
    (tmp_path / "split").write_text("")
    with pytest.raises(BadInput, match="is no CSV file"):
        get_protocol(str(tmp_path / "split"))
