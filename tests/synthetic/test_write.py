import hashlib
import re
import shutil

import cv2
import numpy as np
import openpyxl
import pytest

from mebench.datasets import load
from mebench.errors import BadInput
from mebench.synthetic import LAYOUTS, MANIFEST, default_corpus, load_truth, write, write_corpus
from mebench.synthetic.write import _counts

TINY = {"seed": 1, "subjects": 2, "clips": 4}


def tree(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    seen = []
    out = write_corpus(
        "casme2",
        tmp_path_factory.mktemp("syn") / "one",
        n_jobs=1,
        progress=lambda done, total: seen.append((done, total)),
        **TINY,
    )
    assert seen == [(i, 4) for i in range(1, 5)]
    return out


def rows(corpus, name):
    book = openpyxl.load_workbook(corpus / name)
    assert book.sheetnames == ["Sheet1"]
    return [list(r) for r in book["Sheet1"].iter_rows(values_only=True)]


def test_sheet_columns_and_cells(corpus):
    header, *body = rows(corpus, "CASME2-coding-20140508.xlsx")
    assert header == [
        *("Subject", "Filename", None, "OnsetFrame", "ApexFrame", "OffsetFrame", None),
        *("Action Units", "Estimated Emotion"),
    ]
    assert len(body) == 4
    for subject, name, blank, onset, apex, offset, blank2, units, emotion in body:
        assert isinstance(subject, int) and re.fullmatch(r"EP\d\d_\d\df?", name)
        assert blank is None and blank2 is None
        assert apex == "/" or onset < apex < offset
        assert isinstance(units, str) and re.fullmatch(r"[LR]?\d+(\+[LR]?\d+)*", units)
        assert emotion in LAYOUTS["casme2"].shares
    assert sum(row[4] == "/" for row in body) == 1


def test_objective_sheet_matches(corpus):
    header, *body = rows(corpus, "CASME2-ObjectiveClasses.xlsx")
    assert header == ["Subject", "Filename", "Objective Class"]
    coding = rows(corpus, "CASME2-coding-20140508.xlsx")[1:]
    assert [r[:2] for r in body] == [r[:2] for r in coding]
    known = {"12": 1, "6+12": 1, "1+2": 2, "4": 3, "4+7": 3, "10": 4, "17": 7, "7": 7, "15": 5}
    for (_, _, number), row in zip(body, coding, strict=True):
        assert 1 <= number <= 7
        units = re.sub("[LR]", "", row[7])
        assert number == known.get(units, number)


def test_frames_and_their_names(corpus):
    for subject, name, _, onset, _, offset, *_ in rows(corpus, "CASME2-coding-20140508.xlsx")[1:]:
        raw = corpus / "CASME2_RAW_selected" / f"sub{subject:02}" / name
        numbers = sorted(int(p.stem.removeprefix("img")) for p in raw.iterdir())
        assert {p.name for p in raw.iterdir()} == {f"img{n}.jpg" for n in numbers}
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert 1 < numbers[0] < onset and offset < numbers[-1]
        cropped = corpus / "Cropped" / f"sub{subject:02}" / name
        assert {p.name for p in cropped.iterdir()} == {f"reg_img{n}.jpg" for n in numbers}
        truth = load_truth(corpus / "truth" / f"sub{subject:02}" / f"{name}.npz")
        assert (onset - numbers[0], offset - numbers[0]) == (truth.onset, truth.offset)
        assert len(truth.landmarks) == len(numbers)
    image, face = (cv2.imread(str(next(d.iterdir()))) for d in (raw, cropped))
    assert image.shape == (480, 640, 3) and face.shape == (340, 280, 3)


def test_landmarks_in_the_cropped_frame(corpus):
    path = sorted((corpus / "truth").rglob("*.npz"))[0]
    file = np.load(path)
    matrix, points = file["registration"], file["landmarks"][file["marks"][0]]
    moved = points @ matrix[:, :2].T + matrix[:, 2]
    name = path.relative_to(corpus / "truth").with_suffix("")
    number = file["first"] + file["marks"][0]
    raw = cv2.imread(str(corpus / "CASME2_RAW_selected" / name / f"img{number}.jpg"), 0)
    face = cv2.imread(str(corpus / "Cropped" / name / f"reg_img{number}.jpg"), 0)
    for (x, y), (u, v) in zip(points[36:48], moved[36:48], strict=True):
        a = raw[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].mean()
        b = face[round(v) - 3 : round(v) + 4, round(u) - 3 : round(u) + 4].mean()
        assert abs(a - b) < 15


def test_two_trees_are_identical_whatever_the_workers(corpus, tmp_path):
    again = write_corpus("casme2", tmp_path / "two", n_jobs=2, **TINY)
    assert tree(again) == tree(corpus)


def test_another_seed_differs(corpus, tmp_path):
    other = write_corpus("casme2", tmp_path / "o", seed=2, subjects=2, clips=2, cropped=False)
    assert not (other / "Cropped").exists()
    images = {h for n, h in tree(other).items() if n.endswith(".jpg")}
    assert images.isdisjoint(tree(corpus).values())


def test_finished_corpus_is_left_alone(corpus):
    before = (corpus / MANIFEST).stat().st_mtime_ns
    assert write_corpus("casme2", corpus, **TINY) == corpus
    assert (corpus / MANIFEST).stat().st_mtime_ns == before
    with pytest.raises(BadInput, match="other parameters"):
        write_corpus("casme2", corpus, **{**TINY, "seed": 2})


def test_interrupted_writing_is_taken_up(corpus, tmp_path):
    out = tmp_path / "cut"

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    threads = cv2.getNumThreads()
    with pytest.raises(KeyboardInterrupt):
        write_corpus("casme2", out, n_jobs=1, progress=stop, **TINY)
    assert cv2.getNumThreads() == threads
    assert not (out / MANIFEST).exists()
    half = next(out.rglob("*.jpg"))
    half.write_bytes(half.read_bytes()[:100])
    write_corpus("casme2", out, n_jobs=1, **TINY)
    assert tree(out) == tree(corpus)


def test_other_peoples_files_are_never_written_among(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(BadInput, match=re.escape(str(tmp_path))):
        write_corpus("casme2", tmp_path, **TINY)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="No folder"):
        write_corpus("casme2", tmp_path / "file", **TINY)


@pytest.mark.parametrize(
    "wrong",
    [{"subjects": 0}, {"clips": 0}, {"clips": 1}, {"seed": -1}, {"seed": 1.5}, {"subjects": True}],
)
def test_parameters_are_checked_before_anything_is_written(tmp_path, wrong):
    with pytest.raises(BadInput, match=next(iter(wrong))):
        write_corpus("casme2", tmp_path / "x", **{**TINY, **wrong})
    assert not (tmp_path / "x").exists()


def test_unknown_layout(tmp_path):
    with pytest.raises(BadInput, match="casme2"):
        write_corpus("casme3000", tmp_path / "x")


def test_counts_keep_the_proportions():
    shares = LAYOUTS["casme2"].shares
    assert _counts(shares, 246) == dict(shares)
    assert list(_counts(shares, 100).values()) == [13, 26, 11, 10, 40]
    assert sum(_counts(shares, 7).values()) == 7


def test_default_corpus_is_made_once_and_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path))
    real, calls = write.write_corpus, []

    def small(layout, out, **options):
        calls.append(out)
        return real(layout, out, subjects=2, clips=2, scale=0.2, **options)

    monkeypatch.setattr(write, "write_corpus", small)
    folder = default_corpus()
    assert folder.parent == tmp_path / "synthetic" and (folder / MANIFEST).exists()
    assert default_corpus() == folder and len(calls) == 1
    assert list(folder.parent.iterdir()) == [folder]
    # Cropped frames are made where somebody asks for them, and the raw ones are the same.
    assert not (folder / "Cropped").exists()
    assert len(load("synthetic", labels="all", variant="cropped").clips) == 2
    both = default_corpus(cropped=True)
    assert len(calls) == 2 and both != folder and (both / "Cropped").is_dir()
    assert tree(folder / "CASME2_RAW_selected") == tree(both / "CASME2_RAW_selected")
    both.rename(tmp_path / "both")
    shutil.rmtree(folder)
    (tmp_path / "both").rename(folder)  # as earlier versions left it
    assert default_corpus(cropped=True) == folder == default_corpus()


