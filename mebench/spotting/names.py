"""Videos as two files call them: which of one is which of the other."""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import BadInput
from .interval_files import IntervalFile

__all__ = ["like_truth"]


def like_truth(found: IntervalFile, truth: IntervalFile) -> tuple[IntervalFile, list[str]]:
    """The predictions with videos and kinds as the truth has them, and what was done for it.

    A video that the truth does not have by its name is the one whose name ends in it, in whole
    parts of a path, with or without the ending of a file: ``015_1`` and ``015_1.avi`` are
    ``samm-long/015/015_1``, if there is one such. Of files without kinds, those of
    spot-then-recognise hold micro-expressions; against other truth than that, kinds are left out
    of both. Databases called after files (``samm_pred.csv``) are those of the truth whose name
    holds that word, such as ``samm-long``.
    """
    found, notes = _databases(found, truth)
    intervals, known = found.intervals, truth.videos
    names = set(known["video"])
    ends: dict[str, set[str]] = {}
    for name in names:
        parts = name.split("/")
        for i in range(1, len(parts)):
            ends.setdefault("/".join(parts[i:]), set()).add(name)
    renamed = {}
    for video in sorted(set(found.videos["video"]) - names):
        bare = video.replace("\\", "/").rsplit(".", 1)[0] if "." in video else video
        fitting = {n for n in (video, bare) if n in names} or set().union(
            *(ends.get(n, set()) for n in (video, bare))
        )
        if len(fitting) == 1:
            renamed[video] = fitting.pop()
    if renamed:
        first, second = next(iter(renamed.items()))
        notes.append(
            f"{len(renamed)} video(s) known by the end of the name, such as {first} for {second}"
        )
        intervals = intervals.assign(video=intervals["video"].replace(renamed))
        homes = known.drop_duplicates("video").set_index("video")
        if "dataset" in intervals and "dataset" in homes:
            moved = intervals["video"].isin(renamed.values())
            intervals.loc[moved, "dataset"] = intervals.loc[moved, "video"].map(homes["dataset"])
    if "kind" not in intervals and "kind" in truth.intervals:
        kinds = set(truth.intervals["kind"])
        if found.format == "str" or kinds <= {"micro"}:
            intervals = intervals.assign(kind="micro")
            notes.append("the predictions name no kind: scored as micro-expressions")
        else:
            raise BadInput(
                f"{found.path} does not say which intervals are micro- and which are "
                "macro-expressions, and the truth does. Add a column kind, or leave it out of the "
                "truth: then every interval is an expression of one kind."
            )
    return replace(found, intervals=intervals), notes


def _databases(found: IntervalFile, truth: IntervalFile) -> tuple[IntervalFile, list[str]]:
    """Databases that were called after files, by the names that the truth has for them."""
    if not found.named:
        return found, []
    if "dataset" not in truth.videos:
        homes = found.videos.groupby("video")["dataset"].agg(["first", "last", "nunique"])
        twice = homes[homes["nunique"] > 1]
        if len(twice):
            first, last = twice[["first", "last"]].iloc[0]
            raise BadInput(
                f"{found.path}: the video {twice.index[0]!r} is in the files of {first} and of "
                f"{last}, and the truth does not say in which database its videos lie. Give the "
                "truth a column dataset, or as one file for each database."
            )
        bare = {"intervals": found.intervals.drop(columns="dataset"),
                "videos": found.videos.drop(columns="dataset")}  # fmt: skip
        return replace(found, **bare), []
    known = sorted(set(truth.videos["dataset"]))
    meant = {}
    for word in sorted(set(found.videos["dataset"])):
        fitting = [n for n in known if n == word] or [n for n in known if _bare(word) in _bare(n)]
        if len(fitting) != 1:
            may_be = (
                f"may be {' or '.join(fitting)}" if fitting else f"is none of {', '.join(known)}"
            )
            raise BadInput(
                f"{found.path}: a file is of {word!r}, which {may_be}. Begin the file's name with "
                "the database as the truth has it, or give the files a column dataset."
            )
        meant[word] = fitting[0]
    renamed = {word: name for word, name in meant.items() if word != name}
    notes = [f"{word} is taken for {name}" for word, name in renamed.items()]
    tables = {
        part: getattr(found, part).assign(dataset=getattr(found, part)["dataset"].replace(renamed))
        for part in ("intervals", "videos")
    }
    return replace(found, **tables), notes


def _bare(name: str) -> str:
    """Letters and digits alone: ``CAS(ME)³`` is ``casme3``."""
    return re.sub(r"[^a-z0-9]", "", name.lower().translate(str.maketrans("²³", "23")))
