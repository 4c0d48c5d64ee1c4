"""What the authors of CAS(ME)³ know to be wrong with its pictures, where their lists lie near.

The lists come with the annotation of part A: pictures that cannot be opened, pictures of bad
quality, and micro-expressions whose apex is covered by a hand. Nothing of them is shipped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import MebenchError

__all__ = ["HiddenApex", "damaged_pictures", "hidden_apexes", "known_problems", "list_files"]

_TEXTS = ("damaged_image", "bad_quality")
_SHEETS = ("error_list",)
_COVERED = ("遮", "cover", "hidden", "occlu")


@dataclass(frozen=True)
class HiddenApex:
    """A micro-expression at whose apex the face is covered, and how the list says it."""

    subject: str
    clip: str
    onset: int
    apex: int
    words: str


def damaged_pictures(root: Path) -> dict[tuple[str, str], frozenset[int]]:
    """Numbers of the pictures that the lists name, by subject and recording.

    Lines are ``spNO.3 J 498.jpg  the image cannot open`` or a path that ends in
    ``spNO.138/a/color/1294.jpg``; others are passed over.
    """
    found: dict[tuple[str, str], set[int]] = {}
    for path in list_files(root):
        if path.suffix.lower() != ".txt":
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            match = re.search(
                r"(spno\.?\s?\d+)[\s/\\]+([a-z])[\s/\\]+(?:colou?r[/\\])?(\d+)\.(?:jpe?g|png|bmp)",
                line.lower(),
            )
            if match and (who := _subject(match[1])):
                found.setdefault((who, match[2]), set()).add(int(match[3]))
    return {key: frozenset(numbers) for key, numbers in found.items()}


def hidden_apexes(root: Path) -> list[HiddenApex]:
    """The micro-expressions that a list says are covered at their apex."""
    from .sheets import cell_text, worksheets

    out = []
    for path in list_files(root):
        if path.suffix.lower() not in (".xlsx", ".xls"):
            continue
        try:
            pages = worksheets(path)
        except MebenchError:
            continue  # a list that cannot be read takes nothing away from the database
        for cells in pages.values():
            for row in cells.itertuples(index=False):
                texts = [cell_text(v) for v in row]
                who = _subject(texts[0]) if len(texts) > 4 else None
                if who is None or not (texts[2].isdecimal() and texts[3].isdecimal()):
                    continue
                words = next((t for t in texts[5:] if any(c in t for c in _COVERED)), "")
                if words:
                    out.append(HiddenApex(who, texts[1].lower(), int(texts[2]), int(texts[3]),
                                          words))  # fmt: skip
    return out


def known_problems(name: str, root: Path) -> list[tuple[str, str]]:
    """Where and what, of all that the lists beside a database say; nothing of other databases."""
    if name != "casme3a":
        return []
    found = [
        (f"{who}/{clip}", f"the authors' list names {len(numbers)} damaged pictures: "
                          f"{', '.join(map(str, sorted(numbers)))}")
        for (who, clip), numbers in sorted(damaged_pictures(root).items())
    ]  # fmt: skip
    return found + [
        (f"{h.subject}/{h.clip}, onset {h.onset}",
         f"the authors' list says that the face is covered at the apex {h.apex}")
        for h in hidden_apexes(root)
    ]  # fmt: skip


def _listing(root: Path) -> tuple[Path, ...]:
    from .folders import scan

    found: list[Path] = []
    level = [root]
    for _ in range(4):
        below = []
        for folder in level:
            entries = list(scan(folder))
            found += [Path(e.path) for e in entries if e.is_file()]
            folders = [Path(e.path) for e in entries if e.is_dir()]
            # Persons and recordings hold no list, and frames by the thousand.
            below += folders if len(folders) <= 20 else []
        level = [f for f in below if _subject(f.name) is None]
    return tuple(sorted(found))


def list_files(root: Path) -> list[Path]:
    """The files of those lists in a folder and three levels below it."""
    return [
        path
        for path in _listing(root)
        if (path.suffix.lower() == ".txt" and any(w in path.name.lower() for w in _TEXTS))
        or (path.suffix.lower() in (".xlsx", ".xls") and "casme3" in path.name.lower()
            and any(w in path.name.lower() for w in _SHEETS))
    ]  # fmt: skip


def _subject(text: str) -> str | None:
    from .cas_me_3 import subject_a

    return subject_a(text)
