"""The names under which columns circulate: one list for annotation sheets and manifests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

__all__ = ["ALIASES", "column_key", "columns", "match_header"]

#: Our name of a column → its names in sheets and manifests, the preferred first. Upper and lower
#: case, blanks and punctuation are the same: ``Onset Frame``, ``onset_frame``, ``OnsetFrame``.
ALIASES: dict[str, tuple[str, ...]] = {
    "subject": ("Subject", "Subject ID", "Subject No", "Sub", "Sub ID", "Participant", "Person"),
    "clip": ("Filename", "File name", "fold_name", "Clip", "Clip name", "Video", "Video name"),
    "onset": ("OnsetFrame", "OnsetF", "Onset", "OnsetF1", "Onset index", "Start frame", "Start"),
    "apex": ("ApexFrame", "ApexF", "Apex", "ApexF1", "Apex1", "Apex index", "Peak frame", "Peak"),
    "apex2": ("ApexF2", "Apex2"),
    "offset": ("OffsetFrame", "OffsetF", "Offset", "OffsetF1", "Offset index", "End frame", "End"),
    "au": ("Action Units", "Action Unit", "AUs", "AU", "AU codes", "FACS", "FACS codes"),
    "emotion": ("Estimated Emotion", "Emotion", "Emotion label", "Expression"),
    "class": ("Objective Classes", "Objective Class"),
    "fps": ("fps", "Frame rate", "Frames per second"),
    "dataset": ("dataset", "database"),
    # Of manifests only; a sheet's clip is there the clip_id.
    "clip_id": ("clip_id", "clip", "clip name", "id", "sample", "Filename", "File name"),
    "label": ("label", "emotion", "Estimated Emotion", "Emotion label", "class", "Expression"),
    "landmarks": ("landmarks", "landmark file"),
    "frames": ("frames", "path", "video", "folder", "file", "frames folder", "frame dir"),
}


def columns(*names: str, **more: Sequence[str]) -> dict[str, Sequence[str]]:
    """The columns of these names with their aliases; `more` of a database's own go before them.

    Examples
    --------
    >>> columns("fps", clip=["count"])["clip"][:2]
    ('count', 'Filename')
    """
    wanted: dict[str, Sequence[str]] = {name: ALIASES[name] for name in names}
    for name, own in more.items():
        wanted[name] = (*own, *ALIASES.get(name, ()))
    return wanted


def match_header(header: Sequence[Any], wanted: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Our name → place in the header, of the columns that are there.

    Examples
    --------
    >>> match_header(["SUBJECT", None, "onset frame"], columns("subject", "onset", "apex"))
    {'subject': 0, 'onset': 2}
    """
    places: dict[str, int] = {}
    for i, cell in enumerate(header):
        if key := column_key(cell):
            places.setdefault(key, i)
    found = {}
    for name, aliases in wanted.items():
        for alias in aliases:
            if column_key(alias) in places:
                found[name] = places[column_key(alias)]
                break
    return found


@lru_cache(4096, typed=True)  # 1 and True are two headers
def column_key(text: object) -> str:
    """What two spellings of one header share.

    Examples
    --------
    >>> column_key("Onset_Frame "), column_key("onset frame"), column_key(None)
    ('onsetframe', 'onsetframe', '')
    """
    return "" if text is None else "".join(c for c in str(text).lower() if c.isalnum())
