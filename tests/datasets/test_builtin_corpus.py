"""The synthetic corpus read back through the real loader."""

import pytest

from mebench import synthetic
from mebench.datasets import annotations, card, load
from mebench.datasets.check import check
from mebench.datasets.reading import _MADE_UP
from mebench.errors import DataNotFound


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus") / "casme2"
    return synthetic.write_corpus("casme2", out, seed=3, subjects=2, clips=3, n_jobs=1)


def test_it_is_whole(corpus):
    report = check("casme2", corpus)
    assert report.errors == []
    assert report.version == "synthetic corpus, 3 rows"
    assert report.counts["rows"] == report.counts["raw"]["folders"] == 3
    assert not any("published" in f.what for f in report.findings)


@pytest.mark.parametrize("name", ["casme2", "synthetic"])
@pytest.mark.parametrize("variant", ["raw", "cropped"])
def test_it_loads_and_says_what_it_is(corpus, name, variant):
    samples = load(name, root=corpus, variant=variant, labels="all")
    assert len(samples) == 3 and samples.table["subject"].nunique() == 2
    assert set(samples.table["dataset"]) == {name}
    assert samples.notes[0].startswith("A synthetic corpus") and "no recordings" in samples.notes[0]
    assert not any("differ" in n for n in samples.notes)
    for clip, onset, offset in zip(
        samples.clips, samples.table["onset"], samples.table["offset"], strict=True
    ):
        assert clip.id.startswith(f"{name}/sub")
        assert len(clip) == offset - onset + 1
        assert clip.read([0]).std() > 5


def test_marks_are_the_true_ones(corpus):
    samples = load("synthetic", root=corpus, labels="all")
    known = samples.table[samples.table["apex_source"] == "annotated"]
    assert len(known) >= 1
    for i, row in known.iterrows():
        assert samples.clips[i].apex == row["apex"] - row["onset"]


def test_the_default_corpus(corpus, monkeypatch):
    calls = []

    def default(progress=None):
        calls.append(progress)
        return corpus

    monkeypatch.setattr(synthetic, "default_corpus", default)
    assert len(load("synthetic", labels="all", progress=print)) == 3
    assert calls == [print]
    assert len(annotations("synthetic")) == 3


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataNotFound, match="mebench data synth --layout casme2 --out"):
        load("synthetic", root=tmp_path / "gone")


def test_a_made_up_corpus_is_known_by_the_file_that_its_writer_leaves(corpus):
    assert synthetic.MANIFEST == _MADE_UP and (corpus / _MADE_UP).is_file()


def test_its_card_promises_nothing():
    assert card("synthetic").counts == {}
    assert any("not that a method works" in r for r in card("synthetic").remarks)
