import pandas as pd
import pytest

from mebench.datasets import load
from mebench.datasets.check import check
from mebench.datasets.corrections import Correction, correct, corrections
from mebench.datasets.registry import names
from mebench.errors import BadInput


@pytest.fixture
def table():
    table = pd.DataFrame(
        {
            "subject": ["sub01", "sub01", "sub02"],
            "clip": ["a", "a", "a"],
            "onset": [5, 50, 5],
            "apex": [7, None, 7],
            "offset": [0, 90, 9],
            "emotion": ["disgust", "others", "fear"],
            "apex_source": ["annotated", "none", "annotated"],
        }
    ).astype({c: "Int64" for c in ("onset", "apex", "offset")})
    text = ["subject", "clip", "emotion", "apex_source"]
    table[text] = table[text].astype(object)
    return table


def fix(field, wrong, right, onset="5", subject="sub01"):
    return Correction(subject, "a", onset, field, wrong, right, "a source")


def test_only_the_row_of_that_subject_clip_and_onset(table):
    got, notes = correct(table, [fix("offset", "0", "9")])
    assert got["offset"].tolist() == [9, 90, 9]
    assert notes == ["1 known wrong cell corrected: sub01/a offset 0 → 9 (a source)"]
    assert table["offset"].tolist() == [0, 90, 9]


def test_only_where_the_wrong_value_stands(table):
    got, notes = correct(table, [fix("offset", "1", "9"), fix("offset", "0", "9", subject="sub02")])
    assert got.equals(table) and notes == []


def test_a_missing_apex(table):
    got, _ = correct(table, [fix("apex", "/", "70", onset="50")])
    assert got["apex"].tolist() == [7, 70, 7]
    assert got["apex_source"].tolist() == ["annotated", "corrected", "annotated"]
    assert str(got["apex"].dtype) == "Int64"


def test_several_cells_of_a_row_and_the_onset_itself(table):
    known = [fix("onset", "5", "4"), fix("offset", "0", "9"), fix("emotion", "disgust", "fear")]
    got, notes = correct(table, known)
    assert got.loc[0, ["onset", "offset", "emotion"]].tolist() == [4, 9, "fear"]
    assert notes[0].startswith("3 known wrong cells corrected: ")


HEADER = "subject,clip,onset,field,wrong,right,source\n"


def test_the_file(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "sub01,a,5,apex,/, 7 ,the frames\n")
    assert corrections("x", path) == [Correction("sub01", "a", "5", "apex", "/", "7", "the frames")]


@pytest.mark.parametrize(
    "text, message",
    [
        ("subject,clip\n", "found the columns"),
        (HEADER + "s,a,5,colour,1,2,x\n", "line 2: unknown field 'colour'"),
        (HEADER + "s,a,5,apex,1,late,x\n", "line 2: apex should be a number"),
        (HEADER + "s,a,5,apex,1,2,\n", "needs a source"),
    ],
)
def test_a_bad_file(tmp_path, text, message):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=message):
        corrections("x", path)


@pytest.mark.parametrize("name", names())
def test_the_files_of_the_package_are_sound(name):
    known = corrections(name)
    places = [(c.subject, c.clip, c.onset or c.right, c.field) for c in known]
    assert len(set(places)) == len(places)


def test_a_database_without_corrections():
    assert corrections("no such database") == []


def test_a_blank_onset_is_any_row_of_the_clip(table):
    got, notes = correct(table, [fix("offset", "0", "60", onset="")])
    assert got["offset"].tolist() == [60, 90, 9] and len(notes) == 1
    # Of several rows, the last that begins before the right value.
    table.loc[1, "offset"] = 0
    got, _ = correct(
        table, [fix("offset", "0", "30", onset=""), fix("offset", "0", "80", onset="")]
    )
    assert got["offset"].tolist() == [30, 80, 9]
    assert correct(table, [fix("offset", "0", "3", onset="")])[1] == []


def test_marks_out_of_order(table):
    rule = [fix("apex", "out of order", "60", onset="50")]
    got, notes = correct(table, rule)
    assert got["apex"].tolist() == [7, 60, 7] and got.loc[1, "apex_source"] == "corrected"
    assert "sub01/a apex blank → 60" in notes[0]
    table.loc[1, "apex"] = 95  # after the offset
    assert "sub01/a apex 95 → 60" in correct(table, rule)[1][0]
    table.loc[1, "apex"] = 61
    assert correct(table, rule)[1] == []
    late = [fix("offset", "out of order", "99", onset="50")]
    assert correct(table, late)[1] == []
    table.loc[1, "offset"] = 55
    assert correct(table, late)[0]["offset"].tolist() == [0, 99, 9]


def test_only_apex_and_offset_can_be_out_of_order(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(HEADER + "s,a,5,onset,out of order,2,x\n")
    with pytest.raises(BadInput, match="only an apex or offset"):
        corrections("x", path)


def test_what_is_known_of_samm():
    known = {(c.clip, c.field): c.right for c in corrections("samm")}
    assert known == {
        ("013_1_9", "offset"): "5739",
        ("028_4_1", "apex"): "1105",
        ("032_3_1", "apex"): "4945",
        ("032_3_2", "apex"): "5130",
    }


def test_rows_of_cas_me_3_that_the_authors_corrected(tmp_path, sheet, frames):
    """The wrong rows of the official sheet, its marks as text, and nothing else of it."""
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    rows = [
        ("spNO.149", "d", "112", "83", "358", "T28+14", "VII", "fear"),
        ("spNO.214", "c", "5", "5", "3460", "17+4", "VII", "disgust"),
        ("spNO.216", "d", "3647", "2668", "2694", "38", "VII", "others"),
        ("spNO.216", "e", "0", "0", "25", "14", "VII", "Others"),
        ("spNO.40", "e", "1812", "1824", "0", "18", "VII", "others"),
        ("spNO.40", "e", "2327", "2363", "0", "14", "VII", "others"),
    ]
    root = tmp_path / "CAS(ME)3"
    sheet(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx", rows, header)
    marks = {}
    for subject, clip, onset, apex, offset in (
        ("149", "d", 112, 160, 358), ("214", "c", 5, 5, 34), ("216", "d", 2647, 2668, 2694),
        ("216", "e", 1, 1, 25), ("40", "e", 1812, 1824, 1845), ("40", "e", 2327, 2363, 2403),
    ):  # fmt: skip
        folder = root / "part_A" / f"spNO.{subject}" / clip.upper() / "color"
        frames(folder, (onset, apex, offset), prefix="")
        marks.setdefault((f"spNO.{subject}", clip), []).append((onset or 0, apex, offset))
    samples = load("casme3a", root=root, labels="all")
    assert len(samples) == 6
    table = samples.table.drop(index=3)  # its onset is 0 in the sheet, where frames count from 1
    found = [tuple(map(int, row)) for row in table[["onset", "apex", "offset"]].to_numpy()]
    assert found == [
        (112, 160, 358), (5, 5, 34), (2647, 2668, 2694), (1812, 1824, 1845), (2327, 2363, 2403)
    ]  # fmt: skip
    assert table["apex_source"].tolist() == ["corrected"] + ["annotated"] * 4
    assert any(n.startswith("5 known wrong cells corrected") for n in samples.notes)
    assert (load("casme3a", root=root, labels="au28").y == "present").sum() == 1
    report = check("casme3a", root)
    assert report.errors == []
    assert any("2 rows with the apex on the onset" in f.what for f in report.findings)
