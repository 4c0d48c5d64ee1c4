"""DFME: its parts, as their sheets and folders circulate; rows and frames are invented."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mebench.datasets import annotations, card, load
from mebench.datasets.check import check
from mebench.datasets.dfme import PARTS, clip_key, emotion_ids, part_of
from mebench.datasets.loader import load_unlabelled
from mebench.datasets.registry import database
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic.write import _layout, _stream, plan_entries

HEADER = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame",
          "Emotion", "EmotionId", "Fps", "AU"]  # fmt: skip
ROWS = [
    ("sub0003", "sub0003_01", 4, 9, 14, "disgust", 2, 500, "4+9"),
    ("sub0003", "sub0003_02", 0, 3, 8, "Happiness", 4, 500, "L12"),
    ("sub0110", "sub0110_01", 2, 5, 9, "fear", 3, "300fps", "4+23"),
    ("sub0671", "sub0671_07", 1, 4, 6, "surprise", 6, 200, "1+2"),
]


@pytest.fixture
def release(tmp_path, sheet, frames):
    """A training part and an unlabelled test part, each unpacked into a folder of its name."""
    root = tmp_path / "DFME"
    sheet(root / "full_release" / "full_release" / "training_full_with_AU.xlsx", ROWS, HEADER)
    hidden = [c for c in HEADER if c not in ("Emotion", "EmotionId", "AU")]
    sheet(root / "test_A.xlsx", [("sub0200", "sub0200_01", 1, 3, 5, 200)], hidden)
    for row in ROWS:
        frames(root / "train_data" / "train_data" / row[1], range(row[2], row[4] + 3), "0000")
    frames(root / "test_data_A" / "sub0200_01", range(8), "0000")
    return root


def test_sheets_and_folders_as_they_are_released(release):
    samples = load("dfme", root=release)
    table = samples.table
    assert table["clip_id"].tolist() == [f"dfme/{r[0]}/{r[1]}" for r in ROWS]
    assert table["label"].tolist() == ["disgust", "happiness", "fear", "surprise"]
    assert table[["onset", "apex", "offset"]].to_numpy().tolist() == [list(r[2:5]) for r in ROWS]
    assert table["fps"].tolist() == [500, 500, 300, 200]
    assert set(table["dataset"]) == {"dfme"} and set(table["part"]) == {"train"}
    assert [len(clip) for clip in samples.clips] == [r[4] - r[2] + 1 for r in ROWS]
    assert samples.clips[0].apex == 5 and samples.clips[2].fps == 300
    assert any("1 clips without emotions: a test set" in note for note in samples.notes)
    assert not any("does not have" in note for note in samples.notes)
    assert Counter(load("dfme", root=release, labels="3class").y) == {
        "negative": 2, "positive": 1, "surprise": 1,
    }  # fmt: skip
    assert emotion_ids(release) == {"disgust": 2, "happiness": 4, "fear": 3, "surprise": 6}


def test_each_part_by_itself_names_the_same_clips(release):
    whole, part = load("dfme", root=release), load("dfme-train", root=release)
    assert part.table["clip_id"].tolist() == whole.table["clip_id"].tolist()
    assert part.groups.tolist() == whole.groups.tolist()
    with pytest.raises(DataNotFound, match="none of the 1 clips has.*--test dfme-test-a"):
        load("dfme-test-a", root=release)
    with pytest.raises(DataNotFound, match=r"No annotation sheet of DFME, test part B.*test_A"):
        load("dfme-test-b", root=release)
    clips, table, _ = load_unlabelled(database("dfme-test-a"), release)
    assert len(clips[0]) == 5 and table["clip_id"].tolist() == ["dfme/sub0200/sub0200_01"]
    assert table["label"].isna().all()


def test_a_part_is_found_where_the_whole_is_registered(release, monkeypatch, tmp_path):
    monkeypatch.setenv("MEBENCH_DFME", str(release))
    assert len(load("dfme-train")) == 4
    monkeypatch.setenv("MEBENCH_DFME_TRAIN", str(tmp_path / "nowhere"))
    with pytest.raises(DataNotFound, match="MEBENCH_DFME_TRAIN"):
        load("dfme-train")


def test_a_test_part_is_no_fault(release):
    report = check("dfme", release)
    assert report.errors == []
    assert [f.what for f in report.warnings if "emotion" in f.what] == []
    assert report.counts["rows"] == 5


def test_the_folder_is_found_by_name_up_to_four_deep(tmp_path, sheet, frames):
    root = tmp_path / "x"
    sheet(root / "DFME_training.xlsx", ROWS[:3], HEADER)
    frames(root / "a" / "b" / "micro" / "disgust" / "sub0003_01", range(20))
    frames(root / "a" / "b" / "micro_static_aligned_croped" / "disgust" / "sub0003_01", range(20))
    frames(root / "sub0003" / "02", range(20))  # the subject's folder says whose it is
    frames(root / "sub0110" / "sub0110_01", range(20))
    (root / "flow" / "sub0110_01").mkdir(parents=True)  # no frames: features of somebody
    found = {f.variant: f for f in database("dfme").folders(root)}
    raw = {key[1]: str(Path(path).relative_to(root)) for key, path in found["raw"].clips.items()}
    assert raw == {
        "sub0003_01": "a/b/micro/disgust/sub0003_01",
        "sub0003_02": "sub0003/02",
        "sub0110_01": "sub0110/sub0110_01",
    }
    assert list(found["cropped"].clips) == [("", "sub0003_01")]
    assert len(load("dfme", root=root)) == 3
    frames(root / "flow" / "sub0110_01", range(2))
    with pytest.raises(BadInput, match=r"are both the clip sub0110_01\. Remove one"):
        load("dfme", root=root)


def test_contradictions_are_errors(tmp_path, sheet, frames):
    root = tmp_path / "x"
    rows = [ROWS[0], ("sub0004", *ROWS[1][1:])]
    sheet(root / "training.xlsx", rows, HEADER)
    with pytest.raises(BadInput, match="sub0003_02 stands beside the subject sub0004"):
        annotations("dfme", root=root)
    sheet(root / "training.xlsx", [ROWS[0], (*ROWS[1][:7], "fast", "12")], HEADER)
    with pytest.raises(BadInput, match="'fast'.*should be a rate such as 500"):
        annotations("dfme", root=root)
    sheet(root / "training.xlsx", [ROWS[0], (*ROWS[1][:5], "disgust", 7, 200, "9")], HEADER)
    with pytest.raises(BadInput, match="disgust has EmotionId 7 and 2"):
        emotion_ids(root)


def test_names():
    assert [part_of(p) for p in (
        "DFME_test_A_full_with_AU.xlsx", "testB.xlsx", "test-data-b/labels.xls",
        "DFME_training_full.xlsx", "latest_batch.xlsx", "train_data/test_a.xlsx",
    )] == ["test-a", "test-b", "test-b", "train", "", "test-a"]  # fmt: skip
    assert clip_key("SUB0003_01 ") == "sub0003_01" and clip_key("sub0003") is None


def test_the_release_at_true_counts(tmp_path):
    """The sheets of 2,629 clips (no frames) are read exactly, and known as the release."""
    layout, stream = _layout("dfme"), _stream("dfme", 1)
    entries = plan_entries(layout, stream, layout.subjects, None)
    layout.write_sheets(tmp_path, entries, np.random.default_rng(0))
    one = database("dfme")
    found = one.read(tmp_path, None)
    assert found.recognised and found.table["row_id"].is_unique
    assert Counter(found.table["part"]) == PARTS
    by_clip = {e.label: e for e in entries}
    for row in found.table.to_dict("records"):
        entry = by_clip.pop(row["clip"])
        assert row["onset"] == entry.first + entry.plan.onset
        assert row["offset"] == entry.first + entry.plan.offset
        assert row["fps"] == entry.plan.fps in (200, 300, 500)
        assert row["emotion"] == (None if row["part"] == "test-a" else entry.plan.emotion)
        assert row["au"] == (None if row["part"] == "test-a" else entry.plan.units)
    assert not by_clip
    train = database("dfme-train").read(tmp_path, None)
    assert train.version == "training part of 2024, 1856 rows"
    assert train.table["subject"].nunique() == 176 == card("dfme-train").subjects
    assert dict(Counter(train.table["emotion"])) == dict(train.counts["all"])
    parts = found.table.groupby("part")["subject"].agg(set)
    assert not parts["train"] & parts["test-a"] and not parts["test-a"] & parts["test-b"]


def test_a_clip_without_a_folder_is_said_to_be_sought_by_its_name(tmp_path, sheet, frames):
    root = tmp_path / "x"
    sheet(root / "training.xlsx", ROWS, HEADER)
    for row in ROWS[:3]:
        frames(root / "train_data" / row[1], range(20))
    frames(root / "a" / "b" / "c" / "d" / "e" / ROWS[3][1], range(20))
    sought = f"No folder called sub0671_07 lies under {root}, up to 4 folders deep"
    with pytest.raises(DataNotFound, match=sought):
        load("dfme", root=root)
    (root / "train_data_2.zip").write_bytes(b"PK")
    with pytest.raises(DataNotFound, match="train_data_2.zip is there and may have to be unpacked"):
        load("dfme", root=root)
    assert len(load("dfme", root=root, missing="skip")) == 3


def test_lists_of_the_challenge(tmp_path, sheet, frames):
    """CCAC2024.xlsx trains; test lists need no more than the names of their clips."""
    root = tmp_path / "x"
    sheet(root / "CCAC2024.xlsx", ROWS, HEADER)
    sheet(root / "CCAC2024_B.xlsx", [("sub0300", "sub0300_02")], ["Subject", "Filename"])
    (root / "CCAC2024_test_A.csv").write_text("Filename\nsub0200_01\n", encoding="utf-8")
    for row in ROWS:
        frames(root / "train_data" / "train_data" / row[1], range(row[2], row[4] + 3), "0000")
    frames(root / "test_data_A" / "test_data_A" / "sub0200_01", range(3, 9), "0000")
    frames(root / "test_data_B" / "test_data_B" / "sub0300_02", range(4), "0000")
    whole = load("dfme", root=root)
    assert len(whole) == 4 and set(whole.table["part"]) == {"train"}
    assert (
        "no OnsetFrame and OffsetFrame: clips begin and end where their folders do" in whole.notes
    )
    for part, clip, n in (("a", "sub0200/sub0200_01", 6), ("b", "sub0300/sub0300_02", 4)):
        [one], table, _ = load_unlabelled(database(f"dfme-test-{part}"), root)
        assert table["clip_id"].tolist() == [f"dfme/{clip}"] and len(one) == n
    assert check("dfme", root).errors == []
    assert emotion_ids(root) == {"disgust": 2, "happiness": 4, "fear": 3, "surprise": 6}


def test_rows_of_a_part_in_a_sheet_of_all_parts(tmp_path, sheet, frames):
    """DFME.xlsx lists every part: which one a clip is of, the folder of its frames says."""
    root = tmp_path / "x"
    hidden = ("sub0200", "sub0200_01", 1, 3, 5, "", "", 200, "")
    sheet(root / "DFME.xlsx", [*ROWS[:2], hidden, *ROWS[2:]], HEADER)
    for row in ROWS:
        frames(root / "train_data" / row[1], range(row[2], row[4] + 3), "0000")
    frames(root / "test_data_A" / "sub0200_01", range(8), "0000")
    train = load("dfme-train", root=root)
    assert train.table["clip_id"].tolist() == [f"dfme/{r[0]}/{r[1]}" for r in ROWS]
    assert [len(clip) for clip in train.clips] == [r[4] - r[2] + 1 for r in ROWS]
    assert "1 rows left out: their frames lie in folders of other parts" in train.notes
    [one], table, _ = load_unlabelled(database("dfme-test-a"), root)
    assert table["clip_id"].tolist() == ["dfme/sub0200/sub0200_01"] and len(one) == 5
    with pytest.raises(DataNotFound, match="no clip of DFME, test part B: the frames of all 5"):
        annotations("dfme-test-b", root=root)


def test_labelled_sheets_need_all_their_columns(tmp_path, sheet):
    root = tmp_path / "x"
    sheet(root / "training.xlsx", [(*ROWS[0][:2], "disgust")], ["Subject", "Filename", "Emotion"])
    with pytest.raises(BadInput, match=r"no worksheet has the column\(s\) OnsetFrame, OffsetFrame"):
        annotations("dfme", root=root)
    rows = [(*row[:5], *row[6:]) for row in ROWS]
    sheet(root / "training.xlsx", rows, [c for c in HEADER if c != "Emotion"])
    with pytest.raises(BadInput, match="a column EmotionId, but no column Emotion"):
        annotations("dfme", root=root)
    rows = [(*row[:5], "happy", *row[6:]) for row in ROWS]
    sheet(root / "training.xlsx", rows, HEADER)
    with pytest.raises(DataNotFound, match=r"left out: happy 4\. Expected disgust, surprise"):
        load("dfme", root=root)
    sheet(root / "training.xlsx", [], HEADER)
    with pytest.raises(DataNotFound, match="the sheet has no rows below its header"):
        load("dfme", root=root)
