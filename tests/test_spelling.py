import unicodedata

import pytest

from mebench.spelling import family_of_persons, in_words, label_spellings, person_spellings, plain


@pytest.mark.parametrize(
    "text", ["1 ", "\u00a01", "1\u200b", "\ufeff1", "\t1\n", "\u30001"]
)  # fmt: skip
def test_what_nobody_sees_is_no_difference(text):
    assert plain(text) == "1"


def test_both_forms_of_an_accent_are_one():
    assert plain(unicodedata.normalize("NFD", "Chloé")) == plain("Chloé") == "Chloé"


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "01", "001", "1.0", "1.00"],
        ["s1", "S1", "s01", "S 1", "s_1", "sub01", "Sub-01", "Subject 1", "1", "spNO.1"],
        ["p1", "P01", "1", "p-1"],
        ["anna", "Anna", "ANNA"],
        ["１", "1"],
    ],
)
def test_one_person(texts):
    assert len(set(person_spellings(texts).values())) == 1
    assert set(person_spellings(reversed(texts)).values()) == {texts[-1]}


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "2", "10", "11", "100"],
        ["p1", "c1", "1"],  # patients and controls: whose is the bare one?
        ["006_1", "006_2"],
        ["1.5", "1"],
        ["2_1", "21"],
        ["s1", "s11", "s1a"],
    ],
)
def test_two_persons(texts):
    assert len(set(person_spellings(texts).values())) == len(texts)


def test_a_bare_number_goes_to_those_that_say_subject():
    assert person_spellings(["sub1", "c1", "1"])["1"] == "sub1"


@pytest.mark.parametrize(
    "texts",
    [
        ["0", "0.0", "tensor(0)", "tensor(0, device='cuda:0')", "np.int64(0)", "array(0)", "-0.0"],
        ["negative", "Negative", " NEGATIVE ", "negative\u00a0"],
    ],
)
def test_one_label(texts):
    assert len(set(label_spellings(texts).values())) == 1


def test_several_labels():
    texts = ["0", "1", "10", "1_0", "I", "II", "nan", "inf", "neg", "pos", "tensor([0, 1])"]
    assert len(set(label_spellings(texts).values())) == len(texts)


def test_words_name_only_what_differs_to_the_eye():
    assert in_words({"1": "1", "1 ": "1"}) == ""
    assert in_words({"s1": "s1", "01": "s1", "S1": "s1", "2": "2"}) == "s1 = 01 = S1"


def test_a_very_long_name_takes_no_time():
    assert person_spellings(["." * 200_000 + "x"])


@pytest.mark.parametrize(
    "names, family",
    [
        (["smic-hs", "smic-vis", "smic-nir", "smic-hs-long"], "smic"),
        (["casme3a", "casme3c", "casme3a-long", "casme3a-macro"], "casme3"),
        (["dfme", "dfme-test-a"], "dfme"),
        (["samm", "samm-long"], "samm"),
        (["casme2", "casme2-long"], "casme2"),
        (["casme-sq", "casme-sq-long"], "casme-sq"),
        (["casme"], "casme"),
        (["4dme", "4dme-micro"], "4dme"),
    ],
)
def test_parts_of_one_database_show_the_same_persons(names, family):
    assert {family_of_persons(name) for name in names} == {family}
