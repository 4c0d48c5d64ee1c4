import pytest

from mebench.datasets import card, label_sets, names
from mebench.datasets.registry import database


@pytest.mark.parametrize("name", names())
def test_every_card_is_complete(name):
    one = card(name)
    assert one.name == name
    assert one.title and one.citation and one.licence and one.annotated
    assert one.variable == f"MEBENCH_{name.upper().replace('-', '_')}"
    if database(name).locate is None:  # somebody else's: it has to be requested and cited
        assert one.request_page.startswith("http")
        assert one.bibtex.count("{") == one.bibtex.count("}") > 0


@pytest.mark.parametrize("name", names())
def test_published_counts_name_the_classes_of_the_label_sets(name):
    labels = database(name).labels
    for counts in card(name).counts.values():
        for key, classes in counts.items():
            assert tuple(classes) == labels[key].classes


def test_casme2_counts_are_the_published_ones():
    counts = card("casme2").counts
    sums = {k: sum(v.values()) for k, v in counts["sheet 20140508"].items()}
    assert sums == {"all": 255, "5class": 246, "3class": 145, "objective": 255, "objective5": 185}
    assert sum(counts["updated sheet"]["all"].values()) == 256
    assert sum(counts["updated sheet"]["5class"].values()) == 247
    assert (card("casme2").clips, card("casme2").subjects, card("casme2").fps) == (255, 26, 200)


def test_casme2_names_the_faces_that_must_not_be_shown():
    assert card("casme2").unpublishable == ("sub12", "sub22")
    assert any("sub12" in r and "sub22" in r for r in card("casme2").remarks)


def test_the_first_label_set_is_the_default():
    assert next(iter(label_sets("casme2"))) == "5class"


@pytest.mark.parametrize("name", names())
def test_published_counts_add_up(name):
    one = card(name)
    for counts in one.counts.values():
        for key, classes in counts.items():
            assert sum(classes.values()) <= sum(counts["all"].values()), key
        if "3class" in counts and "all" in counts:
            labels = database(name).labels["3class"]
            found = dict.fromkeys(labels.classes, 0)
            for emotion, n in counts["all"].items():
                if emotion in labels.mapping:
                    found[labels.mapping[emotion]] += n
            out = len(labels.exclude) - 1 if labels.exclude else 0  # one is not in every sheet
            assert sum(found.values()) - sum(counts["3class"].values()) in (0, out, out + 1)
    if one.counts:
        without = 593 - 327 if name == "ckplus" else 0  # sequences without an emotion
        assert sum(next(iter(one.counts.values()))["all"].values()) + without == one.clips


def test_numbers_of_the_databases():
    known = {n: (card(n).clips, card(n).subjects, card(n).fps) for n in names()}
    assert known["smic-hs"] == (164, 16, 100)
    assert known["smic-vis"] == known["smic-nir"] == (71, 8, 25)
    assert known["casme"] == (189, 18, 60)
    assert known["casme-sq"] == (57, 22, 30)
    assert known["samm"] == (159, 29, 200)
    assert known["mmew"] == (300, 30, 90)
    assert known["4dme"] == (267, None, 60)
    assert known["casme3a"] == (860, 94, 30)
    assert known["casme3c"] == (165, None, 30)
    assert known["meview"] == (31, 16, None)
    assert sum(card("samm").counts["SAMM_Micro_FACS_Codes_v2"]["5class"].values()) == 136
    assert sum(card("samm").counts["SAMM_Micro_FACS_Codes_v2"]["objective5"].values()) == 68
    assert sum(card("casme").counts["first release"]["all"].values()) == 192
