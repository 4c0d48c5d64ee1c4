"""The figures of one page: drawn once, shown in the page, and written as files where asked."""

from __future__ import annotations

import os
import re
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from ..figure_style import inline, save

__all__ = ["Gallery"]

#: Every figure is written as each of these.
FORMATS = ("png", "svg", "pdf")


class Gallery:
    """Figures by name, in the order in which the page shows them."""

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}

    def add(self, name: str, made: Figure, alt: str) -> Markup:
        """Keep a figure under a name, and give it as an element of the page.

        Parameters
        ----------
        name : str
            Made into letters, digits and hyphens, and unique by a number.
        made : Figure
        alt : str
            What it shows, in words.
        """
        base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "figure"
        name, number = base, 1
        while name in self.figures:
            number += 1
            name = f"{base}-{number}"
        self.figures[name] = made
        return Markup(inline(made, f"f{len(self.figures)}", alt))  # alt is escaped in it

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """All figures as PNG, SVG and PDF files."""
        return [
            save(made, Path(folder) / f"{name}.{form}")
            for name, made in self.figures.items()
            for form in FORMATS
        ]
