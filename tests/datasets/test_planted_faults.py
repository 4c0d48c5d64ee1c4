"""One fault of each kind is planted in a twin: `data check` finds it, and only it."""

import csv

import cv2
import numpy as np
import pytest

from mebench.datasets import load
from mebench.datasets.check import check
from mebench.errors import BadInput

from .random_sheets import theme

SHEET = "CASME2-coding-20140508.xlsx"
RAW = "CASME2_RAW_selected/sub01/EP02_01f"


def findings(name, root=None):
    return {(f.severity, f.where, f.what) for f in check(str(name), root, n_jobs=1).findings}


def rewritten(casme2, sheet, rows, i, **cells):
    place = ("subject", "clip", "onset", "apex", "offset", "au", "emotion")
    rows = [list(row) for row in rows]
    for name, value in cells.items():
        rows[i][place.index(name)] = value
    sheet(casme2 / SHEET, rows)


# What is planted (row 0 is sub01/EP02_01f, 5 to 13, apex 9), and the one finding; "" is none.
IN_THE_SHEET = {
    "free words": ({"au": "12+soft focus"}, "cannot be read and code no unit: 'soft focus'"),
    "an unsure coder": ({"au": "?"}, "cannot be read and code no unit: '?'"),
    "a typing error": ({"au": "12+4_7"}, "cannot be read and code no unit: '4_7'"),
    "apex on the onset": ({"apex": 5}, "1 rows with the apex on the onset"),
    **{f"understood: {au}": ({"au": au}, "") for au in (
        "A12", "T23", "B18", "10A/B", "A/L12", "ref(7B)+43", "(R6 or R12)+R15", "14 or 15",
        "AD38", "M58", "4+L10B", "1+2+R4C", "12,4", "12.0",
    )},
}  # fmt: skip


@pytest.mark.parametrize("kind", IN_THE_SHEET)
def test_in_a_cell(casme2, sheet, rows, kind):
    clean = findings("casme2", casme2)
    cells, what = IN_THE_SHEET[kind]
    rewritten(casme2, sheet, rows, 0, **cells)
    new = findings("casme2", casme2) - clean
    assert clean - findings("casme2", casme2) == set()
    assert [what in found for _, _, found in new] == ([True] if what else [])


def test_a_sheet_of_many_unread_units_is_still_whole(casme2, sheet, rows):
    rewritten(casme2, sheet, rows, 0, au="?")
    for labels in ("au4", "all"):
        assert len(load("casme2", root=casme2, labels=labels)) == 5


@pytest.mark.parametrize("cell", ["2_1", "7_0"])
def test_a_mark_that_is_no_number(casme2, sheet, rows, cell):
    rewritten(casme2, sheet, rows, 0, onset=cell)
    (found,) = [f for f in check("casme2", casme2).errors if f.where == "sheet"]
    assert f"column 'OnsetFrame' holds '{cell}'" in found.what


def test_a_frame_that_no_run_reads(casme2):
    clean = findings("casme2", casme2)
    folder = casme2 / RAW
    (folder / "img7.jpg").unlink()
    cv2.imwrite(str(folder / "img7.tif"), np.full((8, 8), 0.5, np.float32))
    ((severity, where, what),) = findings("casme2", casme2) - clean
    assert severity == "error" and where.endswith("img7.tif") and "not a readable image" in what
    samples = load("casme2", root=casme2, labels="all")
    with pytest.raises(BadInput, match="not a readable image"):
        samples.clips[0].frames  # noqa: B018


def test_a_sheet_in_another_code(casme2):
    clean = findings("casme2", casme2)
    (casme2 / SHEET).unlink()
    (casme2 / "CASME2-coding-20140508.csv").write_bytes("Subject,Filename\n01,惊讶\n".encode("gbk"))
    new = findings("casme2", casme2) - clean
    assert [w for s, w, _ in new if s == "error"] == ["sheet"]
    assert any("It looks like GBK" in what for _, _, what in new)


def test_what_stops_nothing(casme2, xls, rows):
    clean = findings("casme2", casme2)
    (casme2 / "results.xlsx").write_bytes((casme2 / SHEET).read_bytes()[:100])
    assert findings("casme2", casme2) == clean
    (casme2 / SHEET).unlink()
    path = xls(casme2 / "CASME2-coding-20140508.xls", rows)
    path.write_bytes(path.read_bytes() + theme())
    assert findings("casme2", casme2) == clean


# A manifest of six clips, and what is planted in it.
HEADER = ["clip_id", "subject", "label", "frames", "onset", "apex", "offset", "fps", "au"]


@pytest.fixture
def manifest(tmp_path, frames):
    def write(header=HEADER, **planted):
        rows = []
        for i, clip in enumerate("abcdef"):
            if not (tmp_path / clip).exists():
                frames(tmp_path / clip, range(1, 10))
                first = str(min((tmp_path / clip).iterdir()))  # no two are the same pictures
                cv2.imwrite(first, np.full_like(cv2.imread(first), 20 * i))
            label = ("happiness", "disgust", "surprise")[i % 3]
            row = dict(clip_id=clip, subject=f"s{i // 2 + 1}", label=label, frames=clip, onset=2,
                       apex=4, offset=8, fps=50, au="4+R12B")  # fmt: skip
            rows.append([str({**row, **(planted if clip == "f" else {})}[k]) for k in HEADER])
        with (tmp_path / "mine.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / "mine.csv"

    return write


@pytest.mark.parametrize(
    "planted, what",
    [
        ({"subject": "S03"}, "one person, several spellings: s3 = S03"),
        ({"subject": "3"}, "one person, several spellings: s3 = 3"),
        ({"label": "Surprise"}, "one label, several spellings: surprise = Surprise"),
        ({"au": "4+smile"}, "code no unit: 'smile'"),
        ({"apex": 2}, "1 rows with the apex on the onset"),
        ({"subject": "s3\u00a0"}, ""),
        ({"label": " surprise"}, ""),
        ({"onset": "2.0"}, ""),
    ],
)
def test_in_a_manifest(manifest, planted, what):
    clean = findings(manifest())
    new = findings(manifest(**planted)) - clean
    assert [what in found for _, _, found in new] == ([True] if what else [])
    samples = load(str(manifest(**planted)))
    assert len(set(samples.groups)) == 3 and len(samples.classes) == 3


def test_headers_of_a_manifest(manifest):
    clean = findings(manifest())
    assert clean == set()
    assert findings(manifest(["ID", "Subject", "Emotion", "path", "OnsetFrame", "Apex Frame",
                              "offset_f", "fps", "AUs"])) == set()  # fmt: skip
    ((severity, _, what),) = findings(manifest([*HEADER[:7], "gender", "au"]))
    assert severity == "warning" and "columns passed over: 'gender'" in what
    with pytest.raises(BadInput, match="onset is absent"):
        check(str(manifest([*HEADER[:4], "begin", *HEADER[5:]])))
