"""Predictions of clips from anywhere, and reasons to doubt them."""

import json
import re

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.clip import Clip
from mebench.errors import BadInput, DataNotFound
from mebench.models import load_model, open_clips, predict_clips
from mebench.models.faces import count_faces
from mebench.synthetic import make_clip

runner = CliRunner()


@pytest.fixture(scope="module")
def face():
    return make_clip(seed=1, size=(200, 150), face_width=90.0)[0][:12]


@pytest.fixture
def folder(face, tmp_path):
    path = tmp_path / "clip"
    path.mkdir()
    for i, frame in enumerate(face, start=5):
        cv2.imwrite(str(path / f"img{i}.png"), frame)
    return path


def write_video(path, frames, fps=30.0, codec="MJPG"):
    size = frames[0].shape[1::-1]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*codec), fps, size)
    for frame in frames:
        video.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame)
    video.release()
    return path


def test_it_says_what_the_pipeline_says(model, samples):
    found = predict_clips(model, samples.clips, n_jobs=2)
    assert [one.label for one in found] == model.pipeline.predict(samples.clips).tolist()
    values = model.pipeline.decision_function(samples.clips)
    for one, row in zip(found, values, strict=True):
        assert list(one.scores) == ["x", "y", "z"]
        assert list(one.scores.values()) == pytest.approx(row, abs=1e-5)
        assert not one.warnings and not one.problem


def test_one_clip_suffices_and_nothing_is_trained(model, samples):
    before = model.pipeline[-1].support_vectors_.copy()
    (one,) = predict_clips(model, samples.clips[:1])
    assert one.label in model.classes
    assert (model.pipeline[-1].support_vectors_ == before).all()


def test_reasons_for_doubt(model, samples):
    frames, marks = samples.clips[0].frames, samples.clips[0].landmarks

    def said(**facts):
        clip = Clip("c", **{"source": frames, "landmarks": marks, "fps": 200.0, **facts})
        return predict_clips(model, [clip])[0]

    assert not said().warnings
    assert not said(fps=206.0).warnings  # within a twentieth
    assert "100 frames per second" in said(fps=100.0).warnings[0]
    assert "not known" in said(fps=None).warnings[0]
    assert "spot the expressions first" in said(source=np.repeat(frames, 2, axis=0)).warnings[0]
    assert "only 2 frame" in said(source=frames[:2]).warnings[0]


def test_a_clip_without_a_face_has_a_reason_instead_of_a_label(model, face):
    nobody = Clip("nobody", np.full((9, 80, 80), 128, np.uint8), fps=200.0)
    somebody = Clip("somebody", face, fps=200.0)
    first, second = predict_clips(model, [nobody, somebody])
    assert first.label is None and "No face" in first.problem and not first.scores
    assert "on-error" not in first.problem  # which predict does not have
    assert second.label in model.classes


def test_several_faces_are_said(model, face):
    two = Clip("two", np.concatenate([face, face], axis=2), fps=200.0)
    assert count_faces(face[0]) == 1 and count_faces(two.frames[0]) == 2
    assert any("several faces" in w for w in predict_clips(model, [two])[0].warnings)


def test_which_face_and_each_face(model, face):
    two = Clip("two", np.concatenate([face, face[:, :, ::-1]], axis=2), fps=200.0)
    left, right = (predict_clips(model, [two], face=k)[0] for k in (1, 2))
    assert "face 1 from the left" in left.warnings[0] and left.scores and right.scores
    both = predict_clips(model, [two], face="all")
    assert [one.clip_id for one in both] == ["two#1", "two#2"]
    assert both[0].scores == left.scores and both[1].scores == right.scores
    third = predict_clips(model, [two], face=3)[0]
    assert third.label is None and "Face 3" in third.problem
    assert [one.clip_id for one in predict_clips(model, [Clip("one", face)], face="all")] == ["one"]


def test_gaps_in_the_numbers_of_images_are_said(model, folder, tmp_path):
    few = tmp_path / "few"
    few.mkdir()
    for file in sorted(folder.iterdir()):
        if not file.stem.endswith("8"):
            (few / file.name).write_bytes(file.read_bytes())
    said = predict_clips(model, open_clips([few], fps=200.0))[0]
    assert any("missing between" in warning for warning in said.warnings)


