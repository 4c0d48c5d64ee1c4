"""The zip of a bundle: written the same each time, and read as something that a stranger made."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from ..errors import BadInput, DataNotFound
from ..paths import ending

__all__ = ["FORMAT", "MEMBERS", "SUFFIX", "VERSION", "pack", "sealed", "strict_json", "unpack"]

#: How names of bundles end.
SUFFIX = ".mebundle"
#: What a manifest says first, and the version of the format.
FORMAT, VERSION = "mebundle", 1
#: All that a bundle may hold; whatever else is in it makes it no bundle.
MEMBERS = (
    *("manifest.json", "run.json", "folds.csv", "predictions.csv", "chosen.json"),
    *("confusion.json", "scores.json", "environment.json"),
)

# A bundle of 10,000 clips is about 2 MB; these are far beyond what any run needs (our choice).
_MOST_FILE = 64 * 2**20
_MOST_MEMBER = 64 * 2**20
_MOST_TOTAL = 128 * 2**20
_DATE = (1980, 1, 1, 0, 0, 0)


def pack(members: Mapping[str, bytes]) -> bytes:
    """Members as a zip: in a fixed order, without dates, so that equal runs are equal files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name in MEMBERS:
            info = zipfile.ZipInfo(name, _DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            info.create_system = 3
            file.writestr(info, members[name])
    return buffer.getvalue()


def unpack(path: str | os.PathLike[str]) -> tuple[dict[str, bytes], str]:
    """The members of a bundle by name, and the SHA-256 of the whole file.

    Nothing is written to disk and nothing is unpickled. The file must be nothing but its
    members: whatever lies before, between or behind them, in comments or in extra fields is
    refused, as are other names, links, encryption, and sizes that no run has.

    Raises
    ------
    DataNotFound
        It cannot be read.
    BadInput
        It is no bundle, or one that somebody changed.
    """
    path = ending(path)
    try:
        if path.stat().st_size > _MOST_FILE:
            raise BadInput(
                f"{path.name} has {path.stat().st_size:,} bytes; no bundle has more than "
                f"{_MOST_FILE:,}."
            )
        data = path.read_bytes()
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            infos = file.infolist()
            _check_names(path.name, infos)
            _check_layout(path.name, data, infos, file)
            found = {info.filename: _content(path.name, file, info) for info in infos}
    except BadInput:
        raise
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise BadInput(f"{path.name} is no whole zip file: {error}.") from error
    except Exception as error:  # zlib's and struct's own errors on damaged bytes
        raise BadInput(f"{path.name} is damaged: {error}.") from error
    _check_sums(path.name, found)
    return found, hashlib.sha256(data).hexdigest()


def sealed(manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> bytes:
    """The manifest as bytes, with the checksums of the other members and of itself."""
    files = {
        name: {"sha256": hashlib.sha256(members[name]).hexdigest(), "bytes": len(members[name])}
        for name in MEMBERS[1:]
    }
    whole = {"format": FORMAT, "version": VERSION, **manifest, "files": files}
    return _json({**whole, "checksum": _own_sum(whole)})


def strict_json(data: bytes, name: str) -> Any:
    """JSON that says one thing only: no double keys, no NaN, UTF-8.

    Raises
    ------
    BadInput
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            raise ValueError("a key stands twice")
        return out

    def refuse(text: str) -> Any:
        raise ValueError(f"{text} is no JSON number")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name} is not valid JSON: {error}.") from error


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _own_sum(manifest: Mapping[str, Any]) -> str:
    rest = {k: v for k, v in manifest.items() if k != "checksum"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_names(bundle: str, infos: list[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    foreign = sorted(set(names) - set(MEMBERS))
    if foreign:
        raise BadInput(
            f"{bundle} holds {', '.join(repr(n) for n in foreign[:3])}, which does not belong into "
            f"a bundle; there is {', '.join(MEMBERS)} and nothing else."
        )
    if len(set(names)) < len(names):
        raise BadInput(f"{bundle} holds a file twice.")
    missing = [name for name in MEMBERS if name not in names]
    if missing:
        raise BadInput(f"{bundle} lacks {', '.join(missing)}.")
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise BadInput(f"{bundle}: {info.filename} is a link or a device, not a file.")
        if info.flag_bits & 0x1:
            raise BadInput(f"{bundle}: {info.filename} is encrypted.")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadInput(f"{bundle}: {info.filename} is compressed in a way that is not known.")
        if info.file_size > _MOST_MEMBER:
            raise BadInput(f"{bundle}: {info.filename} would unpack to {info.file_size:,} bytes.")
        if info.comment or info.extra or info.date_time != _DATE:
            raise BadInput(f"{bundle}: {info.filename} carries a date, comment or extra field.")
    if sum(info.file_size for info in infos) > _MOST_TOTAL:
        raise BadInput(f"{bundle} would unpack to more than {_MOST_TOTAL:,} bytes.")


def _check_layout(
    bundle: str, data: bytes, infos: list[zipfile.ZipInfo], file: zipfile.ZipFile
) -> None:
    """Local headers, contents, directory and its end follow each other without a gap."""
    place = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset != place:
            raise BadInput(f"{bundle} holds bytes that belong to no file, at {place}.")
        head = struct.unpack("<4s2B4HL2L2H", data[place : place + 30])
        magic, flags, method, crc, packed, size = *(head[i] for i in (0, 3, 4)), *head[7:10]
        length, extra = head[10], head[11]
        name = data[place + 30 : place + 30 + length]
        same = (method, crc, packed, size) == (
            *(info.compress_type, info.CRC, info.compress_size, info.file_size),
        )
        clock = (head[5], head[6])
        if (
            magic != b"PK\3\4"
            or not same
            or extra
            or flags != info.flag_bits
            or flags & ~0x800
            or clock != (0, 33)
            or name != info.filename.encode()
            or head[1:3] != (info.extract_version, 0)
        ):
            raise BadInput(f"{bundle}: the two headers of {info.filename} do not agree.")
        place += 30 + length + packed
    directory = b"".join(_entry(info) for info in infos)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(infos), len(infos), len(directory), place, 0)
    if data[place:] != directory + end or file.comment:
        raise BadInput(f"{bundle} holds bytes that belong to no file, behind its directory.")


def _entry(info: zipfile.ZipInfo) -> bytes:
    """A line of the directory as :func:`pack` writes it."""
    name = info.filename.encode()
    return struct.pack(
        "<4s4B4HL2L5H2L", b"PK\1\2", info.create_version, 3, info.extract_version, 0,
        info.flag_bits, info.compress_type, 0, 33, info.CRC, info.compress_size, info.file_size,
        len(name), 0, 0, 0, 0, 0o644 << 16, info.header_offset,
    ) + name  # fmt: skip


def _content(bundle: str, file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with file.open(info) as stream:
        data = stream.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise BadInput(f"{bundle}: {info.filename} is longer or shorter than it says.")
    return data


def _check_sums(bundle: str, members: Mapping[str, bytes]) -> None:
    manifest = strict_json(members["manifest.json"], "manifest.json")
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadInput(f"{bundle}: the manifest is not that of a bundle.")
    if manifest.get("version") != VERSION:
        raise BadInput(
            f"{bundle} has version {manifest.get('version')!r} of the format; this mebench reads "
            f"version {VERSION}. Take the mebench that wrote it, or a newer one."
        )
    if manifest.get("checksum") != _own_sum(manifest):
        raise BadInput(f"{bundle}: the manifest is not as it was written (its own checksum).")
    if members["manifest.json"] != _json(manifest):
        raise BadInput(f"{bundle}: the manifest is not written as mebench writes it.")
    files = manifest.get("files")
    if not isinstance(files, dict) or set(files) != set(MEMBERS[1:]):
        raise BadInput(f"{bundle}: the manifest does not list the files that are there.")
    for name in MEMBERS[1:]:
        expected = {
            "sha256": hashlib.sha256(members[name]).hexdigest(),
            "bytes": len(members[name]),
        }
        if files[name] != expected:
            raise BadInput(f"{bundle}: {name} is not as it was written (checksum).")
