import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest

from mebench.datasets import load
from mebench.methods.one_pass import extract_together
from mebench.results import strips as module
from mebench.results.flow_colour import colour_wheel, flow_picture
from mebench.results.strips import TILE, make_strips, run_strips, strip_steps
from mebench.storage.cache import default_cache
from mebench.synthetic import write_corpus
from mebench.synthetic.signed import are_made_up

from .stored_runs import samples


def decoded(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(float)


def tile(found, row):
    """The pictures of a row of strips.csv."""
    sheet = decoded(found[row["sheet"]])
    width = row["pictures"] * TILE[1]
    y, x = row["row"] * TILE[0], row["column"] * width
    return sheet[y : y + TILE[0], x : x + width]


def test_directions_have_the_hues_of_middlebury():
    assert len(colour_wheel()) == 55
    right, down, left, up = (
        flow_picture(np.array([[d]], float), 1.0)[0, 0] for d in ((1, 0), (0, 1), (-1, 0), (0, -1))
    )
    assert right.tolist() == [255, 0, 0]
    assert down[0] > 200 and down[1] > 200 and down[2] == 0  # yellow
    assert left[0] == 0 and left[1] > 190 and left[2] > 200  # cyan
    assert up[2] == 255 and up[1] < 60 and 50 < up[0] < 150  # violet
    half = flow_picture(np.array([[[0.5, 0.0]]]), 1.0)[0, 0]
    assert half.tolist() == [255, 128, 128]
    assert flow_picture(np.zeros((2, 3, 2))).tolist() == np.full((2, 3, 3), 255).tolist()


def test_flow_only_unless_faces_are_wanted():
    given = samples()
    found = make_strips(given, cache=False, n_jobs=1)
    table = found["strips.csv"]
    assert table["clip_id"].tolist() == given.table["clip_id"].tolist()
    assert set(table["pictures"]) == {1}
    picture = tile(found, table.iloc[0])
    mouth, corner = picture[65:80, 40:56].mean((0, 1)), picture[:15, 40:56].mean((0, 1))
    # The mouth moves to the right, which is red; the forehead stands still, which is white.
    assert mouth[0] > 200 and mouth[1] < 150 and mouth[2] < 150
    assert corner.min() > 215
    assert 0.8 < table["full_colour"].iloc[0] < 2  # the 99th percentile of a bump of 2 pixels
    assert table["apex_source"].tolist()[:2] == ["annotated", "middle"]
    assert table["apex"].tolist()[:2] == [1, 1]


def test_with_faces_the_frames_are_there():
    found = make_strips(samples(), faces=True, cache=False, n_jobs=1)
    row = found["strips.csv"].iloc[0]
    picture = tile(found, row)
    onset, offset = picture[:, :96], picture[:, 192:288]
    assert row["pictures"] == 4 and onset.std() > 10
    assert np.abs(onset - offset).mean() < 3  # the same frame twice


def test_faces_that_must_not_be_published_stay_hidden():
    given = samples("casme2", classes=("a", "b"))
    given.table["subject"] = ["sub12" if i % 2 else "sub01" for i in range(12)]
    found = make_strips(given, faces=True, cache=False, n_jobs=1)
    table = found["strips.csv"]
    assert table["hidden"].tolist() == [i % 2 == 1 for i in range(12)]
    # The last clip of the sheet's first row has no faces: white, then its flow.
    shown, hidden = tile(found, table.iloc[0]), tile(found, table.iloc[1])
    assert shown[:, :280].std() > 10 and hidden[:, :280].min() > 240
    assert hidden[:, 288:].std() > 3


def test_only_a_signed_corpus_is_synthetic(tmp_path):
    write_corpus("casme2", tmp_path / "made", clips=10, subjects=2, plain=True, n_jobs=1)
    made = load("casme2", root=tmp_path / "made", labels="all")
    assert are_made_up(made.clips)
    assert not are_made_up(samples().clips)
    mixed = replace(made, clips=[*made.clips[:-1], samples().clips[0]])
    assert not are_made_up(mixed.clips)


def test_a_clip_without_landmarks_is_shown_whole():
    given = samples(n=2, persons=2)
    given = replace(given, clips=[c.replace(landmarks=None) for c in given.clips])
    found = make_strips(given, cache=False, n_jobs=1)
    assert len(found["strips.csv"]) == 2


def test_large_sets_go_into_several_sheets(monkeypatch):
    monkeypatch.setattr(module, "_CLIPS", 5)
    found = make_strips(samples(), cache=False, n_jobs=1)
    assert found["strips.csv"]["sheet"].value_counts().tolist() == [5, 5, 2]
    assert all(decoded(found[s]).shape[0] % TILE[0] == 0 for s in set(found["strips.csv"]["sheet"]))


def test_tiles_that_a_pass_has_made_are_not_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path))
    given = samples(n=3)
    extract_together([strip_steps(faces=True)], given.clips, default_cache(), n_jobs=1)
    alone = make_strips(given, faces=True, cache=False)
    monkeypatch.setattr(module._Tiles, "_tile", None)
    assert make_strips(given, faces=True)["strips-1.webp"] == alone["strips-1.webp"]


def test_same_bytes_whatever_the_threads():
    one, two = (make_strips(samples(), cache=False, n_jobs=n) for n in (1, 2))
    assert one["strips-1.webp"] == two["strips-1.webp"]
    assert one["strips.csv"].equals(two["strips.csv"])


def test_a_run_gets_its_strips_once_and_never_fails(monkeypatch):
    given = samples()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_strips(given, cache=False) is run_strips(given, cache=False)

    def broken(*_, **__):
        raise MemoryError("no room")

    monkeypatch.setattr(module, "make_strips", broken)
    with pytest.warns(RuntimeWarning, match="no room"):
        assert run_strips(samples(), cache=False) == {}
