"""Faces that are followed, and a whole video that is spotted in."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mebench.clip import Clip
from mebench.datasets.long import LongVideos
from mebench.errors import BadInput, FaceNotFound
from mebench.spotting import (
    TrajectorySpotter,
    evaluate_spotters,
    follow_face,
    get_spotter,
    open_source,
    spot,
)
from mebench.spotting.evaluate import _evaluated, _key, random_intervals
from mebench.spotting.thresholds import _best
from mebench.spotting.window import across_movement
from mebench.synthetic.long import COMPACT, make_long_video
from mebench.synthetic.long_render import landmarks_of, poses


@pytest.fixture(scope="module")
def video():
    frames, script = make_long_video(seed=3, seconds=11, micro=1)
    return np.stack(list(frames)), script


@pytest.fixture(scope="module")
def followed(video):
    return list(follow_face(video[0], 30.0))


def test_the_cut_out_face_stands_still(video, followed):
    frames, script = video
    assert len(followed) == len(frames) and all(f.image is not None for f in followed)
    assert followed[0].image.shape == (156, 132)
    calm = [t for t in range(1, len(frames)) if not any(
        e.kind == "turn" and e.onset - 2 <= t <= e.offset + 2 for e in script.events)]  # fmt: skip
    pose = poses(script, COMPACT)
    nose = pose[:, :, :2] @ np.array([480.0, 290.0]) + pose[:, :, 2]
    there = np.array([f.matrix[:, :2] @ p + f.matrix[:, 2]
                      for f, p in zip(followed, nose, strict=True)])  # fmt: skip
    steps = np.diff(there, axis=0)[np.array(calm) - 1]
    # The head itself sways several times as far.
    assert np.abs(steps).max() < 0.6 and steps.std() < 0.15


def test_landmarks_are_carried_along(video, followed):
    at = len(followed) - 1
    off = followed[at].landmarks - landmarks_of(video[1], COMPACT, at)
    assert np.median(np.hypot(*off.T)) < 6


def test_the_micro_expression_is_spotted(video):
    frames, script = video
    seen = []
    found = spot(Clip("a", frames, fps=30), progress=lambda done, total: seen.append(done))
    assert found.n_frames == len(frames) == seen[-1]
    event = next(e for e in script.events if e.kind == "micro")
    raised = found.curves["micro"].to_numpy()
    inside = raised[event.onset : event.offset + 1].max()
    assert inside > np.median(raised[raised > 0])
    marks = found.intervals[["onset", "apex", "offset"]].to_numpy()
    assert (np.diff(marks, axis=1) >= 0).all() and (marks >= 0).all()


def test_videos_without_a_face_rate_or_sense_are_refused():
    blank = np.full((20, 120, 160), 128, np.uint8)
    with pytest.raises(FaceNotFound, match="None|any of the 20 frames"):
        spot(Clip("a", blank, fps=30))
    with pytest.raises(BadInput, match="frame rate"):
        spot(Clip("a", blank))
    with pytest.raises(BadInput, match="No spotter"):
        spot(Clip("a", blank, fps=30), "magic")
    with pytest.raises(BadInput, match="unequal size"):
        list(follow_face([blank[0], blank[0, :100]], 30))
    with pytest.raises(BadInput, match="no frames"):
        list(follow_face([], 30))


def test_sources_are_told_apart(tmp_path):
    import cv2

    for i in (2, 10, 1):
        cv2.imwrite(str(tmp_path / f"f{i}.png"), np.full((8, 8), i, np.uint8))
    source = open_source(tmp_path, fps=25)
    assert [int(f[0, 0]) for f in source] == [1, 2, 10] and source.n_frames == 3
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(BadInput, match="not a video"):
        open_source(tmp_path / "no.mp4")


def test_random_intervals_keep_number_and_length():
    found = pd.DataFrame({"video": list("aab"), "kind": "micro", "onset": [1, 5, 7],
                          "offset": [9, 8, 30]})  # fmt: skip
    videos = pd.DataFrame({"video": list("ab"), "n_frames": [50, 60]})
    drawn = random_intervals(found, videos, np.random.default_rng(0))
    lasts = found["offset"] - found["onset"]
    assert (drawn["offset"] - drawn["onset"]).tolist() == lasts.tolist()
    assert (drawn["onset"] >= 0).all() and (drawn["offset"] < [50, 50, 60]).all()


def test_nothing_is_looked_for_while_the_head_moves_and_just_after():
    head = np.zeros((60, 2))
    head[30:] = 1.0
    across = across_movement(head, 3, 0.1, settle=5)
    # Frames 27 to 32 are compared across the movement; five more settle.
    assert np.flatnonzero(across).tolist() == list(range(27, 38))
    assert np.flatnonzero(across_movement(head, 3, 0.1, margin=2)).tolist() == list(range(25, 35))
    assert not across_movement(head, 3, 2.0).any() and not across_movement(head[:6], 3, 0).any()


def test_a_spotter_may_give_intervals_of_one_length():
    frames = np.arange(300)
    curves = pd.DataFrame({"micro": np.exp(-(((frames - 150) / 4) ** 2)), "macro": 0.0,
                           "x": 0.0, "y": 0.0, "face": True})  # fmt: skip
    spotter = replace(get_spotter("fft"), length={"micro": 0.4, "macro": 1.0})
    found = spotter.candidates(curves, 30.0)
    assert found[["kind", "onset", "apex", "offset"]].to_numpy().tolist() == [
        ["micro", 144, 150, 156]
    ]


def test_an_uneven_video_is_spotted_in_by_its_timestamps(tmp_path, monkeypatch):
    import cv2

    from mebench.spotting import video_timing as look

    frames, _ = make_long_video(seed=3, seconds=11)
    path = tmp_path / "uneven.mp4"
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 20.0, (320, 240))
    for frame, _ in zip(frames, range(60), strict=False):
        film.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    film.release()
    even = spot(path)
    assert even.n_frames == 60 and even.notes == ()
    monkeypatch.setattr(look, "even_places", lambda times, fps: (40.0, np.repeat(np.arange(60), 2)))
    found = spot(path)
    assert found.n_frames == 120 and found.fps == 40 and "frame rate varies" in found.notes[0]


@pytest.mark.parametrize("tune", [False, True])
def test_no_face_in_any_video_of_a_database(tune):
    videos = pd.DataFrame({"video": ["a"], "subject": ["1"], "fps": [30.0], "n_frames": [9]})
    truth = pd.DataFrame({"video": ["a"], "kind": ["micro"], "onset": [1], "offset": [4]})
    with pytest.raises(FaceNotFound, match="a: nobody"):
        _evaluated(get_spotter("lbp"), SimpleNamespace(videos=videos, truth=truth), {}, tune, 0.5,
                   ["a: nobody"])  # fmt: skip


def test_a_video_without_a_face_is_searched_once(tmp_path, monkeypatch):
    from mebench import Clip
    from mebench.spotting import evaluate
    from mebench.storage import ArrayCache

    looked = []

    def follow(source, fps):
        looked.append(source.name)
        return follow_face(source, fps)

    monkeypatch.setattr(evaluate, "follow_face", follow)
    blank, cache = Clip("a", np.full((9, 40, 50), 90, np.uint8), fps=30.0), ArrayCache(tmp_path)
    said = [
        evaluate._curves(blank.replace(id=name), [get_spotter(method)], cache, None)
        for name, method in (("a", "lbp"), ("b", "lbp"), ("c", "trajectory"))
    ]
    assert said[0].startswith("No face was found in any of the 9 frames") and set(said) == {said[0]}
    assert looked == ["a"]


def test_relative_thresholds_are_not_tuned_but_used():
    frames = np.arange(300)
    curves = pd.DataFrame({"micro": np.exp(-(((frames - 150) / 4) ** 2)), "macro": 0.0,
                           "x": 0.0, "y": 0.0, "face": True})  # fmt: skip
    curves["micro"] += 0.3 * np.exp(-(((frames - 250) / 4) ** 2))
    videos = pd.DataFrame({"video": ["a"], "dataset": "d", "subject": ["1"], "fps": [30.0],
                           "n_frames": [300]})  # fmt: skip
    truth = pd.DataFrame({"video": ["a"], "kind": ["micro"], "onset": [146], "offset": [154],
                          "apex": [150]})  # fmt: skip
    database = LongVideos([], videos, truth)
    spotter = replace(get_spotter("strain"), tau=0.6)
    found = _evaluated(spotter, database, {"a": curves}, False, 0.5, [])
    assert found.predictions["apex"].tolist() == [150]
    assert found.thresholds["micro"].isna().all()
    with pytest.raises(BadInput, match="relative"):
        evaluate_spotters(database, [spotter])


def test_curves_of_code_from_elsewhere_are_not_kept(video):
    class Mine(TrajectorySpotter):
        def rows(self, images, fps):
            return super().rows(images, fps)

    clip = Clip("a", video[0][:3], fps=30)
    mine = Mine(**vars(get_spotter("trajectory")))
    assert _key(clip, mine, 30.0) is None
    assert _key(clip, get_spotter("trajectory"), 30.0)
    assert _key(clip, replace(get_spotter("lbp"), measure=lambda *_: None), 30.0) is None


def test_thresholds_are_where_their_neighbours_do_well_too():
    f1 = np.array([0, 8, 8, 8, 8, 8, 0, 0, 9, 0, 0])
    counts = np.stack([f1, 10 - f1, 10 - f1], axis=1)
    assert _best(counts) == 3
    assert _best(np.array([[1, 0, 0]])) == 0
    assert _best(np.array([[0, 1, 1], [3, 0, 0], [0, 9, 9]])) in (0, 1)
