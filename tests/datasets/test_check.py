import shutil

import cv2
import numpy as np
import pytest

from mebench.cli.data import _grouped, add
from mebench.datasets.check import Finding, check, doubts
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic import write_corpus

SHEET = "CASME2-coding-20140508.xlsx"
RAW = "CASME2_RAW_selected"


def whats(report, severity=None):
    return [
        f"{f.where}: {f.what}"
        for f in report.findings
        if severity in (None, f.severity) and "published" not in f.what
    ]


@pytest.fixture
def clip(casme2):
    return casme2 / RAW / "sub01" / "EP02_01f"  # 5 to 13, apex 9; the folder holds 4 to 15


def test_a_whole_database(casme2):
    report = check("casme2", casme2)
    assert report.errors == []
    assert whats(report) == ["sheet: 1 rows without an apex: sub01/EP03_02"]
    assert report.counts["rows"] == 5 and report.counts["subjects"] == 3
    assert report.counts["raw"] == {"folders": 5, "frames": 45}
    assert report.counts["cropped"] == {"folders": 5, "frames": 30}
    assert report.counts["label sets"]["5class"]["repression"] == 0
    assert report.counts["label sets"]["all"]["sadness"] == 1
    assert report.version == "unknown sheet, 5 rows" and report.root == casme2


def test_counts_against_the_published(casme2):
    found = [f for f in check("casme2", casme2).warnings if "label set 5class" in f.what]
    assert len(found) == 1 and "disgust 1 (published: 63)" in found[0].what


def test_the_report_does_not_depend_on_threads(casme2, clip):
    (clip / "img7.jpg").write_bytes(b"x")
    assert check("casme2", casme2, n_jobs=1) == check("casme2", casme2, n_jobs=3)


