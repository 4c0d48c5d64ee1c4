"""Videos as two files call them: which of one is which of the other."""

from __future__ import annotations

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
    of both.
    """
    notes: list[str] = []
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
