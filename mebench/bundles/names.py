"""Names of clips and persons that may travel.

Where a clip repeats in a sheet, its name has the onset, a licensed mark; its number among its
likes stands for that. Or all names become keyed hashes, that a holder of the database can match.
The key is made of the annotations themselves: whoever has the sheet has the key, and whoever has
not would have to guess every mark in it. The published fingerprint of the data is another hash of
the same text, from which the key does not follow.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..datasets import Samples

__all__ = ["hashed", "key_of", "public_names", "renaming"]


def key_of(samples: Samples) -> bytes:
    """The key that the annotations of these clips give (32 bytes).

    Parameters
    ----------
    samples : Samples
        All clips of the run, those without a face included, under the run's label set.
    """
    from ..datasets import COLUMNS

    columns = [c for c in COLUMNS if c in samples.table and c != "row_id"]
    table = samples.table.sort_values("clip_id")[columns]
    text = table.astype(object).to_csv(index=False, na_rep="")
    return hashlib.blake2b(text.encode(), digest_size=32, person=b"mebundle-ids").digest()


def hashed(kind: str, name: str, key: bytes) -> str:
    """What stands for a name: 24 hexadecimal digits.

    Examples
    --------
    >>> hashed("clip", "casme2/sub01/EP02_01f", b"key") == hashed("clip", "other", b"key")
    False
    >>> len(hashed("person", "casme2/sub01", b"key"))
    24
    """
    return hashlib.blake2b(f"{kind}\0{name}".encode(), digest_size=12, key=key).hexdigest()


def public_names(clips: Iterable[str]) -> dict[str, str]:
    """Names with an onset in them, to names with a number in its place.

    Parameters
    ----------
    clips : iterable of str
        All clips of a run, those that it left out included.

    Examples
    --------
    >>> public_names(["db/s1/a/70", "db/s1/a/9", "db/s1/b", "db/s2/a/12"])
    {'db/s1/a/9': 'db/s1/a/#1', 'db/s1/a/70': 'db/s1/a/#2', 'db/s2/a/12': 'db/s2/a/#1'}
    """
    times: dict[str, list[int]] = {}
    for clip in clips:
        found = re.fullmatch(r"([^/]+/[^/]+/[^/]+)/(\d+)", clip)
        if found:
            times.setdefault(found[1], []).append(int(found[2]))
    return {
        f"{clip}/{onset}": f"{clip}/#{number}"
        for clip, onsets in times.items()
        for number, onset in enumerate(sorted(onsets), 1)
    }


def renaming(table: Any, skipped: Any, key: bytes) -> dict[str, dict[str, str]]:
    """Names of clips, persons (``dataset/subject``) and folds to their hashes.

    Folds called by a person or a clip take that hash; other names say nothing and stay.

    Parameters
    ----------
    table : DataFrame
        With ``clip_id, dataset, subject`` and maybe ``fold``.
    skipped : iterable of str
        Clips that are named elsewhere.
    key : bytes
    """
    clips = dict.fromkeys([*table["clip_id"].astype(str), *map(str, skipped)])
    clip = {name: hashed("clip", name, key) for name in clips}
    pairs = zip(table["dataset"].astype(str), table["subject"].astype(str), strict=True)
    persons = dict.fromkeys(f"{d}/{s}" for d, s in pairs)
    person = {name: hashed("person", name, key) for name in persons}
    fold = {**clip, **{name: f"{name.split('/')[0]}/{h}" for name, h in person.items()}}
    return {"clip": clip, "person": person, "fold": fold}
