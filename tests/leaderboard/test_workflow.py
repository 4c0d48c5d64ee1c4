"""The workflow for a repository of bundles: what it runs is there, and it gives nothing away."""

import re
from pathlib import Path

import typer

from mebench.cli import app

FILE = Path(__file__).parents[2] / "examples" / "leaderboard" / "verify-bundles.yml"


def test_its_commands_have_the_options_that_it_names():
    text = FILE.read_text().replace("\\\n", " ")
    commands = re.findall(r"mebench (verify|leaderboard)([^\n|]*)", text)
    assert {name for name, _ in commands} == {"verify", "leaderboard"}
    known = typer.main.get_command(app).commands
    for name, rest in commands:
        options = {o for p in known[name].params for o in p.opts}
        assert set(re.findall(r"(--[a-z-]+)", rest)) <= options


def test_it_gives_a_pull_request_no_secret_and_runs_nothing_of_it():
    text = FILE.read_text()
    assert "pull_request_target" not in text and "secrets." not in text
    assert "permissions:\n  contents: read" in text
    # What a stranger names reaches the shell through the environment or git alone.
    runs = "\n".join(re.findall(r"run: \|?\n?((?:.*\n)(?:          .*\n)*)", text))
    assert "github.event" not in runs and "github.head_ref" not in runs


def test_it_is_yaml():
    yaml = __import__("pytest").importorskip("yaml")
    found = yaml.safe_load(FILE.read_text())
    assert set(found["jobs"]) == {"verify", "publish"}
    assert found["jobs"]["publish"]["needs"] == "verify"
