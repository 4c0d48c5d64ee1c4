import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.errors import BadInput, DataNotFound
from mebench.results import load_run, save_run
from mebench.results.report import write_report
from mebench.results.spotting import (
    compare_spotting,
    is_spotting,
    load_spotting_run,
    save_spotting_run,
    spotting_table,
)
from mebench.results.spotting.comparison import _exchange
from mebench.spotting.score import count_hits, f1_of

from .made import made


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False).stdout


def test_a_run_is_read_back_as_it_was_written(tmp_path):
    one = made()
    folder = save_spotting_run(one, tmp_path)
    assert folder.name == "toy-long-spotting-strain-loso"
    assert is_spotting(folder) and not is_spotting(tmp_path)
    back = load_spotting_run(folder)
    for name in ("predictions", "scores", "videos", "truth", "events", "causes", "thresholds"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(one, name), check_dtype=False)
    curve = back.curves["toy-long/0/v"]
    assert np.array_equal(curve.heights, one.curves["toy-long/0/v"].heights)
    assert curve.ignored.shape == (2, 900)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    assert save_spotting_run(one, tmp_path) == folder
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_the_files_of_a_run_score_themselves(tmp_path):
    one = made(persons=4)
    truth = one.truth[one.truth["video"] != "toy-long/2/v"].reset_index(drop=True)
    folder = save_spotting_run(replace(one, truth=truth), tmp_path)
    said = json.loads(run("score-spotting", folder / "predictions.csv", folder / "truth.csv",
                          "--json"))  # fmt: skip
    videos = one.videos[["dataset", "video", "subject"]].drop_duplicates()
    counts = count_hits(one.predictions, truth, videos)[["tp", "fp", "fn"]].sum()
    assert [said["scores"][-1][k] for k in ("tp", "fp", "fn")] == counts.tolist()
    assert said["videos"] == 4 and len(load_spotting_run(folder).truth) == len(truth)


def test_what_is_not_as_the_run_wrote_it_is_refused(tmp_path):
    folder = save_spotting_run(made(), tmp_path)
    with pytest.raises(BadInput, match="run of spotting"):
        load_run(folder)
    (folder / "scores.csv").write_text("changed")
    with pytest.raises(BadInput, match=r"scores\.csv is not as the run wrote it"):
        load_spotting_run(folder)
    (folder / "scores.csv").unlink()
    with pytest.raises(DataNotFound, match="cannot be read"):
        load_spotting_run(folder)
    (folder / "run.json").write_text('{"kind": "spotting", "artifacts": 5}')
    with pytest.raises(BadInput, match="no header"):
        load_spotting_run(folder)


def test_exchanging_within_persons_is_what_p_says():
    rng = np.random.default_rng(0)
    both = rng.integers(0, 4, size=(2, 7, 3)).astype(float)
    real = float(f1_of(both[0].sum(0)) - f1_of(both[1].sum(0)))
    hits = 0
    for code in range(2**7):
        swapped = both.copy()
        for person in range(7):
            if code >> person & 1:
                swapped[:, person] = both[::-1, person]
        found = f1_of(swapped[0].sum(0)) - f1_of(swapped[1].sum(0))
        hits += abs(found) >= abs(real) - 1e-12
    assert _exchange(both, real, 99, 0) == pytest.approx(hits / 2**7)


def test_the_better_spotter_is_called_so():
    found = compare_spotting([made("good", right=6, wrong=0), made("poor", right=1, wrong=5)])
    micro = next(p for p in found.pairs if p.kind == "micro")
    assert micro.difference > 0.5 and micro.p == pytest.approx(2 / 2**6)
    assert micro.low > 0 and micro.better == 6
    assert any("good spots better than poor" in s for s in found.sentences())
    same = compare_spotting([made("a"), made("b")])
    assert all(p.p == 1 for p in same.pairs)
    assert any("may not be claimed" in s for s in same.sentences())
    apart = compare_spotting([made("a"), made("b", persons=5), made("c", labelled=False)])
    assert not apart.pairs and len(apart.remarks) == 3
    with pytest.raises(BadInput, match="at least two"):
        compare_spotting([made()])


def test_tables_are_written_in_three_forms():
    runs = [made("strain", right=6), made("mdmd_x", right=2)]
    text = spotting_table(runs, "markdown", measures=("f1", "f1_shown"))
    assert "| toy-long | strain |" in text and "**" in text and "† only videos" in text
    latex = spotting_table(runs, "latex")
    assert r"\toprule" in latex and r"mdmd\_x" in latex and r"\textbf{" in latex
    assert "spotter,dataset,kind" in spotting_table(runs, "csv")
    with pytest.raises(BadInput, match="Runs of spotting have f1"):
        spotting_table(runs, measures=("uf1",))
    unseen = spotting_table([made("x", labelled=False)])
    assert "nobody has annotated the videos: x" in unseen


def test_commands_take_runs_of_spotting(tmp_path):
    folders = [save_spotting_run(made(m, right=r), tmp_path) for m, r in (("a", 6), ("b", 1))]
    said = json.loads(run("compare", *folders, "--json"))
    assert {p["kind"] for p in said["pairs"]} == {"micro", "macro", "all"}
    assert "Differences of F1" in run("compare", *folders)
    assert "| toy-long | a |" in run("table", tmp_path)
    page = tmp_path / "page.html"
    run("report", tmp_path, "-o", page)
    text = page.read_text()
    assert "Micro-expression spotting" in text and 'id="spotting"' in text
    for words in ("Best of these, a finds 12 of 12", "What the false alarms are",
                  "toy-long/0/v", "What may be claimed"):  # fmt: skip
        assert words in text
    assert text.count("<svg") >= 12  # forests, ROC, causes, four curves of each run


def test_the_index_lists_them_among_others(tmp_path):
    from mebench.results.report import write_index
    from tests.results.stored_runs import run as recognised

    save_run(recognised(), tmp_path)
    save_spotting_run(made("strain"), tmp_path)
    save_spotting_run(made("lbp", labelled=False), tmp_path)
    text = write_index([tmp_path], tmp_path / "index.html").read_text()
    assert "F1 of spotting, micro" in text and text.count("toy-long-spotting-") >= 2


def test_unseen_videos_have_a_page_without_scores(tmp_path):
    folder = save_spotting_run(made(labelled=False), tmp_path)
    page = write_report([folder], tmp_path / "page.html").read_text()
    assert "nobody has annotated these videos" in page and "table-spotting" not in page


def test_both_kinds_of_runs_share_a_page_but_no_comparison(tmp_path):
    from tests.results.stored_runs import run as recognised

    mine = save_spotting_run(made(), tmp_path / "spot")
    other = save_run(recognised(), tmp_path / "rec")
    text = write_report([mine, other], tmp_path / "page.html").read_text()
    assert 'id="spotting"' in text and "Confusion matrix" in text
    with pytest.raises(BadInput, match="no score in common"):
        run("compare", mine, other)
