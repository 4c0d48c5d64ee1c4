"""Files of intervals: anybody's, read strictly; ours, written as CSV, JSON or a figure."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from ..errors import BadInput
from ..evaluation.feature_files import read_csv
from .spot import Spotting, get_spotter
from .spotter import KINDS, Spotter

__all__ = ["draw_curves", "read_intervals", "save_spotting"]

_MARKS = ("onset", "apex", "offset")
_NUMBERS = ("onset", "apex", "offset", "score", "n_frames")


def read_intervals(path: str | os.PathLike[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Intervals and videos from a CSV file of anybody's.

    Parameters
    ----------
    path : path
        Columns ``video, onset, offset``; if there, also ``subject`` (else every video is somebody
        else), ``kind`` (micro or macro), ``apex, emotion, score, n_frames``. Frame numbers, both
        ends counted. A row with neither onset nor offset names a video without any expression.

    Returns
    -------
    intervals : DataFrame
    videos : DataFrame
        Columns ``video, subject`` and, where all rows have it, ``n_frames``.

    Raises
    ------
    DataNotFound, BadInput
        The file is missing or no CSV; a column is missing; a cell is no number or no kind; an
        interval ends before it begins; one video belongs to two people. Each with its line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "truth.csv")
    >>> _ = path.write_text("video,kind,onset,offset\\na,micro,10,20\\nb,,,\\n")
    >>> intervals, videos = read_intervals(path)
    >>> len(intervals), videos["video"].tolist()
    (1, ['a', 'b'])
    """
    path = Path(path)
    table = read_csv(path, ["video", "onset", "offset"])
    for column in table:
        table[column] = table[column].str.strip()

    def complain(line: int, problem: str) -> BadInput:
        return BadInput(f"{path}, line {line + 2}: {problem}")

    for i, video in enumerate(table["video"]):
        if not video:
            raise complain(i, "video is empty; every interval lies in one.")
    for column in (c for c in _NUMBERS if c in table):
        numbers = pd.to_numeric(table[column], errors="coerce")
        wrong = numbers.isna() & (table[column] != "")
        if wrong.any():
            i = int(wrong.to_numpy().argmax())
            raise complain(i, f"{column} is {table[column][i]!r}, which is no number.")
        table[column] = numbers
    if "subject" not in table:
        table["subject"] = table["video"]
    videos = table[["video", "subject"]].drop_duplicates(ignore_index=True)
    twice = videos["video"][videos["video"].duplicated()]
    if len(twice):
        raise BadInput(f"{path}: the video {twice.iloc[0]!r} belongs to more than one subject.")
    if "n_frames" in table:
        videos["n_frames"] = videos["video"].map(table.groupby("video")["n_frames"].max())
        if videos["n_frames"].isna().any():
            videos = videos.drop(columns="n_frames")
    blank = table["onset"].isna() & table["offset"].isna()
    for i in cast(Any, table.index[~blank]):
        onset, offset = (cast(Any, table.at[i, mark]) for mark in ("onset", "offset"))
        if pd.isna(onset) or pd.isna(offset):
            raise complain(i, "onset or offset is empty; give both, or neither for a video without "
                              "any expression.")  # fmt: skip
        if onset < 0:
            raise complain(i, f"the onset {onset:g} is negative; frames are counted from 0 or 1.")
        if offset < onset:
            raise complain(i, f"the offset {offset:g} lies before the onset {onset:g}.")
        kind = cast(str, table.at[i, "kind"]) if "kind" in table else KINDS[0]
        if kind.lower() not in KINDS:
            raise complain(i, f"kind is {kind!r}; expected micro or macro.")
    if "kind" in table:
        table["kind"] = table["kind"].str.lower()
    return table[~blank].reset_index(drop=True), videos


def save_spotting(path: str | os.PathLike[str], spottings: Sequence[Spotting]) -> Path:
    """Write intervals as ``.csv`` or ``.json``, by the ending.

    The CSV is what :func:`read_intervals` reads: a video in which nothing was spotted has one row
    without marks. Of folders of images, ``onset_image, apex_image, offset_image`` are the numbers
    in the names of the images, where the marks are counted from 0.
    """
    path = Path(path)
    check_ending(path)
    if path.suffix == ".csv":
        tables = []
        for one in spottings:
            rows = one.intervals if len(one.intervals) else one.intervals.reindex([0])
            rows = _with_images(rows, one.numbers)
            tables.append(rows.assign(n_frames=one.n_frames, fps=one.fps, method=one.method))
            tables[-1].insert(0, "video", one.name)
        whole = pd.concat(tables, ignore_index=True)
        marks = [m + end for m in _MARKS for end in ("", "_image") if m + end in whole]
        text = whole.astype({m: "Int64" for m in marks}).to_csv(index=False)
    else:
        text = json.dumps([as_json(one) for one in spottings], indent=1) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}.") from error
    return path


