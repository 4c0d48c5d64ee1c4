"""Tiny twins of CASME II, written as the official files are: invented rows, grey frames."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import openpyxl
import pytest

HEADER = [
    "Subject",
    "Filename",
    None,
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    None,
    "Action Units",
    "Estimated Emotion",
]
#: subject, clip, onset, apex, offset, action units, emotion; invented
ROWS = [
    ("01", "EP02_01f", 5, 9, 13, "12", "happiness"),
    ("01", "EP03_02", 8, "/", 12, "4", "others"),
    ("02", "EP01_11f", 9, 10, 14, "L1+R2", "surprise"),
    ("02", "EP08_04", 2, 4, 6, "4+7", "disgust"),
    ("17", "EP13_01", 1, 3, 5, "15", "sadness"),
]
PUBLISHED = {
    "others": 99,
    "disgust": 63,
    "happiness": 32,
    "repression": 27,
    "surprise": 25,
    "sadness": 7,
    "fear": 2,
}

Row = Sequence[object]


def write_sheet(
    path: Path, rows: Iterable[Row], header: Sequence[object] = HEADER, above: int = 0
) -> Path:
    """An .xlsx with the rows under the header, blank columns in between, `above` title rows."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Sheet1"
    for _ in range(above):
        page.append(["a title"])
    page.append(list(header))
    for row in rows:
        page.append(spread(row, header))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def spread(row: Row, header: Sequence[object]) -> list[object]:
    cells = iter(row)
    return [next(cells, None) if name is not None else None for name in header]


def write_xls(path: Path, rows: Iterable[Row]) -> Path:
    """A real .xls: nobody writes them any more, but Excel 2's records are simple enough."""

    def record(kind: int, body: bytes) -> bytes:
        return struct.pack("<HH", kind, len(body)) + body

    out = [record(0x0009, struct.pack("<HH", 7, 0x10)), record(0x0042, struct.pack("<H", 1252))]
    for i, row in enumerate([HEADER, *(spread(r, HEADER) for r in rows)]):
        for j, value in enumerate(row):
            place = struct.pack("<HH", i, j) + b"\0\0\0"
            if isinstance(value, (int, float)):
                out.append(record(0x0003, place + struct.pack("<d", value)))
            elif value is not None:
                text = str(value).encode("ascii")
                out.append(record(0x0004, place + bytes([len(text)]) + text))
    path.write_bytes(b"".join([*out, record(0x000A, b"")]))
    return path


def write_frames(folder: Path, numbers: Iterable[int], prefix: str = "img", size: int = 8) -> None:
    """Grey frames whose brightness is their number, so that a test sees which were read."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in numbers:
        cv2.imwrite(str(folder / f"{prefix}{n}.jpg"), np.full((size, size), n % 250, np.uint8))


def write_objective(path: Path, rows: Iterable[Row]) -> Path:
    return write_sheet(path, rows, ["Subject", "Filename", "Objective Class"])


@pytest.fixture
def rows() -> list[Row]:
    return list(ROWS)


@pytest.fixture
def sheet() -> Callable[..., Path]:
    return write_sheet


@pytest.fixture
def xls() -> Callable[..., Path]:
    return write_xls


@pytest.fixture
def frames() -> Callable[..., None]:
    return write_frames


@pytest.fixture
def objective() -> Callable[..., Path]:
    return write_objective


@pytest.fixture(scope="session")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("whole") / "CASME II"
    write_sheet(root / "CASME2-coding-20140508.xlsx", ROWS)
    for subject, clip, onset, _, offset, *_ in ROWS:
        name = f"sub{subject}/{clip}"
        # The raw folders hold more than the clip, the cropped ones exactly it.
        write_frames(root / "CASME2_RAW_selected" / name, range(onset - 1, offset + 3))
        write_frames(root / "Cropped" / name, range(onset, offset + 1), "reg_img", 6)
    return root


@pytest.fixture
def casme2(_whole: Path, tmp_path: Path) -> Path:
    """A small CASME II that a test may damage."""
    return Path(shutil.copytree(_whole, tmp_path / "CASME II"))


@pytest.fixture
def published() -> list[Row]:
    """255 invented rows of 26 subjects with the published numbers of each emotion."""
    emotions = [e for e, n in PUBLISHED.items() for _ in range(n)]
    out = []
    for i, emotion in enumerate(emotions):
        # Subjects 10 and 18 have others only, as the 24 subjects of the challenge show.
        subject = (
            (10, 18)[i % 2] if i < 16 else [s for s in range(1, 27) if s not in (10, 18)][i % 24]
        )
        out.append((subject, f"EP{i // 10:02d}_{i % 10:02d}", 11, 21, 31, "4", emotion))
    names = {"EP12_01f": 4, "EP09_05f": 5}
    for i, row in enumerate(out):
        for clip, subject in names.items():
            if row[0] == subject and row[6] == "disgust" and not any(r[1] == clip for r in out):
                out[i] = (subject, clip, *row[2:])
                break
    return out


@pytest.fixture(autouse=True)
def _no_registered_databases(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MEBENCH_HOME", str(tmp_path / "mebench home"))
    monkeypatch.delenv("MEBENCH_CASME2", raising=False)
