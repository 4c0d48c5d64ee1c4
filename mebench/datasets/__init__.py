"""The databases of the field, each in its official layout.

``load(name)`` gives :class:`Samples`: clips, and a table of everything else about them.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..lazy import on_touch
from .au import RULE
from .cards import Card
from .composites import COMPOSITES
from .registry import database as _database
from .registry import names

if TYPE_CHECKING:
    import pandas as pd

    from .samples import COLUMNS, Samples
    from .units import action_units

__all__ = [
    "COLUMNS",
    "COMPOSITES",
    "Card",
    "Samples",
    "action_units",
    "annotations",
    "card",
    "label_sets",
    "load",
    "names",
]

# Loaded on first touch: they need pandas, which takes longer than a whole `mebench --help`.
_LATER = {"COLUMNS": "samples", "Samples": "samples", "action_units": "units"}


def load(
    name: str,
    *,
    root: str | os.PathLike[str] | None = None,
    labels: str | None = None,
    variant: str = "auto",
    sheet: str | None = None,
    missing: str = "error",
    colour: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> "Samples":
    """The clips of a database from onset to offset, and their table.

    Frames are read from disk each time they are touched, never kept.

    Parameters
    ----------
    name : str
        One of :func:`names`, several joined by ``+``, a composite (:data:`COMPOSITES`:
        ``megc2018``, ``megc2019``, ``cd6me``), or the path of a manifest of your own clips
        (:mod:`mebench.datasets.manifest`).
    root : path, optional
        Where it lies. Default: the environment variable ``MEBENCH_<NAME>``, else the folder
        registered with ``mebench data add``. The corpus ``synthetic`` is made on first use.
    labels : str, optional
        Label set, one of :func:`label_sets`. Default: the database's usual one (CASME II:
        ``5class``). Where action units are annotated there are also ``au1``, ``au2``, …: is
        that unit present?
    variant : str, default "auto"
        Kind of frames (CASME II: ``raw``, ``cropped``). "auto" takes raw frames where they are;
        the notes say which were used.
    sheet : str, optional
        Annotation sheet: a path, a file name, or a part of one. Default: the best known version
        that is there; the notes say which.
    missing : {"error", "skip"}, default "error"
        What to do with a clip that has no folder, no frames, or impossible marks: stop, or leave
        it out and say so in the notes. Single missing frames are always passed over and counted.
    colour : bool, default False
        ``(T, H, W, 3)`` RGB frames instead of ``(T, H, W)`` grey.
    progress : callable, optional
        Called as ``progress(done, total)`` while the synthetic corpus is made.

    Returns
    -------
    Samples

    Raises
    ------
    BadInput
        Unknown name, label set, variant or policy; a sheet with wrong cells.
    DataNotFound
        The database, its sheet, or (with ``missing="error"``) a clip is not there.
    """
    from .composites import against_published, expand, union
    from .loader import load_samples

    parts, composite = expand(name)
    if len(parts) > 1 and (root is not None or sheet is not None):
        raise BadInput(
            f"root and sheet belong to one database, but {name!r} is {len(parts)}. Register each "
            "with `mebench data add`, or set their environment variables."
        )
    databases = [_database(part) for part in parts]
    if len({one.card.name for one in databases}) < len(parts):
        raise BadInput(f"{name!r} names a database twice.")
    if composite is not None and labels is None:
        labels = composite.labels
    found = [
        load_samples(
            one,
            one.root(root, progress, variant),
            labels=labels,
            variant=variant,
            sheet=sheet,
            missing=missing,
            colour=colour,
        )
        for one in databases
    ]
    samples = found[0] if len(found) == 1 else union(found)
    if composite is not None and labels == composite.labels:
        published = against_published(name, composite, samples)
        samples = replace(samples, notes=[*samples.notes, *published])
    return samples


def annotations(
    name: str,
    *,
    root: str | os.PathLike[str] | None = None,
    labels: str | None = None,
    sheet: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> "pd.DataFrame":
    """The annotation table of a database, without a look at its frames.

    Parameters
    ----------
    name, root, labels, sheet, progress
        As in :func:`load`.

    Returns
    -------
    DataFrame
        All rows of the sheet with the columns :data:`COLUMNS`; ``label`` is missing where a row
        takes no part in the label set. ``attrs["notes"]`` holds the notes.
    """
    from .loader import load_annotations

    one = _database(name)
    table, notes = load_annotations(one, one.root(root, progress), labels, sheet)
    table.attrs["notes"] = notes
    return table


def card(name: str) -> Card:
    """What anybody must know of a database before using it.

    Examples
    --------
    >>> card("casme2").fps, card("casme2").counts["sheet 20140508"]["3class"]
    (200.0, {'negative': 88, 'positive': 32, 'surprise': 25})
    """
    return _database(name).card


def label_sets(name: str) -> dict[str, str]:
    """Label sets of a database, the default first: name → the rule in words.

    Examples
    --------
    >>> list(label_sets("casme2"))
    ['5class', '3class', 'all', '8class', 'objective', 'objective5', 'auN']
    """
    one = _database(name)
    more = {"auN": f"action unit N (au1, au2, …) present or absent: {RULE}"} if one.units else {}
    return {key: labels.words for key, labels in one.labels.items()} | more


__getattr__ = on_touch(__name__, _LATER)
