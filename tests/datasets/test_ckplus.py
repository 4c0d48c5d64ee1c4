"""CK+: one file per annotation, and what copies of it look like."""

import shutil

import numpy as np
import pytest

from mebench.datasets import load
from mebench.datasets.composites import expand
from mebench.datasets.registry import database
from mebench.errors import BadInput, DataNotFound
from mebench.synthetic import write_corpus


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    out = tmp_path_factory.mktemp("ck") / "ck"
    return write_corpus("ckplus", out, seed=2, subjects=3, clips=18, plain=True)


@pytest.fixture
def copy(root, tmp_path):
    return shutil.copytree(root, tmp_path / "copy")


def test_neutral_to_peak(root):
    samples = load("ck+", root=root)
    assert samples.label_set == "7class" and len(samples) < 18
    for clip in samples.clips:
        assert (clip.onset, clip.apex) == (0, len(clip) - 1)
        assert clip.source.paths[0].endswith("_00000001.png")


def test_the_name_with_a_plus():
    assert database("CK+").card.name == database("ck").card.name == "ckplus"
    assert expand("casme2+ck+") == (["casme2", "ck"], None)
    assert expand("ck++samm")[0] == ["ck", "samm"]


def test_units_of_all_sequences(root):
    assert len(load("ck+", root=root, labels="au12")) == 18


def test_folders_as_they_are_distributed(copy):
    """Each archive unpacks into a folder of its own, with copies of macOS beside it."""
    (copy / "extended-cohn-kanade-images").mkdir()
    for name, inside in (("Emotion", "Emotion_labels"), ("FACS", "FACS_labels")):
        (copy / inside).mkdir()
        (copy / name).rename(copy / inside / name)
    frames = copy / "cohn-kanade-images"
    frames.rename(copy / "extended-cohn-kanade-images" / "cohn-kanade-images")
    person = next((copy / "extended-cohn-kanade-images" / "cohn-kanade-images").iterdir())
    (person / ".DS_Store").write_bytes(b"\0")
    assert len(load("ck+", root=copy, labels="au12")) == 18
    assert load("ck+", root=copy).y.tolist()


def test_frames_that_begin_later(copy):
    sequence = next(p for p in sorted(copy.glob("cohn-kanade-images/*/*")) if p.is_dir())
    for path in sorted(sequence.iterdir())[::-1]:
        number = int(path.stem[-8:]) + 10
        path.rename(path.with_name(f"{path.stem[:-8]}{number:08}.png"))
    samples = load("ck+", root=copy, labels="au12")
    row = samples.table.iloc[0]
    assert row["onset"] == 11 and samples.clips[0].apex == len(samples.clips[0]) - 1


@pytest.mark.parametrize(
    ("text", "message"), [("8.0", "1 to 7"), ("1 2", "one number"), ("anger", "numbers only")]
)
def test_files_that_hold_something_else(copy, text, message):
    path = sorted(copy.glob("Emotion/*/*/*.txt"))[0]
    path.write_text(text)
    with pytest.raises(BadInput, match=f"{path.name}.*{message}"):
        load("ck+", root=copy)


def test_a_blank_file_is_no_emotion(copy, root):
    path = sorted(copy.glob("Emotion/*/*/*.txt"))[0]
    path.write_text("\n")
    assert len(load("ck+", root=copy)) == len(load("ck+", root=root)) - 1


def test_intensities(copy):
    path = sorted(copy.glob("FACS/*/*/*.txt"))[0]
    path.write_text("   1.0e+00   0.0e+00\n   4.0e+00   3.0e+00\n")
    assert load("ck+", root=copy, labels="au4").table["au"][0] == "1+4C"
    path.write_text("4 3 1")
    with pytest.raises(BadInput, match="a unit and an intensity"):
        load("ck+", root=copy)


def test_nothing_there(tmp_path):
    with pytest.raises(DataNotFound, match="cohn-kanade-images"):
        load("ck+", root=tmp_path)


def test_the_skin_moves_farther_than_in_micro_expressions(tmp_path):
    out = write_corpus("ckplus", tmp_path / "ck", subjects=1, clips=2, scale=0.4, n_jobs=1)
    truth = np.load(sorted(out.glob("truth/*/*.npz"))[0])
    moved = np.linalg.norm(truth["landmarks"][-1] - truth["landmarks"][0], axis=1)
    text = sorted(out.glob("Landmarks/*/*/*.txt"))[0].read_text()
    assert (
        np.array(text.split(), float).reshape(-1, 2).shape == (68, 2) and np.isfinite(moved).all()
    )
