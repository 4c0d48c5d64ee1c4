import json

import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.errors import BadInput


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
