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
