"""The page as text: what stands in it, and that nobody's text becomes markup."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mebench.datasets import load
from mebench.errors import BadInput, DataNotFound, FaceNotFound
from mebench.results import load_run, save_run
from mebench.results.flags import flags
from mebench.results.report import find_runs, write_index, write_report
from mebench.results.report.clip_view import clips_of
from mebench.results.report.gallery import FORMATS
from mebench.results.report.index import _row
from mebench.results.report.run_view import RunView
from mebench.results.strips import make_strips
from mebench.synthetic import write_corpus

from .stored_runs import HOSTILE, explanations, run, samples, units_run


def page_of(folder, *predictions, **options):
    for one in predictions:
        save_run(one, folder / "runs")
    return write_report([folder / "runs"], folder / "report.html", **options).read_text()


def plain(page):
    """The text of a page without its tags, scripts and styles."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def data_of(page):
    found = re.search(r'id="clips-data"[^>]*>(.*?)</script>', page, flags=re.S)
    return json.loads(found[1])


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A page over runs that have all there is."""
    folder = tmp_path_factory.mktemp("full")
    one, other = samples("db"), samples("other")
    strips = make_strips(one, faces=True, cache=False, n_jobs=1)
    flows = make_strips(other, cache=False, n_jobs=1)
    first = run("mdmo", one, wrong=3)
    made = [
        replace(first, artifacts={**strips, **explanations(first)}),
        run("hoof", one, seed=1, wrong=7, artifacts=strips),
        run("mdmo", one, wrong=0, artifacts=strips, tuning="oracle", nested_scores={"uf1": 0.5}),
        run("mdmo", other, wrong=2, artifacts=flows, warnings=["PERSONS OVERLAP: two."]),
        run("hoof", other, wrong=5, artifacts=flows, skipped={"other/s9/c": "no face"}),
        units_run(),
    ]
    return folder, page_of(folder, *made)


def test_the_answer_stands_at_the_top(full):
    said = plain(full[1])
    top = said[: said.index("How to read this")]
    value = f"{run('mdmo', samples('db'), wrong=3).scores()['uf1']:.3f}".lstrip("0")
    assert f"On db 3class, mdmo does best of 2, with UF1 {value} (95 % interval" in top
    assert "always answering the most frequent class gives .167" in top
    assert "On other 3class, hoof reaches UF1" in top  # mdmo's persons overlap
    assert "calling every unit everywhere gives" in top


def test_warnings_cannot_be_missed(full):
    alarms = full[1][full[1].index('class="alarms"') : full[1].index('class="facts"')]
    said = plain(alarms)
    assert said.index("Oracle tuning") < said.index("skipped")  # grave ones first
    assert "mdmo (oracle) on db 3class" in said and "is optimism" in said
    assert "Persons overlap" in said and "PERSONS OVERLAP: two." in said
    assert "other/s9/c" in said


def test_every_part_is_there(full):
    text = full[1]
    said = plain(text)
    for words in ("Confusion matrix", "Who carries the score", "Parameters chosen in the folds",
                  "Score over the grid", "Where on the face", "Most confident errors",
                  "Mean ranks over the tasks", "Time and memory", "4 different settings in 4",
                  "sheet 1", "mebench run --method mdmo", "Parts of the face", "brows",
                  "F1 over units"):  # fmt: skip
        assert words in said, words
    # Scores of 3 tasks, 2 significance matrices, ranks; 3 figures of each of 5 runs and choices of
    # those 4 that were tuned; 3 of the units; and surface, face and regions of the explained run.
    assert text.count('<svg class="figure"') == 3 + 2 + 1 + 5 * 3 + 4 + 3 + 3
    assert "300 MiB" in said and "2.5" in said


def test_nothing_is_loaded_from_elsewhere(full):
    text = re.sub(r"data:[\w/]+;base64,[\w+/=]+", "", full[1])
    assert not re.findall(r'(?:src|href)="(?!#|data:|")[^"]*"', text)
    assert "default-src 'none'" in text and "@import" not in text
    names = r"http://www\.w3\.org/(2000/svg|1999/xlink)|mebench\.\w+"
    assert re.sub(names, "", text).count("http") <= text.count("http-equiv")


def test_ids_are_unique_and_links_have_targets(full):
    ids = re.findall(r'\sid="([^"]+)"', full[1])
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', full[1])) <= set(ids)


def test_clips_know_their_answers_and_share_their_pictures(full):
    data = data_of(full[1])
    assert len(data["runs"]) == 5 and len(data["sets"]) == 2 and len(data["sheets"]) == 2
    first = next(r for r in data["runs"] if r["title"] == "mdmo" and r["place"] == "db 3class")
    errors = [r for r in first["rows"] if r["truth"] != r["said"]]
    assert len(errors) == 3 and all(e["behind"] > 0 for e in errors)
    row = first["rows"][0]
    table = run("mdmo", samples("db"), wrong=3).table
    values = table.loc[0, [f"score_{c}" for c in first["classes"]]].to_numpy(float)
    assert row["margin"] == pytest.approx(np.diff(np.sort(values)[-2:]).item(), abs=1e-3)
    # The largest contributions come first, with action units where a region has some.
    assert [first["groups"][g] for g, _ in row["parts"]][:2] == ["roi35", "roi0 · AU4"]
    assert data["sets"][0][0]["pictures"] == 4 and data["sets"][1][0]["pictures"] == 1


def test_the_same_runs_give_the_same_page_and_figures(tmp_path):
    first = run("mdmo", chosen=[])
    a = page_of(tmp_path / "a", first, figures=tmp_path / "a" / "f")
    b = page_of(tmp_path / "b", first, figures=tmp_path / "b" / "f")
    assert a == b
    for file in (tmp_path / "a" / "f").iterdir():
        assert file.read_bytes() == (tmp_path / "b" / "f" / file.name).read_bytes(), file.name
    files = [file.name for file in (tmp_path / "a" / "f").iterdir()]
    assert len(files) == len(FORMATS) * a.count('<svg class="figure"')
    assert {"task-1-scores.pdf", "db-3class-mdmo-loso-nested-confusion.png"} <= set(files)


def test_nobodys_text_becomes_markup(tmp_path):
    given = samples(classes=(HOSTILE, "b", "c"))
    given.table["subject"] = [HOSTILE, "s1"] * 6
    given.table["clip_id"] = [f"{HOSTILE}{i}" for i in range(12)]
    first = run(HOSTILE, given, labels=HOSTILE, notes=[HOSTILE], skipped={HOSTILE: HOSTILE},
                citation=HOSTILE, command=HOSTILE, warnings=[HOSTILE], title=HOSTILE)  # fmt: skip
    parts = explanations(first)
    parts["importance.csv"]["group"] = parts["importance.csv"]["group"] + HOSTILE
    parts["contributions.csv"]["group"] = parts["contributions.csv"]["group"] + HOSTILE
    text = page_of(tmp_path, replace(first, artifacts=parts))
    assert "<img src=x" not in text and "<script>window" not in text
    assert text.count("</script>") == 2  # the data and our own
    assert len(re.findall(r"<script", text)) == 2
    assert data_of(text)["runs"][0]["classes"][0] == HOSTILE
    write_index([tmp_path / "runs"], tmp_path / "index.html")
    assert "<img src=x" not in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("missing", [*explanations(run()), "all", "damaged"])
def test_any_artifact_may_be_missing(tmp_path, missing):
    first = run("mdmo", notes=[], seconds={}, peak_mib=None, chosen=[])
    parts = explanations(first)
    if missing == "all":
        parts = {}
    elif missing == "damaged":
        parts = {k: pd.DataFrame({"x": []}) if k.endswith("csv") else b"\0" for k in parts}
        parts |= {"strips.csv": pd.DataFrame({"clip_id": ["db/s0/c0"]}), "gradcam.npz": b"\0"}
    else:
        del parts[missing]
    text = page_of(tmp_path, replace(first, artifacts=parts))
    assert ("Where on the face" in text) == ("importance.csv" in parts and missing != "damaged")


def test_activation_maps_stand_beside_the_strips(tmp_path):
    import io

    first = run("net")
    buffer = io.BytesIO()
    maps = {c: np.eye(7, dtype=np.float32) for c in first.table["clip_id"][:3]}
    np.savez(buffer, **maps)
    text = page_of(tmp_path, replace(first, artifacts={"gradcam.npz": buffer.getvalue()}))
    rows = data_of(text)["runs"][0]["rows"]
    assert [("map" in r) for r in rows] == [True] * 3 + [False] * 9
    assert "Class activation map of" in text


def test_an_incomplete_run_has_no_score_and_says_so(tmp_path):
    said = plain(page_of(tmp_path, run("mdmo", complete=False, n_folds=9)))
    assert "4 of 9 folds are there" in said and "no run says how well new persons" in said
    assert ".667" not in said[: said.index("Time and memory")]


def test_one_run_of_units(tmp_path):
    text = page_of(tmp_path, units_run())
    said = plain(text)
    assert "mean F1 over units" in said and "AU12" in said and 'id="clips-data"' not in text


def test_composites_show_each_database(tmp_path):
    both = run("mdmo", samples("db")), run("mdmo", samples("other"), wrong=1)
    table = pd.concat([b.table for b in both], ignore_index=True)
    text = page_of(tmp_path, replace(both[0], table=table))
    assert "from the same pooled predictions" in text and "db/s0" in text


def test_index_lists_all_runs(tmp_path):
    save_run(run("mdmo", wrong=0), tmp_path / "runs")
    save_run(run("hoof", wrong=12, tuning="oracle"), tmp_path / "runs")
    save_run(units_run(), tmp_path / "more" / "deep")
    folder = next((tmp_path / "runs").glob("*mdmo*"))
    (folder / "report.html").write_text("")
    text = write_index([tmp_path / "runs", tmp_path / "more"], tmp_path / "index.html").read_text()
    said = plain(text)
    assert "3 runs" in said and "1.000" in said and "oracle tuning" in said
    assert f'href="runs/{folder.name}/report.html"' in text
    assert "not above majority" in said and "F1 of units" in said


def test_the_index_warns_as_the_report_does(tmp_path):
    part = run("part", complete=False, n_folds=9)
    odd = run("odd", samples(classes=("NA", "nan", "")), wrong=3)  # names that look like no value
    both = run("both"), run("both", samples("other"), wrong=12)
    table = pd.concat([b.table for b in both], ignore_index=True)
    made = [
        *(part, odd, units_run(), replace(both[0], table=table)),
        *(run("bad", wrong=12), run("good", wrong=0)),
        run("best", tuning="oracle", nested_scores={"uf1": 0.25}),
        run("seen", warnings=["PERSONS OVERLAP: 3"], skipped={"db/s1/x": "no face"}),
    ]
    text = page_of(tmp_path, *made)
    for folder in find_runs([tmp_path / "runs"]):
        assert _row(folder, tmp_path)["flags"] == flags(load_run(folder)), folder.name
    listed = write_index([tmp_path / "runs"], tmp_path / "index.html").read_text()
    assert "4 of 9 folds are there" in listed  # in full where the mouse rests
    assert all(tag in plain(listed) and tag in plain(text) for tag in ("not above chance",
               "persons overlap", "oracle tuning", "1 skipped", "incomplete"))  # fmt: skip


def test_one_task_needs_no_column_and_p_is_never_zero(tmp_path):
    given = samples(n=96, persons=16)
    of = [run("mdmo", given, wrong=0), run("hoof", given, wrong=90, seed=1)]
    text = page_of(tmp_path / "one", *of)
    pairs = text[text.index("table-pairs") :].split("</table>")[0]
    assert ">task<" not in pairs and "on the same task (db 3class)" in pairs
    assert "&lt;.001</td>" in pairs and ">.000</td>" not in pairs
    assert "(p &lt; .001)" in text and "p = .000" not in text and "may disagree" in text
    two = [run(m, samples(d), wrong=w) for d in ("db", "other") for m, w in (("a", 0), ("b", 5))]
    assert '<th scope="col">task</th>' in page_of(tmp_path / "two", *two)


def test_what_is_no_run(tmp_path):
    with pytest.raises(BadInput, match="no run in"):
        write_report([tmp_path], tmp_path / "x.html")
    with pytest.raises(DataNotFound, match="not a run"):
        write_report([tmp_path / "nowhere"], tmp_path / "x.html")
    with pytest.raises(BadInput, match="No run"):
        find_runs([])
    folder = save_run(run(), tmp_path / "runs")
    hidden = tmp_path / "runs" / ".writing-x"
    hidden.mkdir()
    (hidden / "run.json").write_text("{}")
    assert find_runs([tmp_path / "runs", folder]) == [folder]
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="Cannot write"):
        write_report([folder], tmp_path / "file" / "x.html")


def test_faces_come_from_the_registered_database(tmp_path, monkeypatch):
    def nobody(*_, **settings):
        raise FaceNotFound("plain frames show no face")  # at once, not after a long search

    monkeypatch.setattr("mebench.preprocessing.face.detect_landmarks", nobody)
    root = write_corpus("casme2", tmp_path / "data", clips=8, subjects=2, plain=True, n_jobs=1)
    given = load("casme2", root=root, labels="3class")
    flows = make_strips(given, faces=False, cache=False, n_jobs=1)
    made = run("mdmo", given, artifacts=flows)
    monkeypatch.setenv("MEBENCH_CASME2", str(tmp_path / "nowhere"))
    text = page_of(tmp_path, made)  # without the data
    assert data_of(text)["sets"][0][0]["pictures"] == 1 and "--faces" in text
    with pytest.raises(DataNotFound, match="--faces reads the frames of casme2 again"):
        page_of(tmp_path, faces=True)
    monkeypatch.setenv("MEBENCH_CASME2", str(root))
    text = page_of(tmp_path, faces=True)
    assert {c["pictures"] for c in data_of(text)["sets"][0]} == {4}
    other = write_corpus(
        "casme2", tmp_path / "other", clips=6, subjects=2, seed=1, plain=True, n_jobs=1
    )
    monkeypatch.setenv("MEBENCH_CASME2", str(other))
    with pytest.raises(BadInput, match="has no clip"):
        page_of(tmp_path, faces=True)


def test_errors_come_in_the_order_of_the_lead_that_is_printed():
    found = clips_of([RunView(run(wrong=6, seed=3), "a", "run-1")], {})
    leads = [row["behind"] for row in found.worst("run-1")]
    assert len(leads) == 6 and leads == sorted(leads, reverse=True)
    margins = [row["margin"] for row in found.worst("run-1")]
    assert margins != sorted(margins, reverse=True)  # another order would be another list
