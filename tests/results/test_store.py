import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from mebench.errors import BadInput, DataNotFound
from mebench.results import load_run, markdown, optimism_line, save_run, scores_frame, show
from mebench.scoring import Predictions
from mebench.scoring.prediction_files import read_predictions


def predictions(**header):
    table = pd.DataFrame(
        {
            "clip_id": [f"db/s{i % 3}/ü {i}" for i in range(12)],
            "dataset": "db",
            "subject": [str(i % 3).zfill(3) for i in range(12)],
            "fold": [f"db/{i % 3}" for i in range(12)],
            "y_true": list("aabbaabbabab"),
            "y_pred": list("aabbbabbabaa"),
            "y_majority": "a",
            "score_a": np.linspace(0, 1, 12) / 3,
        }
    )
    base = {
        "dataset": "db", "labels": "2class", "method": "mdmo", "protocol": "loso", "n_folds": 3,
        "tuning": "nested", "scoring": "macro_f1", "n_candidates": 9, "classes": ["b", "a"],
        "notes": ["sheet 1."], "citation": "Someone, 2020", "n_subjects": 3,
    }  # fmt: skip
    return Predictions(table, {**base, **header})


def test_a_run_comes_back_as_it_was(tmp_path):
    folder = save_run(predictions(), tmp_path)
    assert folder.name == "db-2class-mdmo-loso-nested"
    assert sorted(f.name for f in folder.iterdir()) == [
        "predictions.csv", "run.json", "scores.csv", "table.md",
    ]  # fmt: skip
    found = load_run(folder)
    pd.testing.assert_frame_equal(found.table, predictions().table, check_dtype=False)
    assert found.table["subject"].iloc[0] == "000"
    assert found.scores() == predictions().scores() and found.classes == ["b", "a"]
    scores = pd.read_csv(folder / "scores.csv")
    row = scores.set_index("measure").loc["uf1"]
    assert row["value"] == pytest.approx(predictions().scores()["uf1"])
    assert row["low"] <= row["value"] <= row["high"]


def test_artifacts_travel_with_the_run_and_a_damaged_one_is_left_out(tmp_path):
    surface = pd.DataFrame({"degree": [2, 3], "score": [0.25, 0.5]})
    made = replace(predictions(), artifacts={"surface.csv": surface, "strips.npz": b"\x00picture"})
    folder = save_run(made, tmp_path)
    found = load_run(folder).artifacts
    pd.testing.assert_frame_equal(found["surface.csv"], surface)
    assert found["strips.npz"] == b"\x00picture"
    (folder / "strips.npz").write_bytes(b"\x00pictura")
    assert set(load_run(folder).artifacts) == {"surface.csv"}


def test_predictions_are_the_same_bytes(tmp_path):
    a, b = (save_run(predictions(), tmp_path / x) for x in "ab")
    assert (a / "predictions.csv").read_bytes() == (b / "predictions.csv").read_bytes()


def test_same_experiment_replaces_other_experiments_stay(tmp_path):
    first = save_run(predictions(time="1"), tmp_path)
    assert save_run(predictions(time="2"), tmp_path) == first
    assert json.loads((first / "run.json").read_text())["time"] == "2"
    other = save_run(predictions(grid="coarse"), tmp_path)
    assert other.name == "db-2class-mdmo-loso-nested-2"
    assert sorted(f.name for f in tmp_path.iterdir()) == [first.name, other.name]


def test_a_failed_write_leaves_nothing(tmp_path):
    bad = predictions()
    bad.header["loop"] = bad.header
    with pytest.raises(ValueError, match=r"[Cc]ircular"):
        save_run(bad, tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="--out"):
        save_run(predictions(), tmp_path / "file")


def test_altered_and_missing_files(tmp_path):
    folder = save_run(predictions(), tmp_path)
    text = (folder / "predictions.csv").read_text()
    (folder / "predictions.csv").write_text(text.replace(",a,", ",b,"))
    with pytest.raises(BadInput, match="not as the run wrote it"):
        load_run(folder)
    (folder / "run.json").write_text("{")
    with pytest.raises(BadInput, match="not valid JSON"):
        load_run(folder)
    with pytest.raises(DataNotFound, match="nowhere"):
        load_run(tmp_path / "nowhere")


def test_an_incomplete_run_has_no_score(tmp_path):
    half = predictions(complete=False)
    for score in (half.scores, half.intervals, half.per_class):
        with pytest.raises(BadInput, match="lack folds"):
            score()


def test_predictions_that_cannot_be():
    table = predictions().table
    with pytest.raises(BadInput, match="lacks the column"):
        Predictions(table.drop(columns="fold"), {"classes": ["a"]})
    with pytest.raises(BadInput, match="predicted twice"):
        Predictions(pd.concat([table, table]), {"classes": ["a", "b"]})
    with pytest.raises(BadInput, match="classes"):
        Predictions(table, {})


