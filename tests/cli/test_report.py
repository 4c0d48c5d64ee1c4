"""mebench report, mebench table, and what mebench run says of them."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.cli.run import _report_of
from mebench.errors import BadInput
from mebench.results import save_run
from tests.results.stored_runs import run


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def runs(tmp_path):
    save_run(run("mdmo", wrong=1), tmp_path / "runs")
    save_run(run("hoof"), tmp_path / "runs")
    return tmp_path / "runs"


def test_report_with_figures(runs, tmp_path):
    out, figures = tmp_path / "page.html", tmp_path / "figures"
    done = call("report", next(runs.glob("*mdmo*")), "--out", out, "--figures", figures)
    assert done.exit_code == 0, done.output
    assert (
        " kB. Open it" in done.output
        and "1 run, " in done.output
        and out.read_text().startswith("<!DOCTYPE html>")
    )
    assert len(list(figures.glob("*.pdf"))) == len(list(figures.glob("*.png"))) > 3


def test_index(runs, tmp_path):
    done = call("report", "--index", runs, "--out", tmp_path / "index.html")
    assert done.exit_code == 0 and "2 runs" in (tmp_path / "index.html").read_text()
    done = call("report", "--index", runs, "--faces", "--out", tmp_path / "index.html")
    assert isinstance(done.exception, BadInput)


def test_table_by_ending_and_by_name(runs, tmp_path):
    done = call("table", runs, "--no-intervals", "--measure", "uf1")
    assert done.exit_code == 0 and "| mdmo | **" in done.output and "UAR" not in done.output
    done = call("table", runs, "--out", tmp_path / "t.tex", "--caption", "A & B")
    assert r"\caption{A \& B}" in (tmp_path / "t.tex").read_text() and "t.tex" in done.output
    call("table", runs, "--out", tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().startswith("dataset,labels,protocol,method")
    for form in ("docx", ""):
        assert isinstance(call("table", runs, "--format", form).exception, BadInput)
    refused = call("table", runs, "--out", tmp_path / "t.docx").exception
    assert isinstance(refused, BadInput) and "--format" in str(refused)
    assert not (tmp_path / "t.docx").exists()
    call("table", runs, "--out", tmp_path / "t.docx", "--format", "markdown")
    assert (tmp_path / "t.docx").read_text().startswith("| method |")
    call("table", runs, "--out", tmp_path / "T.TEX")
    assert r"\begin{table}" in (tmp_path / "T.TEX").read_text()


def test_folders_are_made_and_files_are_not_overwritten(runs, tmp_path):
    for command in ("table", "report", "report --index"):
        out = tmp_path / "new" / command.replace(" ", "") / "t.csv"
        assert call(*command.split(), runs, "--out", out).exit_code == 0 and out.exists()
        out.write_text("mine")
        refused = call(*command.split(), runs, "--out", out).exception
        assert isinstance(refused, BadInput) and "--force" in str(refused)
        assert out.read_text() == "mine"
        assert call(*command.split(), runs, "--out", out, "--force").exit_code == 0
        assert out.read_text() != "mine"
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "mine.png").write_text("mine")
    where = ("--out", tmp_path / "r.html", "--figures", tmp_path / "figures")
    refused = call("report", runs, *where).exception
    assert isinstance(refused, BadInput) and "not empty" in str(refused)
    assert not (tmp_path / "r.html").exists()


def test_the_index_does_not_overwrite_a_report(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "report.html").write_text("mine")
    done = call("report", "--index", runs)
    assert (tmp_path / "report.html").read_text() == "mine"
    assert "index.html: 2 runs, " in done.output and " kB. Open" in done.output


def test_runs_of_one_name_are_told_apart(tmp_path):
    save_run(run("mdmo", wrong=1), tmp_path / "a")
    save_run(run("mdmo", wrong=2, grid="thesis"), tmp_path / "b")
    done = call("table", tmp_path)
    assert "[a/db-3class" in done.output.replace("\\", "")
    assert "[b/db-3class" in done.output.replace("\\", "")


def test_run_names_the_command(tmp_path):
    one = _report_of([tmp_path / "a run"])
    assert one == f"mebench report '{tmp_path}/a run' --out '{tmp_path}/a run/report.html'"
    many = _report_of([tmp_path / str(i) for i in range(9)])
    assert many == f"mebench report {tmp_path} --out report.html"


def test_help_stays_light():
    code = (
        "import sys; from typer.testing import CliRunner; from mebench.cli import app; "
        "r = CliRunner().invoke(app, ['report', '--help']); assert r.exit_code == 0; "
        "print(sorted({'matplotlib', 'jinja2', 'pandas', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "harm",
    [
        lambda head: {**head, "classes": 3}, lambda head: {**head, "warnings": {"x": 1}},
        lambda head: {**head, "seconds": []}, lambda head: {**head, "artifacts": {"a": []}},
        lambda head: [head], lambda head: {**head, "chosen": [[], None, 3]},
        lambda head: {}, None,
    ],
)  # fmt: skip
def test_one_bad_run_never_stops_a_report_of_many(runs, tmp_path, harm):
    """Issue 18, point 16."""
    bad = next(runs.glob("*hoof*"))
    path = bad / "run.json"
    head = json.loads(path.read_text())
    path.write_text("[" * 100_000 if harm is None else json.dumps(harm(head)))
    for command, name in (("report", "r.html"), ("table", "t.md"), ("report --index", "i.html")):
        done = call(*command.split(), runs, "--out", tmp_path / name)
        text = (tmp_path / name).read_text()
        assert "mdmo" in text
        if done.exit_code:
            assert done.exit_code == 3 and bad.name in done.stderr and "LEFT OUT" in done.stderr
        else:  # what is odd is not needed there
            assert harm is not None
    alone = call("report", bad, "--out", tmp_path / "alone.html")
    assert alone.exit_code == 0 or isinstance(alone.exception, BadInput)