def check_ending(path: Path) -> None:
    """That intervals can be written there, before any work is done."""
    if path.suffix not in (".csv", ".json"):
        raise BadInput(f"Intervals are written as .csv or .json, found {path.name!r}.")


def check_figure(path: Path) -> None:
    """That a figure can be written there, before any work is done."""
    if path.suffix not in (".png", ".pdf", ".svg"):
        raise BadInput(f"Figures are written as .png, .pdf or .svg, found {path.name!r}.")


def _with_images(rows: pd.DataFrame, numbers: Sequence[int] | None) -> pd.DataFrame:
    """The numbers of the images beside those of the frames, where there are images."""
    if numbers is None:
        return rows
    named = dict(enumerate(numbers))
    return rows.assign(**{f"{m}_image": rows[m].map(named) for m in _MARKS})


def as_json(one: Spotting) -> dict[str, Any]:
    """A spotting as plain values, the curves left out."""
    return {
        "video": one.name,
        "method": one.method,
        "fps": one.fps,
        "n_frames": one.n_frames,
        "frames_without_face": int((~one.curves["face"]).sum()),
        "notes": list(one.notes),
        "intervals": json.loads(_with_images(one.intervals, one.numbers).to_json(orient="records")),
    }


def draw_curves(
    path: str | os.PathLike[str], one: Spotting, spotter: Spotter | None = None
) -> Path:
    """The curves of a video with the spotted intervals, as a figure (``.png``, ``.pdf``, ``.svg``).

    The threshold is a dashed line; grey are frames without a face or in which the head moves, where
    nothing is looked for.

    Parameters
    ----------
    path : path
    one : Spotting
    spotter : Spotter, optional
        Default: the one of that name in :data:`mebench.spotting.SPOTTERS`.

    Raises
    ------
    BadInput
        Another ending, or a folder that cannot be written to.
    """
    check_figure(Path(path))
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    spotter = get_spotter(one.method) if spotter is None else spotter
    seconds = one.curves.index.to_numpy() / one.fps
    bars, lost = spotter.bars(one.curves, one.fps), ~one.curves["face"].to_numpy(bool)
    colours = ("#b3261e", "#1f5fa8")
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, kind, colour in zip(figure.subplots(2, 1, sharex=True), KINDS, colours, strict=True):
        heights = spotter.heights(one.curves, kind, one.fps)
        axes.plot(seconds, heights, color="0.25", linewidth=0.8)
        axes.axhline(bars[kind], color="0.25", linewidth=0.8, linestyle="--")
        for row in cast(Any, one.intervals[one.intervals["kind"] == kind].itertuples()):
            axes.axvspan(row.onset_s, row.offset_s, color=colour, alpha=0.3, linewidth=0)
            axes.axvline(row.apex_s, color=colour, linewidth=0.8)
        ignored = lost | spotter.ignored(one.curves, kind, one.fps)
        if ignored.any():
            axes.fill_between(seconds, 0, 1, where=ignored, transform=axes.get_xaxis_transform(),
                              color="0.9", linewidth=0, zorder=0)  # fmt: skip
        axes.set_ylabel(f"{kind}-expressions")
        axes.margins(x=0)
        axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
    handles = [
        Line2D([], [], color="0.25", linewidth=0.8, linestyle="--", label="threshold"),
        Patch(color="0.9", label="no face, or the head moves"),
        *(Patch(color=c, alpha=0.3, label=k) for k, c in zip(KINDS, colours, strict=True)),
        Line2D([], [], color="0.4", linewidth=0.8, label="apex"),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside upper right", ncols=5, fontsize=8, frameon=False)
    figure.suptitle(f"{one.name}: {one.method}", fontsize=10, x=0.02, ha="left")
    try:
        figure.savefig(path, dpi=130)
    except (ValueError, OSError) as error:
        raise BadInput(f"The figure {path} cannot be written: {error}.") from error
    return Path(path)
