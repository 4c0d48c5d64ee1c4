"""A video in; the video with its expressions drawn, and a JSON, out."""

import json

import cv2
import numpy as np
import pandas as pd
import pytest
from made_people import head, scene
from typer.testing import CliRunner

from mebench.annotation import annotate, annotate_everybody, annotate_live, camera_frames
from mebench.cli import app
from mebench.clip import Clip
from mebench.errors import BadInput, DataNotFound, FaceNotFound
from mebench.models import save_model
from mebench.spotting import WindowSpotter, get_spotter, spot
from mebench.spotting.video_timing import frames_of, look
from mebench.synthetic.long import make_long_video

runner = CliRunner()


class Fixed(WindowSpotter):
    """Measures as its parent does, and always finds the same, as soon as it is over."""

    def intervals(self, curves, fps):
        rows = [("micro", 20, 23, 28), ("macro", 34, 44, 52), ("micro", 48, 51, 56)]
        table = pd.DataFrame(rows, columns=["kind", "onset", "apex", "offset"])
        for mark in ("onset", "apex", "offset"):
            table[f"{mark}_s"] = table[mark] / fps
        return table.assign(score=0.01)[table["offset"] < len(curves)].reset_index(drop=True)


SPOTTER = Fixed(**vars(get_spotter("strain")))


