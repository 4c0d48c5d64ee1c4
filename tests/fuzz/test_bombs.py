"""Small files that promise or unpack to something enormous, and paths that lead elsewhere."""

import resource
import zlib

import cv2
import numpy as np
import openpyxl
import pytest
from fuzzing import TARGETS, _casme2, _manifest, xlsx

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
