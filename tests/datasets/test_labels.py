from itertools import combinations

import pandas as pd
import pytest

from mebench.datasets.labels import (
    MEGC3,
    OBJECTIVE,
    OBJECTIVE_CLASSES,
    LabelSet,
    objective_class,
    unit_labels,
)
from mebench.datasets.registry import database, names
from mebench.errors import BadInput

CASES = [(name, s) for name, sets in OBJECTIVE.items() for s in sets]


@pytest.mark.parametrize("name, coded", CASES)
def test_each_set_of_units_has_its_class(name, coded):
    assert objective_class("+".join(map(str, sorted(coded)))) == name
    assert objective_class("，".join(f"L{n}B" for n in sorted(coded, reverse=True))) == name


def test_the_table_has_the_published_size_and_no_set_twice():
    assert {name: len(sets) for name, sets in OBJECTIVE.items()} == {
        "I": 5,
        "II": 6,
        "III": 8,
        "IV": 10,
        "V": 5,
        "VI": 2,
    }
    assert all(a != b for (_, a), (_, b) in combinations(CASES, 2))


@pytest.mark.parametrize("au", ["14", "17", "12+17", "1+2+5", "4+12", 24, "L14A"])
def test_all_other_sets_are_the_seventh(au):
    assert objective_class(au) == "VII"


def test_no_units_have_no_class():
    assert objective_class("/") is None and objective_class(None) is None


def test_what_cannot_be_read_gives_no_class():
    assert objective_class("smile") is None and objective_class("?") is None


def test_megc3():
    assert {e for e, c in MEGC3.items() if c == "positive"} == {"happiness"}
    assert {e for e, c in MEGC3.items() if c == "surprise"} == {"surprise"}
    negative = {"anger", "contempt", "disgust", "fear", "sadness", "repression"}
    assert {e for e, c in MEGC3.items() if c == "negative"} == negative


def test_assign_keeps_rows_and_index():
    labels = LabelSet(
        "x", "", {"disgust": "negative"}, ("negative",), exclude=frozenset([("s", "b")])
    )
    table = pd.DataFrame(
        {"subject": "s", "clip": list("abc"), "emotion": ["disgust", "disgust", None]},
        index=[7, 8, 9],
    )
    got = labels.assign(table)
    assert list(got.index) == [7, 8, 9]
    assert got[7] == "negative" and got[[8, 9]].isna().all()


@pytest.mark.parametrize("name", names())
def test_label_sets_are_sound(name):
    for key, labels in database(name).labels.items():
        assert labels.name == key and labels.words
        # The eight classes are those of two databases together; neither has all.
        if key != "8class":
            assert set(labels.mapping.values()) == set(labels.classes)
        assert set(labels.mapping.values()) <= set(labels.classes)
        assert len(set(labels.classes)) == len(labels.classes)
        assert labels.column in ("emotion", "objective_class")
        assert labels.unit is None


def test_casme2_challenge_uses_four_emotions_only():
    labels = database("casme2").labels["3class"]
    assert set(labels.mapping) == {"happiness", "disgust", "repression", "surprise"}
    assert {("sub04", "EP12_01f"), ("sub05", "EP09_05f")} <= labels.exclude
    assert database("casme2").labels["objective"].classes == OBJECTIVE_CLASSES
    assert database("casme2").labels["objective5"].classes == OBJECTIVE_CLASSES[:5]


def test_one_action_unit():
    labels = unit_labels("au12")
    cells = ["R12B+4", "12 or 15", "15 or 12", "4+12(k)", None, "smile", "112"]
    table = pd.DataFrame({"subject": "s", "clip": list("abcdefg"), "au": cells})
    assert labels.assign(table).tolist()[:5] == ["present"] * 2 + ["absent"] * 3
    assert (labels.assign(table)[5:] == "absent").all()  # no clip is lost; check names the cells
    nobody = table.assign(au=None)
    assert labels.assign(nobody).isna().all()
    assert unit_labels("au0") is None and unit_labels("au123") is None and unit_labels("AU") is None


def test_databases_without_units_have_no_such_labels():
    with pytest.raises(BadInput, match=r"no label set 'au12'. It has: 3class, all\.$"):
        database("smic-hs").label_set("au12")
    with pytest.raises(BadInput, match="and au1, au2, … for one action unit"):
        database("samm").label_set("aux")
