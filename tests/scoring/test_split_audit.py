"""Planted leaks in divisions and features are found; clean ones pass."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mebench.errors import BadInput
from mebench.scoring.split_audit import audit_split, fitted_on_all


@pytest.fixture
def clean():
    rng = np.random.default_rng(0)
    subject = np.repeat(np.arange(10), 6)
    table = pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(60)],
            "subject": subject.astype(str),
            "split": np.where(subject < 7, "train", "test"),
        }
    )
    return table, rng.normal(size=(60, 8)) * 3 + 5


def test_a_clean_division_passes(clean):
    assert audit_split(*clean) == []
    table = clean[0].assign(fold=clean[0]["subject"]).drop(columns="split")
    assert audit_split(table, clean[1]) == []


def test_planted_person(clean):
    table, X = clean
    table.loc[0, "split"] = "Test "
    (found,) = audit_split(table, X)
    assert (found.kind, found.count) == ("person", 1) and "data/0" in found.what
    # The same number in another database is another person.
    table["dataset"] = np.where(table["split"] == "train", "a", "b")
    assert audit_split(table) == []


def test_planted_clip(clean):
    table = pd.concat([clean[0], clean[0].iloc[[0]].assign(split="test", subject="new")])
    (found,) = audit_split(table)
    assert (found.kind, found.count) == ("clip", 1) and "data/c0" in found.what


def test_planted_near_duplicate(clean):
    table, X = clean
    X[50] = X[3] * (1 + 1e-5)
    (found,) = audit_split(table, X)
    assert (found.kind, found.count) == ("near-duplicate", 1)
    assert "data/c3 and data/c50" in found.what
    X[5] = X[4]  # on the same side: not a leak
    assert len(audit_split(table, X)) == 1


@pytest.mark.parametrize(
    ("transform", "word"),
    [
        (StandardScaler(), "standardised"),
        (MinMaxScaler(), "one range"),
        (MinMaxScaler((-1, 1)), "one range"),
        (PCA(5), "principal component"),
    ],
)
def test_transformations_fitted_on_all_rows_leave_marks(clean, transform, word):
    table, X = clean
    assert word in fitted_on_all(transform.fit_transform(X))
    assert audit_split(table, transform.fit_transform(X))[-1].kind == "fitted on all"
    train = (table["split"] == "train").to_numpy()
    assert fitted_on_all(transform.fit(X[train]).transform(X)) is None


def test_folds_are_tested_against_all_others():
    table = pd.DataFrame({"clip_id": list("abcd"), "subject": list("1122"), "fold": list("xyxy")})
    assert [(c.kind, c.fold, c.count) for c in audit_split(table)] == [
        ("person", "x", 2), ("person", "y", 2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "holdback"}, "expected train, val or test"),
        ({"split": "train"}, "one side only"),
        ({"subject": None}, "lacks subject"),
        ({"split": None}, "lacks split"),
    ],
)
def test_clear_errors(clean, changes, message):
    table = clean[0]
    for column, value in changes.items():
        table = table.drop(columns=column) if value is None else table.assign(**{column: value})
    with pytest.raises(BadInput, match=message):
        audit_split(table)
    with pytest.raises(BadInput, match="one fold only"):
        audit_split(clean[0].drop(columns="split").assign(fold=1))


def test_one_person_in_two_spellings_crosses():
    table = pd.DataFrame({"clip_id": list("abcd"), "subject": ["sub01", "1", "sub02", "Sub02"],
                          "split": ["train", "test"] * 2})  # fmt: skip
    assert [(c.kind, c.count) for c in audit_split(table)] == [("person", 2), ("spelling", 2)]
    assert audit_split(table, subjects="as-written") == []
    same = table.assign(subject=["s1", "2", "S1", "3"])
    assert [c.kind for c in audit_split(same)] == ["spelling"]
