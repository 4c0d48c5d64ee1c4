import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.spotting.interval_files import read_interval_file, write_intervals


def read(tmp_path, text, name="f.csv", **options):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_interval_file(tmp_path / name, **options)


def test_a_challenge_file_is_read_as_it_is(tmp_path):
    found = read(tmp_path, "vid,pred_onset,pred_offset,type\nv1,10,20,me\nv1,40,95,mae\n")
    assert found.format == "megc2021"
    assert found.intervals[["video", "kind", "onset", "offset"]].values.tolist() == [
        ["v1", "micro", 10, 20], ["v1", "macro", 40, 95]
    ]  # fmt: skip
    assert any("each video counts as a person" in note for note in found.notes)
    with pytest.raises(BadInput, match="none of the formats.*pred_offset.*Formats: mebench"):
        read(tmp_path, "vid,pred_onset,type\nv1,10,me\n")


def test_spot_then_recognise_is_known_by_its_five_columns(tmp_path):
    text = "subject,video,onset,offset,emotion\n17,017_3,316,428,positive\n"
    found = read(tmp_path, text)
    assert found.format == "str" and "kind" not in found.intervals
    assert found.intervals.iloc[0][["subject", "emotion"]].tolist() == ["17", "positive"]
    assert read(tmp_path, text.replace("emotion", "Emotion ")).format == "str"


LOG = """1
019_7   -         -       277     347     FP
019_7   398       532     -       -       FN
015_3   206       308     210     300     TP
015_3   330       420     210     300     TP
2
s15_0101  10      20      12      19      TP
"""


def test_the_plain_text_of_2020_holds_both_sides(tmp_path):
    found = read(tmp_path, LOG, "log.txt")
    rows = found.intervals[["dataset", "video", "onset", "offset"]].values.tolist()
    assert rows == [["samm-long", "019_7", 277, 347], ["samm-long", "015_3", 210, 300],
                    ["casme-sq-long", "s15_0101", 12, 19]]  # fmt: skip
    assert found.format == "megc2020" and any("count once" in n for n in found.notes)
    truth = read(tmp_path, LOG, "log.txt", annotated=True)
    assert len(truth.intervals) == 4 and len(truth.videos) == 3
    with pytest.raises(BadInput, match="line 3: expected the number of a database"):
        read(tmp_path, "1\n019_7 - - 277 347 FP\n019_7 5 6\n", "log.txt")
    with pytest.raises(BadInput, match="line 2: onset is 'x'"):
        read(tmp_path, "1\n019_7 - - x 347 FP\n", "log.txt")
    table = "Video_ID,GT_onset,GT_offset,Predicted_onset,Predicted_offset,Result\n"
    later = read(tmp_path, f"{table}v,1,9,2,9,TP\nv,-,-,20,30,FP\n", "log.csv")
    assert later.intervals["onset"].tolist() == [2, 20] and later.format == "megc2020"


def test_one_name_in_two_databases_is_two_videos(tmp_path):
    found = read(tmp_path, "dataset,video,kind,onset,offset\nA,v1,micro,10,20\nB,v1,micro,,\n")
    assert found.videos[["dataset", "video"]].values.tolist() == [["A", "v1"], ["B", "v1"]]
    assert len(found.intervals) == 1


@pytest.mark.parametrize("style", ["mebench", "megc2021", "str"])
def test_what_is_written_is_read_back(tmp_path, style):
    table = pd.DataFrame(
        [("5", "anger1", "micro", 482, 504, "negative"), ("5", "anger1", "macro", 0, 90, "others")],
        columns=["subject", "video", "kind", "onset", "offset", "emotion"],
    )
    back = read_interval_file(write_intervals(tmp_path / "f.csv", table, style))
    assert back.format == style
    kept = table[table["kind"] == "micro"] if style == "str" else table
    columns = ["video", "onset", "offset"]
    assert back.intervals[columns].values.tolist() == kept[columns].values.tolist()
    if style != "str":
        assert back.intervals["kind"].tolist() == ["micro", "macro"]
    if style != "megc2021":
        assert back.intervals["emotion"].tolist() == kept["emotion"].tolist()
    with pytest.raises(BadInput, match="needs"):
        write_intervals(tmp_path / "f.csv", table[["subject", "onset"]], style)


def test_infinite_and_doubled_cells_are_refused(tmp_path):
    with pytest.raises(BadInput, match="onset is 'inf'"):
        read(tmp_path, "video,onset,offset\nv,inf,9\n")
    with pytest.raises(BadInput, match="stands twice"):
        read(tmp_path, "video,onset,Onset,offset\nv,1,1,9\n")
