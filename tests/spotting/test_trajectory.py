"""Spotting by the paths of blocks."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mebench.spotting import follow_face, get_spotter, spot_faces, trajectory
from mebench.spotting.block_paths import N_BLOCKS, Moment
from mebench.spotting.head_motion import N_RIGID
from mebench.spotting.spotter import KINDS
from mebench.synthetic.long import make_long_video

from .opencv import needs_opencv_5

SPOTTER = get_spotter("trajectory")


@pytest.fixture(scope="module")
def video():
    frames, script = make_long_video(seed=3, seconds=16, micro=2)
    return list(follow_face(frames, 30.0)), script


@pytest.fixture(scope="module")
def rows(video):
    return np.array(list(SPOTTER.rows((f.image for f in video[0]), 30.0)))


@needs_opencv_5
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
    assert len(taken) == 360
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
    fast = np.array(list(SPOTTER.rows(twice, 60.0))).reshape(-1, 8)
    slow = np.array(list(SPOTTER.rows(twice[::2], 30.0))).reshape(-1, 8)
    assert len(fast) == n
    assert np.allclose(fast[::2, :4], slow[:, :4], equal_nan=True)
    assert np.allclose(fast[::2, 4:], 2 * slow[:, 4:], equal_nan=True)


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


def exact(places, lost=(), noise=1e-4):
    """Flows of blocks whose places ``(T, 40, 2)`` are known, with the noise of a camera."""

    def block_flows(images, lags, every):
        rng = np.random.default_rng(0)
        for at, _ in enumerate(images):
            out = np.full((len(lags), N_BLOCKS + N_RIGID, 2), np.nan, np.float32)
            eyes = np.full(48, np.nan if at in lost else 1.0, np.float32)
            for i, (lag, step) in enumerate(zip(lags, every, strict=True)):
                if at % step or at < lag or {at, at - lag} & set(lost):
                    continue
                out[i] = places[at] - places[at - lag] + noise * rng.standard_normal((40, 2))
            yield Moment(out, eyes, 0.0, 1.0)

    return block_flows


def moved(n, *bumps, rate=30.0):
    """Places of blocks; bumps are (things, begin, rise, hold, fall, how far), times in seconds."""
    places, t = np.zeros((n, N_BLOCKS + N_RIGID, 2)), np.arange(n) / rate
    for things, begin, rise, hold, fall, far in bumps:
        marks = np.cumsum([begin, rise, hold + 1e-9, fall])
        level = 0.5 - 0.5 * np.cos(np.pi * np.interp(t, marks, [0, 1, 1, 2]))
        places[:, things, 0] += far * level[:, None]
    return places


MOUTH, HEAD = [25, 26, 27, 28, 32, 33], [N_BLOCKS + 3]


def looked(monkeypatch, places, fps=30.0, **how):
    monkeypatch.setattr(trajectory, "block_flows", exact(places, **how))
    return pd.DataFrame(list(SPOTTER.rows([0] * len(places), fps)), columns=SPOTTER.columns)


def marks_of(curves, fps=30.0):
    rows = SPOTTER.intervals(curves, fps)
    return [(r.kind, r.onset, r.offset) for r in rows.itertuples()]


def near(found, wanted, frames):
    return len(found) == len(wanted) and all(
        a[0] == b[0] and abs(a[1] - b[1]) <= frames and abs(a[2] - b[2]) <= frames
        for a, b in zip(found, wanted, strict=True)
    )


MICRO = (MOUTH, 10.0, 0.1, 0.0, 0.2, 0.004)
MACRO = (MOUTH, 30.0, 0.5, 0.7, 0.6, 0.03)
LATE = (MOUTH, 70.0, 0.1, 0.0, 0.2, 0.004)
TRUE = [("micro", 300, 309), ("macro", 900, 954), ("micro", 2100, 2109)]


def test_a_long_stream_finds_what_one_look_does(monkeypatch):
    places = moved(2400, MICRO, MACRO, LATE)
    streamed = looked(monkeypatch, places)
    assert len(streamed) == 2400
    assert near(marks_of(streamed), TRUE, 3)
    monkeypatch.setattr(trajectory, "_FIRST", 1000.0)
    whole = looked(monkeypatch, places)
    assert near(marks_of(whole), marks_of(streamed), 2)
    for column in (0, 1):
        pair = np.corrcoef(streamed.iloc[:, column], whole.iloc[:, column])
        assert pair[0, 1] > 0.95


def test_what_is_held_does_not_grow(monkeypatch):
    sizes = []
    look = trajectory._look
    monkeypatch.setattr(
        trajectory, "_look", lambda flows, *rest: sizes.append(len(flows)) or look(flows, *rest)
    )
    looked(monkeypatch, moved(3000))
    assert max(sizes) == max(sizes[10:20]) <= 24 * 30 and len(sizes) > 30


def test_the_macro_curve_is_a_mean_length(monkeypatch):
    curves = looked(monkeypatch, moved(1200, (slice(0, N_BLOCKS), 20.0, 0.5, 0.7, 0.6, 0.03)))
    assert abs(curves["macro"].max() - 0.03) < 0.003
    assert curves["macro"].to_numpy()[:500].max() < 0.003


def test_turns_are_seen_and_what_happens_in_them_is_not(monkeypatch):
    turn = (HEAD, 29.9, 0.5, 0.8, 0.5, 0.2)
    curves = looked(monkeypatch, moved(1500, MICRO, MACRO, turn))
    assert 0.15 < curves["turn"].to_numpy()[3:].max() < 0.22
    assert near(marks_of(curves), TRUE[:1], 2)


@pytest.mark.parametrize(
    "others",
    [
        [(MOUTH, 22.0, 0.1, 0.0, 0.2, 0.08)],  # a hand
        [(MOUTH, 22.0, 0.1, 0.0, 0.2, 0.004), (MOUTH, 22.0, 0.1, 9.0, 0.5, 0.004)],  # stays
    ],
)
def test_what_is_not_small_or_does_not_come_back_is_no_micro_expression(monkeypatch, others):
    def micro(*movements):
        rows = SPOTTER.candidates(looked(monkeypatch, moved(780, MICRO, *movements)), 30.0)
        rows = rows[(rows["kind"] == "micro") & (rows["score"] > SPOTTER.thresholds["micro"])]
        return [("micro", *marks) for marks in rows[["onset", "offset"]].to_numpy().tolist()]

    assert near(micro(*others), TRUE[:1], 2)
    assert len(micro((*others[0][:5], 0.004))) == 2


def test_a_turn_between_two_looked_at_frames_counts(monkeypatch):
    places = moved(1200, (HEAD, 20.0, 0.3, 0.5, 0.3, 0.2))
    monkeypatch.setattr(trajectory, "block_flows", exact(places[::2]))
    rows = list(SPOTTER.rows([0] * 1200, 60.0))
    turn = np.array(rows)[:, 2]
    assert (turn[1:-1:2] == np.maximum(turn[:-2:2], turn[2::2])).all()


@pytest.mark.parametrize("lost", [range(400), range(350, 450), range(320, 700)])
def test_a_face_that_is_lost_for_long_does_not_change_the_noise(monkeypatch, lost):
    places = moved(900, MICRO, (MOUTH, 25.0, 0.1, 0.0, 0.2, 0.004))
    curves = looked(monkeypatch, places, lost=lost)
    whole = looked(monkeypatch, places)
    seen = [m for m in marks_of(whole) if not set(range(m[1] - 5, m[2] + 6)) & set(lost)]
    assert near(marks_of(curves), seen, 2)
    score = SPOTTER.intervals(curves, 30.0)["score"].max()
    assert score < 1.5 * SPOTTER.intervals(whole, 30.0)["score"].max()


def test_a_picture_that_stands_still_for_a_while_has_some_noise(monkeypatch):
    curves = looked(monkeypatch, moved(900, MICRO), noise=1e-9)
    assert curves["micro"].max() < 0.004 / 1e-5
    assert near(marks_of(curves), TRUE[:1], 1)


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.97, 48.0, 100.0, 200.0])
def test_other_frame_rates_find_the_same(monkeypatch, fps):
    step = max(1, round(fps / 30))
    n = round(40 * fps)
    places = moved(n, MICRO, MACRO, rate=fps)
    monkeypatch.setattr(trajectory, "block_flows", exact(places[::step]))
    curves = pd.DataFrame(list(SPOTTER.rows([0] * n, fps)), columns=SPOTTER.columns)
    assert len(curves) == n
    wanted = [(k, round(a / 30 * fps), round(b / 30 * fps)) for k, a, b in TRUE[:2]]
    assert near(marks_of(curves, fps), wanted, 0.12 * fps)


def test_lags_have_no_common_divisor():
    assert trajectory._lags(30.0) == [3, 8, 30]
    for rate in np.arange(1, 46, 0.1):
        lags = trajectory._lags(rate)
        assert math.gcd(*lags) == 1 and len(set(lags)) == len(lags)


def test_all_constants_are_in_the_key(monkeypatch):
    for name in ("_LAGS", "_COARSE", "_SMOOTH", "_MEDIAN", "_HIGH", "_BACK", "_AHEAD", "_OFTEN",
                 "_FIRST", "_LEAST_NOISE"):  # fmt: skip
        before = SPOTTER.settings(30.0)
        monkeypatch.setattr(trajectory, name, "another")
        assert SPOTTER.settings(30.0) != before


def test_relative_thresholds_leave_out_what_is_ignored():
    curves = curves_with(micro=[(100, 4, 7, 5.0)], macro=[(300, 20, 30, 1.0)], turned=[300])
    bars = replace(SPOTTER, tau=0.5).bars(curves, 30.0)
    mean = 5.0 / 599
    assert bars["micro"] == pytest.approx(mean + 0.5 * (5.0 - mean)) and bars["macro"] == 0.0
