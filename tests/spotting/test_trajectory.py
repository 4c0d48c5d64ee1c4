"""Spotting by the paths of blocks."""

import numpy as np
import pandas as pd
import pytest

from mebench.spotting import follow_face, get_spotter, spot_faces
from mebench.spotting.spotter import KINDS
from mebench.synthetic.long import make_long_video

SPOTTER = get_spotter("trajectory")


@pytest.fixture(scope="module")
def video():
    frames, script = make_long_video(seed=3, seconds=16, micro=2)
    return list(follow_face(frames, 30.0)), script


@pytest.fixture(scope="module")
def rows(video):
    return np.array(list(SPOTTER.rows((f.image for f in video[0]), 30.0)))


def test_micro_expressions_are_found_to_the_frame(video):
    found = spot_faces(video[0], 30.0, SPOTTER).intervals
    events = video[1].expressions()
    assert {e.kind for e in events} >= {"micro"}
    for event in (e for e in events if e.kind == "micro"):
        there = found[found["kind"] == "micro"][["onset", "apex", "offset"]].to_numpy()
        assert np.abs(there - [event.onset, event.apex, event.offset]).max(axis=1).min() <= 2


def test_one_row_per_frame_and_the_first_after_twelve_seconds(video, rows):
    assert rows.shape == (len(video[0]), len(SPOTTER.columns))
    taken = []

    def stream():
        for face in video[0]:
            taken.append(1)
            yield face.image

    first = next(iter(SPOTTER.rows(stream(), 30.0)))
    assert len(taken) == 360 <= SPOTTER.delay(30.0)[0]
    assert np.isfinite(first[:2]).all()


def test_a_face_in_a_mirror_does_the_same(video, rows):
    mirrored = np.array(list(SPOTTER.rows((f.image[:, ::-1] for f in video[0]), 30.0)))
    for column in (0, 1):
        assert np.corrcoef(mirrored[:, column], rows[:, column])[0, 1] > 0.95


def test_a_face_that_stands_still_shows_nothing(video):
    still = [video[0][0].image] * 400
    curves = pd.DataFrame(list(SPOTTER.rows(still, 30.0)), columns=SPOTTER.columns)
    assert not curves[list(KINDS)].to_numpy().any()
    assert not len(SPOTTER.candidates(curves, 30.0))


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 9, 31])
def test_fast_videos_are_thinned_out(video, n):
    images = [f.image for f in video[0][: (n + 1) // 2 + 1]]
    twice = [image for image in images for _ in (0, 1)][:n]
    fast = np.array(list(SPOTTER.rows(twice, 60.0))).reshape(-1, 7)
    slow = np.array(list(SPOTTER.rows(twice[::2], 30.0))).reshape(-1, 7)
    assert len(fast) == n
    assert np.allclose(fast[::2, :3], slow[:, :3], equal_nan=True)
    assert np.allclose(fast[::2, 3:], 2 * slow[:, 3:], equal_nan=True)


def test_lost_faces_are_nobodys(video):
    images = [None if 100 <= f.frame < 140 else f.image for f in video[0]]
    table = np.array(list(SPOTTER.rows(images, 30.0)))
    assert len(table) == len(images)
    assert np.isinf(table[100:140, 2]).all() and np.isfinite(table[145:, 2]).all()
    curves = pd.DataFrame(table, columns=SPOTTER.columns)
    found = SPOTTER.candidates(curves, 30.0)
    assert not ((found["onset"] < 140) & (found["offset"] >= 100)).any()
    nothing = np.array(list(SPOTTER.rows([None] * 50, 30.0)))
    assert not nothing[:, :2].any() and np.isinf(nothing[:, 2]).all()


def curves_with(micro=(), macro=(), turned=(), n=600):
    """Calm curves with peaks at (apex, before, after, score)."""
    table = pd.DataFrame(0.0, index=range(n), columns=list(SPOTTER.columns))
    for kind, peaks in (("micro", micro), ("macro", macro)):
        table[[f"{kind}_before", f"{kind}_after"]] = np.nan
        for apex, before, after, score in peaks:
            table.loc[apex, [kind, f"{kind}_before", f"{kind}_after"]] = score, before, after
    table.loc[list(turned), "turn"] = 0.2
    return table


def found(**peaks):
    rows = SPOTTER.candidates(curves_with(**peaks), 30.0)
    return rows[["kind", "onset", "apex", "offset"]].to_numpy().tolist()


def test_candidates_have_the_length_of_their_kind():
    assert found(micro=[(100, 4, 7, 5)], macro=[(300, 20, 30, 1)]) == [
        ["micro", 96, 100, 107], ["macro", 280, 300, 330],
    ]  # fmt: skip
    assert found(micro=[(100, 8, 9, 5)], macro=[(300, 6, 6, 1)]) == []
    assert found(micro=[(100, 1, 1, 5)]) == []


def test_of_overlapping_intervals_the_highest_is_kept():
    assert found(micro=[(100, 4, 7, 5), (106, 3, 3, 9)]) == [["micro", 103, 106, 109]]


def test_nothing_is_seen_while_the_head_turns():
    assert found(micro=[(100, 4, 7, 5)], turned=[111]) == []
    assert found(micro=[(100, 4, 7, 5)], turned=[112]) == [["micro", 96, 100, 107]]
    assert found(micro=[(100, 4, 7, 5)], turned=[92]) == []
    assert found(macro=[(300, 20, 30, 1)], turned=[310]) == []


def test_syllables_are_no_micro_expressions():
    one, two, three = (100, 4, 7, 5), (114, 2, 3, 5), (130, 4, 3, 4)
    assert len(found(micro=[one, two])) == 2
    assert found(micro=[one, two, three]) == []
    low = (130, 4, 3, 1)
    assert [row[2] for row in found(micro=[one, two, low])] == [100, 114]
    far = (190, 4, 3, 4)
    assert len(found(micro=[one, two, far])) == 3
