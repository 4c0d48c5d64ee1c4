import csv
import sys

import cv2
import numpy as np
import pandas as pd
import pytest

from mebench.clip import VideoFile
from mebench.datasets import annotations, card, label_sets, load
from mebench.datasets.check import check
from mebench.errors import BadInput, DataNotFound

HEADER = ["clip_id", "subject", "label", "frames", "onset", "apex", "offset", "fps", "au"]
ROWS = [
    ["a", "p1", "happiness", "a", 3, 5, 8, 50, "12"],
    ["b", "p1", "disgust", "b", "", "", "", "", "4+9"],
    ["c", "p2", "surprise", "films/c.avi", 2, 4, 6, 25, ""],
]


def write(path, rows=ROWS, header=HEADER):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def film(path, n=12, size=(32, 24)):
    path.parent.mkdir(parents=True, exist_ok=True)
    out = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, size)
    for i in range(n):
        out.write(np.full((size[1], size[0], 3), 10 * i, np.uint8))
    out.release()


@pytest.fixture
def mine(tmp_path, frames):
    frames(tmp_path / "a", range(1, 12))
    frames(tmp_path / "b", range(5, 10))
    film(tmp_path / "films" / "c.avi")
    return write(tmp_path / "mine.csv")


def test_a_manifest_gives_what_a_database_gives(mine):
    samples = load(str(mine))
    assert [c.id for c in samples.clips] == ["mine/p1/a", "mine/p1/b", "mine/p2/c"]
    assert samples.classes == ("disgust", "happiness", "surprise")
    assert samples.groups.tolist() == ["mine/p1", "mine/p1", "mine/p2"]
    a, b, c = samples.clips
    assert a.frames[:, 0, 0].tolist() == [3, 4, 5, 6, 7, 8] and (a.apex, a.fps) == (2, 50)
    assert b.frames[:, 0, 0].tolist() == [5, 6, 7, 8, 9] and b.fps is None and b.apex is None
    assert isinstance(c.source, VideoFile) and len(c) == 5 and c.apex == 2
    assert np.abs(c.frames[:, 0, 0].astype(int) - [20, 30, 40, 50, 60]).max() <= 2
    assert samples.table["apex_source"].tolist() == ["annotated", "none", "annotated"]
    assert "mine.csv: manifest, 3 rows" in samples.notes
    assert list(label_sets(str(mine))) == ["all", "3class", "objective", "objective5", "auN"]
    assert load(str(mine), labels="3class").y.tolist() == ["positive", "negative", "surprise"]
    assert load(str(mine), labels="au12").y.tolist() == ["present", "absent", "absent"]
    assert annotations(str(mine), labels="objective")["label"].tolist()[:2] == ["I", "IV"]
    assert card(str(mine)).subjects == 2


def test_parquet(mine, tmp_path):
    pd.read_csv(mine).to_parquet(tmp_path / "mine.parquet")
    assert load(str(tmp_path / "mine.parquet")).fingerprint() == load(str(mine)).fingerprint()


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    for name in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(BadInput, match="pip install pyarrow"):
        load(str(tmp_path / "x.parquet"))


def test_a_union_with_a_database(mine, casme2, monkeypatch):
    monkeypatch.setenv("MEBENCH_CASME2", str(casme2))
    samples = load(f"casme2+{mine}", labels="3class")
    assert set(samples.table["dataset"]) == {"casme2", "mine"} and len(samples) == 6


def test_dataset_column_keeps_people_apart(mine):
    rows = [[*r, d] for r, d in zip(ROWS, ("x", "y", "y"), strict=True)]
    write(mine, rows, [*HEADER, "dataset"])
    assert load(str(mine)).groups.tolist() == ["x/p1", "y/p1", "y/p2"]


def test_frames_somewhere_else(mine, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    moved = mine.rename(elsewhere / "mine.csv")
    assert len(load(str(moved), root=tmp_path)) == 3
    with pytest.raises(DataNotFound, match=r"mine/p1/a.*does not exist"):
        load(str(moved))
    absolute = [[*r[:3], str(tmp_path / r[3]), *r[4:]] for r in ROWS]
    assert len(load(str(write(moved, absolute)))) == 3


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "./../secret", ".."])
def test_a_path_may_not_lead_out(mine, path):
    write(mine, [[*ROWS[0][:3], path, *ROWS[0][4:]]])
    with pytest.raises(BadInput, match=r"line 2: the path .* leads out of the manifest's folder"):
        load(str(mine))


def test_a_path_may_go_up_and_down_inside(mine):
    write(mine, [[*ROWS[0][:3], "films/../a", *ROWS[0][4:]]])
    assert len(load(str(mine))) == 1


@pytest.mark.parametrize(
    "column, value, message",
    [
        (0, "", "line 2: clip_id is blank"),
        (0, "b", "line 3: clip_id 'b' stands in line 2 too"),
        (1, "", "line 2: subject is blank"),
        (2, "", "line 2: label is blank"),
        (4, "soon", "line 2: onset is 'soon'; expected a whole number"),
        (4, -1, "line 2: onset is '-1'"),
        (5, 2.5, "line 2: apex is '2.5'"),
        (7, "fast", "line 2: fps is 'fast'"),
    ],
)
def test_bad_cells(mine, column, value, message):
    row = list(ROWS[0])
    row[column] = value
    write(mine, [row, *ROWS[1:]])
    with pytest.raises(BadInput, match=message):
        load(str(mine))


