"""Other people's predictions and logs, levels 1 to 3."""

import pytest

from mebench.bundles import read_log, verify
from mebench.errors import BadInput

ROWS = ["clip_id,subject,fold,y_true,y_pred"] + [
    f"c{i},s{i % 4},s{i % 4},{'abc'[i % 3]},{'abc'[i % 3] if i % 5 else 'a'}" for i in range(24)
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text("\n".join(ROWS) + "\n")
    return path


def keys(found):
    return [(check.level, check.key) for check in found.disproved]


def test_predictions_with_folds_and_true_claims(table):
    found = verify(table, claims={"accuracy": ".875"})
    assert found.level == 3 and found.kind == "predictions"
    assert any("cannot be told" in text for text in found.unproved)


def test_a_claim_that_is_another_measure_or_none(table):
    found = verify(table, claims={"uar": ".999"})
    assert keys(found) == [(2, "uar")] and found.level == 1
    with pytest.raises(BadInput, match="no measure"):
        verify(table, claims={"auc": ".9"})


def test_a_split_with_a_person_on_both_sides(table, tmp_path):
    split = tmp_path / "split.csv"
    lines = [f"c{i},s{i % 4},{'train' if i < 12 else 'test'}" for i in range(24)]
    split.write_text("clip_id,subject,split\n" + "\n".join(lines) + "\n")
    assert (3, "persons") in keys(verify(table, split=split))
    lines = [f"c{i},s{i % 4},{'train' if i % 4 < 2 else 'test'}" for i in range(24)]
    split.write_text("clip_id,subject,split\n" + "\n".join(lines) + "\n")
    assert verify(table, split=split).level == 3


def test_without_folds_persons_stay_open(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("subject,y_true,y_pred\n1,a,a\n2,b,a\n")
    assert verify(path).level == 2
    path.write_text("subject,y_true,y_pred\n1,a\n")
    assert keys(verify(path)) == [(1, "whole")]


def test_class_counts_of_a_database(tmp_path):
    path = tmp_path / "p.csv"
    rows = [f"{i % 24},{label},{label}" for i, label in
            enumerate(["neg"] * 88 + ["pos"] * 32 + ["sur"] * 25)]  # fmt: skip
    path.write_text("subject,y_true,y_pred\n" + "\n".join(rows) + "\n")
    found = verify(path, dataset="casme2", labels="3class")
    assert not found.disproved
    path.write_text("subject,y_true,y_pred\n" + "\n".join(rows[:-1]) + "\n")
    assert keys(verify(path, dataset="casme2", labels="3class")) == [(2, "class counts")]


LOG = """
Epoch   1, train loss: 1.0, train acc: 0.5, val loss: 1.1, val acc: 0.4
Subject: sub01
{best}Predicted    : [0, 0, 1]
Ground Truth : [0, 0, 2]
Evaluation until this subject:
{small}UF1: 0.2667 | {small}UAR: 0.5
Subject: sub02
{best}Predicted    : [1, 2]
Ground Truth : [1, 2]
{small}UF1: {uf1} | {small}UAR: {uar}
Final Evaluation:
(5,)
Total Time Taken: 12.5
"""


def write(tmp_path, **values):
    path = tmp_path / "train.log"
    filled = {"best": "", "small": "", "uf1": "0.7778", "uar": "0.8333", **values}
    path.write_text(LOG.format(**filled))
    return path


def test_a_log_of_one_person_after_the_other(tmp_path):
    found = verify(write(tmp_path))
    assert found.kind == "log" and found.level == 3, found.checks
    assert read_log(write(tmp_path)).persons == ["sub01"] * 3 + ["sub02"] * 2
    assert (2, "uf1") in keys(verify(write(tmp_path, uf1="0.91")))


def test_a_log_of_best_epochs_is_told(tmp_path):
    found = verify(write(tmp_path, best="Best ", small="best "))
    assert keys(found) == [(3, "choice")]
    assert "tested clips" in found.disproved[0].text


def test_a_log_that_ends_in_a_dictionary(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("loss 0.1\n{'006': {'pred': [0, 1], 'truth': [0, 2]}, "
                    "'007': {'pred': [2], 'truth': [2]}}\n")  # fmt: skip
    log = read_log(path)
    assert (log.persons, log.y_true, log.y_pred) == (["006", "006", "007"], ["0", "2", "2"],
                                                     ["0", "1", "2"])  # fmt: skip


def test_arrays_over_lines_and_other_words(tmp_path):
    path = tmp_path / "x.log"
    path.write_text("LOSO subject 1\ny_true = array([0, 1,\n  2])\ny_pred = array([0 1\n 1])\n")
    log = read_log(path)
    assert log.y_true == ["0", "1", "2"] and log.y_pred == ["0", "1", "1"]


def test_a_person_twice_and_no_log(tmp_path):
    path = tmp_path / "x.log"
    one = "Subject: a\nPredicted: [0, 1]\nGround Truth: [0, 1]\n"
    path.write_text(one + one)
    assert (3, "clips") in keys(verify(path))
    path.write_text("nothing here")
    assert keys(verify(path)) == [(1, "whole")]
    path.write_bytes(b"\x80\x04\x95")  # a pickle is text like any other, and no log
    assert keys(verify(path)) == [(1, "whole")]