def test_tables_say_everything():
    console = Console(record=True, width=120, file=open("/dev/null", "w"))  # noqa: SIM115
    show(predictions(skipped={"db/s1/x": "no face"}), console)
    for text in (console.export_text(), markdown(predictions(skipped={"db/s1/x": "no face"}))):
        flat = " ".join(text.split())
        for word in (
            "mdmo on db 2class: 12 clips of 3 subjects",
            "UF1",
            "majority class",
            "recall",
            "Confusion matrix",
            "Leave-one-subject-out",
            "3 folds",
            "9 candidates",
            "sheet 1.",
            "Someone, 2020",
            "LEFT OUT: 1 clip(s)",
            "95 % intervals",
        ):
            assert word in flat, word
        assert ".750" in flat  # accuracy


def test_oracle_is_marked():
    assert "ORACLE" in markdown(predictions(tuning="oracle"))
    assert "ORACLE" not in markdown(predictions())
    line = optimism_line(predictions(tuning="oracle"), predictions())
    assert "UF1 .748" not in line and "optimism" in line and "+0.000" in line


def test_scores_frame_has_every_class():
    frame = scores_frame(predictions())
    assert set(frame["class"]) == {"", "a", "b"}
    recall = frame[(frame["measure"] == "recall") & (frame["class"] == "b")]["value"].item()
    assert recall == pytest.approx(predictions().per_class().loc["b", "recall"])


def test_what_was_said_under_one_table_is_not_said_under_the_next():
    console, said = Console(file=io.StringIO(), width=200), set()
    for method in ("mdmo", "hoof"):
        show(predictions(method=method, skipped={"c": "no face"}), console, said)
    text = console.file.getvalue()
    assert text.count("Data: sheet 1.") == text.count("Brackets: 95 %") == 1
    assert text.count("LEFT OUT: 1") == 2 and text.count("as above") == 1
    show(predictions(protocol="kfold:3"), console, said)
    assert console.file.getvalue().count("Data: sheet 1.") == 2, "another protocol, another story"
    show(predictions(), Console(file=console.file))
    assert console.file.getvalue().count("Data: sheet 1.") == 3


def test_long_tables_are_parquet_and_come_back_under_their_name(tmp_path, monkeypatch):
    n = 100_001
    long = pd.DataFrame({
        "clip_id": [f"db/s1/c{i}" for i in range(n)], "group": "roi1",
        "value": np.random.default_rng(0).normal(size=n),
    })  # fmt: skip
    short = long[:100_000]
    run = replace(predictions(), artifacts={"contributions.csv": long, "margins.csv": short})
    folder = save_run(run, tmp_path)
    names = {p.name for p in folder.iterdir()}
    assert {"contributions.parquet", "margins.csv"} <= names and "contributions.csv" not in names
    header = json.loads((folder / "run.json").read_text())
    assert set(header["artifacts"]) == {"contributions.parquet", "margins.csv"}
    found = load_run(folder).artifacts
    assert set(found) == {"contributions.csv", "margins.csv"}
    pd.testing.assert_frame_equal(found["contributions.csv"], long, check_dtype=False)
    again = save_run(load_run(folder), tmp_path / "again")  # as after a summary, or a bundle
    assert (again / "contributions.parquet").exists()

    # Without pyarrow such a table is a CSV, and one that is there already is left out, and said.
    def lacking(*_, **__):
        raise ImportError("pyarrow is required")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", lacking)
    monkeypatch.setattr(pd, "read_parquet", lacking)
    plain = save_run(run, tmp_path / "plain")
    assert (plain / "contributions.csv").exists()
    pd.testing.assert_frame_equal(load_run(plain).artifacts["contributions.csv"], long)
    with pytest.warns(UserWarning, match="Parquet is read with pyarrow"):
        assert set(load_run(folder).artifacts) == {"margins.csv"}


def test_predictions_in_parquet_are_scored_as_those_in_csv(tmp_path):
    n = 6_000
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, n)
    table = pd.DataFrame({
        "clip_id": np.arange(n).astype(str), "dataset": "db",
        "subject": (np.arange(n) % 600).astype(str), "fold": (np.arange(n) % 600).astype(str),
        "y_true": np.array(["a", "b", "c"])[truth],
        "y_pred": np.array(["a", "b", "c"])[np.where(rng.random(n) < 0.6, truth, 0)],
    })  # fmt: skip
    table.to_parquet(tmp_path / "p.parquet")
    table.to_csv(tmp_path / "p.csv", index=False)
    one, other = (read_predictions(tmp_path / name) for name in ("p.parquet", "p.csv"))
    assert one.scores() == other.scores() and len(one.table) == n