@pytest.fixture(scope="module")
def done(video, model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("annotated")
    told = []
    found = annotate(video, model, folder / "out.mp4", method=SPOTTER, model_file="toy.mebench",
                     progress=lambda *one: told.append(one))  # fmt: skip
    return found, told


def test_the_video_is_whole_and_drawn_upon(done, frames):
    found, _ = done
    drawn = list(frames_of(look(found.video), "colour"))
    assert len(drawn) == len(frames)
    # Enlarged until text can be read, and the strip below.
    assert drawn[0].shape[0] >= 2 * 180 + 72 and drawn[0].shape[1] == 480
    small = cv2.resize(drawn[0][:360], (240, 180), interpolation=cv2.INTER_AREA)
    off = np.abs(small.astype(int) - frames[0]).max(axis=2)
    assert off[60:120, :40].max() < 40  # the background is the video's
    points = found.spotting  # where landmarks are, something is drawn
    assert points.n_frames == len(frames) and (off > 60).sum() > 100


def test_it_spots_as_the_spotter_does(done, video):
    found, _ = done
    alone = spot(video, SPOTTER)
    marks = ["kind", "onset", "apex", "offset"]
    ours = [[one[m] for m in marks] for one in found.intervals]
    assert ours == alone.intervals[marks].values.tolist()
    assert len(ours) == 3
    assert (found.spotting.curves["micro"] == alone.curves["micro"]).all()


def test_every_interval_is_recognised(done):
    for one in done[0].intervals:
        assert one["label"] in ("glad", "sad") and set(one["scores"]) == {"glad", "sad"}
        assert one["scores"][one["label"]] == max(one["scores"].values())
        assert any("30 frames per second" in w for w in one["warnings"])
        assert any("macro-expression" in w for w in one["warnings"]) == (one["kind"] == "macro")
        assert one["problem"] is None


def test_the_json_says_all(done, frames):
    found, _ = done
    record = json.loads(found.json.read_text())
    assert found.json.name == "out.json"
    assert record["intervals"] == found.intervals
    assert record["face_found"] == [1] * len(frames)
    assert record["source_frames"] is None and record["codec"] == "mp4v"
    assert record["settings"]["thresholds"] == dict(SPOTTER.thresholds)
    assert record["settings"]["model"]["file"] == "toy.mebench"
    assert record["frames_per_second"] > 0 and "numpy" in record["versions"]
    assert "sound, if there is any, is not kept" in record["notes"]


def test_progress_counts_up_in_each_pass(done, frames):
    for stage in ("spotting", "recognising", "drawing"):
        counts = [(i, n) for name, i, n in done[1] if name == stage]
        assert counts and counts == sorted(counts) and counts[-1][0] == counts[-1][1]


def test_the_largest_of_several_faces_is_followed(frames, model, write, tmp_path):
    # The video, and beside it the same at half its size.
    both = []
    for frame in frames[:40]:
        wide = np.full((180, 360, 3), 90, np.uint8)
        wide[:, 120:] = frame
        wide[40:130, :120] = cv2.resize(frame, (120, 90), interpolation=cv2.INTER_AREA)
        both.append(cv2.resize(wide, None, fx=1.6, fy=1.6))
    video = write(tmp_path / "two.mp4", both)
    found = annotate(video, model, tmp_path / "o.mp4", method=SPOTTER)
    assert any("up to 2 faces" in note and "largest" in note for note in found.notes)


def test_nobodys_face(model, write, tmp_path):
    video = write(tmp_path / "n.mp4", [np.full((96, 128, 3), 120, np.uint8)] * 5)
    with pytest.raises(FaceNotFound, match="any of the 5 frames"):
        annotate(video, model, tmp_path / "o.mp4")
    assert [p.name for p in tmp_path.iterdir()] == ["n.mp4"]  # nothing half-done is left


def test_a_face_that_goes_away_is_said(frames, model, write, tmp_path):
    gone = [*frames[:15], *[np.full_like(frames[0], 120)] * 15]
    found = annotate(write(tmp_path / "g.mp4", gone), model, tmp_path / "o.mp4", method=SPOTTER)
    record = json.loads(found.json.read_text())
    assert record["face_found"][:10] == [1] * 10 and record["face_found"][-5:] == [0] * 5
    assert any("no face in" in note for note in found.notes)


def test_half_a_video_is_annotated_as_far_as_it_goes(frames, model, write, tmp_path):
    data = write(tmp_path / "a.avi", frames, codec="MJPG").read_bytes()
    (tmp_path / "half.avi").write_bytes(data[: len(data) // 2])
    found = annotate(tmp_path / "half.avi", model, tmp_path / "o.avi", method=SPOTTER)
    assert 10 < found.spotting.n_frames < len(frames)
    assert len(list(frames_of(look(found.video)))) == found.spotting.n_frames


def test_the_video_itself_is_not_overwritten(video, model):
    before = video.read_bytes()
    with pytest.raises(BadInput, match="itself"):
        annotate(video, model, video)
    assert video.read_bytes() == before


def test_live_finds_what_the_file_holds(video, model, done, tmp_path):
    told = []
    frames = list(frames_of(look(video)))  # in grey, as the file is looked at
    found = annotate_live(iter(frames), 30.0, model, method=SPOTTER, out=tmp_path / "live.mp4",
                          found=told.append)  # fmt: skip
    assert told == found
    marks = [(o["kind"], o["onset"], o["apex"], o["offset"]) for o in found]
    whole = [(o["kind"], o["onset"], o["apex"], o["offset"]) for o in done[0].intervals]
    assert sorted(marks) == sorted(whole)
    whole = {o["onset"]: o["label"] for o in done[0].intervals}
    assert {o["onset"]: o["label"] for o in found} == whole
    assert len(list(frames_of(look(tmp_path / "live.mp4")))) == len(frames)


class Forgetful(WindowSpotter):
    """Finds something at once, and something else when what spoke against it is forgotten."""

    def intervals(self, curves, fps):
        rows = [("micro", 50, 54, 60)] if len(curves) < 200 else [("micro", 10, 14, 20)]
        table = pd.DataFrame(rows, columns=["kind", "onset", "apex", "offset"])
        for mark in ("onset", "apex", "offset"):
            table[f"{mark}_s"] = table[mark] / fps
        return table.assign(score=0.01)[table["offset"] < len(curves)]


def test_live_decides_once(frames, model):
    spotter = Forgetful(**vars(get_spotter("strain")))
    found = annotate_live(iter([*frames, *frames[::-1], *frames]), 30.0, model, method=spotter)
    assert [(o["onset"], o["offset"]) for o in found] == [(50, 60)]


def test_live_by_paths_finds_what_the_whole_video_shows(model):
    seen, _ = make_long_video(seed=3, seconds=20, micro=3)
    pictures = [np.repeat(frame[..., None], 3, axis=2) for frame in seen]
    whole = spot(Clip("a", np.stack(pictures), fps=30.0), "trajectory").intervals
    late = []
    found = annotate_live(
        iter(pictures), 30.0, model, method="trajectory", found=lambda one: late.append(one)
    )
    marks = ["kind", "onset", "apex", "offset"]
    assert sorted([o[m] for m in marks] for o in found) == sorted(whole[marks].values.tolist())
    assert found and all(o["label"] for o in late if o["onset"] > 0)


def test_live_ends_when_the_window_is_closed(frames, model):
    shown = []

    def show(picture):
        shown.append(picture)
        return len(shown) < 5

    annotate_live(iter(frames), 30.0, model, show=show)
    assert len(shown) == 5


def test_no_camera():
    with pytest.raises(DataNotFound, match="no camera 77"):
        next(camera_frames(77))


def test_a_camera_is_read_by_the_clock(monkeypatch):
    clock = [0.0]

    class Camera:
        def __init__(self, number):
            self.reads = 0

        def isOpened(self):
            return True

        def read(self):
            # Ten pictures a second; then the work holds everything up for a long time.
            clock[0] += 0.1 if self.reads != 10 else 5.0
            self.reads += 1
            return True, np.full((4, 4, 3), self.reads, np.uint8)

        def release(self):
            pass

    monkeypatch.setattr("cv2.VideoCapture", Camera)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    given = [int(frame[0, 0, 0]) for frame in camera_frames(0, 20.0, seconds=2.0)]
    assert len(given) == 40
    assert [given.count(i) for i in range(2, 11)] == [2] * 9  # each stands for two
    assert given.count(11) == 1  # five seconds are not made up for


def test_the_command(video, model, tmp_path):
    save_model(model, tmp_path / "m.mebench")
    base = ["annotate", "--model", str(tmp_path / "m.mebench")]
    said = runner.invoke(app, [*base, str(video), "--out", str(tmp_path / "o.mp4")])
    assert said.exit_code == 0, said.output
    assert "frames per second" in said.stdout and "is not kept" in said.stdout
    assert (tmp_path / "o.mp4").exists() and (tmp_path / "o.json").exists()
    for arguments, message in (
        ([], "Give a video, or --camera"),
        ([str(video), "--camera", "0"], "one of the two"),
        ([str(video)], "--out"),
        (["--camera", "77"], "no camera 77"),
    ):
        with pytest.raises((BadInput, DataNotFound), match=message):
            runner.invoke(app, [*base, *arguments], catch_exceptions=False)


def test_everybody_has_a_video(model, tmp_path):
    heads = [head(1, 150), head(2, 150)]
    paths = [lambda t: (40 + t / 8, 30.0), lambda t: (260.0, 40 + t / 8)]
    clip = Clip("two", np.stack(list(scene(paths, heads, 62, (420, 220)))), fps=30.0)
    told = []
    found = annotate_everybody(clip, model, tmp_path / "out.mp4", method=SPOTTER,
                               progress=lambda *one: told.append(one))  # fmt: skip
    assert [one.video.name for one in found] == ["out-1.mp4", "out-2.mp4"]
    assert [one.notes[0][:13] for one in found] == ["person 1 of 2", "person 2 of 2"]
    assert not any("--face" in note for one in found for note in one.notes)
    assert {stage for stage, _, _ in told} >= {"spotting 1", "drawing 2"}
    first, second = (next(iter(frames_of(look(one.video), "colour"))) for one in found)
    more = first[: 2 * 220, :, 0].astype(int) - second[: 2 * 220, :, 0]
    middle = first.shape[1] // 2
    assert (more[:, :middle] > 40).sum() > 10 * (more[:, middle:] > 40).sum()
    assert (more[:, middle:] < -40).sum() > 10 * (more[:, :middle] < -40).sum()
    assert json.loads(found[1].json.read_text())["face_found"].count(1) > 50
    with pytest.raises(BadInput, match="out-1.mp4 is there already"):
        annotate_everybody(clip, model, tmp_path / "out.mp4", method=SPOTTER, force=False)
    one = annotate_everybody(Clip("one", clip.read()[:40, :, :200], fps=30.0), model,
                             tmp_path / "one.mp4", method=SPOTTER)  # fmt: skip
    assert [x.video.name for x in one] == ["one.mp4"]


def test_everybody_is_not_before_a_camera(tmp_path):
    result = runner.invoke(app, ["annotate", "--camera", "0", "--model", "m", "--all-faces"])
    assert result.exit_code == 1
    assert "--face instead of --all-faces" in str(result.exception)
