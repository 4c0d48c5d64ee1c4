import json
import re
import shutil

import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.errors import BadInput
from mebench.spotting import evaluate
from mebench.synthetic.long import write_long_corpus


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False).stdout


def test_anybodys_intervals_are_scored(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "found.csv"
    truth.write_text("video,onset,apex,offset,emotion\na,10,15,20,sad\nb,,,,\n")
    found.write_text("video,onset,apex,offset,emotion\na,11,14,20,sad\nb,3,4,9,sad\n")
    said = json.loads(run("score-spotting", found, truth, "--json"))
    assert said["scores"][0]["f1"] == pytest.approx(2 / 3)
    assert said["apex_error"] == 1.0
    assert said["spot_then_recognise"]["strs"] == pytest.approx(2 / 3)
    assert "Spot-then-recognise" in run("score-spotting", found, truth)


def test_two_databases_have_rows_of_their_own_and_overall(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "found.csv"
    truth.write_text("dataset,video,kind,onset,offset\nA,v1,micro,10,20\nB,v1,micro,,\n")
    found.write_text("dataset,video,kind,onset,offset\nB,v1,micro,10,20\n")
    said = json.loads(run("score-spotting", found, truth, "--json"))
    rows = {(r["dataset"], r["kind"]): (r["tp"], r["fp"], r["fn"]) for r in said["by_database"]}
    assert rows["Overall", "all"] == (0, 1, 1)
    assert rows["A", "micro"] == (0, 0, 1) and rows["B", "micro"] == (0, 1, 0)
    text = run("score-spotting", found, truth)
    assert "by which the challenges rank" in text and "each video counts as a person" in text


def test_a_challenge_file_is_scored_as_it_is(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "cas_pred.csv"
    truth.write_text(
        "video,subject,kind,onset,offset,emotion\nd/1/v1,1,micro,10,20,Negative\n"
        "d/1/v1,1,macro,41,95,others\nd/2/v2,2,micro,,,\n"
    )
    found.write_text("vid,pred_onset,pred_offset,type\nv1,10,20,me\nv1,40,95,mae\nv2.avi,1,9,me\n")
    said = json.loads(run("score-spotting", found, truth, "--json", "--per-video"))
    whole = said["scores"][-1]
    assert (whole["tp"], whole["fp"], whole["fn"], whole["fp_shown"]) == (2, 1, 0, 0)
    assert said["subjects"] == 2 and len(said["per_video"]) == 4
    assert any("v1 for d/1/v1" in note for note in said["notes"])
    dropped = json.loads(run("score-spotting", found, truth, "--json", "--length", "micro=10-16"))
    assert dropped["scores"][-1]["fp"] == 0
    # Spot-then-recognise is about micro-expressions only.
    found.write_text("subject,video,onset,offset,emotion\n1,v1,10,20,negative\n1,v1,40,95,sad\n")
    both = json.loads(run("score-spotting", found, truth, "--json"))
    assert both["scores"][0]["tp"] == 1 and both["scores"][0]["fp"] == 1
    assert both["spot_then_recognise"]["f1_analysis"] == 1
    assert "as the authors of STRS compute it" in run("score-spotting", found, truth)


def test_every_lost_video_is_named(tmp_path):
    truth, found = tmp_path / "truth.csv", tmp_path / "found.csv"
    truth.write_text("video,onset,offset\na,10,20\n")
    found.write_text("video,onset,offset\nb,10,20\nc,10,20\n")
    with pytest.raises(BadInput, match=r"2 video\(s\).*'b', 'c'"):
        run("score-spotting", found, truth)


def test_videos_or_a_database_but_not_both(tmp_path):
    with pytest.raises(BadInput, match="one of the two"):
        run("spot")
    with pytest.raises(BadInput, match="one of the two"):
        run("spot", tmp_path, "--dataset", "synthetic-long")


def test_spotters_and_long_databases_are_listed():
    assert {r["name"] for r in json.loads(run("list", "spotters", "--json"))} >= {"strain", "mdmd"}
    assert "samm-long" in run("list", "long")


def test_long_layouts_take_other_options(tmp_path):
    with pytest.raises(BadInput, match="--videos"):
        run("data", "synth", "--layout", "samm-long", "--out", tmp_path / "x", "--clips", 5)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Three people for ten seconds each, two of whom show something."""
    out = tmp_path_factory.mktemp("long") / "corpus"
    return write_long_corpus(
        "casme-sq-long", out, seed=5, subjects=3, videos=1, seconds=10, compact=True
    )


def test_a_database_is_spotted_in_and_then_from_the_cache(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    where = ("--dataset", "casme-sq-long", "--data-root", corpus)
    said = run("spot", *where, "--method", "all", "--out", tmp_path / "found.csv")
    for name in ("lbp", "hoof", "mdmd", "strain", "fft"):
        assert re.search(rf"{name} +│ all", said)
    assert "3 videos of 3 subjects" in said and "chance" in said

    def followed(*_):
        raise AssertionError("the curves are not in the cache")

    monkeypatch.setattr(evaluate, "follow_face", followed)
    roc = tmp_path / "roc.csv"
    again = json.loads(run("spot", *where, "--method", "all", "--roc", roc, "--json"))
    found = pd.read_csv(tmp_path / "found.csv")
    for name, one in again.items():
        whole = one["scores"][-1]
        assert whole["tp"] + whole["fp"] == (found["method"] == name).sum()
        assert len(one["thresholds"]) == 3
    assert set(pd.read_csv(roc)["kind"]) == {"micro", "macro"}


def test_one_video_gives_intervals_and_a_figure(corpus, tmp_path):
    import cv2

    folder = next(p for p in sorted(corpus.rglob("*")) if len(list(p.glob("*.jpg"))) > 100)
    figure, out = tmp_path / "curve.png", tmp_path / "found.json"
    said = run("spot", folder, "--fps", 30, "--method", "lbp", "--figure", figure, "--out", out)
    assert "7.5 s at 30 frames per second, lbp" in said
    drawn = cv2.imread(str(figure))
    assert drawn.shape[1] > 1000 and (drawn < 100).all(axis=2).sum() > 2000  # the curves
    assert json.loads(out.read_text())[0]["n_frames"] == len(list(folder.glob("*.jpg")))
    with pytest.raises(BadInput, match="--dataset"):
        run("spot", folder, "--fps", 30, "--roc", tmp_path / "roc.csv")


def test_bad_options_are_found_before_any_work(corpus):
    folder = next(p for p in sorted(corpus.rglob("*")) if len(list(p.glob("*.jpg"))) > 100)
    for options, problem in (
        (("--out", "found.txt"), "found.txt"), (("--figure", "curve.xyz"), "curve.xyz"),
        (("--fps", "nan"), "found nan"), (("--fps", "inf"), "found inf"),
        (("--fps", "0"), "found 0"), (("--method", "all"), "one method"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=problem):
            run("spot", folder, *options)


def test_one_bad_video_of_several_does_not_lose_the_others(corpus, tmp_path):
    folder = next(p for p in sorted(corpus.rglob("*")) if len(list(p.glob("*.jpg"))) > 100)
    few = tmp_path / "few"
    few.mkdir()
    for file in sorted(folder.glob("*.jpg"))[:40]:
        shutil.copy(file, few)
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    out = tmp_path / "found.csv"
    said = CliRunner().invoke(
        app, ["spot", str(bad), str(few), "--fps", "15", "--out", str(out)], catch_exceptions=False
    )
    assert said.exit_code == 3 and "bad.mp4" in said.stderr and "few: 2.7 s" in said.stdout
    assert "15 frames per second a micro-expression is a few frames long" in said.stdout
    assert pd.read_csv(out)["video"].tolist() == ["few"]
    with pytest.raises(BadInput, match="not a video"):
        run("spot", bad)


def test_the_truth_of_a_database_can_be_written_and_scores_itself(corpus, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    truth = tmp_path / "truth.csv"
    run("spot", "--dataset", "casme-sq-long", "--data-root", corpus, "--method", "strain",
        "--truth", truth)  # fmt: skip
    said = json.loads(run("score-spotting", truth, truth, "--json"))
    assert said["videos"] == 3 and {row["f1"] for row in said["scores"]} == {1.0}
