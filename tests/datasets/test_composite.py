import shutil

import pytest

from mebench.datasets import load
from mebench.datasets.composites import union
from mebench.errors import BadInput


@pytest.fixture
def two(casme2, tmp_path, monkeypatch):
    """casme2 and, under the name of the built-in corpus, a copy of it."""
    other = shutil.copytree(casme2, tmp_path / "other")
    monkeypatch.setenv("MEBENCH_CASME2", str(casme2))
    monkeypatch.setattr("mebench.synthetic.default_corpus", lambda progress=None: other)


def test_a_union_keeps_subjects_apart(two):
    samples = load("casme2+synthetic", labels="3class")
    assert samples.table["dataset"].tolist() == ["casme2"] * 3 + ["synthetic"] * 3
    assert samples.classes == ("negative", "positive", "surprise")
    assert set(samples.groups) == {
        "casme2/sub01",
        "casme2/sub02",
        "synthetic/sub01",
        "synthetic/sub02",
    }
    assert [c.id for c in samples.clips] == samples.table["clip_id"].tolist()
    assert all(n.startswith(("casme2: ", "synthetic: ")) for n in samples.notes)


def test_a_root_belongs_to_one_database(two, casme2):
    with pytest.raises(BadInput, match="root and sheet belong to one database"):
        load("casme2+synthetic", root=casme2)
    with pytest.raises(BadInput, match="names a database twice"):
        load("casme2+casme2")


def test_classes_must_agree(two):
    with pytest.raises(BadInput, match="under one label set only"):
        union([load("casme2", labels="3class"), load("synthetic", labels="5class")])
