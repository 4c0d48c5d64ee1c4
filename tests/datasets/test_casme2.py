import shutil

import numpy as np
import pandas as pd
import pytest

from mebench.datasets import COLUMNS, annotations, card, load
from mebench.datasets.casme2 import subject_name
from mebench.datasets.corrections import Correction
from mebench.errors import BadInput, DataNotFound

SHEET = "CASME2-coding-20140508.xlsx"


def said(samples):
    return "\n".join(samples.notes)


def test_clips_and_table(casme2):
    samples = load("casme2", root=casme2)
    assert [c.id for c in samples.clips] == [
        "casme2/sub01/EP02_01f",
        "casme2/sub01/EP03_02",
        "casme2/sub02/EP01_11f",
        "casme2/sub02/EP08_04",
    ]
    assert samples.y.tolist() == ["happiness", "others", "surprise", "disgust"]
    assert samples.groups.tolist() == ["casme2/sub01"] * 2 + ["casme2/sub02"] * 2
    assert samples.classes == ("happiness", "disgust", "repression", "surprise", "others")
    table = samples.table
    assert tuple(table.columns) == COLUMNS
    assert table["onset"].tolist() == [5, 8, 9, 2]
    assert table["apex"].isna().tolist() == [False, True, False, False]
    assert table["apex_source"].tolist() == ["annotated", "none", "annotated", "annotated"]
    assert table["au"].tolist() == ["12", "4", "L1+R2", "4+7"]
    assert table["objective_class"].tolist() == ["I", "III", "II", "III"]
    assert table["row_id"].tolist() == [0, 1, 2, 3]
    assert set(table["fps"]) == {200.0}


def test_marks_and_frames(casme2):
    clip, no_apex, *_ = load("casme2", root=casme2).clips
    assert (clip.onset, clip.apex, clip.offset, clip.fps) == (0, 4, 8, 200.0)
    # The brightness of a frame is its number: 10 comes after 9, and 4 and 14 are outside.
    assert clip.frames[:, 0, 0].tolist() == list(range(5, 14))
    assert no_apex.apex is None and len(no_apex) == 5
    assert clip.frames.dtype == np.uint8 and clip.frames.shape == (9, 8, 8)


def test_raw_before_cropped_and_said(casme2):
    auto = load("casme2", root=casme2)
    assert "raw frames from CASME2_RAW_selected" in auto.notes
    cropped = load("casme2", root=casme2, variant="cropped")
    assert "cropped frames from Cropped" in cropped.notes
    assert cropped.clips[0].frames.shape == (9, 6, 6)
    shutil.rmtree(casme2 / "CASME2_RAW_selected")
    assert "cropped frames from Cropped" in load("casme2", root=casme2).notes
    with pytest.raises(DataNotFound, match=r"raw frames were expected.*found only cropped frames"):
        load("casme2", root=casme2, variant="raw")
    with pytest.raises(BadInput, match="no variant 'depth': give 'auto' or one of raw, cropped"):
        load("casme2", root=casme2, variant="depth")


def test_colour(casme2):
    assert load("casme2", root=casme2, colour=True).clips[0].frames.shape == (9, 8, 8, 3)


@pytest.mark.parametrize(
    "where",
    [
        "CASME2_RAW_selected/CASME2_RAW_selected",
        "CASME2-RAW",
        "CASME2_RAW/CASME2-RAW",
        "a/b/raw",
        "frames",
    ],
)
def test_raw_frames_under_other_names(casme2, where, tmp_path):
    moved = tmp_path / "moved"
    (casme2 / "CASME2_RAW_selected").rename(moved)
    (casme2 / where).parent.mkdir(parents=True, exist_ok=True)
    moved.rename(casme2 / where)
    samples = load("casme2", root=casme2, variant="raw")
    assert f"raw frames from {where}" in samples.notes
    assert samples.clips[0].frames.shape == (9, 8, 8)


def test_selected_frames_before_the_long_recordings(casme2):
    shutil.copytree(casme2 / "CASME2_RAW_selected", casme2 / "CASME2_RAW")
    assert "raw frames from CASME2_RAW_selected" in load("casme2", root=casme2).notes


