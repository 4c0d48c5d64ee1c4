"""Files for a challenge, written and looked at as its organisers would."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..errors import BadInput
from .interval_files import read_interval_file, write_intervals
from .spotter import LIMIT

__all__ = ["CHALLENGES", "Challenge", "Part", "check_submission", "write_submission"]

#: What an emotion may be called; the last where a challenge has four classes.
EMOTIONS = ("negative", "positive", "surprise", "others")


@dataclass(frozen=True)
class Part:
    """One unseen database of a challenge.

    Attributes
    ----------
    dataset : str
        As in ``mebench list long``.
    title, file : str
    fps : float
    videos : int
        How many there are.
    """

    dataset: str
    title: str
    file: str
    fps: float
    videos: int


@dataclass(frozen=True)
class Challenge:
    """What a challenge wants: a file for each of its unseen databases, in one format."""

    name: str
    style: str
    parts: tuple[Part, ...]


CHALLENGES = {
    "megc2025": Challenge(
        "megc2025", "str",
        (
            Part("megc2025-samm", "SAMM Challenge", "samm_pred.csv", 200.0, 10),
            Part("megc2025-cas", "CAS(ME)³ clips", "cas_pred.csv", 30.0, 20),
        ),
    ),
}  # fmt: skip
#: Broad classes of the emotions of the databases from which they are learnt.
BROAD = {
    **dict.fromkeys(("anger", "contempt", "disgust", "fear", "sadness", "sad", "repression"),
                    "negative"),
    **dict.fromkeys(("happiness", "happy"), "positive"),
    "other": "others",
}  # fmt: skip


def write_submission(
    out: str | os.PathLike[str],
    challenge: str,
    predictions: pd.DataFrame,
    videos: pd.DataFrame,
    numbers: Mapping[str, list[int]] | None = None,
) -> tuple[list[Path], list[str]]:
    """One file per unseen database and an archive of them, looked at before they are left there.

    Parameters
    ----------
    out : path
        Folder.
    challenge : str
        Key of :data:`CHALLENGES`.
    predictions : DataFrame
        Columns ``video, kind, onset, offset, emotion``, frames from 0.
    videos : DataFrame
        Of :class:`mebench.datasets.long.LongVideos`, of all unseen databases.
    numbers : mapping of str to list of int, optional
        Number of each frame of a video, as in the names of its pictures. Default: from 1.

    Returns
    -------
    files : list of Path
    remarks : list of str
        What the organisers might ask about.

    Raises
    ------
    BadInput
        The videos are not those of the challenge, an emotion is missing, or another rule of
        :func:`check_submission` is broken; nothing is left in the folder then.
    """
    wanted = _challenge(challenge)
    out = Path(out)
    found = predictions.merge(videos[["video", "dataset", "subject"]], on="video",
                              suffixes=("_", ""))  # fmt: skip
    for mark in ("onset", "offset"):
        found[mark] = [
            numbers[v][int(i)] if numbers is not None and v in numbers else int(i) + 1
            for v, i in zip(found["video"], found[mark], strict=True)
        ]
    found["name"] = found["video"].str.rsplit("/", n=1).str[-1]
    tables, problems, remarks = {}, [], []
    for part in wanted.parts:
        mine = videos[videos["dataset"] == part.dataset]
        if len(mine) != part.videos:
            problems.append(
                f"{part.title} has {part.videos} videos at {part.fps:g} frames per second, and "
                f"{len(mine)} were found"
            )
        if len(mine) and (mine["fps"] != part.fps).any():
            problems.append(f"{part.title} was filmed at {part.fps:g} frames per second, not "
                            f"{mine['fps'].iloc[0]:g}")  # fmt: skip
        table = found[(found["dataset"] == part.dataset) & (found["kind"] == "micro")]
        table = table.assign(video=table["name"]).sort_values(["video", "onset"])
        tables[part] = table[["subject", "video", "onset", "offset", "emotion"]]
        lasts = {}
        for video, n in zip(mine["video"], mine["n_frames"], strict=True):
            given = (numbers or {}).get(video)
            lasts[video.rsplit("/", 1)[-1]] = (given[0], given[-1]) if given else (1, int(n))
        bad, odd = _look(tables[part], part, set(lasts), lasts)
        problems += bad
        remarks += odd
    if problems:
        raise BadInput(f"This is no submission to {challenge}: {'; '.join(problems[:12])}.")
    files = [
        write_intervals(out / part.file, table, wanted.style) for part, table in tables.items()
    ]
    archive = out / "submission.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            # A fixed time, so that the same predictions are the same bytes.
            packed.writestr(zipfile.ZipInfo(file.name, (2025, 1, 1, 0, 0, 0)), file.read_bytes())
    return [*files, archive], remarks


def check_submission(
    folder: str | os.PathLike[str], challenge: str, videos: pd.DataFrame | None = None
) -> tuple[list[str], list[str]]:
    """What is wrong with a submission, and what is odd about it.

    Each file must be there under its name, with the columns of the format and no other; onset and
    offset are whole frame numbers, in order and inside the video (where `videos` says how long it
    is); each row names an emotion of the challenge and a video of the database. Odd are
    micro-expressions of more than half a second, intervals that stand twice or overlap, and
    files without any.

    Parameters
    ----------
    folder : path
    challenge : str
        Key of :data:`CHALLENGES`.
    videos : DataFrame, optional
        Columns ``video, dataset, n_frames``.

    Returns
    -------
    problems, remarks : list of str
    """
    problems, remarks = [], []
    for part in _challenge(challenge).parts:
        path = Path(folder) / part.file
        if not path.is_file():
            problems.append(f"{part.file} is missing, the file of {part.title}")
            continue
        try:
            found = read_interval_file(path)
        except BadInput as error:
            problems.append(str(error))
            continue
        if found.format != "str":
            problems.append(
                f"{part.file} is written as {found.format}; the columns must be subject, video, "
                "onset, offset, emotion"
            )
            continue
        names, lasts = None, {}
        if videos is not None:
            mine = videos[videos["dataset"] == part.dataset]
            names = {v.rsplit("/", 1)[-1] for v in mine["video"]}
            lasts = {v.rsplit("/", 1)[-1]: (0, int(n))
                     for v, n in zip(mine["video"], mine["n_frames"], strict=True)}  # fmt: skip
        bad, odd = _look(found.intervals, part, names, lasts)
        problems += bad
        remarks += odd
    return problems, remarks


def _challenge(name: str) -> Challenge:
    if name not in CHALLENGES:
        raise BadInput(f"No challenge is called {name!r}; there is {', '.join(CHALLENGES)}.")
    return CHALLENGES[name]


def _look(
    table: pd.DataFrame,
    part: Part,
    names: set[str] | None,
    lasts: Mapping[str, tuple[int, int]],
) -> tuple[list[str], list[str]]:
    bad: list[str] = []
    odd: list[str] = []
    if not len(table):
        odd.append(f"{part.file}: no micro-expression in any video")
        return bad, odd
    strange = sorted(set(table["video"]) - names) if names is not None else []
    if strange:
        bad.append(f"{part.file}: {part.title} has no video {', '.join(strange[:5])}")
    emotions = table["emotion"].fillna("").astype(str).str.strip().str.lower()
    wrong = sorted(set(emotions) - set(EMOTIONS))
    if wrong:
        bad.append(f"{part.file}: emotions are {', '.join(EMOTIONS)}; found "
                   f"{', '.join(e or '(blank)' for e in wrong[:5])}")  # fmt: skip
    ends = table[["onset", "offset"]].astype(float)
    if (ends % 1 != 0).any().any():
        bad.append(f"{part.file}: frame numbers must be whole")
    if (ends["offset"] < ends["onset"]).any():
        bad.append(f"{part.file}: an offset lies before its onset")
    first = table["video"].map({k: v[0] for k, v in lasts.items()})
    last = table["video"].map({k: v[1] for k, v in lasts.items()})
    beyond = (ends["onset"] < first) | (ends["offset"] > last)
    if beyond.any():
        row = table[beyond].iloc[0]
        bad.append(f"{part.file}: {int(beyond.sum())} intervals lie outside of their video, "
                   f"such as {row['onset']:g} to {row['offset']:g} in {row['video']}")  # fmt: skip
    long = int((ends["offset"] - ends["onset"] + 1 > LIMIT * part.fps + 1).sum())
    if long:
        odd.append(f"{part.file}: {long} of {len(table)} intervals last more than half a second")
    order = table.assign(**ends).sort_values(["video", "onset"])
    before = order.groupby("video")["offset"].shift()
    overlap = int((order["onset"] <= before).sum())
    if overlap:
        odd.append(f"{part.file}: {overlap} intervals overlap the one before")
    return bad, odd
