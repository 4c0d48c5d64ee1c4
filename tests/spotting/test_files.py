import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mebench.errors import BadInput
from mebench.spotting._spot import SPOTTERS, Spotting
from mebench.spotting.curve_figure import draw_curves
from mebench.spotting.files import save_spotting
from mebench.spotting.interval_files import read_intervals


@pytest.fixture
def spotting():
    rng = np.random.default_rng(0)
    curves = pd.DataFrame({"micro": rng.random(60), "macro": rng.random(60), "x": 1.0, "y": 1.0,
                           "face": np.arange(60) > 5})  # fmt: skip
    found = pd.DataFrame({"kind": ["micro"], "onset": [10], "apex": [14], "offset": [20],
                          "onset_s": [0.33], "apex_s": [0.47], "offset_s": [0.67],
                          "score": [0.5]})  # fmt: skip
    return Spotting("a.mp4", "strain", 30.0, curves, found)


def test_what_is_written_can_be_scored(tmp_path, spotting):
    nothing = Spotting("b.mp4", "strain", 30.0, spotting.curves, spotting.intervals.iloc[:0])
    path = save_spotting(tmp_path / "found.csv", [spotting, nothing])
    intervals, videos = read_intervals(path)
    assert intervals[["video", "onset", "offset"]].values.tolist() == [["a.mp4", 10, 20]]
    assert videos["video"].tolist() == ["a.mp4", "b.mp4"]
    assert videos["n_frames"].tolist() == [60, 60]
    said = json.loads(save_spotting(tmp_path / "found.json", [spotting]).read_text())
    assert said[0]["intervals"][0]["apex"] == 14 and said[0]["frames_without_face"] == 6


def test_the_figure_is_drawn(tmp_path, spotting):
    assert draw_curves(tmp_path / "curve.png", spotting).read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(BadInput, match="curve.docx"):
        draw_curves(tmp_path / "curve.docx", spotting)
    assert draw_curves(tmp_path / "made" / "curve.png", spotting).is_file()
    with pytest.raises(BadInput, match="Cannot write"):
        draw_curves("/proc/nothing/curve.png", spotting)


def test_folders_of_images_get_the_numbers_of_the_images(tmp_path, spotting):
    one = replace(spotting, numbers=tuple(range(500, 560)))
    video = replace(spotting, name="v.mp4")
    found = pd.read_csv(save_spotting(tmp_path / "found.csv", [one, video]))
    assert found["onset"].tolist() == [10, 10]
    assert found["onset_image"].tolist()[0] == 510 and found["offset_image"].isna().tolist()[1]
    said = json.loads(save_spotting(tmp_path / "found.json", [one]).read_text())
    assert said[0]["intervals"][0]["apex_image"] == 514


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("video,onset\na,1\n", "lacks offset"),
        ("video,onset,offset\n,1,2\n", "line 2: video is empty"),
        ("video,onset,offset\na,1,2\na,x,3\n", "line 3: onset is 'x'"),
        ("video,onset,offset\na,5,2\n", "offset 2 lies before the onset 5"),
        ("video,onset,offset\na,-5,2\n", "onset -5 is negative"),
        ("video,onset,offset\na,5,\n", "onset or offset is empty"),
        ("video,kind,onset,offset\na,nano,1,2\n", "expected micro or macro"),
        ("video,subject,onset,offset\na,1,1,2\na,2,5,6\n", "more than one subject"),
    ],
)
def test_files_of_anybody_are_read_strictly(tmp_path, text, problem):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadInput, match=problem):
        read_intervals(tmp_path / "t.csv")


def test_thresholds_choose_and_large_movements_swallow_small_ones():
    rows = pd.DataFrame({"kind": ["micro", "micro", "macro"], "onset": [10, 200, 190],
                         "offset": [20, 210, 260], "score": [0.01, 0.004, 0.02]})  # fmt: skip
    kept = SPOTTERS["strain"].chosen(rows)
    assert kept["onset"].tolist() == [10, 190]
