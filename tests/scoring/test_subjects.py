import pandas as pd
import pytest

from mebench.evaluation.protocols import PROTOCOLS
from mebench.scoring.subjects import alike_warning, one_person_each, overlap_warning, subject_keys


def table(*rows):
    return pd.DataFrame(rows, columns=["dataset", "subject"])


def test_the_cameras_of_smic_filmed_the_same_persons():
    keys = subject_keys(table(("smic-hs", "s1"), ("smic-vis", "s1"), ("smic-nir", "s2")))
    assert list(keys) == ["smic/s1", "smic/s1", "smic/s2"]


def test_one_part_alone_keeps_its_name():
    assert list(subject_keys(table(("smic-hs", "s1"), ("samm", "006")))) == [
        "smic-hs/s1",
        "samm/006",
    ]


def test_parts_may_number_the_same_persons_in_two_ways():
    keys = subject_keys(table(("casme3a", "spNO.1"), ("casme3c", "01"), ("casme3c", "02")))
    assert list(keys) == ["casme3/spNO.1", "casme3/spNO.1", "casme3/02"]


def test_equal_numbers_of_two_databases_stay_two():
    assert len(set(subject_keys(table(("casme", "sub01"), ("casme2", "sub01"))))) == 2


def test_what_nobody_sees_makes_no_second_person():
    assert len(set(subject_keys(table(("d", "1"), ("d", "1 "), ("d ", "\u00a01"))))) == 1


@pytest.mark.parametrize("protocol", ["cross-database", "leave-one-database-out"])
@pytest.mark.parametrize("pair", [("smic-hs", "smic-vis"), ("casme3a", "casme3c")])
def test_across_parts_of_one_database_persons_overlap(protocol, pair):
    rows = table(*((name, f"s{i}") for name in pair for i in range(3)))
    folds = list(PROTOCOLS[protocol].function(rows))
    assert overlap_warning(folds, rows).startswith("PERSONS OVERLAP: 6 of 6")
    others = rows.replace({pair[1]: "mine"})
    assert overlap_warning(list(PROTOCOLS[protocol].function(others)), others) is None


@pytest.mark.parametrize("protocol", ["loso", "composite", "group-kfold"])
def test_whole_persons_are_left_out_across_parts(protocol):
    rows = table(*((name, f"s{i}") for name in ("smic-hs", "smic-nir") for i in range(5)))
    folds = list(PROTOCOLS[protocol].function(rows))
    assert overlap_warning(folds, rows) is None
    assert len(folds) == 5


def test_spellings_are_joined_within_a_database_only():
    joined, alike = one_person_each(table(("a", "sub01"), ("a", "1"), ("b", "1"), ("b", "2")))
    assert list(joined["subject"]) == ["sub01", "sub01", "1", "2"] and alike == "sub01 = 1"
    assert alike_warning(joined) is None
