"""Write docs/databases.md from the cards of all databases: `python docs/make_cards.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from mebench.datasets import COMPOSITES, card, label_sets, names
from mebench.datasets.corrections import corrections
from mebench.datasets.registry import database

TARGET = Path(__file__).with_name("databases.md")


def table(rows: list[tuple[object, ...]], header: tuple[str, ...]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def page() -> str:
    """The whole page, as Markdown."""
    real = [n for n in names() if database(n).locate is None]
    overview = [
        (
            f"[`{n}`](#{n})",
            card(n).title,
            card(n).clips or "",
            card(n).subjects or "",
            f"{card(n).fps:g}" if card(n).fps else "",
            card(n).resolution,
        )
        for n in real
    ]
    parts = [
        "# The databases, card by card",
        "Written by `docs/make_cards.py` from the cards in `mebench/datasets`; what nobody "
        "published stays blank. How to use them: [datasets.md](datasets.md).",
        table(overview, ("name", "database", "clips", "subjects", "fps", "frames")),
        "## Composites",
        table(
            [(f"`{n}`", " + ".join(c.parts), f"`{c.labels}`", c.clips, c.words)
             for n, c in COMPOSITES.items()],
            ("name", "databases", "label set", "clips", "what"),
        ),
        *(one(n) for n in real),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def one(name: str) -> str:
    """The card of one database."""
    found = card(name)
    facts = [
        ("annotated", found.annotated),
        ("licence", found.licence),
        ("request", f"<{found.request_page}>"),
        ("cite", found.citation),
        ("variable", f"`{found.variable}`"),
        ("kinds of frames", ", ".join(f"`{v}`" for v in database(name).variants)),
        ("must not appear in publications", ", ".join(found.unpublishable)),
    ]
    parts = [
        f'## <a id="{name}"></a>{found.title}',
        table([(k, v) for k, v in facts if v], ("", "")),
        table([(f"`{k}`", v) for k, v in label_sets(name).items()], ("`--labels`", "rule")),
    ]
    if found.counts:
        rows = [
            (version, f"`{labels}`", sum(counts.values()),
             ", ".join(f"{c} {n}" for c, n in counts.items()))
            for version, sets in found.counts.items()
            for labels, counts in sets.items()
        ]  # fmt: skip
        parts.append(table(rows, ("version", "label set", "clips", "per class")))
    if found.remarks:
        parts.append("\n".join(f"- {remark}" for remark in found.remarks))
    known = corrections(name)
    if known:
        rows = [
            (c.subject, c.clip, c.onset or "any", c.field, c.wrong, c.right, c.source)
            for c in known
        ]
        parts.append("Known wrong cells:")
        parts.append(table(rows, ("subject", "clip", "onset", "field", "wrong", "right", "source")))
    return "\n\n".join(parts)


if __name__ == "__main__":
    text = page()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else f"{TARGET} is out of date.")
    TARGET.write_text(text, encoding="utf-8")
