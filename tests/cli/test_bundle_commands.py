"""mebench bundle, verify, leaderboard, compare --against and new, as they are typed."""

import json

import pytest
from typer.testing import CliRunner

from mebench.bundles import read_bundle
from mebench.cli import app
from mebench.errors import BadInput
from tests.bundles import toy


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    toy.run(folder / "runs", toy.samples("mine"))
    toy.run(folder / "runs", toy.samples("mine"), protocol="group-kfold:3")
    return folder


def test_bundle_verify_leaderboard_compare(runs, tmp_path):
    done = call("bundle", runs / "runs", "--out", tmp_path / "bundles")
    assert done.exit_code == 0 and done.output.count(".mebundle: ") == 2
    bundles = sorted((tmp_path / "bundles").glob("*.mebundle"))
    done = call("verify", *bundles, "--need", 3)
    assert done.exit_code == 0, done.output
    assert done.output.count("Level 3 of 5") == 2 and "Not proved:" in done.output
    done = call("verify", bundles[0], "--need", 4, "--json",
                "--certificate", tmp_path / "c.json", "--badge", tmp_path / "b.svg")  # fmt: skip
    assert done.exit_code == 1 and json.loads(done.output)["level"] == 3
    assert json.loads((tmp_path / "c.json").read_text())["level"] == 3
    assert "level 3" in (tmp_path / "b.svg").read_text()

    done = call("leaderboard", tmp_path / "bundles", "--out", tmp_path / "site")
    assert done.exit_code == 0 and "2 verified runs" in done.output
    done = call("compare", bundles[0], next((runs / "runs").iterdir()), "--against",
                tmp_path / "site")  # fmt: skip
    assert done.exit_code == 0 and done.output.count("would be number") == 2
    done = call("compare", bundles[0], "--against", tmp_path / "site", "--json")
    assert json.loads(done.output)["rank"] == 1

    (tmp_path / "bundles" / "x.mebundle").write_text("no")
    done = call("leaderboard", tmp_path / "bundles", "--out", tmp_path / "site", "--strict")
    assert done.exit_code == 1 and "NOT ACCEPTED: x.mebundle" in done.output


def test_bundles_of_one_run_and_with_truth(runs, tmp_path):
    run = next((runs / "runs").iterdir())
    done = call("bundle", run, "--truth", "--out", tmp_path / "x.mebundle", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)[0]["bytes"] == (tmp_path / "x.mebundle").stat().st_size
    assert read_bundle(tmp_path / "x.mebundle").with_truth


def test_what_is_wrong_is_said(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("subject,fold,y_true,y_pred\n1,1,a,a\n2,2,b,a\n")
    done = call("verify", path, "--uf1", ".99")
    assert done.exit_code == 1 and "1 thing is WRONG" in done.output and "✗" in done.output
    assert isinstance(call("verify", path, path, "--badge", "b.svg").exception, BadInput)
    found = call("compare", path, "--against", tmp_path, "--figure", "x.png")
    assert isinstance(found.exception, BadInput)


def test_a_new_method(tmp_path):
    done = call("new", "method", "my-own", "--out", tmp_path)
    assert done.exit_code == 0 and "pip install -e" in done.output
    assert (tmp_path / "my-own" / "pyproject.toml").is_file()
