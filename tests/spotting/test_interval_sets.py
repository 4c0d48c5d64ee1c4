import zipfile

import pytest

from mebench.errors import BadInput
from mebench.spotting import count_hits, scores_by_database
from mebench.spotting.interval_sets import read_interval_set
from mebench.spotting.names import like_truth

HEADER = "vid,pred_onset,pred_offset,type\n"
TRUTH = "dataset,video,kind,onset,offset\n{},1,micro,10,20\n{},1,micro,50,60\n"


def entry(folder, **files):
    folder.mkdir()
    for name, rows in files.items():
        (folder / f"{name}.csv").write_text(HEADER + rows, encoding="utf-8-sig")
    return folder


def packed(folder, inner="entry/"):
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w") as file:
        for path in sorted(folder.iterdir()):
            file.write(path, inner + path.name)
            file.writestr(f"__MACOSX/{inner}._{path.name}", b"\0\5")
    return folder.with_suffix(".zip")


def scores(predicted, truth):
    found, notes = like_truth(read_interval_set(predicted), read_interval_set(truth))
    meant = read_interval_set(truth)
    counts = count_hits(found.intervals, meant.intervals, meant.videos)
    return scores_by_database(counts)[["tp", "fp", "fn"]], notes


def test_a_file_for_each_database_is_scored_by_database(tmp_path):
    sent = entry(tmp_path / "sent", samm_pred="1,10,20,me\n", cas_pred="1,10,20,me\n")
    truth = tmp_path / "truth.csv"
    truth.write_text(TRUTH.format("samm-long", "CAS(ME)³"), encoding="utf-8")
    for given in (sent, packed(sent)):
        found, notes = scores(given, truth)
        assert found.xs("micro", level="kind").T.to_dict("list") == {
            "samm-long": [1, 0, 0], "CAS(ME)³": [0, 1, 1], "Overall": [1, 1, 1]
        }  # fmt: skip
        assert "cas is taken for CAS(ME)³" in notes and "samm is taken for samm-long" in notes
    truths = tmp_path / "truths"
    truths.mkdir()
    for name, onset in (("samm", 10), ("cas", 50)):
        (truths / f"{name}_truth.csv").write_text(
            f"video,kind,onset,offset\n1,micro,{onset},{onset + 10}\n"
        )
    again, _ = scores(sent, truths)
    assert again.xs("micro", level="kind").loc["Overall"].tolist() == [1, 1, 1]


def test_kinds_written_apart_are_one_database(tmp_path):
    sent = entry(tmp_path / "a", cas_pred_me="1,10,20,me\n", cas_pred_mae="1,40,90,mae\n")
    found = read_interval_set(sent)
    assert "dataset" not in found.intervals
    assert sorted(found.intervals["kind"]) == ["macro", "micro"]
    assert len(found.videos) == 1
    found = read_interval_set(entry(tmp_path / "b", me="1,10,20,me\n", mae="1,40,90,mae\n"))
    assert "dataset" not in found.intervals and not found.named


def test_what_cannot_be_one_entry_is_said(tmp_path):
    bare = tmp_path / "truth.csv"
    bare.write_text("video,kind,onset,offset\n1,micro,10,20\n")
    sent = entry(tmp_path / "sent", samm_pred="1,10,20,me\n", cas_pred="1,10,20,me\n")
    with pytest.raises(BadInput, match="'1' is in the files of cas and of samm.*column dataset"):
        scores(sent, bare)
    other = tmp_path / "other.csv"
    other.write_text(TRUTH.format("samm", "samm-long"))
    with pytest.raises(BadInput, match="'cas', which is none of samm, samm-long"):
        scores(sent, other)
    (sent / "x.csv").write_text("video,onset,offset\n1,2,3\n")
    with pytest.raises(BadInput, match="mixes formats"):
        read_interval_set(sent)
    (tmp_path / "none").mkdir()
    with pytest.raises(BadInput, match=r"holds no \.csv or \.txt file"):
        read_interval_set(tmp_path / "none")
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.writestr("a/p.csv", HEADER)
        file.writestr("b/p.csv", HEADER)
    with pytest.raises(BadInput, match="more than once"):
        read_interval_set(tmp_path / "twice.zip")
