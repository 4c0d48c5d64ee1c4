"""Landmarks from elsewhere: other programs' files, matched with frames and checked."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from mebench.cli import app
from mebench.datasets import load
from mebench.datasets.landmark_files import clip_landmarks, doubts_about, read_landmarks
from mebench.datasets.landmark_folders import landmark_folder
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic import write_corpus
from mebench.synthetic.face import LANDMARKS

FACE = LANDMARKS - LANDMARKS.min(0) + 5


def rows(n, base=1, step=1.0):
    """x_0 … y_67 of a face that moves by a pixel per frame, and the frame."""
    points = np.stack([FACE + [step * i, 0] for i in range(n)])
    names = [f"{axis}_{k}" for axis in "xy" for k in range(68)]
    table = pd.DataFrame(np.hstack([points[..., 0], points[..., 1]]), columns=names)
    table.insert(0, "frame", np.arange(n) + base)
    return table


def openface(path, n, **changes):
    table = rows(n).assign(face_id=0, timestamp=0.0, confidence=0.98, success=1, **changes)
    table.columns = [f" {c}" if i else c for i, c in enumerate(table.columns)]  # as it writes them
    table.to_csv(path, index=False)
    return path


def pyfeat(path, n):
    rows(n, base=0).assign(FaceRectX=1.0, FaceScore=0.99).to_csv(path, index=False)
    return path


def pts(path, points):
    body = "\n".join(f"{x + 1:.6f} {y + 1:.6f}" for x, y in points)
    path.write_text(f"version: 1\nn_points:  68\n{{\n{body}\n}}\n")
    return path


@pytest.mark.parametrize("write", [openface, pyfeat])
def test_frames_are_numbered_as_each_program_does(tmp_path, write):
    table = read_landmarks(write(tmp_path / "a.csv", 12))
    assert table.base == (1 if write is openface else 0)
    numbers = list(range(46, 58))  # images from 46 on
    found = clip_landmarks(table, numbers, numbers[4:9], "a")
    assert np.allclose(found, [FACE + [i, 0] for i in range(4, 9)])
    # The clip alone was given to the program.
    found = clip_landmarks(table, list(range(300)), list(range(100, 112)), "a")
    assert np.allclose(found[3], FACE + [3, 0])
    with pytest.raises(BadInput, match="neither the 300 frames of the folder nor the 20"):
        clip_landmarks(table, list(range(300)), list(range(100, 120)), "a")


def test_frames_by_the_numbers_of_the_images(tmp_path):
    rows(5, base=46).to_csv(tmp_path / "a.csv", index=False)
    table = read_landmarks(tmp_path / "a.csv")
    found = clip_landmarks(table, list(range(40, 60)), [47, 48], "a")
    assert np.allclose(found, [FACE + [1, 0], FACE + [2, 0]])


def test_pts_count_pixels_from_one(tmp_path):
    single = pts(tmp_path / "clip.pts", FACE)
    found = clip_landmarks(read_landmarks(single), [3, 4], [3, 4], "a")
    assert found.shape == (68, 2) and np.allclose(found, FACE, atol=1e-5)
    folder = tmp_path / "many"
    folder.mkdir()
    for i in (7, 8, 9):
        pts(folder / f"img{i}.pts", FACE + i)
    table = read_landmarks(folder)
    found = clip_landmarks(table, [7, 8, 9], [8, 9], "a")
    assert np.allclose(found, [FACE + 8, FACE + 9], atol=1e-5)
    with pytest.raises(BadInput, match="of frame 7, and the clip begins with 8"):
        clip_landmarks(read_landmarks(folder / "img7.pts"), [7, 8], [8], "a")


def test_failed_frames_are_filled_in_if_they_are_few(tmp_path):
    success = np.ones(10, int)
    success[[0, 5]] = 0
    frame = rows(10).assign(confidence=0.9, success=success)
    frame.to_csv(tmp_path / "b.csv", index=False)
    found = clip_landmarks(read_landmarks(tmp_path / "b.csv"), range(10), range(10), "b")
    assert np.allclose(found[0], FACE + [1, 0]) and np.allclose(found[5], FACE + [4, 0])
    frame.assign(success=0).to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(BadInput, match="10 of 10 frames have no landmarks"):
        clip_landmarks(read_landmarks(tmp_path / "c.csv"), range(10), range(10), "c")


def test_of_several_faces_one(tmp_path):
    mine, other = rows(6).assign(face_id=1), rows(4).assign(face_id=0)
    other.loc[:, "x_0":"x_67"] += 300
    pd.concat([other, mine]).assign(success=1).to_csv(tmp_path / "a.csv", index=False)
    found = read_landmarks(tmp_path / "a.csv").points
    assert np.allclose(found[:, 0, 0], FACE[0, 0] + np.arange(6))
    small = rows(6, base=0)
    small.loc[:, "x_0":"y_67"] /= 3
    both = pd.concat([small, rows(6, base=0)]).assign(FaceScore=0.9)
    both.to_csv(tmp_path / "b.csv", index=False)
    assert np.allclose(read_landmarks(tmp_path / "b.csv").points[0], FACE)


def test_what_cannot_be_landmarks_is_refused(tmp_path):
    with pytest.raises(DataNotFound):
        read_landmarks(tmp_path / "none.csv")
    rows(4).drop(columns=["x_3", "y_9"]).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(BadInput, match="x_3, y_9 are missing"):
        read_landmarks(tmp_path / "a.csv")
    shares = rows(4)
    shares.loc[:, "x_0":"y_67"] /= 1000
    shares.to_csv(tmp_path / "b.csv", index=False)
    with pytest.raises(BadInput, match="shares of the picture"):
        read_landmarks(tmp_path / "b.csv")
    (tmp_path / "c.pts").write_text("version: 1\nn_points: 5\n{\n1 2\n3 4\n}\n")
    with pytest.raises(BadInput, match="expected 68 lines"):
        read_landmarks(tmp_path / "c.pts")
    assert "outside the picture" in doubts_about(FACE + 500, (200, 200))[0]
    assert "mirrored" in doubts_about(FACE * [-1, 1] + [300, 0])[0]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("db") / "casme2"
    write_corpus("casme2", out, subjects=4, clips=8, plain=True, n_jobs=1)
    return out


def test_a_folder_beside_a_database(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "home"))
    samples = load("casme2", root=corpus, labels="all")
    folder = tmp_path / "openface"
    small = (FACE - FACE.min(0)) / 40 + 1
    for clip in samples.clips:
        frames = len(list(Path(clip.source.paths[0]).parent.iterdir()))
        path = Path(clip.source.paths[0]).parent
        target = folder / path.parent.name / f"{path.name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        table = rows(frames).assign(confidence=0.9, success=1)
        names = table.columns.drop(["frame", "confidence", "success"])
        table[names] = np.hstack([small[:, 0], small[:, 1]])
        table.to_csv(target, index=False)
    run = CliRunner().invoke
    base = ["data", "landmarks", "casme2", "--data-root", str(corpus)]
    said = run(app, [*base, "--from", str(folder)])
    assert said.exit_code == 0, said.output
    assert "Remembered" in said.output and landmark_folder("casme2", "cropped") is None
    again = load("casme2", root=corpus, labels="all")
    assert all(np.allclose(clip.landmarks, small) for clip in again.clips)
    assert any(f"landmarks of {len(again.clips)} of" in note for note in again.notes)
    # Those of a larger picture do not fit.
    for file in folder.rglob("*.csv"):
        table = pd.read_csv(file)
        table.loc[:, "x_0":"y_67"] += 5000
        table.to_csv(file, index=False)
    said = run(app, [*base, "--from", str(folder)])
    assert said.exit_code == 1 and "lies outside the picture" in said.output
    said = run(app, ["data", "landmarks", "casme2", "--forget"])
    assert "Forgotten" in said.output
    assert load("casme2", root=corpus, labels="all").clips[0].landmarks is None


def test_a_column_of_a_manifest(corpus, tmp_path):
    clip = load("casme2", root=corpus, labels="all").clips[0]
    frames = Path(clip.source.paths[0]).parent
    n = len(list(frames.iterdir()))
    openface(tmp_path / "a.csv", n)
    manifest = tmp_path / "mine.csv"
    lines = "clip_id,subject,label,frames,landmarks\n"
    manifest.write_text(lines + f"a,s1,x,{frames},a.csv\nb,s2,y,{frames},\n")
    samples = load(str(manifest))
    a, b = samples.clips
    assert a.landmarks.shape == (n, 68, 2) and b.landmarks is None
    assert any("landmarks of 1 clips" in note for note in samples.notes)
    manifest.write_text(lines + f"a,s1,x,{frames},../../a.csv\nb,s2,y,{frames},\n")
    with pytest.raises(BadInput, match="leads out"):
        load(str(manifest))
    openface(tmp_path / "a.csv", n + 7)
    manifest.write_text(lines + f"a,s1,x,{frames},a.csv\nb,s2,y,{frames},\n")
    with pytest.raises(BadInput, match=r"mine/s1/a: .*neither"):
        load(str(manifest))
