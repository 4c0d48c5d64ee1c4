"""Damage done to every layout: a clear message or a counted warning, no traceback, no silence."""

import os
import shutil

import cv2
import numpy as np
import openpyxl
import pytest

from mebench.datasets import load
from mebench.datasets.check import check
from mebench.errors import BadInput, DataNotFound, MebenchError
from mebench.synthetic import LAYOUTS, write_corpus

NAMES = sorted(set(LAYOUTS) - {"smic-vis", "smic-nir"})  # as smic-hs
WITH_FRAMES = [n for n in NAMES if n != "meview"]
WITH_SHEET = [n for n in WITH_FRAMES if n not in ("smic-hs", "ckplus", "dfme")]


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    out = tmp_path_factory.mktemp("originals")
    for name in NAMES:
        write_corpus(name, out / name, subjects=3, clips=6, plain=True, seed=2)
    return out


@pytest.fixture
def corpus(originals, tmp_path, request):
    name = request.param
    root = shutil.copytree(originals / name, tmp_path / name)
    return name, root


def use(names):
    return pytest.mark.parametrize("corpus", names, indirect=True)


def clip_of(name, root):
    """A clip and the paths of its frames."""
    clip = load(name, root=root, labels="all").clips[1]
    return clip, clip.source.paths


def sheet_of(root):
    return next(p for p in sorted(root.glob("*.xlsx")) if "Objective" not in p.name)


def edit(path, change):
    book = openpyxl.load_workbook(path)
    page = book.worksheets[0]
    change(page)
    book.save(path)


def said(report):
    return "\n".join(f"{f.severity} {f.where}: {f.what}" for f in report.findings)


@use(WITH_FRAMES)
def test_removed_frames(corpus):
    name, root = corpus
    clip, paths = clip_of(name, root)
    for path in paths[1:-1]:
        os.unlink(path)
    after = {c.id: c for c in load(name, root=root, labels="all").clips}[clip.id]
    assert len(after) == 2
    notes = "\n".join(load(name, root=root, labels="all").notes)
    assert "1 clip with frames missing between onset and offset" in notes
    assert f"{len(paths) - 2} of {len(paths)} frames missing" in said(check(name, root))


@use(WITH_FRAMES)
def test_all_frames_of_a_clip_removed(corpus):
    name, root = corpus
    clip, paths = clip_of(name, root)
    for path in paths:
        os.unlink(path)
    with pytest.raises(MebenchError, match=clip.id.replace("(", r"\(")):
        load(name, root=root, labels="all")
    samples = load(name, root=root, labels="all", missing="skip")
    assert clip.id not in [c.id for c in samples.clips]
    assert any("1 clip left out because it cannot be used" in n for n in samples.notes)
    report = check(name, root)
    assert any("no frame" in f.what for f in report.errors), said(report)