def test_bad_files(tmp_path):
    with pytest.raises(DataNotFound, match=r"There is no manifest .*gone\.csv"):
        load(str(tmp_path / "gone.csv"))
    path = write(tmp_path / "x.csv", [], HEADER)
    with pytest.raises(BadInput, match="lists no clips"):
        load(str(path))
    write(path, [["a", "b"]], ["clip_id", "who"])
    with pytest.raises(
        BadInput, match=r"the column\(s\) subject, label, frames are missing; found"
    ):
        load(str(path))
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="not a CSV file in UTF-8"):
        load(str(path))
    path.write_bytes(b"")
    with pytest.raises(BadInput, match="is empty"):
        load(str(path))


def test_excel_writes_marks_and_semicolons(mine):
    mine.write_bytes(b"\xef\xbb\xbf" + mine.read_bytes())  # a byte order mark
    assert len(load(str(mine))) == 3


def test_check(mine, tmp_path):
    report = check(str(mine))
    assert report.errors == [] and report.warnings == []
    assert report.counts["listed"] == {"folders": 3, "frames": 28}
    assert report.version == "manifest, 3 rows"
    (tmp_path / "a" / "img4.jpg").write_bytes(b"x")
    (tmp_path / "films" / "c.avi").write_bytes(b"x")
    errors = [f"{f.where} {f.what}" for f in check(str(mine)).errors]
    assert len(errors) == 2
    assert any("img4.jpg" in e for e in errors) and any("c.avi" in e for e in errors)


def test_marks_beyond_the_video(mine):
    write(mine, [[*ROWS[2][:4], 20, "", 30, 25, ""]])
    with pytest.raises(DataNotFound, match="no frame from onset 20 to offset 30, only 0 to 11"):
        load(str(mine))


def test_labels_that_are_no_emotions(mine):
    rows = [[*r[:2], label, *r[3:]] for r, label in zip(ROWS, ("x", "y", "y"), strict=True)]
    write(mine, rows)
    assert "3class" not in label_sets(str(mine))
    assert load(str(mine)).classes == ("x", "y")


def test_columns_that_nobody_knows_are_named(tmp_path, mine):
    header = [*HEADER, "age", "onsets"]
    write(mine, [[*row, 30, 4] for row in ROWS], header)
    said = "mine.csv: columns passed over: 'age', 'onsets' (did you mean 'onset'?)"
    assert said in load(str(mine)).notes
    assert [f.what for f in check(str(mine)).warnings].count(said) == 1
    assert check(str(write(mine))).warnings == []


@pytest.mark.parametrize(
    "name, known", [("onsett", "onset"), ("ofset", "offset"), ("Apexx", "apex")]
)
def test_a_misspelt_column_loses_nothing(mine, name, known):
    write(mine, header=[name if column == known else column for column in HEADER])
    with pytest.raises(BadInput, match=f"'{name}' .* Did you mean '{known}'"):
        load(str(mine))


def test_a_manifest_with_semicolons(mine):
    mine.write_text(mine.read_text().replace(",", ";"))
    with pytest.raises(BadInput, match="separated by semicolons. Commas are expected"):
        load(str(mine))


@pytest.mark.parametrize(
    "names", [("OnsetFrame", "ApexFrame", "OffsetFrame"), ("onset_frame", "apex_frame", "offset_f"),
              ("Onset Frame", "Apex", "OFFSET FRAME"), ("OnsetF", "ApexF1", "OffsetF")]
)  # fmt: skip
def test_marks_under_the_names_of_sheets(mine, names):
    text = mine.read_text().replace("onset,apex,offset", ",".join(names))
    wanted = load(str(mine)).table[["onset", "apex", "offset"]]
    mine.write_text(text)
    assert load(str(mine)).table[["onset", "apex", "offset"]].equals(wanted)


@pytest.mark.parametrize(
    "header, mark",
    [
        ("begin_frame", "onset"),
        ("first image", "onset"),
        ("clipStart", "onset"),
        ("OnsetFrameNumber2", "onset"),
        ("t_onset", "onset"),
        ("onsett", "onset"),
    ],
)
def test_an_onset_that_is_not_understood_is_no_whole_folder(mine, header, mark):
    mine.write_text(mine.read_text().replace(",onset,", f",{header},"))
    with pytest.raises(BadInput, match=f"{mark} is absent"):
        load(str(mine))


def test_two_columns_for_one_mark(mine):
    lines = mine.read_text().splitlines()
    same = [f"{line},{line.split(',')[4]}" for line in lines[1:]]
    mine.write_text("\n".join([f"{lines[0]},OnsetFrame", *same]))
    load(str(mine))
    mine.write_text("\n".join([f"{lines[0]},OnsetFrame", *(f"{line},9" for line in lines[1:])]))
    with pytest.raises(BadInput, match="both stand for the onset, and differ"):
        load(str(mine))


def test_words_about_other_things_are_passed_over(mine):
    lines = mine.read_text().splitlines()
    mine.write_text("\n".join([f"{lines[0]},gender", *(f"{line},f" for line in lines[1:])]))
    assert any("passed over: 'gender'" in n for n in load(str(mine)).notes)


@pytest.mark.parametrize("cell", ["2_1", "7_0", "1e1", "4.5"])
def test_a_mark_that_only_a_program_would_read(mine, cell):
    lines = mine.read_text().splitlines()
    row = lines[1].split(",")
    row[4] = cell
    mine.write_text("\n".join([lines[0], ",".join(row), *lines[2:]]))
    with pytest.raises(BadInput, match="onset is"):
        load(str(mine))
