import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput, DataNotFound
from mebench.scoring import read_predictions


def write(path, **changes):
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(12)],
            "dataset": "db",
            "subject": np.arange(12) % 3,
            "fold": np.arange(12) % 3,
            "y_true": ["happy ☺", "10", "9"] * 4,
            "y_pred": ["happy ☺", "10", "10"] * 4,
            "score_9": 0.5,
        }
    )
    for column, values in changes.items():
        if values is None:
            table = table.drop(columns=column)
        else:
            table[column] = values
    table.to_csv(path, index=False)
    return path


def test_any_labels_and_no_more_than_three_columns(tmp_path):
    full = read_predictions(write(tmp_path / "full.csv"))
    assert full.classes == ["9", "10", "happy ☺"]
    assert full.scores()["uar"] == pytest.approx(2 / 3) and full.header["warnings"] == []
    bare = write(tmp_path / "bare.csv", clip_id=None, dataset=None, fold=None, score_9=None)
    found = read_predictions(bare)
    assert found.scores() == full.scores() and found.datasets == ["bare"]
    assert found.intervals() == full.intervals()


def test_classes_that_occur_nowhere_count(tmp_path):
    path = write(tmp_path / "p.csv")
    found = read_predictions(path, classes=["9", "10", "happy ☺", "sad"])
    assert found.scores()["uf1"] == pytest.approx(read_predictions(path).scores()["uf1"] * 3 / 4)


def test_persons_in_two_folds_are_a_warning(tmp_path):
    found = read_predictions(write(tmp_path / "p.csv", fold=np.arange(12) % 4))
    assert "PERSONS OVERLAP: 3 of 3 persons" in found.header["warnings"][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_pred": None}, "lacks y_pred"),
        ({"subject": None}, "lacks subject"),
        ({"y_true": ["9"] * 5 + [""] + ["9"] * 6}, "line 7: y_true is empty"),
        ({"subject": ["1"] * 11 + [" "]}, "line 13: subject is empty"),
        ({"clip_id": ["a", "b", "a", *"defghijkl"]}, "line 4: the clip 'a' stands twice"),
        ({"score_9": ["0.1"] * 11 + ["high"]}, "line 13: score_9 is 'high'"),
    ],
)
def test_clear_errors(tmp_path, changes, message):
    with pytest.raises(BadInput, match=message):
        read_predictions(write(tmp_path / "p.csv", **changes))


def test_files_that_are_none(tmp_path):
    with pytest.raises(DataNotFound, match="cannot be read"):
        read_predictions(tmp_path / "nowhere.csv")
    (tmp_path / "empty.csv").write_text("y_true,y_pred,subject\n")
    with pytest.raises(BadInput, match="no rows"):
        read_predictions(tmp_path / "empty.csv")
    with pytest.raises(BadInput, match="not among the classes"):
        read_predictions(write(tmp_path / "p.csv"), classes=["9"])


# The made-up files of ../shared/cases: one label, or one person, in two spellings.
TRUTH, GUESS = [0, 0, 1, 1, 2, 2, 0, 1], [0, 0, 1, 2, 2, 2, 1, 1]
NAMES = ["negative", "positive", "surprise"]


def case(path, truth, guess, subjects=("p1", "p2") * 4):
    rows = [f"{s},{t},{g}" for s, t, g in zip(subjects, truth, guess, strict=True)]
    path.write_text("\n".join(["subject,y_true,y_pred", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "truth, guess",
    [
        (TRUTH, [f"{g}.0" for g in GUESS]),
        ([NAMES[t] for t in TRUTH], [NAMES[g].title() for g in GUESS]),
        (TRUTH, [f"tensor({g})" for g in GUESS]),
        (TRUTH, [f" {g}\u00a0" for g in GUESS]),
    ],
)
def test_one_label_in_two_spellings(tmp_path, truth, guess):
    found = read_predictions(case(tmp_path / "p.csv", truth, guess))
    assert found.scores()["accuracy"] == 0.75
    assert found.classes == sorted({str(t) for t in truth})
    seen = " ".join(map(str, guess)).replace("\u00a0", " ").split() != list(map(str, GUESS))
    assert bool(found.header["notes"]) == seen


def test_labels_that_somebody_tells_apart_stay_two(tmp_path):
    path = case(tmp_path / "p.csv", "aAbb", "aabb", "1234")
    assert read_predictions(path).classes == ["a", "b"]
    assert read_predictions(path, classes=["a", "A", "b"]).scores()["accuracy"] == 0.75


def test_columns_of_scores_follow_their_label(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("subject,y_true,y_pred,score_0.0,score_1.0\n1,0,0.0,.7,.3\n2,1,1.0,.2,.8\n")
    assert {"score_0", "score_1"} <= set(read_predictions(path).table)


def test_truth_and_predictions_without_a_common_class(tmp_path):
    path = case(tmp_path / "p.csv", TRUTH, [NAMES[g] for g in GUESS])
    with pytest.raises(BadInput, match="share no class"):
        read_predictions(path)
    wrong = case(tmp_path / "wrong.csv", "aa", "bb", "12")
    assert read_predictions(wrong, classes=["a", "b"]).scores()["accuracy"] == 0


def test_one_person_in_several_spellings(tmp_path):
    subjects = ["sub01", "1", "01", "Sub01", "s2", "02", "sub02", "2"]
    path = case(tmp_path / "p.csv", TRUTH, GUESS, subjects)
    found = read_predictions(path)
    assert found.header["n_subjects"] == 2
    (warning,) = found.header["warnings"]
    assert "sub01 = 1 = 01 = Sub01; s2 = 02 = sub02 = 2" in warning
    apart = read_predictions(path, subjects="as-written")
    assert apart.header["n_subjects"] == 8 and "LOOK ALIKE" in apart.header["warnings"][0]
    with pytest.raises(BadInput, match="'joined'"):
        read_predictions(path, subjects="both")


def test_a_class_without_clips_counts(tmp_path):
    path = case(tmp_path / "p.csv", "abcd", "aacd", "1122")
    found = read_predictions(path, classes=list("abcde"))
    assert found.scores()["uf1"] == pytest.approx((2 / 3 + 1 + 1) / 5)
