"""How figures look: colours that everybody can tell apart, one size of type, the same bytes."""

from __future__ import annotations

import base64
import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from ..errors import BadInput
from ..storage.lease import write_whole

__all__ = [
    "BLUE",
    "COLUMN",
    "GREY",
    "INK",
    "LINE",
    "ORANGE",
    "PAGE",
    "PALETTE",
    "data_uri",
    "encoded",
    "figure",
    "inline",
    "png",
    "save",
    "styled",
    "text_width",
]

#: Widths of one column and of the page in the journals of the IEEE, in inches.
COLUMN, PAGE = 3.5, 7.16

# Okabe & Ito 2008: told apart with any colour vision.
BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00"),
)
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW)
INK, GREY, LINE = "#1b1d21", "#5f6570", "#d9d8d4"

#: In the page these follow the theme, light or dark.
_THEMED = {INK: "--ink", GREY: "--muted", LINE: "--line", BLUE: "--blue", ORANGE: "--orange",
           GREEN: "--green", "#ffffff": "--page"}  # fmt: skip

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "axes.labelcolor": GREY,
    "axes.edgecolor": LINE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": LINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": GREY,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 7.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.hashsalt": "mebench",
    "pdf.fonttype": 42,  # whole letters, as journals ask for
    "text.usetex": False,
    "text.parse_math": False,  # a name with two dollar signs is a name
}


def figure(width: float, height: float) -> Figure:
    """An empty figure, in inches; it belongs to no window and needs no closing."""
    with rc_context(_STYLE):
        out = Figure(figsize=(width, height))
    FigureCanvasAgg(out)
    return out


def styled() -> Any:
    """The style, as a context in which axes are made and filled."""
    return rc_context(_STYLE)


def text_width(text: str, size: float) -> float:
    """Width in inches of a line of text at a size in points."""
    made = TextPath((0, 0), text, size=size, prop=FontProperties(family="DejaVu Sans"))
    return float(made.get_extents().width) / 72 if text.strip() else 0.0


def save(made: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as png (300 dpi), svg or pdf by its ending; the same figure, the same bytes.

    Raises
    ------
    BadInput
        Another ending, or a place that cannot be written to.
    """
    path = Path(path)
    formats = made.canvas.get_supported_filetypes()
    if path.suffix[1:] not in formats:
        raise BadInput(f"A figure is written as {', '.join(sorted(formats))}; found {path.name!r}.")
    return write_whole(path, encoded(made, path.suffix[1:]))


def encoded(made: Figure, form: str) -> bytes:
    """A figure in a file format, without dates: white paper behind it."""
    # No date in the file: the same figure, the same bytes.
    metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
    buffer = io.BytesIO()
    with rc_context(_STYLE):
        made.savefig(buffer, format=form, dpi=300, facecolor="white", metadata=metadata.get(form))
    return buffer.getvalue()


def inline(made: Figure, name: str, alt: str) -> str:
    """A figure as an ``<svg>`` element: text as text, colours from the page, ids of its own.

    Parameters
    ----------
    made : Figure
    name : str
        Letters, digits and hyphens; unique in the page.
    alt : str
        What it shows, in words.
    """
    from markupsafe import escape

    buffer = io.StringIO()
    with rc_context({**_STYLE, "svg.fonttype": "none"}):
        made.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.S)
    text = re.sub(r"\s*\n\s*", "\n", text)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#", f"url(#{name}-", text)
    text = re.sub(r'(xlink:href|href)="#', rf'\1="#{name}-', text)
    text = re.sub(r"(-?\d+\.\d{3})\d+", r"\1", text)  # a thousandth of a point is enough
    for colour, variable in _THEMED.items():
        text = re.sub(colour, f"var({variable})", text, flags=re.I)
    # Inside the page the style sheet names the type, whose letters any machine has.
    text = re.sub(r"font: (bold |\d00 )?([\d.]+px) [^;\"]*", _plain_type, text)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    # A little larger than in print: a screen is farther away.
    width = made.get_size_inches()[0] * 96 * 1.18
    head, rest = text.split(">", 1)
    view = re.search(r'viewBox="[^"]*"', head)
    assert view is not None
    head = (
        f'<svg class="figure" role="img" aria-labelledby="{name}-alt" {view[0]} '
        f'style="width: {width:.0f}px" xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"'
    )
    # The title comes first, so that it names the picture and not a part of it.
    return f'{head}><title id="{name}-alt">{escape(alt)}</title>{rest}'


def _plain_type(found: re.Match[str]) -> str:
    weight = (found[1] or "").strip().replace("bold", "700")  # matplotlib 3.7 writes the number
    return f"font-size: {found[2]}" + (f"; font-weight: {weight}" if weight else "")


def data_uri(data: bytes, kind: str) -> str:
    """Bytes inside a page: ``data:image/webp;base64,…``."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def png(picture: np.ndarray) -> bytes:
    """An RGB picture ``(H, W, 3)`` as PNG."""
    import cv2

    return cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))[1].tobytes()
