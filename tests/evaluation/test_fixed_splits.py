"""Fixed splits: read exactly, tuned on val where there is one, and known by a hash."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from mebench.errors import BadInput, DataNotFound
from mebench.evaluation import evaluate_features
from mebench.evaluation.fixed_splits import FixedSplit, split_mark
from mebench.evaluation.protocols import get_protocol, in_words
from mebench.svm import PolySVC, points


@pytest.fixture
def write(tmp_path):
    def written(text, name="split.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return written


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    n = 60
    table = pd.DataFrame({
        "clip_id": [f"c{i}" for i in range(n)],
        "dataset": "toy",
        "subject": [str(i // 5) for i in range(n)],
        "label": np.array(["a", "b", "c"])[rng.integers(0, 3, n)],
    })  # fmt: skip
    X = rng.normal(size=(n, 4)) + 0.8 * pd.get_dummies(table["label"]).to_numpy() @ rng.normal(
        size=(3, 4)
    )
    return X, table


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
