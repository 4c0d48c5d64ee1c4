"""The board: who stands where, what the pages hold, and what a rebuild says."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from mebench.bundles import bundle_run, certificate, verify_bundle
from mebench.errors import BadInput, DataNotFound
from mebench.leaderboard import read_entries, standing, write_site
from mebench.leaderboard.ranking import difference_p, groups, places
from mebench.leaderboard.ranks import diagram, mean_ranks
from mebench.leaderboard.site import _slugs
from mebench.results import save_run

from .made import made_bundle, made_run

HOSTILE = '"><script>window.hacked=1</script><img src=x onerror=window.hacked=1>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Four methods on two databases, one of them tuned by the oracle too, one not to be trusted."""
    folder = tmp_path_factory.mktemp("bundles")
    for data in ("alpha", "bravo9"):
        for i, method in enumerate(("best", "good", "poor", HOSTILE)):
            made_bundle(folder, data, method, (0.95, 0.84, 0.2, 0.5)[i], i, persons=8, clips=80)
    run = made_run("alpha", "best", 0.95, 7, persons=8, clips=80, tuning="oracle")
    for entry in run.header["chosen"]:
        del entry["inner_score"]
    bundle_run(save_run(run, folder / "runs"), folder / "oracle.mebundle")
    casme2 = made_run("casme2", "best", 0.6, 3, persons=8, clips=80)
    bundle_run(save_run(casme2, folder / "runs"), folder / "wrong-counts.mebundle")
    (folder / "broken.mebundle").write_bytes(b"PK")
    return folder