def test_the_folder_of_subjects_itself(casme2):
    shutil.move(casme2 / SHEET, casme2 / "Cropped")
    samples = load("casme2", root=casme2 / "Cropped")
    assert "cropped frames from Cropped" in samples.notes


def test_leftovers_do_no_harm(casme2):
    shutil.copytree(casme2 / "Cropped", casme2 / "__MACOSX" / "Cropped_select")
    shutil.copytree(casme2 / "Cropped", casme2 / ".Trashes" / "Cropped_select")
    for folder in (casme2 / "Cropped" / "sub01", casme2 / "Cropped" / "sub01" / "EP02_01f"):
        for name in ("Desktop - Shortcut.lnk", "Thumbs.db", ".DS_Store", "._reg_img7.jpg"):
            (folder / name).write_bytes(b"x")
    (casme2 / f"~${SHEET}").write_bytes(b"x")
    samples = load("casme2", root=casme2, variant="cropped")
    assert "cropped frames from Cropped" in samples.notes
    assert samples.clips[0].frames[:, 0, 0].tolist() == list(range(5, 14))


@pytest.mark.parametrize("written", [1, 1.0, "1", "01", "sub01", "Sub1", "s01", " 01 "])
def test_subjects_however_written(casme2, sheet, rows, written):
    sheet(casme2 / SHEET, [(written, *rows[0][1:])])
    assert load("casme2", root=casme2).clips[0].id == "casme2/sub01/EP02_01f"


def test_subject_name():
    assert [subject_name(t) for t in ("26", "sub_3", "SUBJECT 12", "sub0", "EP01", "")] == [
        "sub26",
        "sub03",
        "sub12",
        None,
        None,
        None,
    ]


def test_stray_spaces_and_case(casme2, sheet, rows):
    subject, clip, *marks, au, _ = rows[0]
    sheet(casme2 / SHEET, [(f" {subject}", f"{clip} ", *marks, f" {au} ", " Happiness ")])
    samples = load("casme2", root=casme2)
    assert samples.table.loc[0, ["clip", "emotion", "au"]].tolist() == [clip, "happiness", "12"]


def test_other_headers(casme2, sheet, rows):
    header = ["subject", "FILENAME", "Onset", "Apex", "Offset", "AU", "Emotion"]
    sheet(casme2 / SHEET, rows, header, above=2)
    assert len(load("casme2", root=casme2)) == 4


def test_a_sheet_without_apex_and_units(casme2, sheet, rows):
    header = ["Subject", "Filename", "OnsetFrame", "OffsetFrame", "Estimated Emotion"]
    sheet(casme2 / SHEET, [(r[0], r[1], r[2], r[4], r[6]) for r in rows], header)
    table = load("casme2", root=casme2).table
    assert table[["apex", "au", "objective_class"]].isna().all(axis=None)
    assert set(table["apex_source"]) == {"none"}


def test_no_sheet(casme2):
    (casme2 / SHEET).unlink()
    with pytest.raises(DataNotFound, match=r"No annotation sheet of CASME II.*20140508\.xlsx"):
        load("casme2", root=casme2)


def test_which_of_several_sheets(casme2, sheet, xls, rows):
    others = ["CASME2-coding-20190701.xlsx", "CASME2_label_Ver_2.xls", "updated.xlsx"]
    sheet(casme2 / "CASME2-coding-20190701.xlsx", rows[:3])
    xls(casme2 / "CASME2_label_Ver_2.xls", rows[:2])
    sheet(casme2 / "updated.xlsx", rows[:1])
    assert (
        f"3 other sheets not used: {', '.join(others)} (choose with sheet=)"
        in load("casme2", root=casme2).notes
    )
    for n, name in ((3, "20190701"), (2, "CASME2_label_Ver_2.xls"), (1, casme2 / "updated.xlsx")):
        assert len(load("casme2", root=casme2, sheet=str(name))) == n
    order = []
    for name in (SHEET, *others):
        order.append(load("casme2", root=casme2).notes[0].split(":")[0])
        (casme2 / name).unlink()
    assert order == [SHEET, *others]


