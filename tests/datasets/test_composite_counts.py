"""The composites have the published numbers on twins with the true numbers."""

from collections import Counter

import pytest

from mebench.datasets import COMPOSITES, action_units, load
from mebench.datasets.composites import expand
from mebench.datasets.registry import database, names
from mebench.datasets.units import CD6ME_UNITS
from mebench.errors import BadInput
from mebench.synthetic import write_corpus


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    out = tmp_path_factory.mktemp("twins")
    for name in ("smic-hs", "casme2", "samm"):
        write_corpus(name, out / name, true_counts=True, plain=True, cropped=False)
    return out


@pytest.fixture
def registered(twins, monkeypatch):
    for name in ("smic-hs", "casme2", "samm"):
        monkeypatch.setenv(database(name).card.variable, str(twins / name))


def people(samples):
    return samples.table.groupby("dataset")["subject"].nunique().to_dict()


def test_megc2019(registered):
    samples = load("megc2019")
    assert len(samples) == 442 and len(set(samples.groups)) == 68
    assert Counter(samples.y) == {"negative": 250, "positive": 109, "surprise": 83}
    assert people(samples) == {"smic-hs": 16, "casme2": 24, "samm": 28}
    for part, counts in COMPOSITES["megc2019"].counts.items():
        assert Counter(samples.y[samples.table["dataset"] == part]) == counts
    assert samples.notes[-1] == "megc2019: 442 clips of 68 subjects, as published"
    assert not {"sub10", "sub18"} & set(samples.table["subject"])
    assert "025" not in set(samples.table["subject"])
    clips = set(zip(samples.table["subject"], samples.table["clip"], strict=True))
    assert not {("sub04", "EP12_01f"), ("sub05", "EP09_05f")} & clips


def test_megc2018(registered):
    samples = load("megc2018")
    assert len(samples) == 253 and len(set(samples.groups)) == 47
    assert people(samples) == {"casme2": 26, "samm": 21}
    for part, counts in COMPOSITES["megc2018"].counts.items():
        assert Counter(samples.y[samples.table["dataset"] == part]) == counts
    assert samples.notes[-1].endswith("as published")


def test_a_difference_is_said(registered, twins):
    folder = next((twins / "samm" / "SAMM").rglob("006_1_2"))
    moved = folder.rename(twins / "aside")
    try:
        samples = load("megc2019", missing="skip")
    finally:
        moved.rename(folder)
    assert len(samples) in (441, 442)
    if len(samples) == 441:
        assert "441 clips (442)" in samples.notes[-1]


def test_any_union_with_a_common_label_set(registered):
    samples = load("casme2+samm", labels="3class")
    assert len(samples) == 145 + 133
    assert set(samples.table["dataset"]) == {"casme2", "samm"}
    assert load("casme2+samm", labels="au4").classes == ("absent", "present")
    with pytest.raises(BadInput, match="one label set"):
        load("casme2+smic-hs")


def test_the_composites_name_databases_and_label_sets():
    for name, composite in COMPOSITES.items():
        assert name not in names() and expand(name) == (list(composite.parts), composite)
        for part in composite.parts:
            assert set(composite.counts.get(part, ())) <= set(
                database(part).label_set(composite.labels).classes
            )
        if composite.counts:
            assert sum(sum(c.values()) for c in composite.counts.values()) == composite.clips
    assert sum(COMPOSITES["megc2019"].subjects.values()) == 68
    assert sum(COMPOSITES["megc2018"].subjects.values()) == 47
    clips = [database(n).card.clips for n in COMPOSITES["cd6me"].parts]
    assert sum(clips) + 1 == COMPOSITES["cd6me"].clips  # CASME II has 256 rows there
    with pytest.raises(BadInput, match="made of several databases: smic-hs, casme2, samm"):
        database("megc2019")


def test_action_units_as_a_table(registered):
    samples = load("samm", labels="all")
    units = action_units(samples.table, CD6ME_UNITS)
    assert units.shape == (159, 12) and list(units.index) == samples.table["clip_id"].tolist()
    one = load("samm", labels="au12")
    assert (units[12].to_numpy() == (one.y == "present")).all()
