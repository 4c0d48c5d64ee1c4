import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.evaluation import PROTOCOLS, loso
from mebench.evaluation.protocols import get_protocol, in_words
from mebench.scoring.subjects import Fold, checked_folds, overlap_warning

APART = ["loso", "group-kfold", "holdout", "cross-database", "leave-one-database-out", "composite"]
MIXED = ["lovo", "kfold", "random-split"]


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    n = 160
    dataset = np.where(np.arange(n) < 90, "casme2", "samm")
    return pd.DataFrame(
        {
            "clip_id": [f"c{i}" for i in range(n)],
            "dataset": dataset,
            # Numbers repeat over the databases: they are different persons.
            "subject": rng.integers(0, 12, n).astype(str),
            "label": rng.choice(["negative", "positive", "surprise"], n, p=[0.6, 0.25, 0.15]),
        }
    )


def keys(table):
    return (table["dataset"] + "/" + table["subject"]).to_numpy()


@pytest.mark.parametrize("name", APART)
def test_nobody_is_trained_and_tested_on(table, name):
    folds = list(get_protocol(name)(table))
    for fold in folds:
        assert not set(keys(table)[fold.train]) & set(keys(table)[fold.test])
    assert overlap_warning(folds, table) is None and "OVERLAP" not in in_words(name)


@pytest.mark.parametrize("name", MIXED)
def test_where_persons_overlap_it_is_said(table, name):
    folds = list(get_protocol(name)(table))
    assert "PERSONS OVERLAP" in overlap_warning(folds, table)
    assert "PERSONS OVERLAPPING" in in_words(name)


@pytest.mark.parametrize(
    "name", [n for n in PROTOCOLS if n not in ("holdout", "random-split", "dfme-2024")]
)
def test_every_clip_is_tested_once(table, name):
    folds = checked_folds(list(get_protocol(name)(table)))
    assert sorted(np.concatenate([f.test for f in folds])) == list(range(len(table)))
    assert len({f.name for f in folds}) == len(folds)


@pytest.mark.parametrize("name", [n for n in PROTOCOLS if n != "dfme-2024"])
def test_same_seed_same_folds(table, name):
    a, b = (list(get_protocol(name, seed=4)(table)) for _ in range(2))
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x.test, y.test)
    if PROTOCOLS[name].seeded:
        c = list(get_protocol(name, seed=5)(table))
        assert any(
            len(x.test) != len(y.test) or (x.test != y.test).any()
            for x, y in zip(a, c, strict=True)
        )


def test_loso_in_natural_order_by_database_and_subject():
    table = pd.DataFrame({"dataset": list("aabbaa"), "subject": ["10", "2", "1", "2", "10", "1"]})
    folds = list(loso(table))
    assert [f.name for f in folds] == ["a/1", "a/2", "a/10", "b/1", "b/2"]
    for fold in folds:
        assert len(fold.train) + len(fold.test) == 6


def test_numbers_after_the_colon(table):
    assert len(list(get_protocol("kfold:7")(table))) == 7
    assert len(list(get_protocol("group-kfold:3")(table))) == 3
    (fold,) = get_protocol("holdout:5")(table)
    assert len(set(keys(table)[fold.test])) == 5
    (fold,) = get_protocol("random-split:0.25")(table)
    assert len(fold.test) == 40


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_holdout_keeps_its_share_and_the_distribution(table, share, seed):
    (fold,) = get_protocol(f"holdout:{share}", seed=seed)(table)
    assert abs(len(fold.test) / len(table) - share) <= 0.05 + 1e-9
    whole = table["label"].value_counts(normalize=True)
    part = (
        table["label"].iloc[fold.test].value_counts(normalize=True).reindex(whole.index).fillna(0)
    )
    assert (part - whole).abs().max() <= 0.05


def test_holdout_is_the_best_of_all_choices():
    from itertools import combinations

    rng = np.random.default_rng(3)
    table = pd.DataFrame({"dataset": "a", "subject": rng.integers(0, 10, 90).astype(str),
                          "label": rng.choice(list("abc"), 90)})  # fmt: skip
    whole = table["label"].value_counts(normalize=True)

    def distance(test):
        part = table["label"][test].value_counts(normalize=True).reindex(whole.index).fillna(0)
        return (part - whole).abs().sum()

    best = min(
        distance(table["subject"].isin(c)) for c in combinations(table["subject"].unique(), 3)
    )
    (fold,) = get_protocol("holdout:3")(table)
    assert distance(table.index.isin(fold.test)) == pytest.approx(best)


def test_group_folds_are_of_about_equal_size(table):
    sizes = [len(f.test) for f in get_protocol("group-kfold:4")(table)]
    assert max(sizes) - min(sizes) <= 8


def test_kfold_is_stratified(table):
    for fold in get_protocol("kfold:5")(table):
        counts = table["label"].iloc[fold.test].value_counts()
        assert (counts - table["label"].value_counts() / 5).abs().max() < 1


def test_databases_train_and_test_each_other(table):
    folds = list(get_protocol("cross-database")(table))
    assert [f.name for f in folds] == ["samm→casme2", "casme2→samm"]
    np.testing.assert_array_equal(folds[0].test, folds[1].train)
    third = table.assign(dataset=np.where(np.arange(160) < 30, "smic", table["dataset"]))
    names = [f.name for f in get_protocol("leave-one-database-out")(third)]
    assert names == ["smic", "casme2", "samm"]
    with pytest.raises(BadInput, match="found 3"):
        list(get_protocol("cross-database")(third))


def test_composite_is_loso_on_a_union(table):
    for a, b in zip(get_protocol("composite")(table), loso(table), strict=True):
        assert a.name == b.name
        np.testing.assert_array_equal(a.test, b.test)


def test_a_planted_person_is_found(table):
    folds = list(loso(table))
    one = folds[0]
    leaky = Fold(one.name, np.concatenate([one.train, one.test[:1]]), one.test[1:])
    assert "PERSONS OVERLAP" in overlap_warning([leaky, *folds[1:]], table)


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ([], "no fold"),
        ([([0, 1], [1])], "trains on clips that it tests"),
        ([([0], [1]), ([2], [1])], "an earlier fold tested"),
        ([([], [1])], "no clip to train on"),
        ([([1], [])], "no clip to test on"),
    ],
)
def test_unfair_folds_are_refused(folds, message):
    made = [Fold("x", np.array(a, int), np.array(b, int)) for a, b in folds]
    with pytest.raises(BadInput, match=message):
        checked_folds(made)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kfold-of-dreams", "There is loso"),
        ("los0", "Did you mean 'loso'"),
        ("loso:3", "takes no number"),
        ("kfold:many", "a whole number"),
        ("kfold:2.5", "a whole number"),
        ("kfold:500", "choose a number"),
        ("group-kfold:50", "24 subjects|subjects: choose"),
        ("holdout:0", "Cannot hold out"),
        ("holdout:99", "Cannot hold out"),
        ("holdout:1.5", "Cannot hold out"),
        ("holdout:1.0", "Cannot hold out"),
        ("random-split:1.0", "nothing to test|leaves nothing"),
    ],
)
def test_clear_errors(table, name, message):
    with pytest.raises(BadInput, match=message):
        list(get_protocol(name)(table))


def test_too_few():
    one = pd.DataFrame({"clip_id": ["x"], "dataset": "a", "subject": ["1"], "label": ["b"]})
    for name, message in (("loso", "found 1"), ("composite", "two databases"), ("lovo", "found 1")):
        with pytest.raises(BadInput, match=message):
            list(get_protocol(name)(one))
    assert get_protocol(loso) is loso
