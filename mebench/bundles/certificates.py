"""What a verification leaves for others: a certificate and a badge."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import BadInput, DataNotFound
from .report import LEVELS, Verification

__all__ = ["badge", "certificate", "read_certificate", "write_text"]

_FORMAT = "mebundle-certificate"
_COLOURS = ("#9a3412", "#8a6d1a", "#6b7a1f", "#3f7d3a", "#0f766e", "#0b5f8f")


def certificate(found: Verification, by: str = "") -> dict[str, Any]:
    """A verification as a file to pass on: of which bytes, by which program, with what result.

    It is signed by nobody: who gives it away vouches for it, and whoever doubts it runs the same
    command again.

    Parameters
    ----------
    found : Verification
    by : str, optional
        Who verified.
    """
    stamp = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = (
        datetime.fromtimestamp(int(stamp), timezone.utc)
        if stamp.isdecimal()
        else datetime.now(timezone.utc)
    )
    return {
        "format": _FORMAT,
        "version": 1,
        "by": by,
        "time": now.isoformat(timespec="seconds"),
        "mebench": __version__,
        "words": LEVELS[found.level][1] if found.level else "nothing is proved",
        **found.summary(),
    }


def read_certificate(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A certificate from a file.

    Raises
    ------
    DataNotFound, BadInput
        It cannot be read, or is none.
    """
    path = Path(path)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataNotFound(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise BadInput(f"{path} is not valid JSON: {error}.") from error
    good = isinstance(found, dict) and found.get("format") == _FORMAT
    if not good or type(found.get("level")) is not int or not isinstance(found.get("sha256"), str):
        raise BadInput(f"{path} is no certificate of mebench verify.")
    return dict(found)


def badge(level: int) -> str:
    """A badge with the level, as SVG; it needs no font and no network.

    Examples
    --------
    >>> badge(3).startswith("<svg") and "level 3: protocol" in badge(3)
    True
    """
    words = f"level {level}: {LEVELS[level][0]}" if level else "not verified"
    left, right = 58, 10 + round(6.1 * len(words))
    whole = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="mebench {words}"><title>mebench {words}</title>'
        f'<rect width="{whole}" height="20" rx="3" fill="#3a3d44"/>'
        f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{left}z" '
        f'fill="{_COLOURS[level]}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="7" y="14" textLength="{left - 14}">mebench</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{words}</text></g></svg>\n'
    )


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """Write a certificate or a badge."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
    return path
