"""What to cite, and what programs read."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import mebench
from mebench.cli import app
from mebench.datasets import names
from mebench.methods import METHODS, get_method
from mebench.results.citations import cite_dataset, cite_method, cite_runs
from mebench.results.schema import run_schema

ROOT = Path(__file__).parents[2]
ENTRY = re.compile(r"@\w+\{[\w:+.-]+,\n(?:\s*[\w-]+\s*=\s*.+\n)+\s*\}")


@pytest.mark.parametrize("name", [n for n in METHODS if get_method(n).citation])
def test_every_method_that_cites_has_entries(name):
    for entry in cite_method(name):
        assert ENTRY.fullmatch(entry), entry


@pytest.mark.parametrize("name", [n for n in names() if n != "synthetic"])
def test_every_database_has_an_entry(name):
    assert cite_dataset(name)


def test_a_run_cites_what_it_used_once():
    heads = [{"method": "mdmo", "dataset": "casme2"}, {"method": "mdmo", "dataset": "my.csv"},
             {"method": "mine:own", "dataset": "megc2019"}]  # fmt: skip
    entries = cite_runs(heads)
    assert len(entries) == len(set(entries))
    assert sum("mdmo" in entry for entry in entries) == 1
    assert len(entries) == 1 + 1 + 3, "mebench, MDMO, and the databases of MEGC 2019"


def test_the_command_prints_them():
    found = CliRunner().invoke(app, ["cite", "lbp-top", "casme2"])
    assert found.exit_code == 0 and found.stdout.count("@") >= 3
    assert CliRunner().invoke(app, ["cite", "lbp-topp"]).exception is not None


def test_the_citation_file_has_the_version():
    assert f"version: {mebench.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_stored_runs_keep_to_the_schema(tmp_path):
    import jsonschema

    from mebench.results import save_run

    from .stored_runs import run, units_run

    jsonschema.Draft202012Validator.check_schema(run_schema())
    for one in (run(), run("lbp-top", tuning="oracle"), units_run()):
        folder = save_run(one, tmp_path)
        jsonschema.validate(json.loads((folder / "run.json").read_text()), run_schema())


def test_croissant_tells_no_label():
    found = CliRunner().invoke(app, ["data", "info", "casme2", "--croissant"])
    metadata = json.loads(found.stdout)
    assert metadata["@type"] == "sc:Dataset" and metadata["name"] == "CASME II"
    assert "recordSet" not in metadata and "distribution" not in metadata
