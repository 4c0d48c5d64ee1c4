import pytest

from mebench.datasets import card, label_sets, names
from mebench.datasets.registry import database


@pytest.mark.parametrize("name", names())
def test_every_card_is_complete(name):
    one = card(name)
    assert one.name == name
    assert one.title and one.citation and one.licence and one.resolution and one.annotated
    assert one.variable == f"MEBENCH_{name.upper()}"
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