@use(WITH_FRAMES)
@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_a_corrupt_image(corpus, damage):
    name, root = corpus
    clip, paths = clip_of(name, root)
    with open(paths[2], "rb") as file:
        data = file.read()
    content = {"cut": data[: len(data) // 2], "empty": b"", "text": b"not an image"}[damage]
    with open(paths[2], "wb") as file:
        file.write(content)
    report = check(name, root)
    assert [f.where for f in report.errors] == [paths[2]], said(report)
    after = {c.id: c for c in load(name, root=root, labels="all").clips}[clip.id]
    with pytest.raises(BadInput, match="restore it from the database") as error:
        _ = after.frames
    assert paths[2] in str(error.value)


@use(WITH_SHEET)
def test_the_sheet_is_gone(corpus):
    name, root = corpus
    sheet_of(root).unlink()
    with pytest.raises(DataNotFound, match=r"No annotation sheet of .* was found under"):
        load(name, root=root, labels="all")
    report = check(name, root)
    assert report.errors[0].where == "sheet" and report.version == ""


@use(WITH_SHEET)
def test_a_renamed_column(corpus):
    name, root = corpus

    def rename(page):
        for row in page.iter_rows(min_row=1, max_row=20):
            for cell in row:
                if str(cell.value).lower().replace(" ", "") in ("onset", "onsetframe", "onsetf"):
                    cell.value = "Begin"
                    return
        page.delete_cols(8)  # no header: the column that tells micro from macro

    edit(sheet_of(root), rename)
    with pytest.raises(BadInput, match=r"no worksheet (has the column|looks like)"):
        load(name, root=root, labels="all")
    assert check(name, root).errors[0].where == "sheet"


@use(WITH_SHEET)
def test_swapped_marks(corpus):
    name, root = corpus
    clip, _ = clip_of(name, root)
    row = next(
        i for i, c in enumerate(load(name, root=root, labels="all").clips) if c.id == clip.id
    )
    wrong = {}

    def swap(page):
        names = [str(c.value).lower().replace(" ", "") for c in page[14 if name == "samm" else 1]]
        if name == "casme-sq":
            onset, offset, top = 3, 5, 1
            rows = [r for r in page.iter_rows() if "micro" in str(r[7].value)]
            cells = rows[row]
        else:
            onset = next(i for i, n in enumerate(names, 1) if n.startswith("onset"))
            offset = next(i for i, n in enumerate(names, 1) if n.startswith("offset"))
            top = 15 if name == "samm" else 2
            cells = page[top + row]
        a, b = cells[onset - 1], cells[offset - 1]
        a.value, b.value = b.value, a.value
        wrong["marks"] = (a.value, b.value)

    edit(sheet_of(root), swap)
    onset, offset = wrong["marks"]
    with pytest.raises(BadInput, match=f"onset {onset} lies after the offset {offset}"):
        load(name, root=root, labels="all")
    samples = load(name, root=root, labels="all", missing="skip")
    assert any("1 clip left out" in n for n in samples.notes)
    report = check(name, root)
    assert any(f"onset {onset} after offset {offset}" in f.what for f in report.errors)


@use(WITH_FRAMES)
def test_stray_files_and_leftovers(corpus):
    name, root = corpus
    before = load(name, root=root, labels="all")
    folder = root / before.clips[0].source.paths[0]
    folder = folder.parent
    for where in (folder, folder.parent, root):
        for leftover in ("Thumbs.db", ".DS_Store", "desktop.ini", "a - Shortcut.lnk"):
            (where / leftover).write_bytes(b"x")
        (where / f"._{folder.name}.jpg").write_bytes(b"x")
    (root / "__MACOSX").mkdir()
    if name in WITH_SHEET:
        (root / f"~${sheet_of(root).name}").write_bytes(b"x")
        (root / f"._{sheet_of(root).name}").write_bytes(b"x")
    after = load(name, root=root, labels="all")
    assert after.fingerprint() == before.fingerprint()
    assert [c.source.paths for c in after.clips] == [c.source.paths for c in before.clips]
    report = check(name, root)
    assert report.errors == []
    assert sum("stray file" in f.what for f in report.warnings) >= 4


@use(WITH_FRAMES)
def test_frames_of_unequal_size(corpus):
    name, root = corpus
    clip, paths = clip_of(name, root)
    cv2.imwrite(paths[2], np.zeros((16, 12), np.uint8))
    with pytest.raises(BadInput, match="Frames of unequal size in one clip"):
        _ = {c.id: c for c in load(name, root=root, labels="all").clips}[clip.id].frames
    assert "12×16 where" in said(check(name, root))


@use(WITH_FRAMES)
def test_no_folders(corpus):
    name, root = corpus
    for folder in root.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    with pytest.raises(DataNotFound, match="expected"):
        load(name, root=root, labels="all")
    assert check(name, root).errors


@use(["meview"])
def test_damaged_videos(corpus):
    name, root = corpus
    samples = load(name, root=root)
    path = samples.clips[0].source.path
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(data[:200])
    with pytest.raises(BadInput, match="video"):
        load(name, root=root)
    assert len(load(name, root=root, missing="skip")) == 5
    report = check(name, root)
    assert report.errors and all(path in f"{f.where}{f.what}" for f in report.errors)
    os.unlink(path)
    with pytest.raises(DataNotFound, match="does not exist"):
        load(name, root=root)
    (root / "meview.csv").unlink()
    with pytest.raises(DataNotFound, match=r"expected meview\.csv"):
        load(name, root=root)
    assert check(name, root).errors
