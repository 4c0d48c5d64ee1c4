import zipfile

import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.spotting.interval_files import read_interval_file
from mebench.spotting.submission import check_submission, write_submission


@pytest.fixture
def unseen():
    """The thirty videos, and two micro-expressions and a macro-expression in each."""
    videos, found = [], []
    for dataset, fps, n in (("megc2025-samm", 200.0, 10), ("megc2025-cas", 30.0, 20)):
        for i in range(n):
            name = f"{dataset}/{i:03}/{i:03}_1"
            videos.append((name, dataset, f"{i:03}", fps, 3000))
            length = int(0.4 * fps)
            found += [(name, "micro", 10, 10 + length, "negative"),
                      (name, "micro", 500, 500 + length, "surprise"),
                      (name, "macro", 900, 1200, "others")]  # fmt: skip
    return (
        pd.DataFrame(found, columns=["video", "kind", "onset", "offset", "emotion"]),
        pd.DataFrame(videos, columns=["video", "dataset", "subject", "fps", "n_frames"]),
    )


def test_one_file_per_unseen_database_is_written_and_read_again(tmp_path, unseen):
    files, remarks = write_submission(tmp_path / "out", "megc2025", *unseen)
    assert [f.name for f in files] == ["samm_pred.csv", "cas_pred.csv", "submission.zip"]
    assert remarks == []
    samm = read_interval_file(files[0])
    assert samm.format == "str" and len(samm.intervals) == 20 and len(samm.videos) == 10
    # Frames of the challenges are counted from 1.
    assert samm.intervals.iloc[0][["subject", "video", "onset", "offset"]].tolist() == [
        "000", "000_1", 11, 91
    ]  # fmt: skip
    assert len(read_interval_file(files[1]).intervals) == 40
    assert check_submission(tmp_path / "out", "megc2025", unseen[1]) == ([], [])
    with zipfile.ZipFile(files[2]) as packed:
        assert packed.namelist() == ["samm_pred.csv", "cas_pred.csv"]
    before = files[2].read_bytes()
    write_submission(tmp_path / "out", "megc2025", *unseen)
    assert files[2].read_bytes() == before


def test_numbers_of_pictures_are_used_where_there_are_pictures(tmp_path, unseen):
    found, videos = unseen
    first = videos["video"].iloc[0]
    files, _ = write_submission(tmp_path, "megc2025", found, videos,
                                numbers={first: list(range(7000, 10000))})  # fmt: skip
    table = pd.read_csv(files[0])
    assert table["onset"].tolist()[:3] == [7010, 7500, 11]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda f, v: (f, v.iloc[1:]), "has 10 videos at 200 frames per second, and 9"),
        (lambda f, v: (f, v.assign(fps=25.0)), "was filmed at 200 frames per second, not 25"),
        (lambda f, v: (f.assign(emotion="angry"), v), "emotions are negative.*found angry"),
        (lambda f, v: (f.assign(emotion=None), v), "blank"),
        (lambda f, v: (f.assign(offset=3000), v), "lie outside of their video"),
    ],
)
def test_what_the_organisers_would_refuse_is_not_written(tmp_path, unseen, spoil, problem):
    with pytest.raises(BadInput, match=problem):
        write_submission(tmp_path / "out", "megc2025", *spoil(*unseen))
    assert not (tmp_path / "out").exists()


def test_files_of_anybody_are_looked_at(tmp_path, unseen):
    assert len(check_submission(tmp_path, "megc2025")[0]) == 2  # both are missing
    (tmp_path / "samm_pred.csv").write_text("vid,pred_onset,pred_offset,type\n000_1,1,9,me\n")
    (tmp_path / "cas_pred.csv").write_text(
        "subject,video,onset,offset,emotion\n000,000_1,10.5,90,negative\n000,000_1,80,99,negative\n"
        "x,nowhere,1,9,negative\n"
    )
    problems, remarks = check_submission(tmp_path, "megc2025", unseen[1])
    assert "written as megc2021" in problems[0]
    assert any("no video nowhere" in p for p in problems)
    assert any("must be whole" in p for p in problems)
    assert any("2 of 3 intervals last more than half a second" in r for r in remarks)
    assert any("overlap" in r for r in remarks)
    with pytest.raises(BadInput, match="No challenge"):
        check_submission(tmp_path, "megc1999")