@pytest.fixture(scope="module")
def site(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "site"
    return out, write_site(folder, out)


def test_entries_and_what_is_not_accepted(folder):
    entries, rejected = read_entries(folder)
    assert len(entries) == 9 and all(e.level == 3 for e in entries)
    reasons = {r.file: r.reason for r in rejected}
    assert "zip" in reasons["broken.mebundle"]
    assert "88/32/25" in reasons["wrong-counts.mebundle"]
    with pytest.raises(DataNotFound):
        read_entries(folder / "none")


def test_ranks_and_groups(folder):
    entries = [e for e in read_entries(folder)[0] if e.task[0] == "alpha"]
    found = places(entries)
    assert [p.entry.method for p in found][:3] == ["best", "good", HOSTILE]
    assert [p.rank for p in found] == [1, 2, 3, 4, 0]  # the oracle's run has no rank, and is last
    assert [p.group for p in found] == ["A", "A", "B", found[3].group, ""]
    assert found[0].p == 1 and found[1].p > 0.05


def test_a_group_holds_what_its_first_is_not_better_than():
    def run(value, half):
        return SimpleNamespace(value=value, interval=(value - half, value + half), measure="uf1",
                               bundle=SimpleNamespace(with_truth=False))  # fmt: skip

    values = [run(v, 0.05) for v in (0.9, 0.88, 0.7, 0.69, 0.5)]
    assert [g for g, _ in groups(values)] == ["A", "A", "B", "B", "C"]
    assert groups([]) == []
    # MOVER with equal halves is the normal approximation of two independent scores.
    a, b = run(0.9, 0.05), run(0.83, 0.05)
    z = 0.07 / (np.hypot(0.05, 0.05) / 1.959964)
    assert difference_p(a, b) == difference_p(b, a) == pytest.approx(2 * (1 - 0.5 * (1 + _erf(z))))


def _erf(z):
    from math import erf, sqrt

    return erf(z / sqrt(2))


def test_methods_are_exchanged_within_persons_where_truth_is_there(tmp_path):
    paths = []
    for method, skill, seed in (("a", 0.85, 1), ("b", 0.3, 2)):
        run = save_run(made_run("mine", method, skill, seed, persons=8, clips=80), tmp_path / "r")
        paths.append(bundle_run(run, tmp_path / f"{method}.mebundle", truth=True))
    from mebench.leaderboard.entries import entry_of

    a, b = map(entry_of, paths)
    assert a.bundle.with_truth
    paired = difference_p(a, b)
    assert 256 * paired == round(256 * paired) and paired < 0.05  # of the exchanges of 8 persons


def test_mean_ranks_and_their_picture():
    scores = {"a": {"x": 0.9, "y": 0.8, "z": 0.7}, "b": {"x": 0.8, "y": 0.9, "z": 0.6},
              "c": {"x": 0.1, "y": 0.1, "z": 0.1}, "d": {"x": 1.0}}  # fmt: skip
    found = mean_ranks(scores, "a")
    assert found.methods == ["a", "b", "c"]
    assert found.ranks == pytest.approx([4 / 3, 5 / 3, 3])
    assert mean_ranks(scores, "d") is None
    text = str(diagram(found, "b"))
    ET.fromstring(text)
    assert 'class="own"' in text and "critical difference" in text
    hostile = str(diagram(replace(found, methods=[HOSTILE, "b", "c"])))
    assert "<script" not in hostile
    ET.fromstring(hostile)


def test_pages_are_there_and_load_nothing(site):
    out, index = site
    assert {p.name for p in out.iterdir()} == set(index["files"])
    for path in out.glob("*.html"):
        text = path.read_text()
        links = re.findall(r'(?:src|href)="([^"]*)"', text)
        assert links and not [a for a in links if re.match(r"(https?:)?//", a)]
        for link in links:
            name = link.partition("#")[0]
            assert not name or name.startswith("data:") or (out / name).is_file(), link
        assert "<script>window" not in text and "<img src=x" not in text
    css = (out / "style.css").read_text()
    assert "url(" not in css and "@import" not in css
    task = (out / "task-alpha-3class-loso.html").read_text()
    assert task.count('<details class="run"') == 5 and "oracle tuning" in task
    assert "mebench run -d alpha -m best" in task  # how to reproduce it


def test_no_truth_of_a_clip_is_on_a_page(site, folder):
    out, _ = site
    text = "".join(p.read_text() for p in out.iterdir())
    for name in ("alpha/s01", "c000", "y_true"):
        assert name not in text


def test_printed_results_stand_apart(site):
    out, _ = site
    page = (out / "task-megc2019-3class-composite.html").read_text()
    assert "ERRATUM" in page and 'id="table-printed"' in page and "table-verified" not in page


def test_the_index_is_for_programs(site):
    out, index = site
    found = json.loads((out / "index.json").read_text())
    assert found == json.loads(json.dumps(index))
    row = next(r for r in found["entries"] if r["rank"] == 1 and r["task"][0] == "alpha")
    assert row["method"] == "best" and row["group"] == "A" and row["certified"] is None
    assert {"scores", "intervals", "seconds", "processors", "sha256", "command"} <= set(row)


def test_a_rebuild_says_what_changed(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    own, out = tmp_path / "own", tmp_path / "site"
    own.mkdir()
    for path in folder.glob("alpha*.mebundle"):
        (own / path.name).write_bytes(path.read_bytes())
    write_site(own, out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    write_site(own, out)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before  # nothing changed

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")
    top = made_bundle(own, "alpha", "top", 0.99, 11, persons=8, clips=80)
    gone = next(own.glob("*poor*.mebundle"))
    gone.unlink()
    vouched = certificate(verify_bundle(next(own.glob("*good*.mebundle"))), "somebody")
    (own / "good.json").write_text(json.dumps({**vouched, "level": 5}))
    index = write_site(own, out)
    texts = [c["text"] for c in index["changes"] if c["time"].startswith("2026-01-02")]
    assert any(t.startswith("New: top on alpha") for t in texts)
    assert any(t.startswith("Gone: poor") for t in texts)
    assert any("Certificate of level 5: good" in t for t in texts)
    assert not (out / "method-poor.html").exists()
    assert "says 5" in (out / "task-alpha-3class-loso.html").read_text()
    feed = ET.fromstring((out / "feed.xml").read_text())
    entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
    assert len(entries) == len(index["changes"])
    ids = [e.find("{http://www.w3.org/2005/Atom}id").text for e in entries]
    assert len(set(ids)) == len(ids)
    assert top.is_file()


def test_a_certificate_of_another_file_counts_for_nothing(folder, tmp_path):
    path = next(folder.glob("alpha*best*.mebundle"))
    (tmp_path / path.name).write_bytes(path.read_bytes())
    vouched = certificate(verify_bundle(path))
    (tmp_path / "c.json").write_text(json.dumps({**vouched, "level": 5, "sha256": "0" * 64}))
    assert read_entries(tmp_path)[0][0].certificate is None


def test_nothing_is_written_among_other_files(folder, tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        write_site(folder, tmp_path)
    with pytest.raises(BadInput, match="not a folder"):
        write_site(folder, tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_an_empty_folder_makes_a_board_of_printed_results(tmp_path):
    (tmp_path / "none").mkdir()
    index = write_site(tmp_path / "none", tmp_path / "site")
    assert index["entries"] == [] and (tmp_path / "site" / "task-casme2-5class-loso.html").is_file()
    index = write_site(tmp_path / "none", tmp_path / "bare", printed=False)
    assert sorted(index["files"]) == ["feed.xml", "index.html", "index.json", "script.js",
                                      "style.css"]  # fmt: skip


def test_where_a_run_would_stand(site, folder, tmp_path):
    out, _ = site
    new = made_bundle(tmp_path, "alpha", "new", 0.9, 21, persons=8, clips=80)
    found = standing(new, out)
    assert found.of == 5 and not found.same
    assert [r["value"] for r in found.above] == sorted(r["value"] for r in found.above)
    assert found.rank == 1 + len(found.above)
    assert f"number {found.rank} of 5" in found.sentence()
    assert standing(next((tmp_path / "runs").iterdir()), out / "index.json").rank == found.rank
    there = standing(next(folder.glob("alpha*best-loso-nested.mebundle")), out)
    assert there.same and there.of == 4
    oracle = standing(folder / "oracle.mebundle", out)
    assert oracle.rank == 0 and "would not be ranked" in oracle.sentence()
    alone = standing(made_bundle(tmp_path, "charlie", "new", 0.5, 3, persons=8, clips=80), out)
    assert alone.first is None and "Nothing verified" in alone.sentence()
    with pytest.raises(BadInput, match="No board would take"):
        standing(folder / "wrong-counts.mebundle", out)
    with pytest.raises(DataNotFound, match="no board"):
        standing(new, tmp_path)


def test_names_of_pages():
    names = _slugs({"a b", "a-b", "A.B", "", "../x", "x" * 200})
    assert len(set(names.values())) == 6
    assert all(re.fullmatch(r"[a-z0-9-]+", slug) for slug in names.values())