def test_a_sheet_that_is_not_there(casme2, sheet, rows):
    with pytest.raises(DataNotFound, match=rf"No sheet .* is called 'x'. There: {SHEET}"):
        load("casme2", root=casme2, sheet="x")
    sheet(casme2 / "CASME2-coding-20190701.xlsx", rows)
    with pytest.raises(DataNotFound, match="More than one sheet"):
        load("casme2", root=casme2, sheet="coding")


def test_a_sheet_beside_the_frames(casme2):
    shutil.move(casme2 / SHEET, casme2 / "CASME2_RAW_selected")
    assert len(load("casme2", root=casme2)) == 4


def test_a_remark_below_the_table(casme2, sheet, rows):
    sheet(casme2 / SHEET, [*rows, ("Note: coded by two coders",)])
    assert "1 rows without clip and onset passed over (row 7)" in load("casme2", root=casme2).notes


@pytest.mark.parametrize(
    "column, value, message",
    [
        (0, "total", "row 3, column 'Subject' holds 'total'; each should be a subject"),
        (1, None, "row 3, column 'Filename'.*is blank"),
        (2, "late", "row 3, column 'OnsetFrame' holds 'late'; each should be a whole number"),
        (3, "late", "row 3, column 'ApexFrame' holds 'late'"),
        (4, 12.5, "row 3, column 'OffsetFrame' holds 12.5"),
    ],
)
def test_a_bad_cell_is_named_as_excel_shows_it(casme2, sheet, rows, column, value, message):
    bad = list(rows[1])
    bad[column] = value
    sheet(casme2 / SHEET, [rows[0], bad, *rows[2:]])
    with pytest.raises(BadInput, match=f"{SHEET}: Sheet1, {message}"):
        load("casme2", root=casme2)


def test_a_renamed_column(casme2, sheet, rows):
    header = ["Subject", "Filename", "Begin", "ApexFrame", "OffsetFrame", "AU", "Emotion"]
    sheet(casme2 / SHEET, rows, header)
    with pytest.raises(BadInput, match=r"no worksheet has the column\(s\) OnsetFrame"):
        load("casme2", root=casme2)


def test_an_emotion_that_is_none_is_counted(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:6], "hapiness"), (*rows[1][:6], None), *rows[2:]])
    samples = load("casme2", root=casme2, labels="all")
    assert len(samples) == 3
    assert (
        "Emotions that CASME II does not have, in no label set: '(blank)' 1, 'hapiness' 1"
        in said(samples)
    )


def test_official_objective_classes_go_first(casme2, objective, rows):
    path = casme2 / "CASME2-ObjectiveClasses.xlsx"
    objective(path, [(int(r[0]), r[1], c) for r, c in zip(rows, (7, "vi", 5, 4), strict=False)])
    table = annotations("casme2", root=casme2, labels="objective")
    assert table["objective_class"].tolist() == ["VII", "VI", "V", "IV", "V"]
    notes = "\n".join(table.attrs["notes"])
    assert "objective classes from CASME2-ObjectiveClasses.xlsx" in notes
    assert "1 objective classes derived from the action units" in notes
    objective(path, [(1, "EP02_01f", 8)])
    with pytest.raises(BadInput, match=r"row 2, column 'Objective Class' holds 8.*1 to 7 or I to"):
        annotations("casme2", root=casme2)


def test_units_that_cannot_be_read_are_counted(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:5], "smile", "happiness"), *rows[1:]])
    samples = load("casme2", root=casme2, labels="all")
    assert len(samples) == 5 and samples.table.loc[0, "objective_class"] is None
    assert "1 cells of action units hold pieces that were not read" in said(samples)
    assert "no unit: 'smile' 1" in said(samples)


def test_a_known_wrong_cell_is_corrected_and_counted(casme2, monkeypatch):
    known = [
        Correction("sub01", "EP03_02", "8", "apex", "/", "10", "a source"),
        Correction("sub01", "EP02_01f", "5", "offset", "0", "9", "a source"),
    ]
    monkeypatch.setattr("mebench.datasets.reading.corrections", lambda name: known)
    samples = load("casme2", root=casme2)
    assert samples.clips[1].apex == 2
    assert samples.table["apex_source"].tolist()[:2] == ["annotated", "corrected"]
    assert "1 known wrong cell corrected: sub01/EP03_02 apex / → 10 (a source)" in samples.notes


