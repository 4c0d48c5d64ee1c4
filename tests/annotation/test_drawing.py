"""What is drawn stands where it belongs."""

from dataclasses import replace

import numpy as np
import pandas as pd

from mebench.annotation.drawing import COLOURS, Drawing, draw, heights, looked_at
from mebench.spotting import get_spotter

FRAME = np.full((400, 500, 3), 128, np.uint8)
FACE = np.random.default_rng(0).uniform(0, 1, (68, 2)) * (100, 120) + (200, 150)
INTERVAL = {"kind": "micro", "onset": 30, "apex": 34, "offset": 40, "label": "surprise",
            "scores": {"surprise": 1.5, "other": -0.5}}  # fmt: skip


def what(**facts):
    n = 100
    curve = np.zeros(n)
    curve[34] = 2.0
    found = Drawing(10.0, {"micro": curve, "macro": np.zeros(n)}, [INTERVAL], np.ones(n, bool), n)
    return replace(found, **facts)


def changed(picture):
    return np.abs(picture[:400].astype(int) - FRAME).max(axis=2) > 0


def test_the_frame_is_kept_and_the_strip_is_below():
    picture = draw(FRAME, 5, None, what())
    assert picture.shape[1] == 500 and picture.shape[0] > 460
    assert not changed(picture)[60:].any()  # without a face only the counter is drawn
    assert changed(picture)[:40, :200].any()
    assert (FRAME == 128).all()


def test_box_and_landmarks_follow_the_face():
    off = changed(draw(FRAME, 5, FACE, what()))
    for x, y in np.round(FACE).astype(int):
        assert off[y, x]
    rows, columns = np.nonzero(off[60:])
    assert columns.min() < FACE[:, 0].min() and columns.max() > FACE[:, 0].max()
    assert columns.max() < 330 and rows.max() + 60 < 300


def test_label_and_scores_while_the_interval_lasts():
    before, during = draw(FRAME, 29, FACE, what()), draw(FRAME, 30, FACE, what())
    corner = (slice(0, 60), slice(400, 500))  # all classes with their scores
    assert not changed(before)[corner].any() and changed(during)[corner].any()
    box_colour = (during[:400] == COLOURS["micro"]).all(axis=2)
    assert box_colour.any() and not (before[:400] == COLOURS["micro"]).all(axis=2).any()
    after = draw(FRAME, 41, FACE, what())
    assert not changed(after)[corner].any()


def test_the_strip_scrolls_and_marks_the_interval():
    def tinted(number):
        strip = draw(FRAME, number, None, what(seconds=8.0))[400:420].astype(int)
        redder = strip[..., 0] - strip[..., 2] > 40
        return np.flatnonzero(redder.all(axis=0))

    # 80 frames across 500 pixels, the present in the middle.
    for number in (20, 30):
        columns = tinted(number)
        middle = 250 + (35 - number) / 80 * 500
        assert abs((columns[0] + columns[-1]) / 2 - middle) < 8
        assert abs(np.ptp(columns) - 10 / 80 * 500) < 10


def test_where_the_face_is_lost_the_strip_is_grey():
    lost = np.ones(100, bool)
    lost[50:60] = False
    strip = draw(FRAME, 50, None, what(face=lost, intervals=[]))[402]
    grey = (strip == 60).all(axis=1)
    assert grey[265:300].all() and not grey[:240].any()


def test_small_and_grey_frames_are_enlarged():
    picture = draw(np.full((60, 80), 100, np.uint8), 0, FACE / 5, what())
    assert picture.shape[1] == 480 and picture.dtype == np.uint8


def test_letters_that_the_font_lacks():
    odd = {**INTERVAL, "label": "écœurement 喜"}
    assert draw(FRAME, 35, FACE, what(intervals=[odd])).shape[1] == 500


def test_the_strip_is_grey_where_nothing_is_looked_for():
    spotter = get_spotter("trajectory")
    curves = pd.DataFrame(0.0, index=range(30), columns=[*spotter.columns, "x", "y"])
    curves["face"] = np.arange(30) != 3
    curves.loc[[10, 11], "turn"] = 0.5
    assert np.flatnonzero(~looked_at(curves, 30.0, spotter)).tolist() == [3, 10, 11]


def test_heights_are_in_units_of_the_threshold():
    spotter = get_spotter("strain")
    curve = np.random.default_rng(0).uniform(0, 0.01, 200)
    curves = pd.DataFrame({"micro": curve, "macro": curve, "x": 0.0, "y": 0.0, "face": True})
    found = heights(curves, 30.0, spotter)
    raised = spotter.heights(curves, "micro", 30.0)
    assert np.allclose(found["micro"] * spotter.bars(curves, 30.0)["micro"], raised)
    relative = heights(curves, 30.0, replace(spotter, tau=1.0))
    assert relative["micro"].max() == 1.0
