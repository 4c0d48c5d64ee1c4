"""Databases of long videos, for spotting: whole recordings, and when who showed what in them."""

from __future__ import annotations

import os
from pathlib import Path

from ...errors import BadInput, DataNotFound
from . import casme3, casme_sq, samm, smic, unseen
from .load import Progress, load_reading, root_of
from .synthetic_events import with_synthetic_events
from .unseen import load_unseen
from .videos import CAUSES, LongDatabase, LongVideos, Reading

__all__ = ["CAUSES", "LONG", "LongDatabase", "LongVideos", "load_long", "load_unseen"]


def load_long(
    name: str, root: str | os.PathLike[str] | None = None, *, progress: Progress | None = None
) -> LongVideos:
    """The long videos of a database.

    Parameters
    ----------
    name : str
        Key of :data:`LONG`, such as ``synthetic-long``, ``casme-sq-long`` or ``samm-long``.
    root : path, optional
        Where it lies. Default: the environment variable ``MEBENCH_<NAME>`` (such as
        ``MEBENCH_SAMM_LONG``), else where the database of short clips of the same name lies. The
        corpus ``synthetic-long`` is made on first use.
    progress : callable, optional
        Called as ``progress(done, total)`` while the synthetic corpus is made.

    Returns
    -------
    LongVideos

    Raises
    ------
    BadInput
        Unknown name, or a sheet that cannot be read.
    DataNotFound
        The database, its sheet or its recordings are not there.

    See Also
    --------
    load_unseen : Any folder of videos, without annotation.

    Notes
    -----
    Frame numbers in the sheets are those in the names of the images; frames that are missing are
    passed over, and marks moved to the nearest that is there. In a video file the first frame has
    number 1. Rows whose recording is missing are left out and counted in the notes; recordings
    without a row are videos without an expression.
    """
    if name not in LONG:
        raise BadInput(
            f"No database of long videos is called {name!r}; there is {', '.join(LONG)}."
        )
    database = LONG[name]
    folder = root_of(database, root, progress)
    reading: Reading = with_synthetic_events(database.read(folder), Path(folder))
    if not reading.recordings:
        raise DataNotFound(
            f"No recordings of {database.title} were found under {folder}. Give the folder that "
            "holds them."
        )
    return load_reading(name, database.fps, reading, database.labelled)


_BOTH = "micro- and macro-expressions, onset, apex, offset"
LONG: dict[str, LongDatabase] = {
    d.name: d
    for d in (
        LongDatabase("synthetic-long", "the synthetic corpus of long videos", "synthetic", 30.0,
                     "micro- and macro-expressions, blinks, talk, turns; made on first use",
                     casme_sq.read),
        LongDatabase("smic-hs-long", "SMIC-E-HS", "smic-hs", 100.0,
                     "onset and offset of up to three micro-expressions", smic.READERS["hs"]),
        LongDatabase("smic-vis-long", "SMIC-E-VIS", "smic-vis", 25.0,
                     "onset and offset of up to three micro-expressions", smic.READERS["vis"]),
        LongDatabase("smic-nir-long", "SMIC-E-NIR", "smic-nir", 25.0,
                     "onset and offset of up to three micro-expressions", smic.READERS["nir"]),
        LongDatabase("casme-sq-long", "CAS(ME)², whole recordings", "casme-sq", 30.0, _BOTH,
                     casme_sq.read),
        LongDatabase("samm-long", "SAMM Long Videos", "samm", 200.0, _BOTH, samm.read),
        LongDatabase("casme3a-long", "CAS(ME)³ part A, whole recordings", "casme3a", 30.0,
                     f"{_BOTH}; blinks", casme3.read_a),
        LongDatabase("casme3c-long", "CAS(ME)³ part C, whole recordings", "casme3c", 30.0,
                     "micro- and macro-expressions, onset, offset", casme3.read_c),
        LongDatabase("megc2025-samm", "SAMM Challenge (unseen, 2023 to 2025)", "samm", 200.0,
                     "nothing: the organisers keep it", unseen.READERS["samm"], labelled=False),
        LongDatabase("megc2025-cas", "CAS(ME)³ clips (unseen, 2023 to 2025)", "casme3a", 30.0,
                     "nothing: the organisers keep it", unseen.READERS["cas"], labelled=False),
    )
}  # fmt: skip
