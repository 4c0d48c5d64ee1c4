"""Small files that promise or unpack to something enormous, and paths that lead elsewhere."""

import resource
import zipfile
import zlib

import cv2
import numpy as np
import openpyxl
import pytest
from fuzzing import TARGETS, _casme2, _manifest, xlsx
from scipy.io import savemat

from mebench.arrays import read_arrays
from mebench.datasets import load
from mebench.datasets.sheets import worksheets
from mebench.errors import BadInput
from mebench.images import MOST_PIXELS, read_image


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bomb(suffix, side=60_000):
    data = cv2.imencode(suffix, np.zeros((8, 8), np.uint8))[1].tobytes()
    big, little = side.to_bytes(4, "big"), side.to_bytes(4, "little")
    if suffix == ".png":
        head = data[12:16] + big + big + data[24:29]
        return data[:12] + head + zlib.crc32(head).to_bytes(4, "big") + data[33:]
    if suffix == ".bmp":
        return data[:18] + little + little + data[26:]
    if suffix == ".jpg":
        at = data.index(b"\xff\xc0")
        return data[: at + 5] + big[2:] + big[2:] + data[at + 9 :]
    return tiff_bomb(side)


def tiff_bomb(side):
    """A TIFF of one strip, written by hand: width, height, bits, compression, and so on."""
    tags = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (278, side), (279, 4)]
    entries = b"".join(
        tag.to_bytes(2, "little") + b"\x04\x00\x01\x00\x00\x00" + value.to_bytes(4, "little")
        for tag, value in tags
    )
    return (b"II*\x00" + (12).to_bytes(4, "little") + b"\0\0\0\0"
            + len(tags).to_bytes(2, "little") + entries + b"\0\0\0\0")  # fmt: skip


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".jpg", ".tiff"])
def test_decompression_bombs_in_images(suffix, tmp_path):
    path = tmp_path / f"frame{suffix}"
    path.write_bytes(bomb(suffix))
    before = peak()
    with pytest.raises(BadInput, match=r"says that it has \d+×\d+ pixels, more than any frame"):
        read_image(str(path))
    assert peak() - before < 100  # MiB


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".jpg"])
def test_large_frames_are_read(suffix, tmp_path):
    image = np.zeros((2048, 4096), np.uint8)
    assert image.size < MOST_PIXELS
    cv2.imwrite(str(tmp_path / f"frame{suffix}"), image)
    assert read_image(str(tmp_path / f"frame{suffix}")).shape == (2048, 4096)


def test_a_zip_bomb_in_a_sheet(tmp_path):
    sheet = _casme2(tmp_path)
    sheet.write_bytes(xlsx("xl/worksheets/sheet1.xml", b" " * (150 * 2**20), sheet))
    assert sheet.stat().st_size < 2**20
    before = peak()
    with pytest.raises(BadInput, match=r"would unpack to 15\d MiB"):
        load("casme2", root=sheet.parent)
    assert peak() - before < 100


def test_entities_that_multiply(tmp_path):
    sheet = _casme2(tmp_path)
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    text = (
        f'<?xml version="1.0"?><!DOCTYPE z [<!ENTITY l0 "ha">{laughs}]><worksheet>&l9;</worksheet>'
    )
    sheet.write_bytes(xlsx("xl/worksheets/sheet1.xml", text.encode(), sheet))
    before = peak()
    with pytest.raises(BadInput):
        load("casme2", root=sheet.parent)
    assert peak() - before < 100


def test_a_cell_at_the_far_corner(tmp_path):
    sheet = _casme2(tmp_path)
    book = openpyxl.load_workbook(sheet)
    book.active["XFD1048576"] = "far"
    book.save(sheet)
    before = peak()
    with pytest.raises(BadInput, match="a cell in row 1048576, column XFD, far beyond"):
        load("casme2", root=sheet.parent)
    assert peak() - before < 200  # MiB


def test_formula_cells_are_not_taken_for_numbers(tmp_path):
    sheet = _casme2(tmp_path)
    book = openpyxl.load_workbook(sheet)
    book.active["D2"] = "=1+1"  # a program that never computed it leaves no value
    book.save(sheet)
    with pytest.raises(BadInput, match="row 2, column 'OnsetFrame'"):
        load("casme2", root=sheet.parent)
    assert len(worksheets(sheet)) == 1


def test_a_link_may_not_lead_out_of_a_manifest(tmp_path):
    (tmp_path / "own").mkdir()
    path = _manifest(tmp_path / "own")
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "own" / "clips" / "c 0 ü").rename(elsewhere)
    (tmp_path / "own" / "clips" / "c 0 ü").symlink_to(elsewhere)
    with pytest.raises(BadInput, match="line 2: .* is reached through a link that leads out"):
        load(str(path))


def test_a_linked_manifest_folder_is_its_own_place(tmp_path):
    (tmp_path / "own").mkdir()
    path = _manifest(tmp_path / "own")
    (tmp_path / "link").symlink_to(path.parent)
    assert len(load(str(tmp_path / "link" / path.name))) == 4
    with pytest.raises(BadInput, match="leads out of the manifest's"):
        path.write_text(path.read_text().replace("clips/c 1 ü", "../own/clips/../../x"))
        load(str(path))


def test_targets_have_distinct_names():
    assert len({t.name for t in TARGETS}) == len(TARGETS)


# Arrays (issue 18, point 16)


def npz(path, header, data=b"", times=1):
    """An .npz of one member: the header of an array, and some bytes, so many times."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("features.npy", "w", force_zip64=True) as member,
    ):
        text = repr(header).encode() + b"\n"
        member.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
        for _ in range(times):
            member.write(data)
    return path


@pytest.mark.parametrize("shape", [(10**12, 10**6), (10**6, 3)])
@pytest.mark.parametrize("suffix", [".npz", ".npy"])
def test_arrays_that_declare_huge_shapes(suffix, shape, tmp_path):
    path = tmp_path / f"a{suffix}"
    head = {"descr": "<f8", "fortran_order": False, "shape": shape}
    if suffix == ".npz":
        npz(path, head, b"\0" * 100)
    else:
        text = repr(head).encode() + b"\n"
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
    before = peak()
    with pytest.raises(BadInput, match="declares"):
        read_arrays(path)
    assert peak() - before < 50


def test_arrays_that_unpack_to_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr("mebench.array_sizes._SMALL", 2**22)
    head = {"descr": "|u1", "fortran_order": False, "shape": (16 * 2**20,)}
    traps = [npz(tmp_path / "trap.npz", head, bytes(2**20), 16)]
    savemat(tmp_path / "trap.mat", {"x": np.zeros(2**21)}, do_compression=True)
    traps.append(tmp_path / "trap.mat")
    for path in traps:
        with pytest.raises(BadInput, match="unpacks to"):
            read_arrays(path)
    savemat(tmp_path / "good.mat", {"x": np.arange(2**20) % 251.0}, do_compression=True)
    np.savez(tmp_path / "good.npz", x=np.zeros(2**20))
    for path in (tmp_path / "good.mat", tmp_path / "good.npz"):
        assert read_arrays(path)["x"].shape == (2**20,)
    monkeypatch.setattr("mebench.array_sizes._memory", lambda: 2**20)
    with pytest.raises(BadInput, match="more than the memory"):
        read_arrays(tmp_path / "good.npz")