def test_default_corpus_yields_to_a_faster_process(tmp_path, monkeypatch):
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path))

    def slow(layout, out, **options):
        out.mkdir(parents=True, exist_ok=True)
        (out / MANIFEST).write_text("mine")
        winner = tmp_path / "synthetic" / f"casme2-v{write.VERSION}-seed0"
        winner.mkdir()
        (winner / MANIFEST).write_text("theirs")
        return out

    monkeypatch.setattr(write, "write_corpus", slow)
    folder = default_corpus()
    assert (folder / MANIFEST).read_text() == "theirs"
    assert list(folder.parent.iterdir()) == [folder]


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_layout_is_the_same_twice_whatever_the_workers(tmp_path, name):
    options = {"seed": 3, "subjects": 2, "clips": 3, "plain": True}
    one = write_corpus(name, tmp_path / "one", n_jobs=1, **options)
    assert tree(one) == tree(write_corpus(name, tmp_path / "two", n_jobs=2, **options))


@pytest.mark.parametrize("name", ["smic-nir", "casme3c", "meview", "mmew"])
def test_faces_in_small(tmp_path, name):
    out = write_corpus(name, tmp_path / "x", subjects=1, clips=1, scale=0.1, seed=1)
    width, height = (round(0.1 * n) for n in LAYOUTS[name].view.size)
    path = next(p for p in out.rglob("*.*") if p.suffix in (".bmp", ".jpg", ".avi"))
    if path.suffix == ".avi":
        frame = cv2.VideoCapture(str(path)).read()[1]
    else:
        frame = cv2.imread(str(next(p for p in out.rglob("*") if p.suffix in (".bmp", ".jpg")
                                    and "crop" not in str(p).lower())))  # fmt: skip
    assert frame.shape[:2] == (height, width) and frame.std() > 10
    truth = load_truth(next((out / "truth").rglob("*.npz")))
    assert truth.size == (width, height)
    assert 0 < truth.landmarks[0, 30, 0] < width