def test_clips_from_videos_folders_and_lists(face, folder, tmp_path):
    video = write_video(tmp_path / "v.avi", face)
    listed = tmp_path / "list.csv"
    listed.write_text("clip_id,frames,onset,apex,offset,fps\na,clip,6,8,10,200\nb,v.avi,2,,7,\n")
    first, second, a, b = open_clips([video, folder, listed])
    assert (first.fps, len(first), first.apex) == (30.0, 12, None)
    assert (second.fps, len(second)) == (None, 12)
    assert (a.id, a.fps, len(a), a.apex) == ("a", 200.0, 5, 2)
    assert (a.frames == face[1:6]).all()  # the files are numbered from 5
    assert (b.id, b.fps, len(b)) == ("b", 30.0, 6)
    assert np.abs(b.frames[0].astype(int) - face[2]).mean() < 4
    assert open_clips([folder], fps=120.0, colour=True)[0].frames.shape == (*face.shape, 3)


def test_what_cannot_be_opened_is_said(tmp_path):
    with pytest.raises(BadInput, match="no clips"):
        open_clips([])
    with pytest.raises(DataNotFound, match="nothing"):
        open_clips([tmp_path / "nothing.mp4"])
    (tmp_path / "a.csv").write_text("name\nx\n")
    with pytest.raises(BadInput, match="column frames"):
        open_clips([tmp_path / "a.csv"])
    (tmp_path / "a.csv").write_text("frames,onset\nx,soon\n")
    with pytest.raises(BadInput, match=r"line 2.*'soon'"):
        open_clips([tmp_path / "a.csv"])
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(BadInput, match="not a video"):
        open_clips([tmp_path / "no.mp4"])


def test_marks_beyond_the_end_are_refused(folder, tmp_path):
    last = max(int(re.sub(r"\D", "", file.stem)) for file in folder.iterdir())
    for offset, fine in ((last, True), (last + 1, False)):
        (tmp_path / "list.csv").write_text(f"frames,offset\n{folder},{offset}\n")
        if fine:
            assert len(open_clips([tmp_path / "list.csv"])) == 1
        else:
            with pytest.raises(BadInput, match=f"line 2.*ends with frame {last}, before the"):
                open_clips([tmp_path / "list.csv"])


def test_the_command(saved, folder, tmp_path):
    expected = predict_clips(load_model(saved), open_clips([folder]))[0]
    alone = ["predict", str(saved), "--n-jobs", "1"]  # each thread would load the landmarks anew
    said = runner.invoke(app, [*alone, str(folder), "--json"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert found["clips"][0]["label"] == expected.label
    assert found["clips"][0]["scores"] == dict(expected.scores)
    assert "not a probability" in found["scores_are"]
    table = runner.invoke(app, [*alone, str(folder), "--csv"]).stdout
    head, row = table.splitlines()
    assert head == "clip_id,label,score_x,score_y,score_z,warnings,problem"
    assert row.startswith(f"{folder},{expected.label},")
    assert expected.label in runner.invoke(app, [*alone, str(folder)]).stdout
    bad = tmp_path / "grey"
    bad.mkdir()
    for i in range(5):
        cv2.imwrite(str(bad / f"{i}.png"), np.full((60, 60), 90, np.uint8))
    both = runner.invoke(app, [*alone, str(bad), str(folder)])
    assert both.exit_code == 3
    assert "NOT PREDICTED" in both.stdout and expected.label in both.stdout


def test_the_card_on_the_command_line(saved, model):
    for command in (["model", "info", str(saved)], ["predict", str(saved), "--card"]):
        assert "# Model card: Pipeline on toy" in runner.invoke(app, command).stdout
        found = json.loads(runner.invoke(app, [*command, "--json"]).stdout)
        assert found["data"]["fingerprint"] == model.card["data"]["fingerprint"]
        assert len(found["sha256"]) == 64


def test_train_on_the_command_line(tmp_path, folder, monkeypatch):
    rows = [f"{s}{i},{s},{'ab'[i]},clip,{5 + i},{9 + i},200" for s in "pqr" for i in range(2)]
    table = tmp_path / "mine.csv"
    table.write_text("clip_id,subject,label,frames,onset,offset,fps\n" + "\n".join(rows) + "\n")
    (tmp_path / "ownsteps.py").write_text(
        "from sklearn.pipeline import make_pipeline\nfrom mebench import LBPTOP\n"
        "from mebench.svm import PolySVC\n"
        "METHOD = make_pipeline(LBPTOP(regions=(1, 1), radii=(1, 1, 1)), PolySVC())\n"
    )
    monkeypatch.chdir(tmp_path)
    said = runner.invoke(app, [
        "train", "-d", str(table), "-m", "ownsteps:METHOD", "--grid", "linear", "--no-cache",
        "--out", str(tmp_path / "m.mebench"), "--n-jobs", "1",
    ])  # fmt: skip
    assert said.exit_code == 0, said.output
    assert "# Model card" in said.stdout and "Intended use" in said.stdout
    found = load_model(tmp_path / "m.mebench")
    assert found.classes == ["a", "b"] and found.card["data"]["n_subjects"] == 3