def test_progress_counts_frames(casme2):
    seen = []
    check("casme2", casme2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (75, 75) and [d for d, _ in seen] == sorted(d for d, _ in seen)


def test_missing_frames(casme2, clip):
    for n in (6, 7, 8, 11, 14):  # 14 is outside the clip
        (clip / f"img{n}.jpg").unlink()
    report = check("casme2", casme2)
    assert "sub01/EP02_01f (raw): 4 of 9 frames missing: 6–8, 11" in whats(report, "warning")
    assert report.errors == []


def test_no_frame_of_the_clip(casme2, clip):
    for n in range(5, 14):
        (clip / f"img{n}.jpg").unlink()
    assert "sub01/EP02_01f (raw): no frame from onset 5 to offset 13, only 4 to 15" in whats(
        check("casme2", casme2), "error"
    )


@pytest.mark.parametrize(
    "content, what",
    [
        (b"", "is an empty file"),
        (b"no image", "is not a readable image"),
        (b"\xff\xd8\xff\xe0 no image \xff\xd9", "is not a readable image"),
    ],
)
def test_unreadable_frames(casme2, clip, content, what):
    (clip / "img7.jpg").write_bytes(content)
    assert f"{clip / 'img7.jpg'}: {what}" in whats(check("casme2", casme2), "error")


@pytest.mark.parametrize("suffix, kind", [("jpg", "JPEG"), ("png", "PNG")])
def test_a_frame_that_breaks_off(casme2, clip, suffix, kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    data = cv2.imencode(f".{suffix}", noise)[1].tobytes()
    (clip / "img7.jpg").unlink()
    broken = clip / f"img7.{suffix}"
    broken.write_bytes(data[: len(data) // 2])
    found = whats(check("casme2", casme2), "error")
    assert found == [f"{broken}: breaks off: the end of the {kind} is missing"]


def test_frames_of_unequal_size(casme2, clip, frames):
    frames(clip, [7], size=16)
    found = whats(check("casme2", casme2), "error")
    assert found == [f"{clip}: 16×16 where 11 frames are 8×8: img7.jpg"]


def test_two_files_of_one_number(casme2, clip):
    shutil.copy(clip / "img7.jpg", clip / "img07.jpg")
    found = whats(check("casme2", casme2), "error")
    assert found == [f"{clip}: img07.jpg and img7.jpg claim the same frame number"]


def test_folders_and_rows_that_have_no_partner(casme2, clip):
    clip.rename(clip.with_name("EP77_01"))
    report = check("casme2", casme2)
    assert whats(report, "error") == [f"sub01/EP02_01f (raw): no such folder under {casme2 / RAW}"]
    assert f"{clip.with_name('EP77_01')}: no row in the sheet; not used" in whats(report, "warning")


def test_an_empty_folder(casme2, clip):
    for frame in clip.iterdir():
        frame.unlink()
    assert whats(check("casme2", casme2), "error") == [f"sub01/EP02_01f (raw): no frames in {clip}"]


def test_stray_files(casme2, clip):
    stray = [clip / "Thumbs.db", clip.parent / "Desktop - Shortcut.lnk"]
    for path in stray:
        path.write_bytes(b"")
    report = check("casme2", casme2)
    assert {f"{p}: stray file; passed over" for p in stray} <= set(whats(report, "warning"))
    assert report.errors == []


def test_a_stray_folder_is_called_one(casme2, clip):
    (clip / "old").mkdir()
    assert f"{clip / 'old'}: stray folder; passed over" in whats(check("casme2", casme2), "warning")


def test_a_folder_that_is_not_there_is_said_once(casme2, clip, tmp_path):
    manifest = tmp_path / "clips.csv"
    manifest.write_text("clip_id,subject,label,frames\na,1,x,nowhere\n")
    assert len(check(str(manifest)).errors) == 1


def test_whether_a_folder_is_that_of_a_database(casme2, tmp_path):
    (tmp_path / "other").mkdir()
    corpus = write_corpus("casme2", tmp_path / "corpus", clips=3, subjects=2, plain=True)
    assert doubts("casme2", corpus) == ""
    assert doubts("casme2", tmp_path / "other") == "no annotation sheet is found there, nor frames"
    assert "5 rows, and was published with 164" in doubts("smic-hs", casme2)
    assert doubts("samm", casme2) == "no frames are found there"
    assert doubts("casme", casme2).startswith("its annotation sheet has 5 rows")


def test_adding_the_folder_of_another_database_warns(casme2, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    add("samm", casme2)
    told = capsys.readouterr()
    assert "for samm, no frames are found there" in told.err and "lies at" in told.out
    add("casme2", write_corpus("casme2", tmp_path / "corpus", clips=3, subjects=2, plain=True))
    assert capsys.readouterr().err == ""


def test_many_that_say_the_same_are_one_line():
    many = [Finding("warning", f"p{i}", "stray file; passed over") for i in range(8)]
    lines = _grouped([Finding("error", "x", "no onset"), *many])
    some = "8 × stray file; passed over: p0, p1, p2, p3, p4 and 3 more (--json lists all)"
    assert lines == [("error", "x: no onset"), ("warning", some)]
    assert len(_grouped(many[:5])) == 5


def test_marks_out_of_order(casme2, sheet, rows):
    sheet(
        casme2 / SHEET,
        [
            (*rows[0][:2], 13, 9, 5, *rows[0][5:]),
            (*rows[1][:3], 40, 12, *rows[1][5:]),
            (*rows[2][:4], 0, *rows[2][5:]),
            *rows[3:],
        ],
    )
    report = check("casme2", casme2)
    assert whats(report, "error") == ["sub01/EP02_01f (Sheet1, row 2): onset 13 after offset 5"]
    warned = whats(report, "warning")
    assert (
        "sub01/EP03_02 (Sheet1, row 3): apex 40 outside onset 8 to offset 12; it is not used"
        in warned
    )
    assert "sub02/EP01_11f (Sheet1, row 4): no offset; the last frame is taken" in warned


def test_the_same_row_twice(casme2, sheet, rows):
    sheet(casme2 / SHEET, [*rows, rows[0]])
    assert whats(check("casme2", casme2), "error") == [
        "sub01/EP02_01f (Sheet1, row 7): the same clip and onset as Sheet1, row 2"
    ]


def test_a_row_without_emotion(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:6], None), *rows[1:]])
    assert "sub01/EP02_01f (Sheet1, row 2): no emotion; in no label set by emotion" in whats(
        check("casme2", casme2), "warning"
    )


def test_without_a_sheet_the_frames_are_still_decoded(casme2, clip):
    (casme2 / SHEET).unlink()
    (clip / "img7.jpg").write_bytes(b"x")
    report = check("casme2", casme2)
    assert [f.where for f in report.errors] == ["sheet", str(clip / "img7.jpg")]
    assert report.version == "" and report.counts["raw"]["frames"] == 45


def test_a_bad_cell_is_a_finding(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:2], "late", *rows[0][3:]), *rows[1:]])
    assert "row 2, column 'OnsetFrame' holds 'late'" in whats(check("casme2", casme2), "error")[0]


def test_without_frames(casme2):
    shutil.rmtree(casme2 / RAW)
    shutil.rmtree(casme2 / "Cropped")
    assert "found no frame folders" in whats(check("casme2", casme2), "error")[0]


def test_one_variant(casme2):
    report = check("casme2", casme2, variant="cropped")
    assert "raw" not in report.counts and report.counts["cropped"]["frames"] == 30
    shutil.rmtree(casme2 / "Cropped")
    assert "found only raw frames" in whats(check("casme2", casme2, variant="cropped"), "error")[0]
    with pytest.raises(BadInput, match="no variant 'depth'"):
        check("casme2", casme2, variant="depth")


def test_a_database_that_is_not_there(tmp_path):
    with pytest.raises(DataNotFound, match="mebench data add"):
        check("casme2", tmp_path / "gone")
    with pytest.raises(BadInput, match="No database is called"):
        check("casme9")


def test_the_same_frames_under_two_subjects(casme2):
    """Issue 18, point 7."""
    assert not [what for what in whats(check("casme2", casme2), "error") if "same frames" in what]
    clips = sorted(p for p in casme2.rglob("sub*/*") if p.is_dir())
    one = next(p for p in clips if p.parent.name == "sub01")
    other = next(p for p in clips if p.parent != one.parent and p.parents[1] == one.parents[1])
    for path in other.iterdir():
        path.unlink()
    for path in one.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    found = [what for what in whats(check("casme2", casme2), "error") if "same frames" in what]
    assert len(found) == 1 and "the same frames as a clip of subject" in found[0]