def test_true_counts(tmp_path):
    from mebench.synthetic.write import _layout, _stream, plan_entries, written

    for name, layout in LAYOUTS.items():
        entries = plan_entries(_layout(name), _stream(name, 0), layout.subjects, None)
        found = {}
        for entry in entries:
            found[entry.plan.emotion] = found.get(entry.plan.emotion, 0) + 1
        assert found == dict(layout.true_counts or layout.shares)
        assert len({e.plan.subject for e in entries}) == layout.subjects
        assert len({e.name for e in entries}) == len(entries)
        files = [f for e in entries for f in (*e.raw, *e.cropped, e.video) if f]
        assert len(set(files)) == len(files)
    out = write_corpus("casme3c", tmp_path / "x", true_counts=True, plain=True)
    assert written(out)["clips"] == 165 and written(out)["true_counts"] is True
    with pytest.raises(BadInput, match="not a choice"):
        write_corpus("casme3c", tmp_path / "y", true_counts=True, clips=9)
    with pytest.raises(BadInput, match="no finished synthetic corpus"):
        written(tmp_path)


@pytest.mark.parametrize("scale", [0, -1, 5])
def test_scale_is_checked(tmp_path, scale):
    with pytest.raises(BadInput, match="scale must be"):
        write_corpus("casme2", tmp_path / "x", scale=scale)


def test_smic_people_have_the_real_numbers_of_clips():
    from mebench.synthetic.write import _layout, _stream, plan_entries

    entries = plan_entries(_layout("smic-hs"), _stream("smic-hs", 0), 16, None)
    found = {}
    for entry in entries:
        subject = entry.name.split("/")[0]
        found[subject] = found.get(subject, 0) + 1
    assert list(found) == [f"s{n}" for n in (*range(1, 7), 8, 9, *range(11, 16), 18, 19, 20)]
    assert list(found.values()) == [6, 6, 39, 19, 2, 4, 13, 4, 7, 9, 10, 10, 4, 7, 2, 22]
