"""score, audit, compare, published and the protocols, in this process for speed."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.errors import BadInput


def mebench(*args, fails=None):
    found = CliRunner().invoke(app, [str(a) for a in args])
    if fails is not None:
        assert isinstance(found.exception, BadInput)
        assert fails in str(found.exception)
    elif found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    n = 60
    label = rng.choice(["glad", "sad", "angry"], n)
    X = (
        rng.normal(size=(n, 4))
        + 1.5 * (label == "sad")[:, None]
        - 1.5 * (label == "angry")[:, None]
    )
    ids = [f"c{i}" for i in range(n)]
    np.savez(folder / "good.npz", features=X, clip_id=ids)
    np.savez(folder / "bad.npz", features=rng.normal(size=(n, 4)), clip_id=ids)
    table = pd.DataFrame({"clip_id": ids, "subject": np.arange(n) % 12, "label": label})
    table["dataset"] = np.where(np.arange(n) % 12 < 6, "one", "two")
    table.to_csv(folder / "t.csv", index=False)
    for features, classifier in (("good", "knn"), ("bad", "logistic")):
        found = mebench("evaluate", "--features", folder / f"{features}.npz", "--table",
                        folder / "t.csv", "--classifier", classifier, "--n-jobs", 1, "--out",
                        folder / "runs", "--protocol", "composite")  # fmt: skip
        assert "Each database, from the same pooled predictions" in found.stdout
    return folder


@pytest.fixture(scope="module")
def runs(files):
    return sorted((files / "runs").iterdir())


def test_score_prints_every_measure(runs):
    text = " ".join(mebench("score", runs[0] / "predictions.csv").stdout.split())
    for word in (
        "UF1",
        "UAR",
        "weighted F1",
        "WAR",
        "recall",
        "Confusion",
        "FOLD MEANS",
        "one (30",
    ):
        assert word in text, word
    found = json.loads(mebench("score", runs[0] / "predictions.csv", "--json").stdout)
    assert set(found["per_database"]) == {"one", "two"} and "uar" in found["intervals"]
    assert found["fold_means"]["fold_mean_uf1"] > 0


def test_score_of_a_bad_file(tmp_path):
    (tmp_path / "p.csv").write_text("y_true,y_pred\na,b\n")
    mebench("score", tmp_path / "p.csv", fails="lacks subject")


def test_audit_of_a_claimed_pair():
    args = ("audit", "--counts", "70,51,43", "--uf1", ".2000", "--uar", ".5280")
    found = mebench(*args)
    assert "IMPOSSIBLE" in found.stdout and "0.3983" in found.stdout
    answer = json.loads(mebench(*args, "--json").stdout)
    assert answer["possible"] is False and answer["uf1_bound"][0] == pytest.approx(0.398, abs=5e-4)
    assert "POSSIBLE" in mebench("audit", "--counts", "70/51/43", "--uf1", ".5727").stdout


def test_audit_of_predictions(runs):
    table = pd.read_csv(runs[0] / "predictions.csv")
    precision = np.mean(
        [(table["y_true"] == c)[table["y_pred"] == c].mean() for c in ("angry", "glad", "sad")]
    )
    found = mebench("audit", runs[0] / "predictions.csv", "--uar", f"{precision:.4f}")
    text = " ".join(found.stdout.split())
    assert "is not the pooled UAR" in text and "macro-precision" in text and "best epoch" in text


def test_audit_of_a_split(files, runs):
    table = pd.read_csv(files / "t.csv")
    clean = table.assign(split=np.where(table["dataset"] == "one", "train", "test"))
    clean.to_csv(files / "clean.csv", index=False)
    found = mebench("audit", "--split", files / "clean.csv", "--features", files / "good.npz")
    assert found.exit_code == 0 and "Nothing crosses" in found.stdout
    clean.assign(split=["train", "test"] * 30, subject=1).to_csv(files / "dirty.csv", index=False)
    found = mebench("audit", "--split", files / "dirty.csv")
    assert found.exit_code == 1 and "PERSONS" in found.stdout
    rows = json.loads(mebench("audit", "--split", files / "dirty.csv", "--json").stdout)
    assert {row["kind"] for row in rows} == {"person"}
    assert mebench("audit", "--split", runs[0] / "predictions.csv").exit_code == 0


def test_audit_of_leakage(files):
    found = mebench(
        "audit",
        "--features",
        files / "good.npz",
        "--table",
        files / "t.csv",
        "--classifier",
        "knn",
        "--protocols",
        "loso,kfold",
        "--n-jobs",
        1,
        "--json",
    )
    assert [row["protocol"] for row in json.loads(found.stdout)] == ["loso", "kfold"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "one thing to audit"),
        (("--counts", "70,x", "--uf1", ".5"), "found '70,x'"),
        (("--counts", "70,51"), "Nothing is claimed"),
        (("--counts", "70,51", "--weighted-f1", ".5"), "weighted F1 cannot"),
        (("--table", "t.csv"), "add --features"),
        (("--table", "t.csv", "--counts", "3,4"), "one thing to audit"),
    ],
)
def test_audit_errors(args, message):
    mebench("audit", *args, fails=message)


def test_compare(runs, tmp_path):
    found = mebench("compare", *runs, "--permutations", 499)
    text = " ".join(found.stdout.split())
    assert "it may be claimed that knn is better than logistic" in text and "McNemar" in text
    answer = json.loads(mebench("compare", *runs, "--permutations", 499, "--json").stdout)
    assert answer["tasks"][0]["pairs"][0]["test"]["n_subjects"] == 12
    mebench("compare", *runs, "--figure", tmp_path / "cd.png", fails="at least two methods")
    mebench("compare", runs[0], fails="at least two runs")


def test_published():
    found = mebench("published", "--database", "megc2019", "--method", "stst")
    text = " ".join(found.stdout.split())
    assert "macro-precision" in text and "0.7605" in text and "0.7186" in text
    rows = json.loads(mebench("published", "-d", "casme2", "--labels", "5class", "--json").stdout)
    assert all(row["source"] for row in rows) and rows[0]["uar"] is None
    mebench("published", "-d", "nothing", fails="No published result")


def test_protocol_warnings_are_printed(files):
    found = mebench("evaluate", "--features", files / "good.npz", "--table", files / "t.csv",
                    "--classifier", "knn", "--n-jobs", 1, "--out", files / "others",
                    "--protocol", "kfold:5")  # fmt: skip
    assert found.stdout.count("PERSONS OVERLAP") == 3  # above, below, and in the sentence


def test_one_label_and_one_person_in_two_spellings(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        "subject,y_true,y_pred\nsub01,0,0.0\n1,1,tensor(1)\ns2,1,0.0\n02,0,0\n", encoding="utf-8"
    )
    said = " ".join(mebench("score", path).output.split())
    assert "4 clips of 2 subjects" in said and ".750" in said
    assert "ONE PERSON, SEVERAL SPELLINGS: sub01 = 1; s2 = 02." in said
    assert "one label, several spellings: 0 = 0.0; 1 = tensor(1)" in said
    said = mebench("score", path, "--subjects", "as-written").output
    assert "4 clips of 4 subjects" in " ".join(said.split())
    split = tmp_path / "split.csv"
    split.write_text("clip_id,subject,split\na,sub01,train\nb,1,test\n")
    found = mebench("audit", "--split", split)
    assert found.exit_code == 1 and "sub01 = 1 look like one person" in found.output
    found = mebench("audit", "--split", split, "--subjects", "as-written")
    assert found.exit_code == 0 and "Nothing crosses" in found.output
    assert "PERSONS LOOK ALIKE" in found.output
