"""Runs of spotting by command: resumed after kills, unseen videos submitted."""

import json
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.errors import BadInput
from mebench.spotting.interval_files import read_interval_file
from mebench.spotting.submission import check_submission
from mebench.synthetic.long import write_long_corpus


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False).stdout


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two people for ten seconds each."""
    out = tmp_path_factory.mktemp("long") / "corpus"
    return write_long_corpus(
        "casme-sq-long", out, seed=5, subjects=2, videos=1, seconds=10, compact=True
    )


def test_what_is_measured_is_not_measured_again(corpus, tmp_path, monkeypatch):
    from mebench.experiments import spot as experiment
    from mebench.spotting import evaluate

    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("mebench.storage.cache.default_cache", lambda: None)
    where = ("--dataset", "casme-sq-long", "--data-root", corpus, "--method", "lbp")
    saved = experiment.save_spotting_run

    def full(*_):
        raise BadInput("the disk is full")

    monkeypatch.setattr(experiment, "save_spotting_run", full)
    with pytest.raises(BadInput, match="full"):
        run("spot", *where, "--out", tmp_path / "runs")
    monkeypatch.setattr(experiment, "save_spotting_run", saved)

    def followed(*_):
        raise AssertionError("the curves are measured again")

    monkeypatch.setattr(evaluate, "follow_face", followed)
    said = run("spot", *where, "--out", tmp_path / "runs")
    assert "False alarms by cause" in said and "casme-sq-long-spotting-lbp-loso" in said
    with pytest.raises(AssertionError, match="measured again"):
        run("spot", *where, "--out", tmp_path / "runs", "--fresh")


def test_unseen_videos_are_submitted_and_read_again(tmp_path, monkeypatch):
    """Thirty short videos without faces to speak of: files and rules are what is tried."""
    from mebench.spotting import evaluate

    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    learnt = write_long_corpus("casme-sq-long", tmp_path / "learnt", seed=5, subjects=3, videos=1,
                               seconds=10, compact=True)  # fmt: skip
    monkeypatch.setenv("MEBENCH_CASME_SQ_LONG", str(learnt))
    picture = cv2.imread(str(next(learnt.rglob("*.jpg"))), cv2.IMREAD_GRAYSCALE)
    for part, n, length in (("SAMM_challenge", 10, 120), ("CAS_clips", 20, 40)):
        for i in range(n):
            folder = tmp_path / "unseen" / part / f"{i:03}_1"
            folder.mkdir(parents=True)
            for frame in range(length):
                path = folder / f"{frame + 1:05}.jpg"
                path.write_bytes(cv2.imencode(".jpg", picture[:8, :8])[1].tobytes())

    def measured(video, spotters, *_):
        curves = pd.DataFrame({
            "micro": rng.random(len(video)), "macro": 0.0, "x": 0.0, "y": 0.0, "face": True,
        })  # fmt: skip
        curves.loc[10:14, "micro"] = 50.0
        return [curves for _ in spotters]

    def peaks(self, curves, fps):
        if len(curves) < 10:
            return pd.DataFrame()
        table = pd.DataFrame({"kind": ["micro"], "onset": [8], "apex": [12], "offset": [16],
                              "score": [50.0]})  # fmt: skip
        for mark in ("onset", "apex", "offset"):
            table[f"{mark}_s"] = table[mark] / fps
        return table[["kind", "onset", "apex", "offset", "onset_s", "apex_s", "offset_s", "score"]]

    def said(database, predictions, method, *, learn_from=None, **_):
        assert learn_from is not None
        return predictions.assign(emotion="negative"), pd.DataFrame()

    monkeypatch.setattr(evaluate, "_curves", measured)
    monkeypatch.setattr("mebench.spotting.window.WindowSpotter.candidates", peaks)
    monkeypatch.setattr("mebench.experiments.spot.recognise_spotted", said)
    options = ("spot", "--dataset", "megc2025", "--data-root", tmp_path / "unseen", "--method",
               "strain", "--submit", "megc2025", "--out", tmp_path / "entry")  # fmt: skip
    with pytest.raises(BadInput, match="wants an emotion"):
        run(*options)
    with pytest.raises(BadInput, match="Emotions are learnt"):
        run(*options, "--recognise", "hoof")
    text = run(*options, "--recognise", "hoof", "--learn-from", "casme-sq-long", "--n-jobs", "1")
    assert "30 videos of 30 subjects, which nobody has annotated" in text
    assert check_submission(tmp_path / "entry", "megc2025") == ([], [])
    samm = read_interval_file(tmp_path / "entry" / "samm_pred.csv").intervals
    assert len(samm) == 10 and samm.iloc[0][["onset", "offset"]].tolist() == [9, 17]
    kept = Path("runs/megc2025-spotting-strain-thresholds-of-other-databases-hoof")
    assert json.loads((kept / "run.json").read_text())["labelled"] is False
    assert not (kept / "scores.csv").exists()


def test_marks_of_a_file_tell_false_alarms_apart(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    where = ("spot", "--dataset", "casme-sq-long", "--data-root", corpus, "--method", "lbp")
    first = json.loads(run(*where, "--out", "found.csv", "--json"))["lbp"]
    found = pd.read_csv("found.csv")
    video = found["video"].iloc[0]
    marks = Path("marks.csv")
    marks.write_text(f"video,cause,onset,offset\n{video},light,0,9999\n")
    second = json.loads(run(*where, "--marks", marks, "--json"))["lbp"]
    whole = [{r["kind"]: r for r in one["causes"]}["all"] for one in (first, second)]
    assert whole[0]["light"] == 0 and "light" in second["marked"]
    assert whole[1]["fp"] == whole[0]["fp"]
    here = ((found["video"] == video) & (found["result"] == "fp")).sum()
    assert whole[1]["light"] == here or whole[1]["blink"] + whole[1]["talk"] + whole[1]["turn"] > 0
    for text, problem in (
        (f"{video},sneeze,1,2", "known are blink"), ("nowhere,blink,1,2", "no video"),
        (f"{video},blink,5,2", "in order"),
    ):  # fmt: skip
        marks.write_text(f"video,cause,onset,offset\n{text}\n")
        with pytest.raises(BadInput, match=problem):
            run(*where, "--marks", marks)
