import pickle
import shutil

import pytest

from mebench.datasets import load
from mebench.errors import BadInput, DataNotFound

SHEET = "CASME2-coding-20140508.xlsx"
RAW = "CASME2_RAW_selected"


def said(samples):
    return "\n".join(samples.notes)


def test_environment_and_registered_folder(casme2, monkeypatch):
    from mebench.datasets.registry import add

    with pytest.raises(DataNotFound, match="mebench data add casme2 PATH"):
        load("casme2")
    add("casme2", casme2)
    assert len(load("casme2")) == 4
    monkeypatch.setenv("MEBENCH_CASME2", str(casme2 / "gone"))
    with pytest.raises(DataNotFound, match="does not exist"):
        load("casme2")


def test_a_missing_folder(casme2):
    shutil.rmtree(casme2 / RAW / "sub02" / "EP01_11f")
    with pytest.raises(DataNotFound, match=r"casme2/sub02/EP01_11f: There is no folder .*EP01_11f"):
        load("casme2", root=casme2)
    samples = load("casme2", root=casme2, missing="skip")
    assert samples.y.tolist() == ["happiness", "others", "disgust"]
    assert [c.id for c in samples.clips] == samples.table["clip_id"].tolist()
    assert "1 clip left out because it cannot be used: sub02/EP01_11f" in said(samples)
    with pytest.raises(BadInput, match="give 'error' or 'skip'"):
        load("casme2", root=casme2, missing="ignore")


def test_folders_of_rows_outside_the_label_set_do_not_matter(casme2):
    shutil.rmtree(casme2 / RAW / "sub17")  # sadness
    assert len(load("casme2", root=casme2)) == 4
    with pytest.raises(DataNotFound, match="sub17/EP13_01"):
        load("casme2", root=casme2, labels="all")


def test_an_empty_folder(casme2):
    for frame in (casme2 / RAW / "sub02" / "EP01_11f").iterdir():
        frame.unlink()
    with pytest.raises(
        DataNotFound, match=r"EP01_11f holds no frames.*--missing skip .in Python: missing='skip'"
    ):
        load("casme2", root=casme2)
    assert len(load("casme2", root=casme2, missing="skip")) == 3


def test_missing_frames_are_passed_over_and_counted(casme2):
    folder = casme2 / RAW / "sub01" / "EP02_01f"  # clip 5 to 13, apex 9
    for n in (5, 6, 9):
        (folder / f"img{n}.jpg").unlink()
    samples = load("casme2", root=casme2)
    clip = samples.clips[0]
    assert clip.frames[:, 0, 0].tolist() == [7, 8, 10, 11, 12, 13]
    assert (clip.onset, clip.apex, clip.offset) == (0, 1, 5)
    assert "1 clip with frames missing between onset and offset" in said(samples)
    assert "sub01/EP02_01f (3 of 9)" in said(samples)
    assert "nearest one stands for it: sub01/EP02_01f (onset, apex)" in said(samples)


def test_onset_after_offset(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:2], 13, 9, 5, *rows[0][5:]), *rows[1:]])
    with pytest.raises(
        BadInput, match="casme2/sub01/EP02_01f: The onset 13 lies after the offset 5"
    ):
        load("casme2", root=casme2)
    samples = load("casme2", root=casme2, missing="skip")
    assert len(samples) == 3 and "onset 13 lies after" in said(samples)


@pytest.mark.parametrize("written", [0, "/", None])
def test_without_an_offset_the_folder_ends_the_clip(casme2, sheet, rows, written):
    sheet(casme2 / SHEET, [(*rows[0][:4], written, *rows[0][5:]), *rows[1:]])
    samples = load("casme2", root=casme2, variant="cropped")
    assert samples.clips[0].frames[:, 0, 0].tolist() == list(range(5, 14))
    assert "taken to the last frame of the folder: sub01/EP02_01f (13)" in said(samples)


def test_an_apex_outside_the_clip_is_not_used(casme2, sheet, rows):
    sheet(casme2 / SHEET, [(*rows[0][:3], 40, *rows[0][4:]), *rows[1:]])
    samples = load("casme2", root=casme2)
    assert samples.clips[0].apex is None
    assert samples.table.loc[0, "apex_source"] == "none"
    assert samples.table["apex"].isna().tolist() == [True, True, False, False]
    assert "treated as not annotated: sub01/EP02_01f (40, clip 5–13)" in said(samples)


def test_a_clip_with_several_expressions(casme2, sheet, rows):
    again = (*rows[0][:2], 10, 11, 13, "12", "happiness")
    sheet(casme2 / SHEET, [*rows, again])
    ids = [c.id for c in load("casme2", root=casme2).clips]
    assert ids[0] == "casme2/sub01/EP02_01f/5" and ids[-1] == "casme2/sub01/EP02_01f/10"
    assert "casme2/sub01/EP03_02" in ids


def test_ids_do_not_depend_on_the_label_set(casme2, sheet, rows):
    again = (*rows[0][:2], 10, 11, 13, "15", "sadness")  # in "all", not in "5class"
    sheet(casme2 / SHEET, [*rows, again])
    five = {c.id for c in load("casme2", root=casme2).clips}
    assert five < {c.id for c in load("casme2", root=casme2, labels="all").clips}


def test_the_same_row_twice(casme2, sheet, rows):
    sheet(casme2 / SHEET, [*rows, rows[0]])
    with pytest.raises(BadInput, match=r"EP02_01f/5 stands twice .*Sheet1, row 2; Sheet1, row 7"):
        load("casme2", root=casme2)


def test_nothing_can_be_used(casme2):
    for subject in ("sub01", "sub02"):
        for folder in (casme2 / RAW / subject).iterdir():
            shutil.rmtree(folder)
    with pytest.raises(DataNotFound, match="none of 4 clips of the label set '5class' can be used"):
        load("casme2", root=casme2, missing="skip")


def test_no_frames_at_all(casme2):
    shutil.rmtree(casme2 / RAW)
    shutil.rmtree(casme2 / "Cropped")
    with pytest.raises(DataNotFound, match=r"found no frame folders.*Unpack the database there"):
        load("casme2", root=casme2)


def test_long_lists_are_cut_and_say_where_the_rest_is(casme2, sheet, rows):
    gone = [("01", f"EP99_{i:02d}", 1, 2, 3, "4", "others") for i in range(30)]
    sheet(casme2 / SHEET, [*rows, *gone])
    text = said(load("casme2", root=casme2, missing="skip"))
    assert "30 clips left out" in text and "and 18 more, see `mebench data check`" in text


def test_clips_travel(casme2):
    samples = load("casme2", root=casme2)
    clip = pickle.loads(pickle.dumps(samples.clips[0]))
    assert clip.digest() == samples.clips[0].digest()


def test_a_moved_database_is_the_same_data(casme2, tmp_path):
    one = load("casme2", root=casme2)
    other = load("casme2", root=shutil.copytree(casme2, tmp_path / "elsewhere"))
    assert one.fingerprint() == other.fingerprint()
    assert [c.digest() for c in one.clips] == [c.digest() for c in other.clips]
    assert one.notes == other.notes
