"""What changed since the board was built last: a list, and the same as an Atom feed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

__all__ = ["atom", "changes", "now", "previous"]

_KEPT = 200  # changes that the index remembers
_SHOWN = 50  # entries of the feed


def now() -> str:
    """The time of the build, or ``SOURCE_DATE_EPOCH`` where it is set, as RFC 3339."""
    stamp = os.environ.get("SOURCE_DATE_EPOCH", "")
    moment = (
        datetime.fromtimestamp(int(stamp), timezone.utc)
        if stamp.isdecimal()
        else datetime.now(timezone.utc)
    )
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def previous(out: Path) -> dict[str, Any]:
    """The index of the board that stands in a folder; empty if there is none that can be read."""
    try:
        found = json.loads((out / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == "mebench-board" else {}


def changes(
    old: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], time: str
) -> list[dict[str, str]]:
    """New and gone entries and new leaders, newest first, before those of earlier builds."""
    before = {row["key"]: row for row in old.get("entries", []) if isinstance(row, dict)}
    after = {row["key"]: row for row in rows}
    out = []

    def said(kind: str, row: Mapping[str, Any], text: str) -> None:
        out.append({"time": time, "kind": kind, "key": str(row["key"]), "page": str(row["page"]),
                    "text": text})  # fmt: skip

    for key, row in after.items():
        where = f"{row['method']} on {' '.join(w for w in row['task'] if w)}"
        score = f"{row['measure'].upper()} {row['value']:.3f}, level {row['level']}"
        if key not in before:
            said("new", row, f"New: {where} ({score})")
            continue
        then = before[key]
        if row["rank"] == 1 and then.get("rank") != 1:
            said("first", row, f"Now first: {where} ({score})")
        if row["level"] != then.get("level"):
            said("level", row, f"Level {row['level']} instead of {then.get('level')}: {where}")
        if row["certified"] != then.get("certified"):
            said("certificate", row, f"Certificate of level {row['certified']}: {where}")
    for key, row in before.items():
        if key not in after and isinstance(row.get("task"), list):
            where = f"{row.get('method')} on {' '.join(str(w) for w in row['task'] if w)}"
            said("gone", {"key": key, "page": "index.html"}, f"Gone: {where}")
    kept = [c for c in old.get("changes", []) if isinstance(c, dict) and "text" in c]
    return (out + kept)[:_KEPT]


def atom(found: Sequence[Mapping[str, str]], title: str, url: str, time: str) -> str:
    """The newest changes as an Atom feed (RFC 4287).

    Parameters
    ----------
    found : sequence of mapping
        As :func:`changes` gives them.
    title : str
    url : str
        Where the site will be found; empty if nobody knows, and links are relative.
    time : str
    """
    base = url.rstrip("/") + "/" if url else ""
    home = escape(url or "tag:mebench,2026:board")
    entries = []
    for one in found[:_SHOWN]:
        name = f"tag:mebench,2026:{one.get('kind')}:{one.get('key')}:{one.get('time')}"
        entries.append(
            f"<entry><id>{escape(name)}</id><title>{escape(str(one['text']))}</title>"
            f"<updated>{escape(str(one.get('time', time)))}</updated>"
            f"<link href={quoteattr(base + str(one.get('page', '')))}/>"
            f"<content>{escape(str(one['text']))}.</content></entry>"
        )
    updated = str(found[0]["time"]) if found else time
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<feed xmlns="http://www.w3.org/2005/Atom"><id>{home}</id><title>{escape(title)}</title>'
        f"<updated>{escape(updated)}</updated><author><name>mebench</name></author>"
        f"<link href={quoteattr(base + 'index.html')}/>"
        f'<link rel="self" href={quoteattr(base + "feed.xml")}/>'
        + "\n".join(["", *entries, ""])
        + "</feed>\n"
    )
