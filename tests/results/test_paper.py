import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.results.flags import flags_of
from mebench.results.paper import _FOOTNOTES, paper_table

from .stored_runs import run, samples, units_run


@pytest.fixture(scope="module")
def runs():
    other = samples("other_db")
    return [
        run("m_1", wrong=2), run("m&2", wrong=4), run("m_1", wrong=0, tuning="oracle"),
        run("m_1", of=other, wrong=3), run("m&2", of=other, complete=False), units_run("m_1"),
    ]  # fmt: skip


def rows(text):
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return {c[0].split(" <")[0]: c[1:] for line in lines
            if (c := [w.strip() for w in line.strip("|").split("|")])}  # fmt: skip


def test_best_is_marked_among_what_may_be_compared(runs):
    found = rows(paper_table(runs, intervals=False))
    assert found["method"][0] == "db 3class, loso: UF1"
    uf1 = runs[0].scores()["uf1"]
    assert found["m\\_1"][0] == f"**{uf1:.3f}**".replace("0.", ".")
    # The oracle's 1.000 is higher, and not the best.
    assert found["m\\_1 (oracle)"][0] == "1.000"
    assert found["m&amp;2"][3].startswith("–")  # incomplete: no score
    assert found["majority class"][0] == ".167" and found["all ones"][-1] == ".500"
    assert found["m\\_1"][-1] == f"{runs[-1].scores()['f1_database_mean']:.3f}".lstrip("0")


def test_footnotes_only_of_flags_that_occur(runs):
    text = paper_table(runs)
    assert "Oracle tuning" in text and "Incomplete" in text and "training and test" not in text
    assert f"[{runs[0].intervals()['uf1'][0]:.3f}".replace("0.", ".") in text


def test_equal_values_are_both_best():
    text = paper_table([run("a"), run("b")], intervals=False, measures=["uf1"])
    assert text.count("**") == 4


def test_csv_has_all_digits(runs):
    table = pd.read_csv(io.StringIO(paper_table(runs, "csv")))
    row = table[(table.method == "m&2") & (table.dataset == "db") & (table.measure == "uar")]
    assert row["value"].item() == runs[1].scores()["uar"]
    assert row["baseline"].item() == pytest.approx(1 / 3)
    assert np.isnan(table[(table.dataset == "other_db") & (table.method == "m&2")]["value"]).all()
    assert "oracle tuning" in set(table["flags"].dropna().str.split("; ").explode())


def test_what_cannot_be_a_table(runs):
    with pytest.raises(BadInput, match="found 'html'"):
        paper_table(runs, "html")
    with pytest.raises(BadInput, match="at least one"):
        paper_table([])
    with pytest.raises(BadInput, match="called 'm'"):
        paper_table([run("m"), run("m")])
    with pytest.raises(BadInput, match="'f7'"):
        paper_table(runs, measures=["f7"])


def test_markdown_leaves_no_cell_open():
    text = paper_table([run("a|b`<i>\n*c*")], caption="x|y")
    assert "a\\|b\\`&lt;i&gt; \\*c\\*" in text and "x\\|y" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_compiles(runs, tmp_path):
    odd = "\\input{x} $a_b^c$ #1 %~ {ü é ß ż γ – — 顔 é ] [ | \" '"
    named = [replace(r, header={**r.header, "method": f"{odd} {i}"}) for i, r in enumerate(runs)]
    parts = [paper_table(runs, "latex"), paper_table(named, "latex", caption=odd),
             paper_table(runs[:2], "latex", intervals=False)]  # fmt: skip
    assert r"\textbf{" in parts[0] and r"\cmidrule(lr){2-4}" in parts[0]
    assert r"\input{x}" not in parts[1]
    page = (
        "\\documentclass{article}\\usepackage[utf8]{inputenc}\\usepackage[T1]{fontenc}"
        "\\usepackage{booktabs}\\begin{document}\n" + "\n".join(parts) + "\\end{document}\n"
    )
    (tmp_path / "t.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"],
        cwd=tmp_path, capture_output=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    assert (tmp_path / "t.pdf").stat().st_size > 5000


def test_every_warning_has_a_footnote_and_a_twin_is_named():
    twin = "A synthetic corpus in the layout of CASME II, no recordings"
    some = {
        "notes": [twin], "search": {"how": "halving", "rungs": [{"persons": 3, "points": 9}]},
        "warnings": ["PERSONS OVERLAP: 3 persons"],
    }  # fmt: skip
    text = paper_table([run("m_1", dataset="casme2", **some)], intervals=False)
    assert "casme2 (synthetic twin) 3class, loso" in text
    for words in ("Made-up clips", "not searched exhaustively", "in training and test"):
        assert words in text
    keys = set(re.findall(r'Flag\(\s*"(\w+)"', Path(flags_of.__code__.co_filename).read_text()))
    assert keys and keys <= set(_FOOTNOTES)