class TestPublishedCounts:
    """Invented rows with the true numbers."""

    @pytest.fixture
    def root(self, tmp_path, sheet, published):
        sheet(tmp_path / "db" / "any name.xlsx", published)
        return tmp_path / "db"

    @pytest.mark.parametrize("labels", ["all", "5class", "3class"])
    def test_label_sets(self, root, labels):
        table = annotations("casme2", root=root, labels=labels)
        counts = table["label"].value_counts().to_dict()
        assert counts == card("casme2").counts["sheet 20140508"][labels]
        assert "any name.xlsx: sheet 20140508, 255 rows" in table.attrs["notes"]
        assert not any("differ" in n for n in table.attrs["notes"])
        subjects = table[table["label"].notna()]["subject"].nunique()
        assert subjects == (24 if labels == "3class" else 26)

    def test_the_note_says_how_many_rows_take_part(self, root):
        notes = annotations("casme2", root=root).attrs["notes"]
        assert any(n.startswith("246 of 255 rows in 5class") for n in notes)
        assert any(n.endswith("left out: fear 2, sadness 7") for n in notes)

    def test_the_official_exclusions(self, root):
        table = annotations("casme2", root=root, labels="3class")
        out = table[table["label"].isna() & (table["emotion"] == "disgust")]
        assert set(out["clip"]) == {"EP12_01f", "EP09_05f"}

    def test_the_sheet_of_256_rows(self, root, sheet, published):
        extra = (24, "EP02_07", 61, "/", 106, "4", "disgust")
        sheet(root / "any name.xlsx", [*published, extra])
        for labels, total in (("all", 256), ("5class", 247), ("3class", 145)):
            table = annotations("casme2", root=root, labels=labels)
            assert table["label"].notna().sum() == total
            assert "any name.xlsx: updated sheet, 256 rows" in table.attrs["notes"]
            assert not any("differ" in n for n in table.attrs["notes"])

    def test_a_difference_is_said_and_does_no_harm(self, root, sheet, published):
        sheet(root / "any name.xlsx", published[1:])
        notes = annotations("casme2", root=root).attrs["notes"]
        assert (
            "unknown sheet, 254 rows: counts differ from the published ones (in brackets): "
            "others 98 (99)"
        ) in notes

    def test_objective_counts_bind_only_the_official_column(self, root, objective, published):
        notes = annotations("casme2", root=root, labels="objective").attrs["notes"]
        assert not any("differ" in n for n in notes)
        objective(root / "CASME2-ObjectiveClasses.xlsx", [(r[0], r[1], 1) for r in published])
        notes = annotations("casme2", root=root, labels="objective").attrs["notes"]
        assert any("I 255 (25)" in n for n in notes)


def test_annotations_need_no_frames(casme2):
    for folder in ("Cropped", "CASME2_RAW_selected"):
        shutil.rmtree(casme2 / folder)
    table = annotations("casme2", root=casme2)
    assert tuple(table.columns) == COLUMNS and len(table) == 5
    assert table["label"].isna().tolist() == [False] * 4 + [True]


def test_the_table_has_the_same_types_whatever_pandas(casme2):
    table = annotations("casme2", root=casme2)
    kinds = {c: str(table[c].dtype) for c in table}
    assert {c for c, k in kinds.items() if k == "Int64"} == {"onset", "apex", "offset"}
    assert {c for c, k in kinds.items() if k == "object"} == set(COLUMNS) - {
        "onset",
        "apex",
        "offset",
        "fps",
        "row_id",
    }
    assert pd.isna(table.loc[1, "apex"])


def test_folders_in_other_case(casme2):
    folder = casme2 / "CASME2_RAW_selected" / "sub01"
    (folder / "EP02_01f").rename(folder / "ep02_01F")
    folder.rename(folder.with_name("Sub01"))
    clip = load("casme2", root=casme2).clips[0]
    assert clip.id == "casme2/sub01/EP02_01f" and len(clip) == 9


def test_two_folders_of_one_subject(casme2):
    (casme2 / "Cropped" / "sub1" / "EP02_01f").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"are both sub01/EP02_01f\. Remove one"):
        load("casme2", root=casme2, variant="cropped")
