"""mebench data and mebench run on other layouts, composites and anybody's own clips."""

import json

import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.synthetic import write_corpus


def run(*args):
    return CliRunner().invoke(app, [str(a) for a in args])


def test_synth_and_check(tmp_path):
    made = run("data", "synth", "--layout", "4dme", "--out", tmp_path / "x", "--plain",
               "--subjects", 2, "--clips", 5)  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "5 clips of 2 pseudo-subjects in the layout of 4dme" in made.output
    checked = run("data", "check", "4dme", "--data-root", tmp_path / "x", "--n-jobs", 1)
    assert checked.exit_code == 0 and "0 error(s)" in checked.output
    next((tmp_path / "x").glob("*.xlsx")).unlink()
    found = run("data", "check", "4dme", "--data-root", tmp_path / "x", "--json", "--n-jobs", 1)
    assert found.exit_code == 1
    assert json.loads(found.output)["findings"][0]["where"] == "sheet"


def test_a_composite_is_checked_part_by_part(tmp_path, monkeypatch):
    for name in ("casme2", "samm"):
        out = write_corpus(name, tmp_path / name, subjects=1, clips=2, plain=True)
        monkeypatch.setenv(f"MEBENCH_{name.upper()}", str(out))
    found = run("data", "check", "megc2018", "--n-jobs", 1)
    assert found.exit_code == 0, found.output
    assert "casme2 at" in found.output and "samm at" in found.output
    both = json.loads(run("data", "check", "megc2018", "--json", "--n-jobs", 1).output)
    assert [report["name"] for report in both] == ["casme2", "samm"]


@pytest.mark.parametrize("name", ["casme-sq", "cas(me)^2", "smic-nir", "meview", "casme3c"])
def test_cards(name):
    found = run("data", "info", name)
    assert found.exit_code == 0 and "Label sets" in found.output
    assert run("data", "info", name, "--corrections").exit_code == 0


def test_cards_of_composites_and_manifests(tmp_path):
    assert "442 clips" in run("data", "info", "megc2019").output
    assert json.loads(run("data", "info", "cd6me", "--json").output)["clips"] == 2031
    (tmp_path / "mine.csv").write_text("clip_id,subject,label,frames\na,p,x,a\n")
    found = run("data", "info", tmp_path / "mine.csv")
    assert found.exit_code == 0 and "the manifest mine.csv" in found.output
    assert "register it with" not in found.output


def test_corrections_are_listed_with_their_source():
    found = json.loads(run("data", "info", "samm", "--corrections", "--json").output)
    assert len(found) == 4 and all(row["source"] for row in found)


def test_a_run_on_videos_of_ones_own(tmp_path):
    root = write_corpus("meview", tmp_path / "m", subjects=3, clips=9, scale=0.2, seed=1)
    options = ["--labels", "3class", "--tuning", "fixed", "--json", "--n-jobs", 1]
    manifest, runs = root / "meview.csv", tmp_path / "runs"
    found = run("run", "--dataset", manifest, "--method", "lbp-top", "--out", runs, *options)
    assert found.exit_code == 0, found.output
    result = json.loads(found.output)
    assert result["labels"] == "3class" and all(0 <= v <= 1 for v in result["scores"].values())
    assert len(list(runs.glob("*/predictions.csv"))) == 1
